import { z } from 'zod';
import { explanationSchema, textSchema } from './explanation.ts';
import { instant, linkName, request } from './request.ts';

/** Most bytes of a previewed packet that one `previewBody` carries. */
export const PREVIEW_PART_BYTES = 256 * 1024;
/** Most changed rows that one `preview` lists. */
export const PREVIEW_CHANGES = 200;

const userName = z.string().min(1).max(200);

/** A snapshot as its user's list shows it. */
const snapshotSchema = z.object({
  item: z.number(),
  size: z.number(),
  rows: z.number(),
  /** Built, and on its way or waiting; or accepted, after which the cloud says no more about it. */
  state: z.enum(['built', 'sending', 'in-doubt', 'accepted', 'failed']),
  /** When it reached that state. */
  since: instant,
  /** How sure it is that all tables are of one moment. */
  consistency: z.enum(['snapshot', 'validated', 'best-effort']),
  /** Where the cloud's own log has what became of it. */
  syncLogId: z.string().optional(),
});
export type SnapshotView = z.infer<typeof snapshotSchema>;

/** One mobile user as the site knows him: without asking the ERP. */
export const mobileUserSchema = z.object({
  link: z.string(),
  user: z.string(),
  /** Whether the ERP's query, or the list, named him when it was asked last. */
  named: z.boolean(),
  accepted: snapshotSchema.optional(),
  /** The newest one that is not accepted. */
  waiting: snapshotSchema.optional(),
  /** Since when every cycle found the accepted contents unchanged; absent while that is not known. */
  unchangedSince: instant.optional(),
  /** Why he has none, or gets none now: his own packets, a pilot, a pause, quiet hours, a refused row. */
  waitsFor: explanationSchema.optional(),
  /** The newest document that came from his phone. */
  lastOrder: z.object({ item: z.number(), label: z.string(), at: instant }).optional(),
  /** His packets that are neither in the ERP nor set aside, and those set aside. */
  pendingIn: z.number(),
  parkedIn: z.number(),
});
export type MobileUserView = z.infer<typeof mobileUserSchema>;

const tableRowsSchema = z.object({
  table: z.string(),
  rows: z.number(),
  /** Of the snapshot accepted before; absent where there is none or it lacks the table. */
  before: z.number().optional(),
});

/** What one table of a preview has, and how it differs from the accepted snapshot. */
const previewTableSchema = z.object({
  table: z.string(),
  rows: z.number(),
  bytes: z.number(),
  /** `same`: byte for byte. `unknown`: the accepted bytes are not here any more. */
  comparison: z.enum(['same', 'differs', 'new', 'gone', 'unknown']),
  added: z.number(),
  removed: z.number(),
  changed: z.number(),
});
export type PreviewTable = z.infer<typeof previewTableSchema>;

const rowChangeSchema = z.object({
  table: z.string(),
  /** The row's `DMS_ROWID`, else the value of its key, else its number in the table. */
  row: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  fields: z.array(
    z.object({ field: z.string(), before: z.string().optional(), after: z.string().optional() }),
  ),
});
export type PreviewChange = z.infer<typeof rowChangeSchema>;

export const userRequests = {
  usersList: request(
    'view',
    z.strictObject({
      link: linkName.optional(),
      /** Part of the name. */
      text: z.string().max(200).optional(),
      /** Only those who wait for a snapshot or whose packets are set aside. */
      open: z.boolean().optional(),
      limit: z.int().min(1).max(500).default(100),
      offset: z.int().min(0).max(1_000_000).default(0),
    }),
    z.object({ users: z.array(mobileUserSchema), total: z.number() }),
  ),
  userShow: request(
    'view',
    z.strictObject({ link: linkName, user: userName }),
    z.object({
      user: mobileUserSchema,
      /** Of the accepted snapshot, in the packet's order. */
      tables: z.array(tableRowsSchema),
      /** Accepted ones, the newest first. */
      history: z.array(snapshotSchema),
    }),
  ),
  /** Builds and sends one user's snapshot now, after pulling; answers as `sync` does. Idempotent while one runs. */
  userPush: request(
    'operate',
    z.strictObject({ link: linkName, user: userName }),
    z.object({
      link: z.string(),
      user: z.string(),
      outcome: z.enum(['started', 'joined', 'waits', 'refused']),
      run: z.number().optional(),
      when: instant.optional(),
      reason: explanationSchema.optional(),
    }),
  ),
  /**
   * The exact packet a user would get now, and how it differs from the one accepted last. Reads the ERP, sends and stores
   * nothing; the bytes are kept for ten minutes under `preview`. `unavailable` while the ERP does not answer, `not-found`
   * where nobody names the user, `bad-arguments` where the packet cannot be built (the message says which row and why).
   */
  preview: request(
    'operate',
    z.strictObject({ link: linkName, user: userName }),
    z.object({
      link: z.string(),
      user: z.string(),
      preview: z.string(),
      at: instant,
      tookMs: z.number(),
      size: z.number(),
      hash: z.string(),
      consistency: z.enum(['snapshot', 'validated', 'best-effort']),
      /** When the snapshot it is compared with was accepted; absent where there is none. */
      comparedWith: instant.optional(),
      /** Byte for byte what was accepted last. */
      same: z.boolean(),
      /** Why it would not leave now. */
      hold: explanationSchema.optional(),
      tables: z.array(previewTableSchema),
      changes: z.array(rowChangeSchema).max(PREVIEW_CHANGES),
      /** Changed rows beyond those listed. */
      more: z.number(),
      /** What people should look at: unknown tables, a size some readings of the limit refuse. */
      cautions: z.array(textSchema),
    }),
  ),
  /** A part of a previewed packet's bytes. `not-found` when it is gone. */
  previewBody: request(
    'operate',
    z.strictObject({
      preview: z.string().min(1).max(100),
      offset: z.int().min(0).max(200_000_000).default(0),
      limit: z.int().min(1).max(PREVIEW_PART_BYTES).default(PREVIEW_PART_BYTES),
    }),
    z.object({
      size: z.number(),
      hash: z.string(),
      offset: z.number(),
      base64: z.string(),
      end: z.boolean(),
    }),
  ),
};
