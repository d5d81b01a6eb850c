import { find } from './store.ts';
import { write } from './write.ts';
import type { User, World } from './world.ts';

/** Does what asynchronous rules have to do by now. Failing work is dropped, as a server process that fails is. */
export function runDue(world: World): void {
  const now = world.now();
  const ready = world.due.filter((one) => one.at <= now);
  if (ready.length === 0) return;
  world.due.splice(0, world.due.length, ...world.due.filter((one) => one.at > now));
  world.byServer = true;
  try {
    for (const { rule, entity, row } of ready) {
      const user = world.users.find((one) => one.name === rule.as);
      if (user === undefined) continue;
      const current = find(world, entity, row.id);
      const change = rule.kind === 'workflow' && current !== undefined ? rule.change?.(current) : undefined;
      if (change !== undefined)
        attempt(world, user, { action: 'Update', entity, id: row.id, values: change });
      const other = rule.creates?.(current ?? row);
      if (other !== undefined) attempt(world, user, { action: 'Create', ...other });
    }
  } finally {
    world.byServer = false;
  }
}

export interface PlainWrite {
  readonly action: 'Create' | 'Update' | 'Upsert' | 'Delete';
  readonly entity: string;
  readonly id?: string | undefined;
  readonly values?: Readonly<Record<string, string | null>> | undefined;
}

/** A write as people and rules say it. Throws `RescoFault`. */
export function writePlain(
  world: World,
  user: User,
  { action, entity, id, values = {} }: PlainWrite,
): string {
  const inputs = new Map(Object.entries(values).map(([name, text]) => [name, { text }]));
  const key = world.schema.get(entity)?.key ?? 'id';
  if (id !== undefined) inputs.set(key, { text: id });
  return write(world, user, { action, entity, values: inputs }).id;
}

function attempt(world: World, user: User, request: PlainWrite): void {
  try {
    writePlain(world, user, request);
  } catch {
    // A server process that fails tells nobody but its own log.
  }
}
