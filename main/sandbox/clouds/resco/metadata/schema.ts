import type { Switches } from '../switches.ts';
import type { Attribute, Entity, EntityDefinition, Schema } from './entity-types.ts';
import { ENTITIES } from './organisation.ts';

/** The organisation's entities under the names that the switches give to row version and deletion log. */
export function buildSchema(switches: Switches): Schema {
  const definitions = [...ENTITIES];
  if (switches.deleteTracking !== 'off') definitions.push(deletionLog(switches));
  const byName = new Map(definitions.map((one) => [one.name, one]));
  return new Map(
    definitions.map((one) => {
      const key = one.key ?? 'id';
      const own: Attribute[] = [
        {
          name: key,
          type: 'UniqueIdentifier',
          required: true,
          system: true,
          permissions: ['Read', 'Create'],
        },
        ...one.attributes,
        { name: switches.rowVersionName, type: 'RowVersion', system: true, permissions: ['Read'] },
      ];
      const shared = one.parent === undefined ? [] : (byName.get(one.parent)?.attributes ?? []);
      const all = new Map([...shared, ...own].map((attribute) => [attribute.name, attribute]));
      const entity: Entity = {
        ...one,
        key,
        title: one.title ?? 'name',
        own: switches.inherited === 'listed' ? [...all.values()] : own,
        all,
        versionName: switches.rowVersionName,
      };
      return [one.name, entity];
    }),
  );
}

export const DELETION_LOG = 'trackingdelete';

function deletionLog({ trackingColumns: names }: Switches): EntityDefinition {
  return {
    name: DELETION_LOG,
    description: 'Deleted records',
    flags: ['Hidden', 'System'],
    attributes: [
      { name: names.entityname, type: 'String', length: 100, system: true, permissions: ['Read'] },
      { name: names.recordid, type: 'UniqueIdentifier', system: true, permissions: ['Read'] },
      { name: names.createdon, type: 'DateTime', system: true, permissions: ['Read'] },
    ],
  };
}
