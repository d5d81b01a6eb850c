import { z } from 'zod';
import { alertSchema, severitySchema } from '../../../../shared/contract/alert.ts';
import { ownerSchema, textSchema } from '../../../../shared/contract/explanation.ts';
import { placeSchema } from '../../../../shared/contract/place.ts';
import { WARNING_CODES } from '../../../../shared/model/warning-codes.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { AlertRecord } from '../../../core/alerts/alert-book.ts';
import type { ChannelFact, Delivery } from '../../../core/alerts/alert-store.ts';
import type { Warning } from '../../../core/alerts/warning.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const json = <T>(schema: z.ZodType<T>): z.ZodType<T> =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'is no JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema) as unknown as z.ZodType<T>;

/** In JSON an absent field is one that is not there. */
const maybe = <T>(schema: z.ZodType<T>): z.ZodType<T | undefined> =>
  schema.optional().transform((value) => value) as unknown as z.ZodType<T | undefined>;

const warningSchema: z.ZodType<Warning> = z.object({
  code: z.enum(WARNING_CODES),
  variant: z.string(),
  severity: severitySchema,
  about: z.string(),
  links: z.array(z.string()),
  since: maybe(z.number()),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  place: placeSchema,
  owner: ownerSchema,
  next: textSchema,
  amount: maybe(z.number()),
}) as unknown as z.ZodType<Warning>;

const detailSchema = z.object({
  warning: warningSchema,
  since: z.number(),
  seenAt: z.number(),
  times: z.int().min(1),
  endedBefore: z.number().optional(),
  told: z.object({ at: z.number(), severity: severitySchema, times: z.int() }).optional(),
  open: z.boolean(),
  folded: z.boolean(),
  amount: z.number().optional(),
  consequences: z.array(warningSchema),
});

const alertRow = z.object({
  id: z.int(),
  raised_at: z.int(),
  ended_at: optional(z.int()),
  acknowledged_at: optional(z.int()),
  detail: json(detailSchema),
});

const ALERT = 'id, raised_at, ended_at, acknowledged_at, detail';

export function decodeAlert(row: unknown): AlertRecord {
  const r = decode(alertRow, row, 'a row of alert');
  const { warning, since, seenAt, times, endedBefore, told, open, folded, amount, consequences } = r.detail;
  return {
    id: r.id,
    warning,
    since,
    raisedAt: r.raised_at,
    seenAt,
    times,
    endedAt: r.ended_at,
    acknowledgedAt: r.acknowledged_at,
    endedBefore,
    told,
    open,
    folded,
    amount,
    consequences,
  };
}

export function upsertAlert(db: WriteDb, alert: AlertRecord): void {
  const { id, raisedAt, endedAt, acknowledgedAt, ...detail } = alert;
  // One that could not be read at the start is unknown to the program and would bar the way of the new one.
  if (endedAt === undefined)
    prepared(
      db,
      'UPDATE alert SET ended_at = raised_at WHERE code = ? AND about = ? AND ended_at IS NULL AND id <> ?',
    ).run(alert.warning.code, alert.warning.about, id);
  prepared(
    db,
    `INSERT INTO alert (id, code, about, raised_at, ended_at, acknowledged_at, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET raised_at = excluded.raised_at, ended_at = excluded.ended_at,
       acknowledged_at = excluded.acknowledged_at, detail = excluded.detail`,
  ).run(
    id,
    alert.warning.code,
    alert.warning.about,
    raisedAt,
    endedAt ?? null,
    acknowledgedAt ?? null,
    JSON.stringify(detail),
  );
}

/** Active ones, and ended ones that ended after or whose end is still to be told. */
export const readAlertsSince = (db: ReadDb, since: Instant): readonly unknown[] =>
  prepared(
    db,
    `SELECT ${ALERT} FROM alert WHERE ended_at IS NULL OR ended_at > ? OR detail ->> '$.open' = 1 ORDER BY id`,
  ).all(since);

