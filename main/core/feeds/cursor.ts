import { z } from 'zod';
import type { FeedCursor, FeedKind, ResetReason } from './feed.ts';

/** Which database a cursor is of: the facts a restore changes. */
const identity = z.strictObject({
  server: z.string(),
  database: z.string(),
  created: z.string(),
  /** Null where the login may not see it. */
  fork: z.string().nullable(),
});
export type FeedIdentity = z.infer<typeof identity>;

const whole = z.string().regex(/^\d{1,20}$/);

const position = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('change-tracking'), version: whole, begin: whole }),
  z.strictObject({
    kind: z.literal('rowversion'),
    upTo: whole,
    /** Rows in the overlap nominated before, where the server has no bound for open transactions. */
    seen: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('changed-at'),
    /** The server's clock, as milliseconds of its own wall. */
    at: z.number(),
    /** Our clock at that moment: tells only whether the server's was set. */
    ours: z.number(),
  }),
  z.strictObject({ kind: z.literal('full-compare'), generation: z.string().optional() }),
]);
export type FeedPosition = z.infer<typeof position>;
export type PositionOf<K extends FeedKind> = Extract<FeedPosition, { kind: K }>;

const cursor = z.strictObject({
  v: z.literal(1),
  table: z.string(),
  object: z.string(),
  /** Of names and types of the columns. */
  schema: z.string(),
  key: z.array(z.string()),
  identity,
  position,
});
export type CursorContent = z.infer<typeof cursor>;
export type Scene = Omit<CursorContent, 'v' | 'position'>;

export const writeCursor = (content: Scene, at: FeedPosition): FeedCursor =>
  JSON.stringify({ v: 1, ...content, position: at } satisfies CursorContent);

export function readCursor(text: FeedCursor): CursorContent | undefined {
  try {
    return cursor.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export interface Reset {
  readonly kind: 'reset';
  readonly reason: ResetReason;
  readonly words: string;
}

export const reset = (reason: ResetReason, words: string): Reset => ({ kind: 'reset', reason, words });

/** Why a cursor of then says nothing about the table of now, whatever its kind. */
export function sceneReset(then: Scene, now: Scene): Reset | undefined {
  if (then.table !== now.table) return reset('not-a-cursor', `The cursor is one of ${then.table}.`);
  const [was, is] = [then.identity, now.identity];
  if (was.server !== is.server || was.database !== is.database)
    return reset('restored', `The cursor is one of ${was.server}/${was.database}.`);
  if (was.created !== is.created || (was.fork !== null && is.fork !== null && was.fork !== is.fork))
    return reset('restored', 'The database was restored or made anew.');
  if (then.object !== now.object) return reset('schema-changed', 'The table was dropped and made anew.');
  if (then.schema !== now.schema) return reset('schema-changed', 'Columns of the table changed.');
  return then.key.join('\0') === now.key.join('\0')
    ? undefined
    : reset('schema-changed', 'The table has another key.');
}
