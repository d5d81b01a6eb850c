import { z } from 'zod';
import { explanationSchema } from './explanation.ts';
import { instant, linkName, nothing, request } from './request.ts';
import { flowSchema, runSchema, siteStatusSchema } from './status.ts';

export const logEntrySchema = z.object({
  at: instant,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

/** Counts of one step of time. */
const historyPointSchema = z.object({
  /** Its beginning. */
  at: instant,
  /** Items settled in it. */
  settledIn: z.number(),
  settledOut: z.number(),
  /** Open at its end; absent where no agent ran, so that a gap is shown as a gap. */
  pendingIn: z.number().optional(),
  pendingOut: z.number().optional(),
  parked: z.number().optional(),
});
export type HistoryPoint = z.infer<typeof historyPointSchema>;

export const siteRequests = {
  hello: request(
    'view',
    z.strictObject({ contractVersion: z.int() }),
    z.object({
      contractVersion: z.number(),
      program: z.string(),
      version: z.string(),
      site: z.string(),
      startedAt: instant,
    }),
  ),
  status: request('view', nothing, siteStatusSchema),
  /**
   * The one path of a sync by hand, whoever asks. Idempotent: a flow that runs already is joined, one that may not run now waits and says until when.
   */
  sync: request(
    'operate',
    z.strictObject({
      /** Absent: all links. */
      links: z.array(linkName).max(100).optional(),
      /** Absent: push where it is switched on, else pull. A push pulls first. */
      flow: flowSchema.optional(),
    }),
    z.object({
      flows: z.array(
        z.object({
          link: z.string(),
          flow: flowSchema,
          /** `waits`: it is kept and runs by itself at `when`, because the cloud's limits or a rest allow none before. */
          outcome: z.enum(['started', 'joined', 'waits', 'refused']),
          /** The run it became or joined, for `runsList`. */
          run: z.number().optional(),
          /** Waits: when it runs. Refused: when it may. */
          when: instant.optional(),
          reason: explanationSchema.optional(),
        }),
      ),
    }),
  ),
  runsList: request(
    'view',
    z.strictObject({
      link: linkName.optional(),
      /** Only runs with a smaller number: the next page. */
      before: z.int().min(1).optional(),
      limit: z.int().min(1).max(500).default(50),
    }),
    z.object({ runs: z.array(runSchema) }),
  ),
  /** What the charts show: the last hour in minutes, or the last day in steps of ten. */
  history: request(
    'view',
    z.strictObject({ span: z.enum(['hour', 'day']), link: linkName.optional() }),
    z.object({
      from: instant,
      stepMs: z.number(),
      points: z.array(historyPointSchema),
      /** Documents of today that reached the ERP, by type. */
      today: z.array(z.object({ document: z.string(), count: z.number() })),
    }),
  ),
  /** Stops starting runs; what runs is finished. Idempotent. */
  pause: request(
    'operate',
    z.strictObject({
      /** Absent: all links. */
      link: linkName.optional(),
      /** How long; absent: until resumed. */
      forMs: z.int().min(1_000).max(31_536_000_000).optional(),
      reason: z.string().max(500).default(''),
    }),
    z.object({ paused: z.array(z.string()) }),
  ),
  /** Idempotent. */
  resume: request(
    'operate',
    z.strictObject({ link: linkName.optional() }),
    z.object({ resumed: z.array(z.string()) }),
  ),
  /**
   * After the ERP was restored: what is known here as applied and is missing there. `replay` writes it again from the kept
   * copies and takes the database as it is now for the live one; the link's name must be typed for it.
   */
  reconcile: request(
    'administer',
    z.strictObject({
      link: linkName,
      replay: z.boolean().default(false),
      confirm: z.string().max(100).default(''),
    }),
    z.object({
      compared: z.number(),
      missing: z.array(z.string()),
      gone: z.array(z.string()),
      replayed: z.boolean(),
    }),
  ),
  logsTail: request(
    'view',
    z.strictObject({
      lines: z.int().min(1).max(2000).default(200),
      /** This level and worse. */
      level: z.enum(['debug', 'info', 'warn', 'error']).default('debug'),
      text: z.string().max(200).optional(),
    }),
    z.object({ entries: z.array(logEntrySchema) }),
  ),
  /** Ends the agent after the current durable step. */
  shutdown: request('operate', nothing, z.object({ stopping: z.literal(true) })),
};
