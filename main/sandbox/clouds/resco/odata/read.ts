import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { RescoFault, noPrivilege, noRecord } from '../state/fault.ts';
import { comparable, compare } from '../fetch/compare.ts';
import { fieldOf, find, may, sees, tableOf } from '../state/store.ts';
import type { Row } from '../state/table.ts';
import { splitLookup } from '../state/values.ts';
import type { User, World } from '../state/world.ts';
import { compileFilter } from './filter.ts';
import { json, jsonText, odataError } from './json.ts';
import type { Json } from './json.ts';
import { onlyOptions, pageOf } from './pages.ts';
import { attributeAt, etagOf, fieldFinder, recordJson } from './records.ts';
import type { Shape } from './records.ts';

export interface Reading {
  readonly user: User;
  readonly url: URL;
  readonly request: Request;
  /** The service's own address. */
  readonly base: string;
}

const OPTIONS = [
  '$select',
  '$filter',
  '$orderby',
  '$expand',
  '$top',
  '$skip',
  '$skiptoken',
  '$count',
  '$format',
];

export function listRecords(world: World, entity: Entity, reading: Reading): Response {
  const { url, base, user } = reading;
  onlyOptions(url, OPTIONS);
  const shape = shapeOf(entity, reading);
  const filter = url.searchParams.get('$filter');
  const test = filter === null ? () => true : compileFilter(filter, fieldFinder(entity));
  const rows = readable(world, user, entity).filter((row) => test(row));
  rows.sort(orderOf(entity, url.searchParams.get('$orderby')));
  const own = `${base}/${entity.name}`;
  const page = pageOf(rows, url, { base: own, most: world.switches.odataMax });
  const value = page.items.map((row) => whole(world, entity, row, { shape, url, user }));
  const answer: Json = {
    '@odata.context': `${base}/$metadata#${entity.name}`,
    ...(url.searchParams.get('$count') === 'true' ? { '@odata.count': rows.length } : {}),
    value,
    ...(page.next === undefined ? {} : { '@odata.nextLink': page.next }),
  };
  return brokenRead(world, entity, answer) ?? json(200, answer);
}

export function getRecord(world: World, entity: Entity, id: string, reading: Reading): Response {
  const { url, user, base } = reading;
  onlyOptions(url, ['$select', '$expand', '$format']);
  const shape = shapeOf(entity, reading);
  const row = visible(world, user, entity, id);
  const answer = {
    '@odata.context': `${base}/$metadata#${entity.name}/$entity`,
    ...whole(world, entity, row, { shape, url, user }),
  };
  return brokenRead(world, entity, answer) ?? json(200, answer, { etag: etagOf(entity, row) });
}

/** The record, if the user may see it. Throws `RescoFault`. */
export function visible(world: World, user: User, entity: Entity, id: string): Row {
  if (!may(world, user, entity.name, 'read')) throw noPrivilege(user.name, 'read', entity.name);
  const row = find(world, entity.name, id);
  if (row === undefined || !sees(user, entity, row)) throw noRecord(entity.name, id);
  return row;
}

function readable(world: World, user: User, entity: Entity): Row[] {
  if (!may(world, user, entity.name, 'read')) throw noPrivilege(user.name, 'read', entity.name);
  return [...tableOf(world, entity.name).rows.values()].filter((row) => sees(user, entity, row));
}

function brokenRead(world: World, entity: Entity, answer: Json): Response | undefined {
  const how = world.broken.get(entity.name);
  if (how === undefined) return undefined;
  if (how === '500') return odataError(500, 'InternalError', 'An error has occurred.');
  const text = jsonText(answer);
  return new Response(text.slice(0, Math.floor(text.length / 2)), {
    headers: { 'content-type': 'application/json' },
  });
}

function shapeOf(entity: Entity, { url, request }: Reading): Shape {
  const select = url.searchParams.get('$select');
  return {
    select: select === null ? undefined : select.split(',').map((name) => attributeAt(entity, name.trim())),
    annotations: /odata\.include-annotations\s*=\s*"?\*"?/.test(request.headers.get('prefer') ?? ''),
  };
}

function whole(
  world: World,
  entity: Entity,
  row: Row,
  { shape, url, user }: { shape: Shape; url: URL; user: User },
): Record<string, Json> {
  const record = recordJson(world, entity, row, shape);
  const expand = url.searchParams.get('$expand');
  for (const name of expand === null ? [] : expand.split(',')) {
    const attribute = entity.all.get(name);
    if (attribute?.type !== 'Lookup') throw new RescoFault(`${entity.name} cannot expand ${name}`);
    record[name] = expanded(world, user, fieldOf(entity, row, name));
  }
  return record;
}

function expanded(world: World, user: User, lookup: string | undefined): Json {
  const target = splitLookup(lookup ?? '');
  const entity = target === undefined ? undefined : world.schema.get(target.entity);
  const row = target === undefined ? undefined : find(world, target.entity, target.id);
  if (entity === undefined || row === undefined) return null;
  if (!may(world, user, entity.name, 'read') || !sees(user, entity, row)) return null;
  return recordJson(world, entity, row, { select: undefined, annotations: false });
}

function orderOf(entity: Entity, text: string | null): (a: Row, b: Row) => number {
  const orders = (text ?? '')
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one): { attribute: Attribute; sign: number } => {
      const [name = '', direction = 'asc', ...more] = one.trim().split(/\s+/);
      if (!['asc', 'desc'].includes(direction) || more.length > 0)
        throw new RescoFault(`$orderby is not understood: '${one}'`);
      return { attribute: attributeAt(entity, name), sign: direction === 'asc' ? 1 : -1 };
    });
  return (a, b) => {
    for (const { attribute, sign } of orders) {
      const [x, y] = [fieldOf(entity, a, attribute.name), fieldOf(entity, b, attribute.name)];
      const order =
        x === undefined || y === undefined
          ? Number(x !== undefined) - Number(y !== undefined)
          : compare(comparable(attribute, x), comparable(attribute, y));
      if (order !== 0) return order * sign;
    }
    // Pages must not overlap, so the order is always whole.
    return a.id < b.id ? -1 : 1;
  };
}
