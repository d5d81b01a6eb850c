import { z } from 'zod';

/** The lists a number can open: each is what that number counts. */
export const QUEUE_VIEWS = ['parked', 'in', 'out', 'unknown'] as const;
export type QueueView = (typeof QUEUE_VIEWS)[number];

/** Where in the window something is to be seen: a click on a count, an alert or the tray leads there. */
export const placeSchema = z.discriminatedUnion('screen', [
  z.object({ screen: z.literal('status') }),
  z.object({
    screen: z.literal('queue'),
    view: z.enum(QUEUE_VIEWS).optional(),
    link: z.string().optional(),
    item: z.number().optional(),
  }),
  z.object({ screen: z.literal('users'), link: z.string().optional(), user: z.string().optional() }),
  z.object({ screen: z.literal('runs'), link: z.string().optional() }),
  z.object({ screen: z.literal('notifications'), alert: z.number().optional() }),
  z.object({
    screen: z.literal('settings'),
    section: z.enum(['erps', 'clouds', 'links', 'schedule', 'alerts', 'language', 'advanced']).optional(),
  }),
]);
export type Place = z.infer<typeof placeSchema>;