export const readNewestAlerts = (db: ReadDb, ended: boolean, limit: number): readonly unknown[] =>
  ended
    ? prepared(db, `SELECT ${ALERT} FROM alert ORDER BY raised_at DESC, id DESC LIMIT ?`).all(limit)
    : prepared(
        db,
        `SELECT ${ALERT} FROM alert WHERE ended_at IS NULL ORDER BY raised_at DESC, id DESC LIMIT ?`,
      ).all(limit);

const sequenceRow = z.object({ seq: z.int() });

/** The number after the highest one ever given, also when its row is gone. */
export function nextId(db: ReadDb, table: 'alert' | 'alert_delivery'): number {
  const row: unknown = prepared(db, 'SELECT seq FROM sqlite_sequence WHERE name = ?').get(table);
  return row === undefined ? 1 : decode(sequenceRow, row, 'sqlite_sequence').seq + 1;
}

const deliveryRow = z.object({
  id: z.int(),
  alert: z.int(),
  channel: z.enum(['mail', 'webhook']),
  state: z.enum(['raised', 'ended']),
  view: json(alertSchema),
  created_at: z.int(),
  attempts: z.int(),
  due_at: z.int(),
  outcome: z.enum(['waiting', 'sent', 'given-up', 'dropped']),
  settled_at: optional(z.int()),
  cause: optional(z.string()),
});

export function decodeDelivery(row: unknown): Delivery {
  const r = decode(deliveryRow, row, 'a row of alert_delivery');
  const { created_at: createdAt, due_at: dueAt, settled_at: settledAt, ...rest } = r;
  return { ...rest, createdAt, dueAt, settledAt };
}

export const readWaitingDeliveries = (db: ReadDb): readonly unknown[] =>
  prepared(
    db,
    `SELECT id, alert, channel, state, view, created_at, attempts, due_at, outcome, settled_at, cause
     FROM alert_delivery WHERE outcome = 'waiting' ORDER BY id`,
  ).all();

export function upsertDelivery(db: WriteDb, one: Delivery): void {
  prepared(
    db,
    `INSERT INTO alert_delivery (id, alert, channel, state, view, created_at, attempts, due_at, outcome, settled_at, cause)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET attempts = excluded.attempts, due_at = excluded.due_at, outcome = excluded.outcome,
       settled_at = excluded.settled_at, cause = excluded.cause`,
  ).run(
    one.id,
    one.alert,
    one.channel,
    one.state,
    JSON.stringify(one.view),
    one.createdAt,
    one.attempts,
    one.dueAt,
    one.outcome,
    one.settledAt ?? null,
    one.cause ?? null,
  );
}

const channelRow = z.object({
  channel: z.enum(['mail', 'webhook']),
  last_ok: optional(z.int()),
  failing_since: optional(z.int()),
  cause: optional(z.string()),
});

export function readChannels(db: ReadDb): readonly ChannelFact[] {
  return prepared(db, 'SELECT channel, last_ok, failing_since, cause FROM alert_channel ORDER BY channel')
    .all()
    .map((row) => {
      const r = decode(channelRow, row, 'a row of alert_channel');
      return { channel: r.channel, lastOk: r.last_ok, failingSince: r.failing_since, cause: r.cause };
    });
}

export function upsertChannel(db: WriteDb, fact: ChannelFact): void {
  prepared(
    db,
    `INSERT INTO alert_channel (channel, last_ok, failing_since, cause) VALUES (?, ?, ?, ?)
     ON CONFLICT (channel) DO UPDATE SET last_ok = excluded.last_ok, failing_since = excluded.failing_since,
       cause = excluded.cause`,
  ).run(fact.channel, fact.lastOk ?? null, fact.failingSince ?? null, fact.cause ?? null);
}

export function deleteAlertsEndedBefore(db: WriteDb, before: Instant): void {
  prepared(db, `DELETE FROM alert WHERE ended_at < ? AND detail ->> '$.open' = 0`).run(before);
}

export function deleteDeliveriesSettledBefore(db: WriteDb, before: Instant): void {
  prepared(db, 'DELETE FROM alert_delivery WHERE settled_at < ?').run(before);
}
