import type { TriggerRows } from '../plan/context.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Interp, Work } from './interp.ts';

/** AFTER triggers of one statement, in the order they were made. They fire once, also for no rows. */
export function fireTriggers(
  interp: Interp,
  w: Work,
  table: Table,
  event: 'INSERT' | 'UPDATE' | 'DELETE',
  rows: Omit<TriggerRows, 'table'>,
): void {
  for (const trigger of table.triggers) {
    if (trigger.disabled || !trigger.events.includes(event)) continue;
    // A trigger's own writes to its table do not fire it again (recursive triggers are off).
    if (interp.session.frames.some((f) => f.object === trigger)) continue;
    interp.fire(trigger, { table, ...rows }, w);
  }
}
