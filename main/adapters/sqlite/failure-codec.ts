import { z } from 'zod';
import type { ItemReason } from '../../core/queue/item.ts';
import { ERP_TROUBLES, type Endpoint, type SyncFailure } from '../../../shared/model/failure.ts';

const endpoint = z.custom<Endpoint>(
  (value) => typeof value === 'string' && /^(erp|cloud|site):/.test(value),
  {
    error: 'expected an endpoint such as erp:main',
  },
);

export const failureValue: z.ZodType<SyncFailure> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('unreachable'),
    endpoint,
    cause: z.string(),
    // A newer program may know more of them: the failure is as readable without.
    trouble: z.enum(ERP_TROUBLES).optional().catch(undefined),
  }),
  z.object({ kind: z.literal('throttled'), endpoint, retryAt: z.number().optional() }),
  z.object({ kind: z.literal('unauthorized'), endpoint, cause: z.string() }),
  z.object({
    kind: z.literal('rejected'),
    code: z.string(),
    where: z.string().optional(),
    field: z.string().optional(),
    message: z.string(),
  }),
  z.object({ kind: z.literal('conflict'), where: z.string(), message: z.string() }),
  z.object({ kind: z.literal('invalid-response'), endpoint, where: z.string(), detail: z.string() }),
  z.object({ kind: z.literal('unknown-outcome'), endpoint, operation: z.string() }),
  z.object({
    kind: z.literal('fenced'),
    endpoint,
    reason: z.enum(['lease-held', 'fence-raised', 'erp-restored', 'erp-copied', 'ledger-missing']),
    detail: z.string(),
  }),
  z.object({ kind: z.literal('disk'), cause: z.string() }),
  z.object({ kind: z.literal('cancelled') }),
  z.object({ kind: z.literal('defect'), message: z.string() }),
]);

const reason: z.ZodType<ItemReason> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('failure'), failure: failureValue, until: z.number().optional() }),
  z.object({
    kind: z.literal('waits-for'),
    what: z.string(),
    number: z.string(),
    until: z.number(),
    overdue: z.literal(true).optional(),
  }),
  z.object({ kind: z.literal('handed-over'), since: z.number(), documents: z.array(z.string()) }),
  z.object({
    kind: z.literal('push-held'),
    why: z.enum(['pilot', 'paused', 'quiet', 'interval']),
    until: z.number().optional(),
  }),
  z.object({ kind: z.literal('person'), note: z.string() }),
  z.object({ kind: z.literal('unclean-exits'), times: z.number() }),
]);

/** JSON text in a column, checked: the error names the path in the JSON. */
export const jsonColumn = <T>(schema: z.ZodType<T>): z.ZodType<T> =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);

export const failureColumn = jsonColumn(failureValue);
export const reasonColumn = jsonColumn(reason);
export const countsColumn = jsonColumn(z.record(z.string(), z.number()));
