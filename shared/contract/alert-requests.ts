import { z } from 'zod';
import { alertSchema } from './alert.ts';
import { request } from './request.ts';

export const alertRequests = {
  /** Root causes people were told of, the newest first; with `ended` those of the last 90 days that are over too. */
  alertsList: request(
    'view',
    z.strictObject({ ended: z.boolean().default(true), limit: z.int().min(1).max(500).default(100) }),
    z.object({ alerts: z.array(alertSchema) }),
  ),
  /** Somebody has seen it: no toast, mail or message about it any more. It stays listed while its cause lasts. Idempotent. */
  alertAcknowledge: request(
    'operate',
    z.strictObject({ alert: z.int().min(1) }),
    z.object({ alert: alertSchema }),
  ),
};
