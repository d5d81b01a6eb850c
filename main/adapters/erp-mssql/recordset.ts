import type { SqlCell, SqlOutcome, SqlRecordset } from './sql-connection.ts';

/** The rows of the result set that has this column, by column name. Procedures of the ERP may add sets of their own. */
export function rowsWith(
  outcome: Extract<SqlOutcome, { kind: 'answered' }>,
  column: string,
): readonly ReadonlyMap<string, SqlCell>[] | undefined {
  const found = outcome.recordsets.find((set) => set.columns[0]?.name === column);
  return found === undefined ? undefined : namedRows(found);
}

export const namedRows = (set: SqlRecordset): readonly ReadonlyMap<string, SqlCell>[] =>
  set.rows.map((row) => new Map(set.columns.map((column, index) => [column.name, row[index] ?? null])));

/** A text of a row; null for NULL, for bytes and for a column that is not there. */
export function textOf(row: ReadonlyMap<string, SqlCell>, column: string): string | null {
  const cell = row.get(column) ?? null;
  return typeof cell === 'string' ? cell : null;
}

export const numberOf = (row: ReadonlyMap<string, SqlCell>, column: string): number | null => {
  const text = textOf(row, column);
  return text === null ? null : Number(text);
};
