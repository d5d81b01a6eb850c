import { writePlain } from './due.ts';
import type { PlainWrite } from './due.ts';
import { put, remove } from './store.ts';
import type { Stage, User, World } from './world.ts';

export interface OpenTransaction {
  /** Returns the id. What it writes has its row version from now on. */
  write(request: PlainWrite): string;
  /** Lets everybody see it. */
  commit(): void;
  /** As if it had never been, but for the row versions it used. */
  rollback(): void;
}

/** Opens a transaction that holds its writes back; others cannot write the same records meanwhile. */
export function openTransaction(world: World, user: User): OpenTransaction {
  const stage: Stage = { rows: new Map(), lowest: undefined };
  world.stages.add(stage);
  const end = (): void => {
    if (!world.stages.delete(stage)) throw new Error('the transaction is at its end already');
  };
  return {
    write(request) {
      world.stage = stage;
      try {
        return writePlain(world, user, request);
      } finally {
        world.stage = undefined;
      }
    },
    commit() {
      end();
      for (const [entity, rows] of stage.rows)
        for (const [id, row] of rows) {
          if (row === null) remove(world, entity, id);
          else put(world, entity, row);
        }
      world.undo.steps.length = 0;
    },
    rollback: end,
  };
}
