import type { SqlValue } from '../face.ts';
import type { Key } from '../types/compare.ts';

export type Values = readonly SqlValue[];

/** Who writes: enough of a transaction for storage to tell whose a version is. */
export interface Owner {
  readonly id: bigint;
}

/**
 * One state of a row. An uncommitted one carries its writer and points at the committed state below it; `values` null
 * means deleted. `seq` is the number of the commit that made it current.
 */
export interface Version {
  readonly values: Values | null;
  owner: Owner | null;
  seq: number;
  prev: Version | null;
}

export class Row {
  head: Version;
  /** Read locks kept to the end of a transaction (repeatable read, UPDLOCK); null for nearly all rows. */
  locks: Map<Owner, 'S' | 'U'> | null = null;
  constructor(head: Version) {
    this.head = head;
  }
}

/** What it takes to undo one change of a row: its former head, or null when the row was new. */
export interface RowUndo {
  readonly table: RowStore;
  readonly row: Row;
  readonly before: Version | null;
}

/** Rows by key. Entries stay as long as any version of the row has the key, so readers check what they find. */
export class RowIndex {
  private readonly map = new Map<Key, Row | Set<Row>>();
  private readonly keyOf: (values: Values) => Key | undefined;

  /** `keyOf` answers undefined for a row outside a filtered index. */
  constructor(keyOf: (values: Values) => Key | undefined) {
    this.keyOf = keyOf;
  }
  key(values: Values): Key | undefined {
    return this.keyOf(values);
  }
  add(row: Row, values: Values): void {
    const key = this.keyOf(values);
    if (key === undefined) return;
    const entry = this.map.get(key);
    if (entry === undefined) this.map.set(key, row);
    else if (entry instanceof Set) entry.add(row);
    else if (entry !== row) this.map.set(key, new Set([entry, row]));
  }
  /** Takes the row out from under the key of `values`, unless another of its versions still has that key. */
  drop(row: Row, values: Values): void {
    const key = this.keyOf(values);
    if (key === undefined) return;
    for (let v: Version | null = row.head; v; v = v.prev)
      if (v.values && v.values !== values && this.keyOf(v.values) === key) return;
    const entry = this.map.get(key);
    if (entry === row) this.map.delete(key);
    else if (entry instanceof Set) {
      entry.delete(row);
      if (entry.size === 0) this.map.delete(key);
    }
  }
  find(key: Key): Row | ReadonlySet<Row> | undefined {
    return this.map.get(key);
  }
}

/** The rows of one table with their indexes. Knows versions, but nothing of types, constraints or SQL. */
export class RowStore {
  readonly rows = new Set<Row>();
  readonly indexes: RowIndex[] = [];

  insert(values: Values, owner: Owner | null, log: RowUndo[]): Row {
    const row = new Row({ values, owner, seq: 0, prev: null });
    this.rows.add(row);
    for (const index of this.indexes) index.add(row, values);
    log.push({ table: this, row, before: null });
    return row;
  }

  /** Replaces the current values, or deletes with null. Without an owner (table variables) there are no versions. */
  write(row: Row, values: Values | null, owner: Owner | null, log: RowUndo[]): void {
    const before = row.head;
    log.push({ table: this, row, before });
    if (owner === null) {
      row.head = { values, owner: null, seq: 0, prev: null };
      for (const index of this.indexes) if (values) index.add(row, values);
      if (before.values) for (const index of this.indexes) index.drop(row, before.values);
      if (!values) this.rows.delete(row);
      return;
    }
    row.head = { values, owner, seq: 0, prev: before.owner === owner ? before.prev : before };
    if (values) for (const index of this.indexes) index.add(row, values);
  }

  undo(entry: RowUndo): void {
    const { row, before } = entry;
    const undone = row.head.values;
    if (!before) {
      this.rows.delete(row);
      if (undone) for (const index of this.indexes) index.drop(row, undone);
      row.head = { values: null, owner: null, seq: 0, prev: null };
      return;
    }
    row.head = before;
    if (before.values && !this.rows.has(row)) this.rows.add(row);
    if (before.values) for (const index of this.indexes) index.add(row, before.values);
    if (undone && undone !== before.values) for (const index of this.indexes) index.drop(row, undone);
  }

  /** Forgets every version below the head; called when nobody can read them any more. `gone` are values it once had. */
  settle(row: Row, gone: Iterable<Values>): void {
    const head = row.head;
    if (head.owner) return;
    const old = [...gone];
    for (let v = head.prev; v; v = v.prev) if (v.values) old.push(v.values);
    head.prev = null;
    for (const values of old)
      if (values !== head.values) for (const index of this.indexes) index.drop(row, values);
    if (!head.values) this.rows.delete(row);
  }

  addIndex(index: RowIndex): void {
    this.indexes.push(index);
    for (const row of this.rows)
      for (let v: Version | null = row.head; v; v = v.prev) if (v.values) index.add(row, v.values);
  }
  removeIndex(index: RowIndex): void {
    const at = this.indexes.indexOf(index);
    if (at >= 0) this.indexes.splice(at, 1);
  }

  /** Rewrites every version, after a column was added, changed or dropped. Answers what puts the old ones back. */
  rewrite(change: (values: Values) => Values): () => void {
    const saved: [Row, Version][] = [];
    for (const row of this.rows) {
      saved.push([row, row.head]);
      const copy = (v: Version | null): Version | null =>
        v && { values: v.values && change(v.values), owner: v.owner, seq: v.seq, prev: copy(v.prev) };
      row.head = copy(row.head) as Version;
    }
    return () => {
      for (const [row, head] of saved) row.head = head;
    };
  }
}
