import { z } from 'zod';
import { StoreError } from '../../../core/queue/store-error.ts';

/** NULL in a column is absence here. */
export const optional = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> =>
  z.union([z.null().transform(() => undefined), schema]);

export const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

/** Reads a row as `schema` says, or throws StoreError `damaged-row` naming table, row and column. */
export function decode<T>(schema: z.ZodType<T>, row: unknown, where: string): T {
  const parsed = schema.safeParse(row);
  if (parsed.success) return parsed.data;
  const what = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new StoreError('damaged-row', `${where} is damaged: ${what}`);
}
