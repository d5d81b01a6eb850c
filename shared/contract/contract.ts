import { z } from 'zod';
import type { Reply, Right } from './reply.ts';
import { explanationSchema, flowSchema, runSchema, siteStatusSchema } from './status.ts';

/** Raised when an older viewer would misread an answer. Said in `hello`. */
export const CONTRACT_VERSION = 1;

/** Most text of a body that `queueShow` carries, in bytes. */
export const BODY_TEXT_BYTES = 64 * 1024;

const instant = z.number();
const linkName = z.string().min(1).max(40);
const itemNumber = z.int().min(1);
const nothing = z.strictObject({});

const itemStateSchema = z.enum(['ready', 'working', 'waiting', 'unknown', 'parked', 'settled', 'discarded']);

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
  attempts: z.number(),
  revision: z.number(),
});
export type ItemView = z.infer<typeof itemSchema>;

export const logEntrySchema = z.object({
  at: instant,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

export const configProblemSchema = z.object({
  /** `site.json`, `mappings/field-sales.json`. */
  file: z.string(),
  /** `links[0].pull.every`; empty for the file itself. */
  path: z.string(),
  reason: z.string(),
  hint: z.string().optional(),
});
export type ConfigProblem = z.infer<typeof configProblemSchema>;

/** `items` is one page; `total` is how many the same filters find. */
const itemPage = z.object({ items: z.array(itemSchema), total: z.number() });

const request = <R extends Right, A extends z.ZodType, V extends z.ZodType>(
  right: R,
  args: A,
  result: V,
) => ({
  right,
  args,
  result,
});

/** Every request: the right it needs, its arguments, its result. */
export const contract = {
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
  /** Idempotent: a flow that runs already is joined, one that may not run now is refused with the time it may. */
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
          outcome: z.enum(['started', 'joined', 'refused']),
          /** The run it became or joined, for `runsList`. */
          run: z.number().optional(),
          /** Refused: when it may run. */
          when: instant.optional(),
          reason: explanationSchema.optional(),
        }),
      ),
    }),
  ),
  queueList: request(
    'view',
    z.strictObject({
      link: linkName.optional(),
      direction: z.enum(['in', 'out']).optional(),
      states: z.array(itemStateSchema).max(7).optional(),
      user: z.string().max(200).optional(),
      /** Part of label, packet id or user. */
      text: z.string().max(200).optional(),
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
      body: z.object({
        size: z.number(),
        hash: z.string(),
        /** The beginning, as UTF-8; absent when the body is gone or no text. */
        text: z.string().optional(),
        truncated: z.boolean(),
      }),
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
  runsList: request(
    'view',
    z.strictObject({ link: linkName.optional(), limit: z.int().min(1).max(500).default(50) }),
    z.object({ runs: z.array(runSchema) }),
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
  /** Checks what is on disk now; applies nothing. */
  configCheck: request('view', nothing, z.object({ problems: z.array(configProblemSchema) })),
  /** Ends the agent after the current durable step. */
  shutdown: request('operate', nothing, z.object({ stopping: z.literal(true) })),
} as const;

export type Contract = typeof contract;
export type RequestName = keyof Contract;
/** What a caller gives: fields with a default may be left out. */
export type ArgsIn<N extends RequestName> = z.input<Contract[N]['args']>;
/** What a handler gets: parsed, defaults filled in. */
export type Args<N extends RequestName> = z.output<Contract[N]['args']>;
export type ResultOf<N extends RequestName> = z.output<Contract[N]['result']>;

/**
 * One handler per request. Arguments are parsed and the sender's right is checked before it is called. Expected
 * refusals are returned with `refuse`; a throw means a bug and crosses as `defect` without its message.
 */
export type Handlers = {
  readonly [N in RequestName]: (args: Args<N>) => Promise<Reply<ResultOf<N>>>;
};

/** Calls a running site, over whatever transport. `unavailable` when it cannot be reached any more. */
export interface SiteClient {
  call<N extends RequestName>(name: N, args: ArgsIn<N>, signal?: AbortSignal): Promise<Reply<ResultOf<N>>>;
}

export const isRequestName = (name: string): name is RequestName => Object.hasOwn(contract, name);
