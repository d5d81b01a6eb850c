import type { SqlValue } from '../face.ts';

type ChangeOperation = 'I' | 'U' | 'D';

/** One row written in a table under Change Tracking, before its transaction has a version. */
export interface PendingChange {
  /** Values of the primary key, in the order of its index. */
  readonly key: readonly SqlValue[];
  readonly operation: ChangeOperation;
  /** Ids of the columns an update names; null when it is no update, or names all outside the key. */
  readonly columns: readonly number[] | null;
  readonly context: Uint8Array | null;
}

/** The same, committed. `seq` is the number of the commit among all of the server, which snapshots go by. */
export interface TrackedChange extends PendingChange {
  readonly version: bigint;
  readonly seq: number;
}

/** What Change Tracking keeps of one table. */
export interface TableTracking {
  readonly database: DatabaseTracking;
  readonly columnsToo: boolean;
  begin: bigint;
  /** A client whose last version is lower has lost changes and begins anew. */
  minValid: bigint;
  changes: TrackedChange[];
}

export type RetentionUnit = 'DAYS' | 'HOURS' | 'MINUTES';
const UNIT_MS: Readonly<Record<RetentionUnit, number>> = { DAYS: 86400000, HOURS: 3600000, MINUTES: 60000 };

/** Change Tracking of one database: its versions, and how long changes are kept. */
export class DatabaseTracking {
  on = false;
  retention = 2;
  unit: RetentionUnit = 'DAYS';
  autoCleanup = true;
  /** Everything up to this version has been cleaned up. */
  cleaned = 0n;
  /** The tables it is on for. */
  readonly tables = new Set<{ readonly tracking: TableTracking | undefined }>();
  private last = 0n;
  /** Oldest first; entries older than any snapshot and the retention are dropped. */
  private commits: { readonly version: bigint; readonly seq: number; readonly at: number }[] = [];

  get current(): bigint {
    return this.last;
  }
  /** The version a reader sees whose snapshot was taken after commit `seq`. */
  asOf(seq: number): bigint {
    for (let i = this.commits.length - 1; i >= 0; i--) {
      const commit = this.commits[i];
      if (commit && commit.seq <= seq) return commit.version;
    }
    return this.cleaned;
  }
  /** Gives the next version to a commit. `at` in milliseconds since 1970. */
  advance(seq: number, at: number): bigint {
    this.commits.push({ version: ++this.last, seq, at });
    return this.last;
  }
  /** The newest version whose changes are older than the retention at `now`; undefined when there is none. */
  expired(now: number): bigint | undefined {
    if (!this.autoCleanup) return undefined;
    const limit = now - this.retention * UNIT_MS[this.unit];
    let found: bigint | undefined;
    for (const commit of this.commits) {
      if (commit.at >= limit) break;
      found = commit.version;
    }
    return found;
  }
  /** Removes changes up to `version` and tells clients that stand before it to begin anew. */
  cleanUp(version: bigint): void {
    this.commits = this.commits.filter((c) => c.version > version);
    if (version > this.cleaned) this.cleaned = version;
    for (const { tracking: kept } of this.tables) {
      if (!kept) continue;
      kept.changes = kept.changes.filter((c) => c.version > version);
      if (kept.minValid < version) kept.minValid = version;
    }
  }
  /** After a restore the versions go on from where the backup was. */
  rewind(version: bigint): void {
    this.last = version;
    this.commits = this.commits.filter((c) => c.version <= version);
    if (this.cleaned > version) this.cleaned = version;
  }
}

/** What became of one row since a version. */
interface NetChange {
  readonly key: readonly SqlValue[];
  readonly version: bigint;
  readonly created: bigint | null;
  readonly operation: ChangeOperation;
  readonly columns: readonly number[] | null;
  readonly context: Uint8Array | null;
}

/**
 * One answer per key out of changes in their order. A row that was there before and is there again has been updated,
 * in all its columns if it was away in between.
 */
export function netChanges(
  changes: Iterable<TrackedChange>,
  keyOf: (key: readonly SqlValue[]) => string | number,
): NetChange[] {
  interface Sum {
    first: ChangeOperation;
    created: bigint | null;
    columns: Set<number> | null;
    last: TrackedChange;
  }
  const sums = new Map<string | number, Sum>();
  for (const c of changes) {
    const key = keyOf(c.key);
    const known = sums.get(key);
    if (!known) {
      sums.set(key, {
        first: c.operation,
        created: c.operation === 'I' ? c.version : null,
        columns: c.columns && new Set(c.columns),
        last: c,
      });
      continue;
    }
    if (c.operation === 'I') known.created = c.version;
    if (known.columns && c.columns) for (const id of c.columns) known.columns.add(id);
    else known.columns = null;
    known.last = c;
  }
  return [...sums.values()].map(({ first, created, columns, last }) => {
    const operation = last.operation === 'D' ? 'D' : first === 'I' ? 'I' : 'U';
    return {
      key: last.key,
      version: last.version,
      created,
      operation,
      columns: operation === 'U' && columns ? [...columns].toSorted((a, b) => a - b) : null,
      context: last.context,
    };
  });
}

/** Column ids as CHANGE_TRACKING_IS_COLUMN_IN_MASK reads them: four bytes each, lowest first, behind four zeros. */
export function columnMask(ids: readonly number[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(4 * (ids.length + 1)));
  ids.forEach((id, i) => out.setUint32(4 * (i + 1), id, true));
  return new Uint8Array(out.buffer);
}

export function inColumnMask(mask: Uint8Array, id: number): boolean {
  const view = new DataView(mask.buffer, mask.byteOffset, mask.byteLength);
  for (let at = 4; at + 4 <= mask.byteLength; at += 4) if (view.getUint32(at, true) === id) return true;
  return false;
}
