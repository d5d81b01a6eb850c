import { z } from 'zod';
import { isTimeZone, parseDuration } from './time.ts';
import { WARNING_CODES } from './warning-codes.ts';

const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'expected lower-case letters, digits and hyphens, at most 40' });
const zone = z.string().refine(isTimeZone, { error: 'expected a time zone such as Europe/Sofia' });
const duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'expected a duration such as 30s, 5m, 24h or 7d',
});
/** The key of the area travels with every call: over https, or not off this computer. */
function isPrivateAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}

const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of day such as 06:30' });
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** When a flow runs, in the site's zone: an interval or times of day, kept to weekdays and a window where given. */
const schedule = z.union([
  duration,
  z.strictObject({
    every: duration.optional(),
    at: z.array(clock).min(1).optional(),
    weekdays: z.array(weekday).min(1).optional(),
    /** Runs start only inside; `from` later than `to` means over midnight. */
    window: z.strictObject({ from: clock, to: clock }).optional(),
  }),
]);

const erp = z.strictObject({
  id,
  server: z.string().min(1),
  port: z.int().min(1).max(65535).default(1433),
  database: z.string().min(1).max(128),
  auth: z.literal('sql').default('sql'),
  user: z.string().min(1).max(128),
  /** Zone of the wall clock in the ERP's date columns. */
  timeZone: zone,
  encrypt: z.boolean().default(true),
  trustServerCertificate: z.boolean().default(false),
  ledger: z.strictObject({ schema: z.string().min(1).max(128).default('ferry') }).prefault({}),
});

const dynamicsMobile = z.strictObject({
  id,
  kind: z.literal('dynamics-mobile'),
  erp: id,
  mapping: z
    .string()
    .regex(/^[\w.-]+\.json$/, { error: 'expected a file name in mappings/, such as field-sales.json' }),
  cloud: z.strictObject({
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .refine(isPrivateAddress, { error: 'expected https; plain http only to this computer (127.0.0.1)' }),
    pathPrefix: z
      .string()
      .regex(/^(\/[\w.-]+)*$/)
      .default('/mobile/erp'),
    appArea: z.string().min(1).max(64),
    /** Company ids whose packets this link may take; a packet of another one is parked. Empty text allows packets without one. */
    companies: z.array(z.string()).min(1),
    /** What the `Z` of device times means here: UTC, or the zone whose wall clock they show. */
    timeZone: zone.default('UTC'),
    listFormat: z.enum(['xml', 'json']).default('xml'),
    /** Whether a part of a list may be reported done. Switch on only where it was found to work. */
    partialDone: z.boolean().default(false),
    /** Hosts the signed links may lead to; empty: any https host, and http on loopback. */
    linkHosts: z.array(z.string()).default([]),
  }),
  push: z.strictObject({
    enabled: z.boolean().default(true),
    every: schedule.default('30m'),
    users: z.strictObject({
      /** First column is the mobile user's name; further columns are values for filters. */
      query: z.string().min(1),
    }),
    resendAfter: duration.default('24h'),
    maxHold: duration.default('1h'),
    parallel: z.int().min(1).max(16).default(4),
  }),
  pull: z
    .strictObject({
      enabled: z.boolean().default(true),
      every: schedule.default('5m'),
      acknowledge: z.enum(['auto', 'after-apply', 'after-store']).default('auto'),
      ackWithin: duration.default('20s'),
      orderWindow: duration.default('10m'),
      maxPacketBytes: z.int().min(1024).max(200_000_000).default(100_000_000),
    })
    .prefault({}),
});

const quietHours = z.strictObject({
  from: clock,
  to: clock,
  /** Absent: every day. */
  weekdays: z.array(weekday).min(1).optional(),
});

const address = z.email({ error: 'expected a mail address such as office@example.com' });

const alerts = z.strictObject({
  /** Kinds nobody is to be told of; they stay listed. */
  off: z.array(z.enum(WARNING_CODES)).default([]),
  /** Shown by the tray program. */
  toasts: z.boolean().default(true),
  /** In the site's zone, also over midnight: nobody is told; what still lasts at their end is told then. */
  quietHours: quietHours.optional(),
  /** Instead of the kind's own delay before it is told. */
  delays: z.partialRecord(z.enum(WARNING_CODES), duration).default({}),
  /** Over TLS only. The password is the secret `alerts.mail.password`. */
  mail: z
    .strictObject({
      enabled: z.boolean().default(true),
      host: z.string().min(1).max(255),
      port: z.int().min(1).max(65535).default(587),
      /** `tls` from the first byte (465), or `starttls`, required (587). */
      security: z.enum(['starttls', 'tls']).default('starttls'),
      /** Absent: without login. */
      user: z.string().min(1).max(320).optional(),
      from: address,
      to: z.array(address).min(1).max(20),
    })
    .optional(),
  /** Posted as JSON to the address in the secret `alerts.webhook.url` (https, or this computer): such addresses are keys. */
  webhook: z.strictObject({ enabled: z.boolean().default(true) }).optional(),
});

export const settingsSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    site: z.strictObject({
      name: z.string().min(1).max(100),
      timeZone: zone,
      language: z.enum(['en']).default('en'),
    }),
    erps: z.array(erp),
    links: z.array(dynamicsMobile),
    console: z
      .strictObject({
        enabled: z.boolean().default(false),
        port: z.int().min(0).max(65535).default(0),
        /** What a browser with the token may do: look, operate (sync, retry, pause), or change settings too. */
        right: z.enum(['view', 'operate', 'administer']).default('operate'),
      })
      .prefault({}),
    desktop: z.strictObject({ startAtLogon: z.boolean().default(true) }).prefault({}),
    alerts: alerts.prefault({}),
    retention: z.strictObject({ days: z.int().min(1).max(3650).default(90) }).prefault({}),
  })
  .superRefine((settings, context) => {
    const erps = new Set(settings.erps.map((one) => one.id));
    const repeated = (values: readonly string[], path: string, what: string): void => {
      values.forEach((value, index) => {
        if (values.indexOf(value) !== index)
          context.addIssue({
            code: 'custom',
            path: [path, index],
            message: `${what} "${value}" occurs twice`,
          });
      });
    };
    repeated(
      settings.erps.map((one) => one.id),
      'erps',
      'the ERP id',
    );
    repeated(
      settings.links.map((one) => one.id),
      'links',
      'the link id',
    );
    repeated(
      settings.links.map((one) =>
        `${one.kind} ${new URL(one.cloud.baseUrl).host} ${one.cloud.appArea}`.toLowerCase(),
      ),
      'links',
      'the source',
    );
    settings.links.forEach((link, index) => {
      if (!erps.has(link.erp))
        context.addIssue({
          code: 'custom',
          path: ['links', index, 'erp'],
          message: `no ERP has the id "${link.erp}"`,
        });
    });
  });

export type Settings = z.infer<typeof settingsSchema>;
export type ErpSettings = Settings['erps'][number];
export type LinkSettings = Settings['links'][number];
export type ScheduleSettings = z.infer<typeof schedule>;
export type AlertSettings = z.infer<typeof alerts>;
