import { companyRows } from './company.ts';
import type { CompanyOptions, TableRows } from './company.ts';
import { schemaBatches } from './schema.ts';
import type { SchemaOptions } from './schema.ts';

export type SampleErpOptions = CompanyOptions & SchemaOptions;

// SQL Server takes at most 1000 rows in one VALUES list.
const ROWS_PER_INSERT = 500;

/** The schema, one batch per entry. Run them in an empty database, then `sampleErpInserts`. */
export function sampleErpBatches(options: SampleErpOptions): string[] {
  return schemaBatches(options);
}

/** The rows as INSERT batches that any server speaking T-SQL takes. */
export function* sampleErpInserts(options: SampleErpOptions): Generator<string> {
  for (const table of companyRows(options))
    for (let from = 0; from < table.rows.length; from += ROWS_PER_INSERT)
      yield insertText(table, from, from + ROWS_PER_INSERT);
}

/** Schema and rows through any connection, in process or over the wire. */
export async function loadSampleErp(
  run: (batch: string) => Promise<unknown>,
  options: SampleErpOptions,
): Promise<void> {
  for (const batch of sampleErpBatches(options)) await run(batch);
  for (const batch of sampleErpInserts(options)) await run(batch);
}

function insertText(table: TableRows, from: number, to: number): string {
  const names = table.columns.map(({ name }) => `[${name.replaceAll(']', ']]')}]`).join(', ');
  const rows = table.rows.slice(from, to).map(
    (row) =>
      `(${row
        .map((value, i) => {
          if (value === null) return 'NULL';
          return table.columns[i]?.quoted === true ? `N'${value.replaceAll("'", "''")}'` : value;
        })
        .join(', ')})`,
  );
  return `SET NOCOUNT ON; INSERT INTO ${table.table} (${names}) VALUES\n${rows.join(',\n')}`;
}
