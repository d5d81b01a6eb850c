import type { Attribute, AttributeType, Entity } from '../metadata/entity-types.ts';
import { respond } from '../rest/answers.ts';
import { element } from '../rest/xml.ts';
import type { World } from '../state/world.ts';
import { json } from './json.ts';
import { propertyOf, shown } from './records.ts';

const visibleEntities = (world: World): Entity[] =>
  [...world.schema.values()].filter((entity) => entity.flags?.includes('Hidden') !== true);

/** Entity sets under their singular names. */
export function serviceDocument(world: World, base: string): Response {
  return json(200, {
    '@odata.context': `${base}/$metadata`,
    value: visibleEntities(world).map(({ name }) => ({
      kind: 'EntitySet',
      title: name.charAt(0).toUpperCase() + name.slice(1),
      name,
      url: name,
    })),
  });
}

const EDM: Readonly<Record<AttributeType, string>> = {
  UniqueIdentifier: 'Edm.Guid',
  String: 'Edm.String',
  Integer: 'Edm.Int32',
  Float: 'Edm.Double',
  Decimal: 'Edm.Decimal',
  DateTime: 'Edm.DateTimeOffset',
  Picklist: 'Edm.Int32',
  PicklistMap: 'Edm.Int32',
  Boolean: 'Edm.Boolean',
  Money: 'Edm.Decimal',
  Binary: 'Edm.Binary',
  Lookup: 'Edm.Guid',
  RowVersion: 'Edm.Int64',
  PartyList: 'Edm.String',
};

const property = (attribute: Attribute): string =>
  element('Property', { Name: propertyOf(attribute), Type: EDM[attribute.type] });

/** The CSDL document. */
export function csdl(world: World): Response {
  const entities = visibleEntities(world);
  const types = entities.map((entity) =>
    element(
      'EntityType',
      { Name: entity.name },
      element('Key', {}, element('PropertyRef', { Name: entity.key })) + shown(entity).map(property).join(''),
    ),
  );
  const sets = entities.map(({ name }) =>
    element('EntitySet', { Name: name, EntityType: `RescoCloud.${name}` }),
  );
  const schema = element(
    'Schema',
    { Namespace: 'RescoCloud', xmlns: 'http://docs.oasis-open.org/odata/ns/edm' },
    types.join('') + element('EntityContainer', { Name: 'Container' }, sets.join('')),
  );
  const body = element(
    'edmx:Edmx',
    { Version: '4.0', 'xmlns:edmx': 'http://docs.oasis-open.org/odata/ns/edmx' },
    element('edmx:DataServices', {}, schema),
  );
  return respond(200, 'application/xml; charset=utf-8', `<?xml version="1.0" encoding="utf-8"?>${body}`);
}
