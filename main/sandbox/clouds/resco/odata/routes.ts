import type { Address } from '../addresses.ts';
import type { Call, Route } from '../route.ts';
import { noRecord } from '../state/fault.ts';
import { entityOf } from '../state/store.ts';
import { guidOf } from '../state/values.ts';
import type { World } from '../state/world.ts';
import { deleteOne, patchRecord, postRecord } from './change.ts';
import { csdl, serviceDocument } from './documents.ts';
import { addHook, removeHook } from './hooks.ts';
import { refusal } from './json.ts';
import { questionnaireRoute } from './questionnaire-routes.ts';
import { getRecord, listRecords } from './read.ts';

type Perform = (call: Call & { readonly request: Request }) => Response;

/** Finds what an OData address is about; `q/` is the questionnaires of the general service. */
export function odataRoute(world: World, address: Address, method: string): Route | undefined {
  const rest = address.rest ?? '';
  const base = address.base;
  if (address.service === 'questionnaires') return questionnaireRoute(world, base, rest);
  if (rest === 'q' || rest.startsWith('q/')) return questionnaireRoute(world, `${base}/q`, rest.slice(2));
  const get = (kind: string, perform: Perform): Route => ({
    kind: `OData.${kind}`,
    allow: ['GET'],
    refuse: refusal,
    perform,
  });
  if (rest === '') return get('service', () => serviceDocument(world, base));
  if (rest === '$metadata') return get('metadata', () => csdl(world));
  if (rest === 'me')
    return get('me', (call) =>
      getRecord(world, entityOf(world, 'systemuser'), call.user.id, { ...call, base }),
    );
  if (rest === '$hook') return hookRoute(world, base, method);
  const [, name = '', key] = /^([A-Za-z_][A-Za-z0-9_]*)(?:\(([^)]*)\))?$/.exec(rest) ?? [];
  const entity = world.schema.get(name);
  if (entity === undefined || entity.flags?.includes('Hidden') === true) return undefined;
  if (key === undefined)
    return {
      kind: method === 'POST' ? 'OData.post' : 'OData.list',
      allow: ['GET', 'POST'],
      refuse: refusal,
      perform: (call) =>
        method === 'POST'
          ? postRecord(world, entity, { ...call, base })
          : listRecords(world, entity, { ...call, base }),
    };
  const id = guidOf(key.replace(/^'(.*)'$/, '$1'));
  return {
    kind: `OData.${method.toLowerCase()}`,
    allow: ['GET', 'PATCH', 'DELETE'],
    refuse: refusal,
    perform: (call) => {
      if (id === undefined) throw noRecord(entity.name, key);
      if (method === 'GET') return getRecord(world, entity, id, { ...call, base });
      return (method === 'PATCH' ? patchRecord : deleteOne)(world, entity, id, { ...call, base });
    },
  };
}

function hookRoute(world: World, base: string, method: string): Route {
  return {
    kind: 'OData.hook',
    allow: ['POST', 'DELETE'],
    refuse: refusal,
    perform: (call) => (method === 'POST' ? addHook(world, { ...call, base }) : removeHook(world, call.url)),
  };
}
