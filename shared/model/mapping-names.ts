import { z } from 'zod';
import { parseFieldType } from './field-type.ts';

/** The small words all parts of a mapping are made of. */
export const name = z.string().min(1).max(128);

export const fieldType = z.string().refine((text) => parseFieldType(text) !== undefined, {
  error: 'expected text(n), decimal(p,s), int, bigint, bool, datetime, date, dateOfTime, guid or binary',
});

/** An ERP object by its two names, unquoted: `{ "schema": "dbo", "name": "Sales Order Line" }`. */
export const sqlName = z.strictObject({ schema: name.default('dbo'), name });
export type SqlName = z.infer<typeof sqlName>;
