import { respond } from '../rest/answers.ts';
import { element } from '../rest/xml.ts';
import type { Call, Route } from '../route.ts';
import { RescoFault, noPrivilege, noRecord } from '../state/fault.ts';
import { may } from '../state/store.ts';
import { guidOf } from '../state/values.ts';
import type { World } from '../state/world.ts';
import { compileFilter } from './filter.ts';
import type { Field } from './filter.ts';
import { json, refusal } from './json.ts';
import type { Json } from './json.ts';
import { onlyOptions, pageOf } from './pages.ts';
import { RECORD_FIELDS, answersOf, questionnaireSets } from './questionnaires.ts';
import type { Answer, QuestionnaireSet } from './questionnaires.ts';

/** The read-only service of answered questionnaires, at whichever of its two addresses. */
export function questionnaireRoute(world: World, base: string, rest: string): Route | undefined {
  const route = (perform: (call: Call) => Response): Route => ({
    kind: 'Questionnaires',
    allow: ['GET'],
    refuse: refusal,
    perform: (call) => {
      if (!may(world, call.user, 'resco_questionnaire', 'read'))
        throw noPrivilege(call.user.name, 'read', 'resco_questionnaire');
      return perform(call);
    },
  });
  if (rest === '') return route(() => serviceDocument(world, base));
  if (rest === '$metadata') return route(() => csdl(world));
  const [, name, key] = /^([A-Za-z0-9_]+)(?:\('?([^)']*)'?\))?$/.exec(rest) ?? [];
  const set = questionnaireSets(world).find((one) => one.name === name);
  if (set === undefined) return undefined;
  if (key === undefined) return route((call) => list(world, set, { url: call.url, base }));
  return route((call) => {
    const id = guidOf(key);
    const [answer] = id === undefined ? [] : answersOf(world, set, id);
    if (answer === undefined) throw noRecord(set.name, key);
    return json(200, selected(answer, call.url));
  });
}

function serviceDocument(world: World, base: string): Response {
  return json(200, {
    '@odata.context': `${base}/$metadata`,
    value: questionnaireSets(world).map(({ name, title }) => ({ kind: 'EntitySet', title, name, url: name })),
  });
}

function csdl(world: World): Response {
  const sets = questionnaireSets(world);
  const types = sets.map(({ name }) =>
    element(
      'EntityType',
      { Name: name, OpenType: 'true' },
      element('Key', {}, element('PropertyRef', { Name: 'id' })) +
        element('Property', { Name: 'id', Type: 'Edm.Guid' }),
    ),
  );
  const listed = sets.map(({ name }) =>
    element('EntitySet', { Name: name, EntityType: `Questionnaires.${name}` }),
  );
  const inner = types.join('') + element('EntityContainer', { Name: 'Container' }, listed.join(''));
  const body = element(
    'edmx:Edmx',
    { Version: '4.0', 'xmlns:edmx': 'http://docs.oasis-open.org/odata/ns/edmx' },
    element(
      'edmx:DataServices',
      {},
      element(
        'Schema',
        { Namespace: 'Questionnaires', xmlns: 'http://docs.oasis-open.org/odata/ns/edm' },
        inner,
      ),
    ),
  );
  return respond(200, 'application/xml; charset=utf-8', body);
}

function list(world: World, set: QuestionnaireSet, { url, base }: { url: URL; base: string }): Response {
  onlyOptions(url, ['$select', '$filter', '$top', '$skip', '$skiptoken', '$format']);
  const filter = url.searchParams.get('$filter');
  const test = filter === null ? () => true : compileFilter(filter, fieldOf);
  const all = answersOf(world, set).filter((answer) => test(answer));
  const page = pageOf(all, url, { base: `${base}/${set.name}`, most: world.switches.odataMax });
  return json(200, {
    '@odata.context': `${base}/$metadata#${set.name}`,
    value: page.items.map((answer) => selected(answer, url)),
    ...(page.next === undefined ? {} : { '@odata.nextLink': page.next }),
  });
}

function fieldOf(name: string): Field<Answer> {
  const attribute = RECORD_FIELDS.find((one) => one.name === name);
  if (attribute === undefined) throw new RescoFault(`${name} cannot be filtered by`);
  return {
    attribute,
    valueOf: (answer) => {
      const value = answer[name];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

function selected(answer: Answer, url: URL): Json {
  const select = url.searchParams.get('$select');
  if (select === null) return answer;
  const names = select.split(',').map((name) => name.trim());
  return Object.fromEntries(Object.entries(answer).filter(([name]) => name === 'id' || names.includes(name)));
}
