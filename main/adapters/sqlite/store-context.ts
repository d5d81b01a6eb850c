import { StoreError } from '../../core/queue/store-error.ts';
import type { Item } from '../../core/queue/item.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import type { ReadDb, WriteDb } from './connection.ts';
import { translated } from './sqlite-error.ts';
import { decodeItem } from './statements/item-row.ts';

/** Told about rows that could not be read and were left out. */
export type OnDamaged = (error: StoreError) => void;

export interface ReadContext {
  readonly db: ReadDb;
  /** The site's zone: decides when today began. */
  readonly zone: string;
  readonly onDamaged: OnDamaged;
  /** One consistent look, errors as StoreError. */
  readonly read: <T>(act: () => T) => T;
}

export interface WriteContext extends ReadContext {
  readonly db: WriteDb;
  /** One transaction: all of `act` is durable when this returns, or nothing of it happened. */
  readonly write: <T>(act: () => T) => T;
}

export function readContext(
  db: ReadDb,
  options: { readonly zone: string; readonly onDamaged: OnDamaged },
): ReadContext {
  // Several statements of one method must see one state even while the agent writes.
  const transaction = db.transaction((act: () => unknown) => act());
  return {
    ...options,
    db,
    read: (act) => translated(() => transaction.deferred(act) as ReturnType<typeof act>),
  };
}

export function writeContext(
  db: WriteDb,
  options: { readonly zone: string; readonly onDamaged: OnDamaged; readonly fault: Runtime['fault'] },
): WriteContext {
  const { fault, ...rest } = options;
  const transaction = db.transaction((act: () => unknown) => act());
  return {
    ...readContext(db, rest),
    db,
    write: (act) => {
      if (fault('sqlite.busy')) throw new StoreError('busy', 'the local store is held by another program');
      if (fault('disk.full')) throw new StoreError('full', 'the disk is full');
      return translated(() => transaction.immediate(act) as ReturnType<typeof act>);
    },
  };
}

/** Items of the rows that can be read; the others are reported, so one damaged row does not hide a page. */
export function readableItems(context: ReadContext, rows: readonly unknown[]): readonly Item[] {
  return rows.flatMap((row) => {
    try {
      return [decodeItem(row)];
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      context.onDamaged(error);
      return [];
    }
  });
}
