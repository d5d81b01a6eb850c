import { z } from 'zod';

/** Every way this cloud can be set; most are answers to what the vendor's pages leave open. Seconds, bytes, counts. */
const switchesSchema = z.strictObject({
  orgSelection: z.enum(['path', 'host']).default('path'),
  /** Where Fetch is posted below the data service; empty is the service itself. */
  fetchPath: z.enum(['', 'Fetch']).default(''),
  fetchMax: z.number().int().positive().default(5000),
  /** The lowest row version of an open transaction: given, left out, or -1. */
  minActive: z.enum(['on', 'off', 'minusOne']).default('on'),
  touchOnNoChange: z.boolean().default(true),
  deleteBumpsMax: z.boolean().default(true),
  rowVersionName: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*$/)
    .default('versionnumber'),
  /** Whether the row version may be compared and sorted by in Fetch. */
  rowVersionConditions: z.enum(['accept', 'fault']).default('accept'),
  dateZ: z.enum(['mixed', 'always', 'never']).default('mixed'),
  boolCase: z.enum(['mixed', 'upper', 'lower']).default('mixed'),
  overLength: z.enum(['fault', 'truncate']).default('fault'),
  danglingLookup: z.enum(['fault', 'accept']).default('fault'),
  readOnlyWrite: z.enum(['ignore', 'fault']).default('ignore'),
  /** Whether Execute knows the action Upsert. */
  upsert: z.enum(['accept', 'fault']).default('accept'),
  emShape: z.enum(['response', 'flat']).default('response'),
  multiple: z.enum(['atomic', 'continue']).default('atomic'),
  maxBatch: z.number().int().positive().default(1000),
  maxBytes: z.number().int().positive().default(16_777_216),
  responseNs: z.enum(['none', 'vendor']).default('none'),
  metaShape: z.enum(['wrapped', 'flat']).default('wrapped'),
  /** Whether an activity lists what it shares with its parent, or leaves that to the parent's entry. */
  inherited: z.enum(['parent', 'listed']).default('parent'),
  deleteTracking: z.enum(['on', 'off', 'noPrivilege']).default('on'),
  trackingColumns: z
    .strictObject({
      entityname: z.string().default('entityname'),
      recordid: z.string().default('recordid'),
      createdon: z.string().default('createdon'),
    })
    .prefault({}),
  /** Age at which entries of the deletion log go; 0 is never. */
  trackingAge: z.number().min(0).default(0),
  odataMax: z.number().int().positive().default(1000),
});

export type Switches = z.infer<typeof switchesSchema>;
export type SwitchesPatch = {
  [K in keyof z.input<typeof switchesSchema>]?: z.input<typeof switchesSchema>[K];
};

/** Defaults with the given settings over them. Throws on a switch or value that does not exist. */
export function makeSwitches(patch: SwitchesPatch = {}): Switches {
  return switchesSchema.parse(patch);
}

/** Changes live switches in place; all or nothing. Throws on a switch or value that does not exist. */
export function applySwitches(switches: Switches, patch: SwitchesPatch): void {
  Object.assign(switches, switchesSchema.parse({ ...switches, ...patch }));
}
