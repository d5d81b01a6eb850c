import { element } from '../rest/xml.ts';
import { respond } from '../rest/answers.ts';
import type { World } from '../state/world.ts';
import type { Attribute, Entity } from './entity-types.ts';

const METADATA_NS = 'http://schemas.resco.net/XRM/MetadataService';

/** All entities with their attributes, hidden ones too. */
export function answerEntities(world: World): Response {
  const entities = [...world.schema.values()].map((entity) => entityText(entity)).join('');
  const ns = world.switches.responseNs === 'vendor' ? METADATA_NS : undefined;
  const body =
    world.switches.metaShape === 'wrapped'
      ? element('Metadata', { xmlns: ns }, element('Entities', {}, entities))
      : element('Entities', { xmlns: ns }, entities);
  return respond(200, 'application/xml; charset=utf-8', `<?xml version="1.0" encoding="utf-8"?>${body}`);
}

function entityText(entity: Entity): string {
  const attributes = element('Attributes', {}, entity.own.map((one) => attributeText(entity, one)).join(''));
  return element(
    'Entity',
    {
      Id: stableId(entity.name),
      Name: entity.name,
      PrimaryKeyName: entity.key === 'id' ? undefined : entity.key,
      PrimaryFieldName: entity.title === 'name' ? undefined : entity.title,
      EntityAttributes: entity.flags?.join(' '),
      EntityParent: entity.parent,
      EntityTypeCode: entity.typeCode === undefined ? undefined : String(entity.typeCode),
      OwnershipType: entity.userOwned === true ? 'User' : undefined,
      IsAuditEnabled: 'false',
    },
    attributes + element('Description', {}, entity.description),
  );
}

function attributeText(entity: Entity, attribute: Attribute): string {
  return element('Attribute', {
    Id: stableId(`${entity.name}.${attribute.name}`),
    Name: attribute.name,
    Type: attribute.type,
    Length: numberText(attribute.length),
    Min: attribute.min,
    Max: attribute.max,
    Precision: numberText(attribute.precision),
    Required: attribute.required === true ? 'true' : undefined,
    System: attribute.system === true ? 'true' : undefined,
    Default: attribute.default,
    Format: attribute.format,
    LookupTargets: attribute.targets?.join(';'),
    LookupDeleteConstraint: attribute.cascade === true ? 'Cascade' : undefined,
    OptionSetValues: optionsText(attribute),
    IsBlobStorageEnabled: attribute.blob === true ? 'true' : undefined,
    Permissions: attribute.permissions.join(' '),
  });
}

const numberText = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

function optionsText({ map, options }: Attribute): string | undefined {
  if (map !== undefined) return map.map((group) => group.join(',')).join(';');
  return options === undefined
    ? undefined
    : Object.keys(options)
        .map(Number)
        .sort((a, b) => a - b)
        .join(';');
}

/** Always the same for one name, and nothing like it for another. */
export function stableId(name: string): string {
  let hex = '';
  for (let part = 0; part < 4; part++) {
    let hash = 0x811c9dc5 ^ (part * 0x9e3779b1);
    for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    hex += (hash >>> 0).toString(16).padStart(8, '0');
  }
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
