import { NotAPacket, readPacket } from './packet-reader.ts';

export interface SnapshotRow {
  table: string;
  /** Only `insert` rows are part of a snapshot's data; `update` ones load too. `delete` ones are never shown. */
  status: 'insert' | 'update';
  fields: readonly (readonly [name: string, text: string])[];
}

export interface SnapshotTable {
  name: string;
  /** Rows that load. */
  rows: number;
  /** Rows with status delete, which a snapshot does not load. */
  leftOut: number;
}

export interface SnapshotSummary {
  user: string;
  tables: SnapshotTable[];
  warnings: string[];
}

export interface SnapshotVisitor {
  row?(row: SnapshotRow): void;
  /** Every row as sent, whatever becomes of it. */
  raw?(table: string, fields: [string, string][]): void;
}

const STATUS: Record<string, 'insert' | 'update' | 'delete'> = {
  insert: 'insert',
  inserted: 'insert',
  // What a copy of stored rows carries: no change, so it loads.
  read: 'insert',
  update: 'update',
  updated: 'update',
  delete: 'delete',
  deleted: 'delete',
};

/**
 * Reads a pushed snapshot as a device would, row by row, in memory that does not grow with its size.
 * Throws `NotAPacket` when it is none.
 */
export async function readSnapshot(
  source: AsyncIterable<Uint8Array>,
  visitor: SnapshotVisitor = {},
): Promise<SnapshotSummary> {
  const summary: SnapshotSummary = { user: '', tables: [], warnings: [] };
  let current: SnapshotTable = { name: '', rows: 0, leftOut: 0 };
  const warned = new Set<string>();
  const warn = (words: string): void => {
    if (warned.has(words)) return;
    warned.add(words);
    summary.warnings.push(words);
  };
  await readPacket(source, {
    root(user) {
      summary.user = user;
    },
    table(name) {
      current = { name, rows: 0, leftOut: 0 };
      summary.tables.push(current);
    },
    row(table, text, fields) {
      const status = text === undefined ? 'insert' : STATUS[text.toLowerCase()];
      if (status === undefined) throw new NotAPacket(`a row of ${table} has the unknown status ${text}`);
      visitor.raw?.(table, fields);
      if (status === 'delete') {
        current.leftOut += 1;
        warn(`rows of ${table} with status delete were left out`);
        return;
      }
      if (status === 'update') warn(`rows of ${table} have the status update`);
      current.rows += 1;
      visitor.row?.({ table, status, fields });
    },
  });
  return summary;
}
