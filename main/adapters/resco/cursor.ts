import { z } from 'zod';

const version = z.string().regex(/^\d{1,20}$/);

/** How far an entity was read. `d`: its deletions, by the row version of the table that names them. */
const cursorSchema = z.discriminatedUnion('at', [
  /** All records, by id: then on from what was known before the first was read. */
  z.strictObject({
    at: z.literal('load'),
    after: z.string(),
    d: version,
    afterwards: z.discriminatedUnion('by', [
      z.strictObject({ by: z.literal('version'), v: version }),
      z.strictObject({ by: z.literal('moment'), t: z.string() }),
    ]),
  }),
  /** `seen`: row versions just below `v` that were named, where they are read again. */
  z.strictObject({ at: z.literal('version'), v: version, d: version, seen: z.array(version) }),
  z.strictObject({ at: z.literal('moment'), t: z.string(), d: version, seen: z.array(version) }),
]);
export type Cursor = z.infer<typeof cursorSchema>;

/** Undefined when it is none of ours. */
export function readCursor(text: string): Cursor | undefined {
  try {
    return cursorSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export const cursorText = (cursor: Cursor): string => JSON.stringify(cursor);
