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

/** `SQL01` or `SQL01\\INSTANCE`; an instance has at most 16 characters. A port has a field of its own. */
const SERVER = /^(?!(?:tcp|np|lpc|admin):)[^\\,;/\s]+(?:\\[^\\,;/\s]{1,16})?$/iu;
const FINGERPRINT = /^[0-9a-f]{2}(?::?[0-9a-f]{2}){31}$/i;
const NO_WINDOWS_LOGIN =
  'signing in as the Windows account of the service is not possible: the driver cannot do it without a password; ' +
  'use "ntlm" with domain, user and password, or a SQL login';

const erp = z
  .strictObject({
    id,
    server: z.string().regex(SERVER, {
      error: 'expected a name such as SQL01 or SQL01\\INSTANCE; the port has a field of its own',
    }),
    /** Absent: asked of SQL Server Browser for a named instance, else 1433. With it an instance is only a label. */
    port: z.int().min(1).max(65535).optional(),
    database: z.string().min(1).max(128),
    /** `sql`: a login of SQL Server. `ntlm`: a Windows account with domain and password. */
    auth: z
      .enum(['sql', 'ntlm'], {
        error: ({ input }) => (input === 'windows' ? NO_WINDOWS_LOGIN : 'expected "sql" or "ntlm"'),
      })
      .default('sql'),
    user: z.string().min(1).max(128),
    /** Of the Windows account. */
    domain: z.string().min(1).max(255).optional(),
    /** Zone of the wall clock in the ERP's date columns. */
    timeZone: zone,
    encrypt: z.boolean().default(true),
    trustServerCertificate: z.boolean().default(false),
    /** Exactly this certificate is accepted, whoever signed it and whatever its name. */
    certificate: z
      .strictObject({
        sha256: z
          .string()
          .regex(FINGERPRINT, { error: 'expected a SHA-256 fingerprint: 64 hexadecimal digits, AB:CD:…' })
          .optional(),
      })
      .optional(),
    /** Also TLS 1.0 and 1.1, for servers that know nothing newer. */
    legacyTls: z.boolean().optional(),
    ledger: z.strictObject({ schema: z.string().min(1).max(128).default('ferry') }).prefault({}),
  })
  .superRefine((one, context) => {
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (one.auth === 'ntlm' && one.domain === undefined)
      refuse('domain', 'expected the domain of the Windows account, or the computer it belongs to');
    if (one.auth === 'sql' && one.domain !== undefined)
      refuse(
        'domain',
        'a domain belongs to a Windows account: set "auth" to "ntlm", or leave the domain out',
      );
    if (one.user.includes('\\'))
      refuse('user', 'a Windows account is given by "auth": "ntlm", "domain" and "user" without the domain');
    if (one.certificate?.sha256 === undefined) return;
    if (!one.encrypt) refuse('certificate', 'a pinned certificate needs an encrypted connection');
    if (one.trustServerCertificate)
      refuse('trustServerCertificate', 'a pinned certificate and accepting any one exclude each other');
  });

const quietHours = z.strictObject({
  from: clock,
  to: clock,
  /** Absent: every day. */
  weekdays: z.array(weekday).min(1).optional(),
});

const userName = z.string().trim().min(1).max(100);

const pushUsers = z
  .strictObject({
    /** First column is the mobile user's name; further columns are values for filters. */
    query: z.string().min(1).optional(),
    /** Instead of the query: names, or names with values for filters. */
    list: z
      .array(z.union([userName, z.object({ name: userName }).catchall(z.string().nullable())]))
      .max(10_000)
      .optional(),
  })
  .superRefine(({ query, list }, context) => {
    if (query === undefined && list === undefined)
      context.addIssue({ code: 'custom', path: ['query'], message: 'expected a query of users, or a list' });
    if (query !== undefined && list !== undefined)
      context.addIssue({ code: 'custom', path: ['list'], message: 'expected a query or a list, not both' });
    const seen = new Map<string, string>();
    list?.forEach((one, index) => {
      const name = typeof one === 'string' ? one : one.name;
      const known = seen.get(name.toLowerCase());
      if (known === undefined) seen.set(name.toLowerCase(), name);
      else
        context.addIssue({
          code: 'custom',
          path: ['list', index],
          message:
            known === name
              ? `the user "${name}" occurs twice`
              : `"${name}" and "${known}" are one user to the cloud`,
        });
    });
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
    /** Calls a minute that the area allows, where the vendor said so; more wait their turn. Absent: only its refusals are heeded. */
    callsPerMinute: z.int().min(1).max(6_000).optional(),
    /** How long the cloud keeps packets that nobody reports done. */
    retention: duration.default('4d'),
    /** Hosts the signed links may lead to; empty: any https host, and http on loopback. */
    linkHosts: z.array(z.string()).default([]),
  }),
  push: z.strictObject({
    enabled: z.boolean().default(true),
    every: schedule.default('30m'),
    users: pushUsers,
    /** A file in models/: what the app takes. What breaks it is not sent. */
    model: z
      .string()
      .regex(/^[\w.-]+\.json$/, { error: 'expected a file name in models/, such as field-sales.json' })
      .default('field-sales.json'),
    /** Only these users' phones get data until a person sets `confirmedAll`. Absent: everybody's. */
    pilot: z.array(userName).max(10_000).optional(),
    confirmedAll: z.boolean().optional(),
    /** Users whose phones get nothing, whatever else is said. */
    pausedUsers: z.array(userName).max(10_000).default([]),
    /** In the site's zone, also over midnight: nothing goes to phones, unless by hand. */
    quietHours: quietHours.optional(),
    /** Least time between two snapshots for one user, unless by hand. */
    minInterval: duration.default('15m'),
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
      /**
       * A list is reported so long after the first sight of a packet in it whose body the cloud no longer has. Absent: when a
       * person has agreed that it is lost, and not before.
       */
      lostBodyAfter: duration.optional(),
      orderWindow: duration.default('10m'),
      /** Packets are stored and not applied until a person has looked at the first ones. Absent: they are applied at once. */
      firstLook: z.boolean().optional(),
      maxPacketBytes: z.int().min(1024).max(200_000_000).default(100_000_000),
      /** Bodies fetched at the same time. A list has ten. */
      parallelDownloads: z.int().min(1).max(32).default(10),
    })
    .prefault({}),
  /** Looks for another client that takes packets from the same area, and stops the link then. */
  guard: z
    .strictObject({
      enabled: z.boolean().default(true),
      /** How long the number of a document may be missing after a later one of its series came. */
      gapMinutes: z.int().min(5).max(10_080).default(30),
      /** Numbers of one series that may be missing for good, for apps that let documents be deleted on the phone. */
      tolerate: z.int().min(0).max(1_000).default(0),
    })
    .prefault({}),
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
