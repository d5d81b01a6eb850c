import { z } from 'zod';

const share = z.number().min(0).max(1);

/** Every way this cloud can be set. Seconds and bytes are plain numbers; `rate`, `minPoll` at 0 mean no limit. */
const switchesSchema = z.strictObject({
  legacyPrefix: z.boolean().default(false),
  unknownRoute: z.union([z.literal(403), z.literal(404)]).default(403),
  /** Calls a minute for one key. */
  rate: z.number().int().min(0).default(60),
  strictLinks: z.boolean().default(true),
  maxBytes: z.number().int().positive().default(100_000_000),
  unknownUser: z.enum(['404', '200-and-reject-later']).default('404'),
  successFalse: z.boolean().default(false),
  requireUniqueId: z.boolean().default(false),
  linkTtl: z.number().positive().default(900),
  signedType: z.boolean().default(true),
  strictSize: z.boolean().default(true),
  strictModel: z.boolean().default(true),
  /** `hold` keeps uploads unprocessed until told: the time in which an upload means nothing yet. */
  processing: z.enum(['auto', 'hold']).default('auto'),
  queue: z.enum(['sticky', 'sqs']).default('sqs'),
  visibility: z.number().min(0).default(30),
  /** Shares of sqs deliveries that come twice, of lists that are shorter than they could be, of lists left empty. */
  duplicate: share.default(0.05),
  short: share.default(0.3),
  empty: share.default(0.1),
  /** Share of waiting packets that another client of the area takes away before each list. */
  secondClient: share.default(0),
  extraFields: z.boolean().default(true),
  emptyBody: z.enum(['normal', 'no-body', '204']).default('normal'),
  retention: z
    .number()
    .positive()
    .default(4 * 86_400),
  minPoll: z.number().min(0).default(0),
  linkShape: z.enum(['object', 'string', 'text']).default('object'),
  bodyRetention: z
    .number()
    .positive()
    .default(30 * 86_400),
  wholeListOnly: z.boolean().default(false),
  /** Refuses done bodies holding an entry that differs from what was listed, even where the handle is right. */
  strictEntries: z.boolean().default(false),
  /** The same fault for every call while it is set; scripts of faults come before it. */
  fault: z
    .enum(['none', '500', '502', '503', '504', 'delay', 'cut', 'html', 'half', 'wrong-length'])
    .default('none'),
  /** Share of calls hit by a fault drawn at random, besides the scripted ones. */
  chaos: share.default(0),
});

export type Switches = z.infer<typeof switchesSchema>;
export type SwitchesPatch = { [K in keyof Switches]?: Switches[K] | undefined };

/** Defaults with the given settings over them. Throws on a switch or value that does not exist. */
export function makeSwitches(patch: SwitchesPatch = {}): Switches {
  return switchesSchema.parse(patch);
}

/** Changes live switches in place; all or nothing. Throws on a switch or value that does not exist. */
export function applySwitches(switches: Switches, patch: SwitchesPatch): void {
  Object.assign(switches, switchesSchema.parse({ ...switches, ...patch }));
}
