import { z } from 'zod';
import { WARNING_CODES } from '../model/warning-codes.ts';
import { ownerSchema, textSchema } from './explanation.ts';
import { placeSchema } from './place.ts';
import { instant } from './request.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

/** One root cause that people are told of, with what follows from it folded beneath. */
export const alertSchema = z.object({
  id: z.number(),
  code: z.enum(WARNING_CODES),
  severity: severitySchema,
  /** `site`, `erp:main`, `link:field-sales`. */
  about: z.string(),
  /** When the cause began, as far as is known. */
  since: instant,
  /** When it was shown; later than `since` by the kind's delay. */
  raisedAt: instant,
  /** How often it came back within its memory (one day). */
  times: z.number(),
  endedAt: instant.optional(),
  acknowledgedAt: instant.optional(),
  /** The effect first: "Orders are waiting: the ERP database does not answer". */
  title: textSchema,
  /** Since when, and that nothing is lost. */
  body: textSchema,
  owner: ownerSchema,
  next: textSchema,
  place: placeSchema,
  consequences: z.array(textSchema),
  /** To be shown by the tray now: not in quiet hours, kind not switched off, not acknowledged, not ended. */
  toast: z.boolean(),
});
export type Alert = z.infer<typeof alertSchema>;
