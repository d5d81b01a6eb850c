import type { DocumentHandler } from '../../../shared/model/mapping.ts';
import type { Catalogue, CatalogueObject } from './catalogue.ts';
import { columnTypeText } from './catalogue.ts';
import { columnOf, objectOf, shownName, type FindingList } from './lookup.ts';
import { canBeCompared } from './type-fit.ts';

/** What upserts and staging tables need beyond being written to: a key that finds one row, and columns that say what became of it. */
export function targetDrift(handler: DocumentHandler, catalogue: Catalogue, list: FindingList): void {
  for (const { to } of [handler.write, ...handler.lines.map((line) => line.write)])
    if ('table' in to && to.upsert !== undefined)
      keyDrift(objectOf(catalogue, to.table), to.upsert.key, list);
  const { write, erpStatus, returns } = handler;
  if (!('staging' in write.to) || erpStatus === undefined) return;
  const table = objectOf(catalogue, write.to.staging);
  if (table === undefined || table === 'synonym') return;
  for (const name of [erpStatus.column, erpStatus.number, erpStatus.reason])
    if (name !== undefined && columnOf(table, name) === undefined)
      list.breaking('pull', 'missing-column', 'integrator', shownName(table), {
        column: name,
        expected: 'one',
        found: 'none',
      });
  if (returns.key !== undefined) keyDrift(table, [returns.key.name], list);
}

/**
 * A key that is not unique is told and stops nothing: twins that exist are refused when they are met, and an index that is
 * unique only where a column is filled, the usual one for a key from elsewhere, is not seen here.
 */
function keyDrift(
  table: CatalogueObject | 'synonym' | undefined,
  key: readonly string[],
  list: FindingList,
): void {
  // A missing table or column is told where it is written to.
  if (table === undefined || table === 'synonym') return;
  const place = shownName(table);
  for (const name of key) {
    const column = columnOf(table, name);
    if (column !== undefined && !canBeCompared(column.type))
      list.breaking('pull', 'not-comparable', 'integrator', place, {
        column: column.name,
        expected: 'a type that can be compared',
        found: columnTypeText(column.type),
      });
  }
  if (table.kind === 'view') return;
  const wanted = new Set(key.map((name) => name.toLowerCase()));
  if (table.keys.some(({ columns }) => columns.every((name) => wanted.has(name.toLowerCase())))) return;
  list.note('pull', 'not-unique', 'erp-administrator', place, {
    column: key.join(', '),
    expected: 'a unique index',
    found: 'none',
  });
}
