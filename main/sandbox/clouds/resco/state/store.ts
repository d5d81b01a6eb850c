import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { DELETION_LOG } from '../metadata/schema.ts';
import { RescoFault, noPrivilege } from './fault.ts';
import { Table } from './table.ts';
import type { Row } from './table.ts';
import type { PrivilegeKind, User, World } from './world.ts';

/** The entity of this very name. */
export function entityOf(world: World, name: string): Entity {
  const entity = world.schema.get(name);
  if (entity === undefined)
    throw new RescoFault(`there is no entity ${name}`, { code: -2_147_217_150, missing: 'entity' });
  return entity;
}

export function attributeOf(entity: Entity, name: string): Attribute {
  const attribute = entity.all.get(name);
  if (attribute === undefined)
    throw new RescoFault(`${entity.name} has no attribute ${name}`, { code: -2_147_217_149 });
  return attribute;
}

export function tableOf(world: World, entity: string): Table {
  let table = world.tables.get(entity);
  if (table === undefined) {
    table = new Table();
    world.tables.set(entity, table);
  }
  return table;
}

/** The record as the write under way sees it: with what its own transaction has not committed. */
export function find(world: World, entity: string, id: string): Row | undefined {
  const staged = world.stage?.rows.get(entity)?.get(id);
  if (staged !== undefined) return staged ?? undefined;
  return world.tables.get(entity)?.rows.get(id);
}

/** Canonical text of one field; undefined for null. */
export function fieldOf(entity: Entity, row: Row, name: string): string | undefined {
  if (name === entity.key) return row.id;
  if (name === entity.versionName) return String(row.version);
  return row.values[name];
}

export function nextVersion(world: World, report = true): bigint {
  world.versions.last += 1n;
  if (report) world.versions.reported = world.versions.last;
  return world.versions.last;
}

export function put(world: World, entity: string, row: Row): void {
  if (stageRow(world, entity, row.id, row)) return;
  const table = tableOf(world, entity);
  const before = table.rows.get(row.id);
  table.put(row);
  world.undo.steps.push(() => (before === undefined ? table.remove(row.id) : table.put(before)));
}

export function remove(world: World, entity: string, id: string): void {
  if (stageRow(world, entity, id, null)) return;
  const table = tableOf(world, entity);
  const before = table.rows.get(id);
  table.remove(id);
  if (before !== undefined) world.undo.steps.push(() => table.put(before));
}

function stageRow(world: World, entity: string, id: string, row: Row | null): boolean {
  const { stage } = world;
  if (stage === undefined) return false;
  const rows = stage.rows.get(entity) ?? new Map<string, Row | null>();
  stage.rows.set(entity, rows.set(id, row));
  if (row !== null && (stage.lowest === undefined || row.version < stage.lowest)) stage.lowest = row.version;
  return true;
}

/** Whether another transaction that is still open has written the record. */
export function lockedElsewhere(world: World, entity: string, id: string): boolean {
  for (const stage of world.stages) if (stage !== world.stage && stage.rows.get(entity)?.has(id)) return true;
  return false;
}

export function may(world: World, user: User, entity: string, kind: PrivilegeKind): boolean {
  if (entity === DELETION_LOG) {
    if (kind !== 'read' || world.switches.deleteTracking === 'noPrivilege') return false;
    if (user.privileges === undefined) return true;
  }
  return user.privileges === undefined || (user.privileges[entity] ?? []).includes(kind);
}

export function demand(world: World, user: User, entity: string, kind: PrivilegeKind): void {
  if (!may(world, user, entity, kind)) throw noPrivilege(user.name, kind, entity);
}

/** Whether the user, who may read the entity, may read this record of it. */
export function sees(user: User, entity: Entity, row: Row): boolean {
  const privileges = user.privileges?.[entity.name];
  if (privileges === undefined || !privileges.includes('own') || entity.userOwned !== true) return true;
  return row.values['ownerid'] === `systemuser:${user.id}`;
}

/** Drops entries of the deletion log that are past their age. */
export function expireDeletions(world: World): void {
  const { trackingAge } = world.switches;
  const table = world.tables.get(DELETION_LOG);
  if (trackingAge === 0 || table === undefined) return;
  const limit = world.now() - trackingAge * 1000;
  for (const row of table.rows.values())
    if (Date.parse(row.values[world.switches.trackingColumns.createdon] ?? '') < limit) table.remove(row.id);
}

/** Runs writes as one: all of them stay, or none. */
export function together<T>(world: World, work: () => T): T {
  const { undo } = world;
  const mark = undo.steps.length;
  const due = world.due.length;
  const calls = world.hookCalls.length;
  undo.depth += 1;
  try {
    return work();
  } catch (error) {
    while (undo.steps.length > mark) undo.steps.pop()?.();
    world.due.length = due;
    world.hookCalls.length = calls;
    throw error;
  } finally {
    undo.depth -= 1;
    if (undo.depth === 0) undo.steps.length = 0;
  }
}
