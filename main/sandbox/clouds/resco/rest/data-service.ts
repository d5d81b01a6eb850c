import { answerFetch, countFetch } from '../fetch/answer.ts';
import type { Call } from '../route.ts';
import { RescoFault } from '../state/fault.ts';
import { attributeOf, entityOf } from '../state/store.ts';
import type { World } from '../state/world.ts';
import { xmlAnswer } from './answers.ts';
import { execute, executeMultiple, multiple, single } from './batches.ts';
import { parseSelect } from './select.ts';
import { NotXml, parseXml } from './xml.ts';
import type { XmlElement } from './xml.ts';

type Method = (world: World, call: Call) => Response;

const withBody =
  (work: (world: World, call: Call, xml: XmlElement) => Response): Method =>
  (world, call) =>
    work(world, call, read(call.body));

function read(body: string): XmlElement {
  try {
    return parseXml(body);
  } catch (error) {
    if (error instanceof NotXml) throw new RescoFault(`the request is not well-formed: ${error.message}`);
    throw error;
  }
}

/** `$create=true` makes an update an upsert; the action Upsert of Execute is a thing of its own. */
function orCreate(url: URL): boolean {
  const asked = url.searchParams.get('$create');
  if (asked !== null && asked !== 'true' && asked !== 'false')
    throw new RescoFault(`$create is '${asked}', neither true nor false`);
  return asked === 'true';
}

const METHODS: Readonly<Record<string, Method>> = {
  WhoAmI: (world, { user }) =>
    xmlAnswer(
      world.switches,
      'WhoAmIResponse',
      `<OrganizationId>${world.organisation.id}</OrganizationId><UserId>${user.id}</UserId><OrganizationVersion>1</OrganizationVersion>`,
      ` OrganizationName="${world.organisation.name}"`,
    ),
  GetMaxRowVersion: (world) =>
    xmlAnswer(world.switches, 'Response', `<Result Type="long">${world.versions.reported}</Result>`),
  GetRecordCount: withBody((world, { user }, xml) =>
    xmlAnswer(world.switches, 'Response', `<Result Type="int">${countFetch(world, user, xml)}</Result>`),
  ),
  Execute: withBody((world, { user }, xml) => execute(world, user, xml)),
  ExecuteMultiple: withBody((world, { user }, xml) => executeMultiple(world, user, xml)),
  Create: withBody((world, { user }, xml) => single(world, user, xml, 'Create')),
  Update: withBody((world, { user, url }, xml) =>
    single(world, user, xml, orCreate(url) ? 'UpdateOrCreate' : 'Update'),
  ),
  Delete: withBody((world, { user }, xml) => single(world, user, xml, 'Delete')),
  CreateMultiple: withBody((world, { user }, xml) =>
    multiple(world, user, { xml, action: 'Create', method: 'CreateMultiple' }),
  ),
  UpdateMultiple: withBody((world, { user, url }, xml) =>
    multiple(world, user, {
      xml,
      action: orCreate(url) ? 'UpdateOrCreate' : 'Update',
      method: 'UpdateMultiple',
    }),
  ),
  DeleteMultiple: withBody((world, { user }, xml) =>
    multiple(world, user, { xml, action: 'Delete', method: 'DeleteMultiple' }),
  ),
};

export const isMethod = (name: string): boolean => Object.hasOwn(METHODS, name);

/** Performs a method of the data service. Throws `RescoFault` where the call fails as a whole. */
export function callMethod(world: World, name: string, call: Call): Response {
  const method = METHODS[name];
  if (method === undefined) throw new RescoFault(`there is no method ${name}`);
  return method(world, call);
}

export const fetchRows: Method = withBody((world, { user }, xml) => answerFetch(world, user, xml));

/** Select: the little of it that is known, answered as Fetch is. */
export function select(world: World, call: Call, entityName: string): Response {
  const entity = entityOf(world, entityName);
  const names = (call.url.searchParams.get('$select') ?? '').split(',').filter((name) => name !== '');
  for (const name of names) attributeOf(entity, name);
  return answerFetch(world, call.user, parseSelect(entity, names, call.url.searchParams.get('$filter')));
}
