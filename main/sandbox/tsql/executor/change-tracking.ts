import type { SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { Run } from '../plan/context.ts';
import type { PendingChange, TrackedChange } from '../storage/change-tracking.ts';
import type { Database, Table } from '../storage/schema-objects.ts';
import type { Values } from '../storage/rows.ts';
import type { IsolationLevel } from '../face.ts';
import type { Transaction, TransactionLog } from '../transactions.ts';
import type { Work } from './interp.ts';

export const primaryOf = (table: Table): Table['indexes'][number] | undefined =>
  table.indexes.find((i) => i.primary);

function remember(w: Work, table: Table, change: PendingChange | 'begin'): void {
  const { tracked, undo } = w.transaction;
  const length = tracked.push({ table, change });
  undo.push(() => (tracked.length = length - 1));
}

const pending = (
  w: Work,
  table: Table,
  operation: PendingChange['operation'],
  values: Values,
  columns: readonly number[] | null = null,
): PendingChange => ({
  operation,
  columns,
  context: w.context,
  key: (primaryOf(table)?.columns ?? []).map((c): SqlValue => values[c.ordinal] ?? null),
});

/** Remembers an inserted row until the commit gives it a version. */
export function trackInsert(w: Work, table: Table, values: Values): void {
  if (table.tracking) remember(w, table, pending(w, table, 'I', values));
}

/**
 * Remembers the updates and deletes of one statement. `written` are the ordinals an update names. A changed key is a
 * delete and an insert, all deletes first: rows that trade their keys were there before and after.
 */
export function trackChanges(
  w: Work,
  table: Table,
  changes: readonly { readonly before: Values; readonly after: Values | null }[],
  written: readonly number[],
): void {
  const { tracking } = table;
  const primary = primaryOf(table);
  if (!tracking || !primary) return;
  const inKey = new Set(primary.columns.map((c) => c.ordinal));
  const open = table.columns.flatMap((c, i) =>
    inKey.has(i) || c.computed || c.type.name === 'rowversion' ? [] : [i],
  );
  const named = new Set(written);
  const columns =
    !tracking.columnsToo || open.every((o) => named.has(o))
      ? null
      : [...named].filter((o) => !inKey.has(o)).map((o) => table.columns[o]?.id ?? 0);
  const moved = (c: { before: Values; after: Values | null }): boolean =>
    c.after !== null && primary.rows.key(c.before) !== primary.rows.key(c.after);
  for (const c of changes) if (!c.after || moved(c)) remember(w, table, pending(w, table, 'D', c.before));
  for (const c of changes) {
    if (!c.after) continue;
    if (moved(c)) remember(w, table, pending(w, table, 'I', c.after));
    else remember(w, table, pending(w, table, 'U', c.after, columns));
  }
}

/** A truncated table starts its tracking anew: what went is not told, and every client has to begin again. */
export function trackTruncation(w: Work, table: Table): void {
  if (table.tracking) remember(w, table, 'begin');
}

interface TrackingReader {
  readonly transaction: Transaction;
  readonly isolation: IsolationLevel;
  readonly log: TransactionLog;
  databaseOf(table: Table): Database;
}

/** Change Tracking as one statement may see it. */
export function trackingReader(r: TrackingReader): Run['tracking'] {
  const snapshot = (database: Database): number | undefined =>
    r.isolation === 'snapshot' && database.allowSnapshot ? r.log.takeSnapshot(r.transaction) : undefined;
  return {
    current: (database) => {
      if (!database.tracking.on) return null;
      const seq = snapshot(database);
      return seq === undefined ? database.tracking.current : database.tracking.asOf(seq);
    },
    changes: (table): readonly TrackedChange[] => {
      const { tracking } = table;
      if (!tracking)
        throw new SqlError(22105, `Change tracking is not enabled on table '${table.fullName}'.`);
      const database = r.databaseOf(table);
      const seq = snapshot(database);
      if (seq !== undefined) return tracking.changes.filter((c) => c.seq <= seq);
      // The changes of an open transaction are rows under its locks, like those of the table itself.
      if (r.isolation !== 'read uncommitted' && !database.readCommittedSnapshot) {
        const writers = [...r.log.transactions()].filter(
          (t) => t !== r.transaction && t.tracked.some((x) => x.table === table),
        );
        if (writers.length > 0) throw new LockWait(writers.map((t) => t.party));
      }
      return tracking.changes;
    },
  };
}
