import type { Attribute } from '../metadata/entity-types.ts';
import { find, fieldOf } from '../state/store.ts';
import { partiesOf, splitLookup } from '../state/values.ts';
import type { Row } from '../state/table.ts';
import type { World } from '../state/world.ts';
import { element, escapeXml } from './xml.ts';

/** A canonical text as the data service shows it: XML, escaped. */
export function render(world: World, attribute: Attribute, value: string): string {
  switch (attribute.type) {
    case 'Boolean':
      return bool(world, value === 'true');
    case 'DateTime': {
      const { dateZ } = world.switches;
      const bare = dateZ === 'never' || (dateZ === 'mixed' && world.random() < 0.5);
      return bare ? value.replace(/Z$/, '') : value;
    }
    case 'Lookup':
      return escapeXml(withLabel(world, value));
    case 'PartyList':
      return partiesOf(value)
        .map(({ address, target }) => element('party', { addressused: address }, escapeXml(target)))
        .join('');
    default:
      return escapeXml(value);
  }
}

function bool(world: World, value: boolean): string {
  const { boolCase } = world.switches;
  const upper = boolCase === 'upper' || (boolCase === 'mixed' && world.random() < 0.5);
  if (upper) return value ? 'True' : 'False';
  return value ? 'true' : 'false';
}

/** `entity:id:Label`, or without the label where the target has no name, or is not there. */
export function withLabel(world: World, value: string): string {
  const label = labelAt(world, value);
  return label === undefined ? value : `${value}:${label}`;
}

export function labelAt(world: World, lookup: string): string | undefined {
  const target = splitLookup(lookup);
  const entity = target === undefined ? undefined : world.schema.get(target.entity);
  const row: Row | undefined = target === undefined ? undefined : find(world, target.entity, target.id);
  if (entity === undefined || row === undefined || entity.title === entity.key) return undefined;
  return fieldOf(entity, row, entity.title);
}
