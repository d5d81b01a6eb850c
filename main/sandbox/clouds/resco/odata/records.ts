import { createHash } from 'node:crypto';
import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { labelAt } from '../rest/render.ts';
import { RescoFault } from '../state/fault.ts';
import { fieldOf } from '../state/store.ts';
import type { Row } from '../state/table.ts';
import { partiesOf, splitLookup } from '../state/values.ts';
import type { World } from '../state/world.ts';
import { Digits } from './json.ts';
import type { Json } from './json.ts';
import type { Field } from './filter.ts';

/** Changes with every row version, and tells nothing of it. */
export function etagOf(entity: Entity, row: Row): string {
  const hash = createHash('sha256').update(`${entity.name} ${row.id} ${row.version}`).digest('hex');
  return `W/"7A${hash.slice(0, 30).toUpperCase()}"`;
}

/** The property of an attribute: a lookup is `__name_id`; the row version has none. */
export const propertyOf = ({ name, type }: Attribute): string => (type === 'Lookup' ? `__${name}_id` : name);

/** The attributes that OData shows. */
export const shown = (entity: Entity): Attribute[] =>
  [...entity.all.values()].filter(({ type }) => type !== 'RowVersion' && type !== 'PartyList');

export function attributeAt(entity: Entity, property: string): Attribute {
  const attribute = shown(entity).find((one) => propertyOf(one) === property);
  if (attribute === undefined) throw new RescoFault(`${entity.name} has no property ${property}`);
  return attribute;
}

/** How filters and orders find the properties of an entity. */
export const fieldFinder =
  (entity: Entity) =>
  (property: string): Field<Row> => {
    const attribute = attributeAt(entity, property);
    return { attribute, valueOf: (row) => fieldOf(entity, row, attribute.name) };
  };

export interface Shape {
  readonly select: readonly Attribute[] | undefined;
  readonly annotations: boolean;
}

export function recordJson(world: World, entity: Entity, row: Row, shape: Shape): Record<string, Json> {
  const json: Record<string, Json> = { '@odata.etag': etagOf(entity, row) };
  for (const attribute of shape.select ?? shown(entity)) {
    const value = fieldOf(entity, row, attribute.name);
    const property = propertyOf(attribute);
    json[property] = value === undefined ? null : valueJson(attribute, value);
    const label = shape.annotations && value !== undefined ? labelOf(world, attribute, value) : undefined;
    if (label !== undefined) json[`${property}@RescoCloud.FormattedValue`] = label;
  }
  return json;
}

function labelOf(world: World, attribute: Attribute, value: string): string | undefined {
  return attribute.type === 'Lookup' ? labelAt(world, value) : attribute.options?.[Number(value)];
}

function valueJson(attribute: Attribute, value: string): Json {
  switch (attribute.type) {
    case 'Integer':
    case 'Float':
    case 'Decimal':
    case 'Money':
    case 'Picklist':
    case 'PicklistMap':
      return new Digits(value);
    case 'Boolean':
      return value === 'true';
    case 'Lookup':
      return splitLookup(value)?.id ?? null;
    case 'PartyList':
      return partiesOf(value).map(({ target }) => target);
    default:
      return value;
  }
}
