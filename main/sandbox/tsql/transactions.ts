import type { IsolationLevel } from './face.ts';
import type { Database, Table } from './storage/schema-objects.ts';
import type { DatabaseTracking, PendingChange } from './storage/change-tracking.ts';
import type { Owner, Row, RowStore, RowUndo, Values } from './storage/rows.ts';

/** A change of the schema is undone by a function; changes of rows by their former versions. */
export type Undo = RowUndo | (() => void);

/** What a transaction needs to know of its session; the session knows more. */
export interface Party {
  readonly id: number;
  /** Higher survives a deadlock. */
  deadlockPriority: number;
  /** Changes a rollback would have to undo. */
  readonly cost: number;
}

/** One open transaction. `implicit` ones live for a single statement. */
export class Transaction implements Owner {
  readonly id: bigint;
  readonly party: Party;
  readonly implicit: boolean;
  readonly undo: Undo[] = [];
  readonly savepoints: { readonly name: string; readonly at: number }[] = [];
  /** @@TRANCOUNT; 0 for an implicit one. */
  depth: number;
  name: string | undefined;
  /** Only a rollback is possible any more: XACT_STATE() is -1. */
  doomed = false;
  isolation: IsolationLevel | undefined;
  /** The commit number a snapshot transaction reads at; set by its first read. */
  snapshot: number | undefined;
  readonly readLocks = new Set<Row>();
  readonly tableLocks = new Set<TableLocks>();
  readonly firstRowversion = new Map<Database, bigint>();
  /** Rows written in tables under Change Tracking, in order; `begin` where all clients of a table have to begin anew. */
  readonly tracked: { readonly table: Table; readonly change: PendingChange | 'begin' }[] = [];

  constructor(id: bigint, party: Party, implicit: boolean) {
    this.id = id;
    this.party = party;
    this.implicit = implicit;
    this.depth = implicit ? 0 : 1;
  }
}

/** Whole-table locks of one table, kept to the end of the transaction. */
export type TableLocks = Map<Owner, 'S' | 'U' | 'X'>;

/** Numbers commits, keeps old versions for snapshots, and puts things back. */
export class TransactionLog {
  private lastId = 0n;
  private lastSeq = 0;
  private readonly active = new Set<Transaction>();
  private readonly snapshots = new Set<Transaction>();
  /** Rows with versions below the head that a snapshot may still read. */
  private garbage = new Map<Row, { store: RowStore; gone: Values[] }>();
  private readonly ended: (transaction: Transaction) => void;
  private readonly now: () => number;

  /** `ended` hears of every transaction that let go of its locks. */
  constructor(ended: (transaction: Transaction) => void, now: () => number) {
    this.ended = ended;
    this.now = now;
  }

  begin(party: Party, implicit: boolean): Transaction {
    const t = new Transaction(++this.lastId, party, implicit);
    this.active.add(t);
    return t;
  }
  get current(): number {
    return this.lastSeq;
  }
  takeSnapshot(t: Transaction): number {
    if (t.snapshot === undefined) {
      t.snapshot = this.lastSeq;
      this.snapshots.add(t);
    }
    return t.snapshot;
  }
  transactions(): Iterable<Transaction> {
    return this.active;
  }

  commit(t: Transaction): void {
    const touched = new Map<Row, { store: RowStore; gone: Values[] }>();
    const fresh: Row[] = [];
    for (const entry of t.undo) {
      if (typeof entry === 'function') continue;
      // What happened to a new row later in the transaction has an entry of its own.
      if (entry.before === null) {
        fresh.push(entry.row);
        continue;
      }
      let known = touched.get(entry.row);
      if (!known) touched.set(entry.row, (known = { store: entry.table, gone: [] }));
      if (entry.before.values) known.gone.push(entry.before.values);
    }
    if (touched.size > 0 || fresh.length > 0) {
      const seq = ++this.lastSeq;
      for (const { head } of fresh) {
        if (head.owner !== t) continue;
        head.owner = null;
        head.seq = seq;
      }
      const keep = this.snapshots.size > (this.snapshots.has(t) ? 1 : 0);
      for (const [row, { store, gone }] of touched) {
        if (row.head.owner === t) {
          row.head.owner = null;
          row.head.seq = seq;
        }
        if (keep) {
          const known = this.garbage.get(row);
          if (known) known.gone.push(...gone);
          else this.garbage.set(row, { store, gone });
        } else store.settle(row, gone);
      }
    }
    if (t.tracked.length > 0) this.track(t);
    this.end(t);
  }

  /** A transaction gets its version of Change Tracking when it commits, one per database it wrote. */
  private track(t: Transaction): void {
    const now = this.now();
    const versions = new Map<DatabaseTracking, bigint>();
    for (const { table, change } of t.tracked) {
      const { tracking } = table;
      if (!tracking) continue;
      const { database } = tracking;
      let version = versions.get(database);
      if (version === undefined) versions.set(database, (version = database.advance(this.lastSeq, now)));
      if (change === 'begin') {
        tracking.changes = [];
        tracking.begin = version;
        tracking.minValid = version;
      } else tracking.changes.push({ ...change, version, seq: this.lastSeq });
    }
    for (const database of versions.keys()) {
      const old = database.expired(now);
      if (old !== undefined) database.cleanUp(old);
    }
  }

  /** Undoes down to a length of the log; 0 is everything. */
  undoTo(t: Transaction, length: number): void {
    undoTo(t.undo, length);
    while ((t.savepoints.at(-1)?.at ?? 0) > length) t.savepoints.pop();
  }

  rollback(t: Transaction): void {
    this.undoTo(t, 0);
    this.end(t);
  }

  private end(t: Transaction): void {
    this.active.delete(t);
    for (const row of t.readLocks) {
      row.locks?.delete(t);
      if (row.locks?.size === 0) row.locks = null;
    }
    for (const locks of t.tableLocks) locks.delete(t);
    if (this.snapshots.delete(t) && this.snapshots.size === 0) {
      const garbage = this.garbage;
      this.garbage = new Map();
      for (const [row, { store, gone }] of garbage) store.settle(row, gone);
    }
    this.ended(t);
  }
}

export function undoTo(undo: Undo[], length: number): void {
  while (undo.length > length) {
    const entry = undo.pop() as Undo;
    if (typeof entry === 'function') entry();
    else entry.table.undo(entry);
  }
}
