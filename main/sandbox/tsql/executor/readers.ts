import type { IsolationLevel } from '../face.ts';
import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { Reader } from '../plan/context.ts';
import type { Database, Table } from '../storage/schema-objects.ts';
import type { Owner, Row, Values, Version } from '../storage/rows.ts';
import type { Party, Transaction, TransactionLog } from '../transactions.ts';

const partyOf = (owner: Owner): Party => (owner as Transaction).party;

/**
 * Waits for sessions whose whole-table lock excludes what is wanted: a plain read stops at X only, a write at any,
 * and U excludes U, so that two who mean to write after reading come one after the other.
 */
export function waitForTable(table: Table, mine: Transaction, mode: 'read' | 'S' | 'U' | 'write'): void {
  if (table.locks.size === 0) return;
  const holders: Party[] = [];
  for (const [owner, lock] of table.locks) {
    if (owner !== mine && (lock === 'X' || mode === 'write' || (mode === 'U' && lock === 'U')))
      holders.push(partyOf(owner));
  }
  if (holders.length > 0) throw new LockWait(holders);
}

const RANK = ['S', 'U', 'X'] as const;

export function lockTable(table: Table, mine: Transaction, mode: 'S' | 'U' | 'X'): void {
  waitForTable(table, mine, mode === 'X' ? 'write' : mode);
  const held = table.locks.get(mine);
  if (!held || RANK.indexOf(held) < RANK.indexOf(mode)) table.locks.set(mine, mode);
  mine.tableLocks.add(table.locks);
}

function keep(row: Row, mine: Transaction, mode: 'S' | 'U'): void {
  const locks = (row.locks ??= new Map());
  if (mode === 'U') {
    const holders = [...locks]
      .filter(([owner, lock]) => owner !== mine && lock === 'U')
      .map(([owner]) => partyOf(owner));
    if (holders.length > 0) throw new LockWait(holders);
  }
  if (locks.get(mine) !== 'U') locks.set(mine, mode);
  mine.readLocks.add(row);
}

/** A shared lock that moves from row to row, as a read goes on. Rows locked by other means stay so. */
export class MovingLock {
  private readonly mine: Transaction;
  private at: Row | undefined;

  constructor(mine: Transaction) {
    this.mine = mine;
  }
  get held(): boolean {
    return this.at !== undefined;
  }
  to(row: Row): void {
    this.release();
    if (row.locks?.has(this.mine)) return;
    keep(row, this.mine, 'S');
    this.at = row;
  }
  release(): void {
    const row = this.at;
    this.at = undefined;
    if (!row) return;
    row.locks?.delete(this.mine);
    if (row.locks?.size === 0) row.locks = null;
    this.mine.readLocks.delete(row);
  }
}

const direct: Reader = { read: (row) => row.head.values, open: () => undefined };

export interface ReadRequest {
  readonly hints: readonly string[];
  readonly table: Table;
  readonly database: Database;
  readonly transaction: Transaction;
  readonly isolation: IsolationLevel;
  readonly log: TransactionLog;
  /** The statement will write the rows it reads: it looks at what is current and waits for other writers. */
  readonly forUpdate: boolean;
  /** Told of each row that is read under a lock which lasts no longer than the next row. */
  readonly standAt?: ((row: Row) => void) | undefined;
}

/** The isolation level and the hints as a way to look at rows. */
export function readerFor(r: ReadRequest): Reader {
  const { table, transaction, hints } = r;
  if (table.local || table.name.startsWith('#')) return direct;
  const has = (...names: string[]): boolean => hints.some((h) => names.includes(h));
  const dirty =
    has('NOLOCK', 'READUNCOMMITTED') ||
    (r.isolation === 'read uncommitted' &&
      !has('READCOMMITTED', 'UPDLOCK', 'HOLDLOCK', 'SERIALIZABLE', 'REPEATABLEREAD', 'XLOCK'));
  if (dirty && !r.forUpdate) return direct;
  if (r.isolation === 'snapshot' && !has('READCOMMITTED', 'READCOMMITTEDLOCK')) return snapshotReader(r);
  if (has('TABLOCKX') || (has('TABLOCK') && has('XLOCK'))) lockTable(table, transaction, 'X');
  else if (has('HOLDLOCK', 'SERIALIZABLE') || r.isolation === 'serializable')
    lockTable(table, transaction, has('UPDLOCK', 'XLOCK') ? 'U' : 'S');
  else waitForTable(table, transaction, 'read');
  const versions =
    r.database.readCommittedSnapshot &&
    !r.forUpdate &&
    r.isolation === 'read committed' &&
    !has('READCOMMITTEDLOCK', 'UPDLOCK', 'XLOCK', 'HOLDLOCK', 'REPEATABLEREAD');
  if (versions) return { open: () => undefined, read: (row) => committed(row, transaction) };
  const hold = has('UPDLOCK', 'XLOCK')
    ? 'U'
    : has('HOLDLOCK', 'SERIALIZABLE', 'REPEATABLEREAD') ||
        r.isolation === 'repeatable read' ||
        r.isolation === 'serializable'
      ? 'S'
      : undefined;
  const skip = has('READPAST');
  const nowait = has('NOWAIT');
  const blocked = (owner: Owner): null => {
    if (skip) return null;
    if (nowait) throw new SqlError(1222, 'Lock request time out period exceeded.');
    throw new LockWait([partyOf(owner)]);
  };
  if (!hold) {
    const { standAt } = r;
    const look = (row: Row): Values | null =>
      row.head.owner === null || row.head.owner === transaction ? row.head.values : blocked(row.head.owner);
    if (!standAt) return { open: () => undefined, read: look };
    return {
      open: () => undefined,
      read: (row) => {
        const values = look(row);
        if (values) standAt(row);
        return values;
      },
    };
  }
  return {
    open: () => undefined,
    read: (row) => {
      const { head } = row;
      if (head.owner !== null && head.owner !== transaction) return blocked(head.owner);
      if (head.values) keep(row, transaction, hold);
      return head.values;
    },
  };
}

function committed(row: Row, mine: Transaction): Values | null {
  const { head } = row;
  if (head.owner === null || head.owner === mine) return head.values;
  return head.prev?.values ?? null;
}

function snapshotReader(r: ReadRequest): Reader {
  if (!r.database.allowSnapshot) {
    throw new SqlError(
      3952,
      `Snapshot isolation transaction failed accessing database '${r.database.name}' because snapshot isolation is not allowed in this database.`,
      16,
      'batch',
    );
  }
  const seq = r.log.takeSnapshot(r.transaction);
  return {
    open: () => undefined,
    read: (row) => {
      for (let v: Version | null = row.head; v; v = v.prev) {
        if (v.owner === r.transaction || (v.owner === null && v.seq <= seq)) return v.values;
      }
      return null;
    },
  };
}

/** What has to be true before a row is written: nobody else reads it under a kept lock, or has changed it. */
export function claim(row: Row, table: Table, mine: Transaction): void {
  if (table.local) return;
  const { head } = row;
  if (head.owner !== null && head.owner !== mine) throw new LockWait([partyOf(head.owner)]);
  if (
    mine.snapshot !== undefined &&
    mine.isolation === 'snapshot' &&
    head.owner === null &&
    head.seq > mine.snapshot
  ) {
    throw new SqlError(
      3960,
      'Snapshot isolation transaction aborted due to update conflict.',
      16,
      'rollback',
    );
  }
  if (row.locks) {
    const holders = [...row.locks.keys()].filter((o) => o !== mine).map(partyOf);
    if (holders.length > 0) throw new LockWait(holders);
  }
}
