import { z } from 'zod';
import { explanationSchema, textSchema } from './explanation.ts';
import { instant, nothing, request } from './request.ts';

export const configProblemSchema = z.object({
  /** `site.json`, `mappings/field-sales.json`. */
  file: z.string(),
  /** `links[0].pull.every`; empty for the file itself. */
  path: z.string(),
  reason: z.string(),
  hint: z.string().optional(),
});
export type ConfigProblem = z.infer<typeof configProblemSchema>;

const secretName = z.string().min(1).max(100);
/** Names and dates only: a value never crosses towards a viewer. */
const secretEntrySchema = z.object({
  name: secretName,
  setAt: instant.optional(),
  /** `environment` wins over what is stored. */
  source: z.enum(['stored', 'environment', 'none', 'damaged']),
});
export type SecretEntry = z.infer<typeof secretEntrySchema>;

/** What a Test button tries. */
export const hopTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('erp'), erp: z.string().max(40) }),
  z.strictObject({ kind: z.literal('cloud'), link: z.string().max(40) }),
  z.strictObject({ kind: z.literal('mail') }),
  z.strictObject({ kind: z.literal('webhook') }),
]);
export type HopTarget = z.infer<typeof hopTargetSchema>;

/** One step of a test: name resolution, connection, encryption, login, rights. */
const hopSchema = z.object({
  name: textSchema,
  /** What was addressed: `sql01:1433`. */
  address: z.string(),
  tookMs: z.number(),
  /** `skipped`: an earlier step failed. */
  outcome: z.enum(['ok', 'failed', 'skipped']),
  /** What was found: a version, a certificate's holder, a right that is missing. */
  detail: textSchema.optional(),
  failure: explanationSchema.optional(),
});
export type Hop = z.infer<typeof hopSchema>;

export const settingsRequests = {
  /** Checks what is on disk now; applies nothing. */
  configCheck: request('view', nothing, z.object({ problems: z.array(configProblemSchema) })),
  /** `site.json` as it runs, without secrets. `revision` names this text of it. */
  settingsRead: request(
    'view',
    nothing,
    z.object({
      settings: z.unknown(),
      revision: z.string(),
      secrets: z.array(secretEntrySchema),
      /** Mapping files there are to choose from. */
      mappings: z.array(z.string()),
      /** The file on disk is another than the running one, or does not check: why. */
      onDisk: z.array(configProblemSchema),
    }),
  ),
  /** Checks a draft; applies nothing. */
  settingsCheck: request(
    'administer',
    z.strictObject({ settings: z.unknown() }),
    z.object({ problems: z.array(configProblemSchema) }),
  ),
  /**
   * Writes `site.json` and lets the site go on with it. With problems nothing is written and the old settings keep running.
   * `not-now` when the file is not the `revision` the draft began with.
   */
  settingsApply: request(
    'administer',
    z.strictObject({ settings: z.unknown(), revision: z.string().max(100) }),
    z.object({ applied: z.boolean(), revision: z.string(), problems: z.array(configProblemSchema) }),
  ),
  /** Stores a secret and lets what waits for it try again at once. Durable when it answers. */
  secretSet: request(
    'administer',
    z.strictObject({ name: secretName, value: z.string().min(1).max(4096) }),
    z.object({ secret: secretEntrySchema }),
  ),
  /**
   * Tries a way step by step, with the running settings or a draft, and with a secret that is not stored yet. It never takes
   * a packet from a queue and writes nothing into the ERP.
   */
  hopTest: request(
    'administer',
    z.strictObject({
      target: hopTargetSchema,
      settings: z.unknown().optional(),
      secret: z.string().max(4096).optional(),
    }),
    z.object({ ok: z.boolean(), hops: z.array(hopSchema), problems: z.array(configProblemSchema) }),
  ),
};
