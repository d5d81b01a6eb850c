import type { Entity } from '../metadata/entity-types.ts';
import { DELETION_LOG } from '../metadata/schema.ts';
import { noRecord, RescoFault } from './fault.ts';
import { afterWrite } from './server-rules.ts';
import { find, lockedElsewhere, nextVersion, put, remove, sees } from './store.ts';
import type { Row } from './table.ts';
import type { User, World } from './world.ts';

/** Deletes a record: children by `Cascade` go with it, other lookups to it are cleared; each deletion is logged. */
export function deleteRecord(world: World, user: User, entity: Entity, id: string): void {
  const row = find(world, entity.name, id);
  if (row === undefined || !sees(user, entity, row)) throw noRecord(entity.name, id);
  remove(world, entity.name, id);
  logDeletion(world, entity.name, id);
  for (const [childEntity, child, cleared, cascade] of childrenOf(world, entity, id)) {
    if (find(world, childEntity.name, child.id) === undefined) continue;
    if (lockedElsewhere(world, childEntity.name, child.id))
      throw new RescoFault(`${childEntity.name} with id ${child.id} is locked by another transaction`);
    if (cascade) deleteRecord(world, { ...user, privileges: undefined }, childEntity, child.id);
    else clear(world, childEntity, child, cleared);
  }
  afterWrite(world, entity, row, 'delete');
}

/** Records with a lookup to the deleted one, with the names of these lookups. */
function childrenOf(world: World, entity: Entity, id: string): [Entity, Row, string[], boolean][] {
  const wanted = `${entity.name}:${id}`;
  const found: [Entity, Row, string[], boolean][] = [];
  for (const [name, table] of world.tables) {
    const childEntity = world.schema.get(name);
    if (childEntity === undefined) continue;
    const lookups = [...childEntity.all.values()].filter((one) => one.targets?.includes(entity.name));
    if (lookups.length === 0) continue;
    for (const row of table.rows.values()) {
      const pointing = lookups.filter((one) => row.values[one.name] === wanted);
      if (pointing.length > 0)
        found.push([
          childEntity,
          row,
          pointing.map((one) => one.name),
          pointing.some((one) => one.cascade === true),
        ]);
    }
  }
  return found;
}

function clear(world: World, entity: Entity, row: Row, names: readonly string[]): void {
  const now = find(world, entity.name, row.id) ?? row;
  const values = Object.fromEntries(Object.entries(now.values).filter(([name]) => !names.includes(name)));
  put(world, entity.name, { id: row.id, version: nextVersion(world), values });
}

function logDeletion(world: World, entity: string, id: string): void {
  const version = nextVersion(world, world.switches.deleteBumpsMax);
  const names = world.switches.trackingColumns;
  put(world, DELETION_LOG, {
    id: world.newId(),
    version,
    values: {
      [names.entityname]: entity,
      [names.recordid]: id,
      [names.createdon]: new Date(world.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  });
}
