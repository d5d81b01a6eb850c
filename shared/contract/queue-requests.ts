import { z } from 'zod';
import { explanationSchema } from './explanation.ts';
import { instant, linkName, request } from './request.ts';

/** Most text of a body that `queueShow` carries, in bytes. */
export const BODY_TEXT_BYTES = 64 * 1024;
/** Most bytes of a body that one `queueBody` carries. */
export const BODY_PART_BYTES = 256 * 1024;

/** Most characters of an edited packet: with what JSON adds they fit into one request. */
export const EDIT_CHARS = 250_000;

const itemNumber = z.int().min(1);

const fieldEditSchema = z.object({
  table: z.string(),
  row: z.string(),
  field: z.string(),
  /** Absent where there is none. */
  before: z.string().optional(),
  after: z.string().optional(),
});

/** What an edit of a packet changed; `more` counts the changes beyond those listed. */
const editSchema = z.object({
  at: instant,
  by: z.string(),
  note: z.string(),
  revision: z.number(),
  changes: z.array(fieldEditSchema),
  more: z.number(),
  oldHash: z.string(),
  newHash: z.string(),
});
export type ItemEditView = z.infer<typeof editSchema>;

export const itemStateSchema = z.enum([
  'ready',
  'working',
  'waiting',
  'unknown',
  'parked',
  'settled',
  'discarded',
]);

export const itemSchema = z.object({
  id: z.number(),
  link: z.string(),
  direction: z.enum(['in', 'out']),
  externalId: z.string(),
  user: z.string(),
  company: z.string(),
  label: z.string(),
  state: itemStateSchema,
  /** Why it is not settled: absent while it simply waits its turn. */
  reason: explanationSchema.optional(),
  size: z.number(),
  createdAt: instant,
  dueAt: instant,
  settledAt: instant.optional(),
  /** Since when the ERP has it without having accepted it: it cannot be set aside, and discarded only once it is refused. */
  handedSince: instant.optional(),
  attempts: z.number(),
  revision: z.number(),
});
export type ItemView = z.infer<typeof itemSchema>;

/** `items` is one page; `total` is how many the same filters find. */
const itemPage = z.object({ items: z.array(itemSchema), total: z.number() });

export const queueRequests = {
  queueList: request(
    'view',
    z.strictObject({
      link: linkName.optional(),
      direction: z.enum(['in', 'out']).optional(),
      states: z.array(itemStateSchema).max(7).optional(),
      user: z.string().max(200).optional(),
      /** Part of label, packet id or user. */
      text: z.string().max(200).optional(),
      /** Only what was stored before: the age filter. */
      before: instant.optional(),
      /** Absent: the newest first. */
      order: z.enum(['newest', 'oldest']).optional(),
      limit: z.int().min(1).max(500).default(50),
      offset: z.int().min(0).max(10_000_000).default(0),
    }),
    itemPage,
  ),
  queueShow: request(
    'view',
    z.strictObject({ item: itemNumber }),
    z.object({
      item: itemSchema,
      timeline: z.array(z.object({ at: instant, event: z.string(), detail: z.string() })),
      /** What came of it, as the engine noted it (JSON). */
      outcome: z.string().optional(),
      /** Oldest first; absent where the packet was never edited. */
      edits: z.array(editSchema).optional(),
      /**
       * What it changes about a document that was stored before it, where both packets are here: field by field, `before`
       * being the older packet's value.
       */
      difference: z
        .object({
          against: z.number(),
          againstAt: instant,
          changes: z.array(fieldEditSchema),
          more: z.number(),
        })
        .optional(),
      /** Tables and codes of the packet that the mapping does not know: they are kept and nothing is made of them. */
      unknown: z.array(z.object({ what: z.enum(['table', 'code']), name: z.string() })).optional(),
      body: z.object({
        size: z.number(),
        hash: z.string(),
        /** The beginning, as UTF-8; absent when the body is gone or no text. */
        text: z.string().optional(),
        truncated: z.boolean(),
      }),
    }),
  ),
  /** A part of the raw bytes, for saving them to a file. `not-found` when the body is gone. */
  queueBody: request(
    'view',
    z.strictObject({
      item: itemNumber,
      offset: z.int().min(0).max(200_000_000).default(0),
      limit: z.int().min(1).max(BODY_PART_BYTES).default(BODY_PART_BYTES),
      /** The bytes as the phone sent them, before any edit. */
      original: z.boolean().optional(),
    }),
    z.object({
      size: z.number(),
      hash: z.string(),
      offset: z.number(),
      base64: z.string(),
      end: z.boolean(),
    }),
  ),
  /** Parked, waiting, unknown or ready to ready, due now. `not-now` when the state does not allow it. */
  queueRetry: request('operate', z.strictObject({ item: itemNumber }), z.object({ item: itemSchema })),
  /** Sets an item aside until a person retries it. */
  queuePark: request(
    'operate',
    z.strictObject({ item: itemNumber, note: z.string().max(500).default('') }),
    z.object({ item: itemSchema }),
  ),
  /**
   * Gives a parked item up for good; its bytes stay in the archive. `confirm` is its packet id, typed. An item from a phone is
   * first made impossible in the ERP's ledger: `unavailable` while the ERP does not answer, `not-now` when it is written there
   * already (it is settled then) or not parked.
   */
  queueDiscard: request(
    'operate',
    z.strictObject({
      item: itemNumber,
      confirm: z.string().max(400),
      note: z.string().max(500).default(''),
    }),
    z.object({ item: itemSchema }),
  ),
  /**
   * Gives a parked packet other contents and lets it go on; the bytes it had stay beside them. `confirm` is its packet id,
   * typed. User and company stay. Refusals as for discarding; `bad-arguments` also where the text is no packet that could be
   * applied. `by`: who edits, as the viewer knows that person.
   */
  queueEdit: request(
    'operate',
    z.strictObject({
      item: itemNumber,
      xml: z.string().min(1).max(EDIT_CHARS),
      confirm: z.string().max(400),
      by: z.string().max(100).default(''),
      note: z.string().max(500).default(''),
    }),
    z.object({ item: itemSchema, changes: z.array(fieldEditSchema), more: z.number() }),
  ),
  /**
   * A new link that only stores what it pulls applies it from now on. `confirm` is the link's name, typed. Idempotent;
   * `stored` is how many packets that are.
   */
  queueApply: request(
    'operate',
    z.strictObject({
      link: linkName,
      confirm: z.string().max(100),
      by: z.string().max(100).default(''),
    }),
    z.object({ link: z.string(), stored: z.number() }),
  ),
};
