import type { Entity } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { find } from '../state/store.ts';
import { guidOf } from '../state/values.ts';
import type { Input } from '../state/values.ts';
import type { User, World } from '../state/world.ts';
import { write } from '../state/write.ts';
import { Digits, json, odataError, parseJson } from './json.ts';
import type { Json } from './json.ts';
import { etagOf, recordJson } from './records.ts';
import { visible } from './read.ts';

export interface Change {
  readonly user: User;
  readonly request: Request;
  readonly body: string;
  /** The service's own address. */
  readonly base: string;
}

export function postRecord(world: World, entity: Entity, { user, body, base }: Change): Response {
  const { id } = write(world, user, { action: 'Create', entity: entity.name, values: inputs(entity, body) });
  return answerWith(world, entity, id, { status: 201, base });
}

export function patchRecord(world: World, entity: Entity, id: string, change: Change): Response {
  const { user, body, base } = change;
  const stale = guard(world, entity, id, change);
  if (stale !== undefined) return stale;
  const values = inputs(entity, body);
  const named = values.get(entity.key)?.text;
  if (named !== undefined && guidOf(named ?? '') !== id) throw new RescoFault('the key cannot be changed');
  values.set(entity.key, { text: id });
  write(world, user, { action: 'Update', entity: entity.name, values });
  return answerWith(world, entity, id, { status: 200, base });
}

export function deleteOne(world: World, entity: Entity, id: string, change: Change): Response {
  const stale = guard(world, entity, id, change);
  if (stale !== undefined) return stale;
  const values = new Map([[entity.key, { text: id }]]);
  write(world, change.user, { action: 'Delete', entity: entity.name, values });
  return new Response(null, { status: 204 });
}

/** 412 when the record is no longer what the caller has read. */
function guard(world: World, entity: Entity, id: string, { user, request }: Change): Response | undefined {
  const row = visible(world, user, entity, id);
  const wanted = request.headers.get('if-match');
  if (wanted === null || wanted === '*' || wanted === etagOf(entity, row)) return undefined;
  return odataError(412, 'PreconditionFailed', 'The record has been changed meanwhile.');
}

function answerWith(
  world: World,
  entity: Entity,
  id: string,
  { status, base }: { status: number; base: string },
): Response {
  const row = find(world, entity.name, id);
  // A rule of the server may have taken it away again.
  if (row === undefined) return json(status, {});
  const record = recordJson(world, entity, row, { select: undefined, annotations: false });
  const headers = { etag: etagOf(entity, row) };
  return json(
    status,
    { '@odata.context': `${base}/$metadata#${entity.name}/$entity`, ...record },
    status === 201 ? { ...headers, location: `${base}/${entity.name}('${id}')` } : headers,
  );
}

const BIND = /^(.+)_([a-z][a-z0-9_]*)@odata\.bind$/;

function inputs(entity: Entity, body: string): Map<string, Input> {
  const json = parseJson(body);
  if (json === undefined) throw new RescoFault('the body is no JSON object');
  const values = new Map<string, Input>();
  for (const [name, value] of Object.entries(json)) {
    if (name.endsWith('@odata.bind')) {
      const [attribute, input] = bound(entity, name, value);
      values.set(attribute, input);
    } else if (!name.startsWith('@')) {
      const attribute = entity.all.get(name);
      if (attribute === undefined || attribute.type === 'Lookup' || attribute.type === 'RowVersion')
        throw new RescoFault(`${entity.name} has no property ${name}`);
      values.set(name, { text: plain(attribute.type, name, value) });
    }
  }
  return values;
}

const NUMBERS: ReadonlySet<string> = new Set([
  'Integer',
  'Float',
  'Decimal',
  'Money',
  'Picklist',
  'PicklistMap',
]);

function plain(type: string, name: string, value: Json): string | null {
  if (value === null) return null;
  const refuse = (): never => {
    throw new RescoFault(`${name} takes another kind of value`);
  };
  if (NUMBERS.has(type)) return value instanceof Digits ? value.text : refuse();
  if (type === 'Boolean') return typeof value === 'boolean' ? String(value) : refuse();
  if (typeof value !== 'string') return refuse();
  if (type === 'DateTime' && !/(Z|[+-]\d{2}:\d{2})$/i.test(value))
    throw new RescoFault(`${name} needs an offset`);
  return value;
}

/** `attribute_target@odata.bind`: `/target(id)`, or null to clear. */
function bound(entity: Entity, name: string, value: Json): [string, Input] {
  const found = [...entity.all.values()].find(
    (one) => one.targets?.some((target) => name === `${one.name}_${target}@odata.bind`) === true,
  );
  if (found === undefined) throw new RescoFault(`${entity.name} cannot bind ${BIND.exec(name)?.[1] ?? name}`);
  if (value === null) return [found.name, { text: null }];
  const target = name.slice(found.name.length + 1, -'@odata.bind'.length);
  const [, set, key] = /^\/?([a-z_0-9]+)\('?([^')]+)'?\)$/.exec(typeof value === 'string' ? value : '') ?? [];
  const id = guidOf(key ?? '');
  if (set !== target || id === undefined)
    throw new RescoFault(`${name} does not lead to a record of ${target}`);
  return [found.name, { text: `${target}:${id}` }];
}
