export interface SiteSettingsOptions {
  erpServer?: string | undefined;
  erpPort: number;
  /** Default the sample's own. */
  database?: string | undefined;
  user?: string | undefined;
  /** Default false: loopback. A server that wants TLS is trusted with any certificate. */
  encrypt?: boolean | undefined;
  cloudUrl: string;
  appArea?: string | undefined;
  companies?: readonly string[] | undefined;
  siteName?: string | undefined;
  pushEvery?: string | undefined;
  pullEvery?: string | undefined;
  acknowledge?: 'auto' | 'after-apply' | 'after-store' | undefined;
  orderWindow?: string | undefined;
  partialDone?: boolean | undefined;
}

/** Names the sandbox's parts agree on. */
export const SAMPLE = {
  database: 'SampleErp',
  login: 'ferry',
  password: 'Ferry-sandbox-1',
  appArea: 'MERIDIAN',
  company: 'MERIDIAN_LIVE',
  timeZone: 'Europe/Sofia',
  erpId: 'main',
  linkId: 'field-sales',
  mapping: 'field-sales.json',
} as const;

export const USERS_QUERY =
  'SELECT UserName, Route, PriceGroup, VanCode FROM dbo.MobileUsers WHERE Active = 1';

/** A whole `site.json` joining the sample ERP to one simulated area. Secrets are not in it. */
export function siteSettings(options: SiteSettingsOptions): object {
  return {
    schemaVersion: 1,
    site: { name: options.siteName ?? 'Meridian Wholesale', timeZone: SAMPLE.timeZone, language: 'en' },
    erps: [
      {
        id: SAMPLE.erpId,
        server: options.erpServer ?? '127.0.0.1',
        port: options.erpPort,
        database: options.database ?? SAMPLE.database,
        auth: 'sql',
        user: options.user ?? SAMPLE.login,
        timeZone: SAMPLE.timeZone,
        encrypt: options.encrypt ?? false,
        trustServerCertificate: options.encrypt ?? false,
        ledger: { schema: 'ferry' },
      },
    ],
    links: [
      {
        id: SAMPLE.linkId,
        kind: 'dynamics-mobile',
        erp: SAMPLE.erpId,
        mapping: SAMPLE.mapping,
        cloud: {
          baseUrl: options.cloudUrl,
          pathPrefix: '/mobile/erp',
          appArea: options.appArea ?? SAMPLE.appArea,
          companies: options.companies ?? [SAMPLE.company],
          timeZone: 'UTC',
          partialDone: options.partialDone ?? false,
        },
        push: {
          every: options.pushEvery ?? '30m',
          users: { query: USERS_QUERY },
          // Whoever wants to see pushes every few seconds wants to see them for the same user too.
          ...(options.pushEvery === undefined ? {} : { minInterval: '0s' }),
        },
        pull: {
          every: options.pullEvery ?? '5m',
          acknowledge: options.acknowledge ?? 'auto',
          orderWindow: options.orderWindow ?? '10m',
        },
      },
    ],
    // Everything may be tried here.
    console: { right: 'administer' },
  };
}
