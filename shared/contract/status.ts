import { z } from 'zod';
import { alertSchema } from './alert.ts';
import { explanationSchema, textSchema } from './explanation.ts';
import { instant } from './request.ts';

export const LIGHT_STATES = ['fine', 'working', 'waiting', 'attention', 'unknown'] as const;
export const lightStateSchema = z.enum(LIGHT_STATES);
export type LightState = z.infer<typeof lightStateSchema>;

/** One light with the fact it was computed from. */
export const lightSchema = z.object({
  state: lightStateSchema,
  /** When the fact began to hold, or was last seen to hold. */
  since: instant.optional(),
  fact: textSchema,
});
export type Light = z.infer<typeof lightSchema>;

export const flowSchema = z.enum(['push', 'pull']);

export const runSchema = z.object({
  id: z.number(),
  link: z.string(),
  flow: flowSchema,
  trigger: z.enum(['schedule', 'manual', 'start']),
  startedAt: instant,
  endedAt: instant.optional(),
  outcome: z.enum(['ok', 'attention', 'failed', 'interrupted', 'running']),
  counts: z.record(z.string(), z.number()),
  failure: explanationSchema.optional(),
});
export type RunView = z.infer<typeof runSchema>;

/** A count and how long the oldest of it waits. */
const pendingSchema = z.object({ count: z.number(), oldest: instant.optional() });

/** What the last look at the cloud's list showed. Never added up: a list hides what it has just handed out. */
export const inCloudSchema = z.discriminatedUnion('amount', [
  z.object({ amount: z.literal('unknown') }),
  z.object({ amount: z.literal('none'), at: instant }),
  z.object({ amount: z.literal('some'), count: z.number(), at: instant }),
  /** The list was full: `count` or more. */
  z.object({ amount: z.literal('or-more'), count: z.number(), at: instant }),
]);
export type InCloud = z.infer<typeof inCloudSchema>;

export const pauseSchema = z.object({
  by: z.enum(['person', 'program']),
  since: instant,
  /** Absent: until a person resumes. */
  until: instant.optional(),
  reason: z.string(),
  explanation: explanationSchema.optional(),
});
export type PauseView = z.infer<typeof pauseSchema>;

export const flowStatusSchema = z.object({
  flow: flowSchema,
  enabled: z.boolean(),
  nextRun: instant.optional(),
  /** A sync asked for by hand waits until then: the cloud's limits allow none before. */
  askedFor: instant.optional(),
  running: z
    .object({
      run: z.number().optional(),
      since: instant,
      /** What it does now, in words: `stage.apply`. */
      stage: textSchema,
      done: z.number().optional(),
      total: z.number().optional(),
      /** Time left at the pace so far, in milliseconds; absent while there is no pace yet. */
      leftMs: z.number().optional(),
    })
    .optional(),
});
export type FlowStatus = z.infer<typeof flowStatusSchema>;

export const linkStatusSchema = z.object({
  id: z.string(),
  kind: z.enum(['dynamics-mobile']),
  /** The worse of the two lights and of the link's own facts (parked items, pause). */
  light: lightStateSchema,
  lights: z.object({ erp: lightSchema, cloud: lightSchema }),
  pendingIn: pendingSchema,
  pendingOut: pendingSchema,
  inCloud: inCloudSchema,
  /** While there was no good list for long: packets sent since then are deleted by the cloud, the first ones at `until`. */
  retention: z
    .object({ level: z.enum(['warning', 'alarm', 'over']), since: instant, until: instant })
    .optional(),
  /** Among those pending in: what the ERP has and has not accepted yet. `late`: for longer than the mapping says. */
  handedOver: z
    .object({
      count: z.number(),
      late: z.object({ count: z.number(), label: z.string(), since: instant }).optional(),
    })
    .optional(),
  parked: z.number(),
  /** Sent or written, and it is not known yet whether it happened. */
  unknown: z.number(),
  /** Stored here and not reported done to the cloud yet. */
  unreported: z.number(),
  settledToday: z.number(),
  lastIn: instant.optional(),
  lastOut: instant.optional(),
  /** While only some users get snapshots: how many of how many, as of the last push. */
  pilot: z.object({ users: z.number(), of: z.number() }).optional(),
  flows: z.array(flowStatusSchema),
  lastRuns: z.array(runSchema),
  paused: pauseSchema.optional(),
  /** Set while packets are stored and not applied, because nobody has looked at the first ones yet. */
  firstLook: z.object({ stored: z.number() }).optional(),
});
export type LinkStatus = z.infer<typeof linkStatusSchema>;

export const siteStatusSchema = z.object({
  site: z.object({
    name: z.string(),
    timeZone: z.string(),
    language: z.string(),
    /** Whether the tray program is to start with Windows. */
    startAtLogon: z.boolean(),
  }),
  /** `none` when the status was read from the store while no agent runs: every light is unknown then. */
  agent: z.discriminatedUnion('state', [
    z.object({ state: z.literal('running'), startedAt: instant, version: z.string() }),
    z.object({ state: z.literal('none') }),
  ]),
  /** The site's clock when this was made: ages are counted from it, so a viewer's own clock may be wrong. */
  at: instant,
  light: lightStateSchema,
  /** Facts of the site itself that need a look: local disk, configuration not applied. */
  notices: z.array(explanationSchema),
  /** Root causes people were told of and that last; the newest first. Ended ones are in `alertsList`. */
  alerts: z.array(alertSchema),
  links: z.array(linkStatusSchema),
});
export type SiteStatus = z.infer<typeof siteStatusSchema>;

/** Snapshots, whole each time; `sequence` rises by one and starts again with the agent. At most four a second arrive. */
export const siteEventSchema = z.object({
  kind: z.literal('status'),
  sequence: z.number(),
  status: siteStatusSchema,
});
export type SiteEvent = z.infer<typeof siteEventSchema>;

/** Where viewers hear of changes. */
export interface SiteEvents {
  /** The listener is called with each new event, never before this returns. The result ends it. */
  subscribe(listener: (event: SiteEvent) => void): () => void;
}
