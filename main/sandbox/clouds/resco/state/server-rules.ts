import type { Entity } from '../metadata/entity-types.ts';
import { nextVersion, put } from './store.ts';
import type { Row } from './table.ts';
import type { World } from './world.ts';

export type Event = 'create' | 'update' | 'delete';

const HOOK_ACTION = { create: 'Create', update: 'Update', delete: 'Delete' } as const;

/** What follows a write: real-time rules at once, the others put on their list, hooks told. */
export function afterWrite(world: World, entity: Entity, row: Row, event: Event): void {
  for (const hook of world.hooks)
    if (hook.entity === entity.name && hook.action === HOOK_ACTION[event])
      world.hookCalls.push({ url: hook.url, body: JSON.stringify({ id: row.id }) });
  if (world.byServer) return;
  for (const rule of world.rules) {
    if (rule.entity !== entity.name || !rule.on.includes(event)) continue;
    if (rule.kind === 'real-time') {
      if (event !== 'delete') changeInside(world, entity, row, rule);
      if (rule.creates === undefined) continue;
    }
    world.due.push({
      at: world.now() + (rule.afterSeconds ?? 0) * 1000,
      rule,
      entity: entity.name,
      row,
    });
  }
}

function changeInside(world: World, entity: Entity, row: Row, rule: World['rules'][number]): void {
  const before =
    world.stage?.rows.get(entity.name)?.get(row.id) ?? world.tables.get(entity.name)?.rows.get(row.id);
  const change = rule.change?.(before ?? row);
  if (before === undefined || before === null || change === undefined) return;
  const values = { ...before.values };
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete values[name];
    else values[name] = value;
  }
  const user = world.users.find((one) => one.name === rule.as);
  if (user !== undefined && entity.all.has('modifiedby')) values['modifiedby'] = `systemuser:${user.id}`;
  put(world, entity.name, { id: row.id, version: nextVersion(world), values });
}
