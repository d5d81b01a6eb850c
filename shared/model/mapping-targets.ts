import { z } from 'zod';
import { fieldType, name, sqlName, type SqlName } from './mapping-names.ts';

/** How a phone's row gets into the ERP. */

/** Straight into a table, past the ERP's own rules: only where the mapping says that this is meant, or by key. */
const tableTarget = z.strictObject({
  table: sqlName,
  /** A plain INSERT. Must be said: the ERP's program has no say in such a row. */
  rawInsert: z.literal(true).optional(),
  /** The row with this key is updated; where there is none it is inserted. */
  upsert: z
    .strictObject({
      key: z.array(name).min(1),
      /** What an existing row gets: the mapped columns, or nothing. */
      onExisting: z.enum(['update', 'keep']).default('update'),
    })
    .optional(),
});

/** A table the ERP takes rows from: the row is handed over, and the ERP says later what became of it. */
const stagingTarget = z.strictObject({ staging: sqlName });

const procedureTarget = z.strictObject({ procedure: sqlName });

export const writeTarget = z.union([tableTarget, stagingTarget, procedureTarget]);
export type WriteTarget = z.infer<typeof writeTarget>;

/** The table rows go into; undefined for a procedure. Pure. */
export function tableOf(to: WriteTarget): SqlName | undefined {
  if ('table' in to) return to.table;
  return 'staging' in to ? to.staging : undefined;
}

/** Table or procedure. Pure. */
export const targetOf = (to: WriteTarget): SqlName =>
  'procedure' in to ? to.procedure : 'table' in to ? to.table : to.staging;

/** What the ERP gives back: a column of the inserted row, or an OUTPUT parameter of the procedure (without @). */
export const returned = z.strictObject({ name, type: fieldType });

/** How the ERP says what became of a row that was handed over: columns of the header's staging table. */
export const erpStatus = z.strictObject({
  column: name,
  /** Texts of the column, as it reads: everything else means that the ERP has not decided yet. */
  accepted: z.array(z.string()).min(1),
  refused: z.array(z.string()).min(1),
  /** Column with the document number the ERP gave. */
  number: name.optional(),
  /** Column with the ERP's reason for a refusal. */
  reason: name.optional(),
  /** A row not decided for longer than this makes the link amber. */
  within: z
    .string()
    .regex(/^\d{1,4}[mh]$/, 'expected minutes or hours: "30m", "4h"')
    .default('30m'),
});
export type ErpStatus = z.infer<typeof erpStatus>;
