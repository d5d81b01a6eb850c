import { createHash } from 'node:crypto';
import { linkId, sha256, sourceId, type Sha256, type StartId } from '../shared/model/ids.ts';
import type { ErpSettings, LinkSettings } from '../shared/model/settings.ts';
import { parseDuration } from '../shared/model/time.ts';
import type { LoadedSite } from './adapters/config/load-site.ts';
import { createDynamicsMobileCloud } from './adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import type { LeaseTrace } from './adapters/erp-mssql/lease-trace.ts';
import { createPacketErp, type ClosablePacketErp } from './adapters/erp-mssql/packet-erp.ts';
import type { SqlServer } from './adapters/erp-mssql/sql-connection.ts';
import { isLoopback } from './adapters/http/node-http-transport.ts';
import type { Log } from './adapters/log/create-log.ts';
import type { Redactor } from './adapters/log/redactor.ts';
import type { Secrets } from './adapters/secrets/open-secrets.ts';
import type { SqliteStore } from './adapters/sqlite/open-store.ts';
import { composePart } from './core/packets/codec/compose-part.ts';
import type { ErpUser } from './core/packets/erp.ts';
import type { EngineLog, LinkParts } from './core/packets/link-parts.ts';
import { PacketLink } from './core/packets/packet-link.ts';
import type { PushRules } from './core/packets/push/push-plan.ts';
import type { Endpoints } from './core/queue/endpoints.ts';
import type { BodyStore } from './core/runtime/body-store.ts';
import type { Disk } from './core/runtime/disk.ts';
import type { HttpTransport } from './core/runtime/http-transport.ts';
import type { Runtime } from './core/runtime/runtime.ts';

/** The program's edges; each is replaced where a test or a simulation stands in for it. */
export interface Edges {
  readonly runtime?: Runtime | undefined;
  readonly disk?: Disk | undefined;
  readonly http?: HttpTransport | undefined;
  readonly sqlServer?: ((erp: ErpSettings) => SqlServer) | undefined;
}

/** How many of the newest ledger rows must be found again at every connect. */
const RECENT_LEDGER = 50;

const hashText = (text: string): Sha256 => sha256(createHash('sha256').update(text, 'utf8').digest('hex'));

/** What all links of a site share. */
export interface SharedParts {
  readonly site: LoadedSite;
  readonly store: SqliteStore;
  readonly bodies: BodyStore;
  readonly endpoints: Endpoints;
  readonly runtime: Runtime;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly http: HttpTransport;
  readonly log: Log;
  readonly start: StartId;
  readonly siteId: string;
  readonly leaseTrace?: LeaseTrace | undefined;
  readonly edges: Edges;
}

/** One link with its adapters. */
export function assembleLink(
  shared: SharedParts,
  settings: LinkSettings,
  onChange: () => void,
): { readonly link: PacketLink; readonly erp: ClosablePacketErp } {
  const { site, store, bodies, endpoints, runtime, http, log, start, siteId, edges } = shared;
  const erpSettings = site.settings.erps.find((erp) => erp.id === settings.erp);
  const loaded = site.mappings.get(settings.mapping);
  const model = site.models.get(settings.push.model);
  if (erpSettings === undefined || loaded === undefined || model === undefined)
    throw new Error('settings were not checked');
  const { cloud: cloudSettings, push, pull } = settings;
  const source = sourceId(settings.kind, new URL(cloudSettings.baseUrl).host, cloudSettings.appArea);
  const id = linkId(settings.id);
  const erp = createPacketErp({
    settings: erpSettings,
    source,
    siteId,
    startId: start,
    leaseTrace: shared.leaseTrace,
    password: async () => secretOf(shared, `erp.${erpSettings.id}.password`),
    runtime,
    recentLedger: () => store.recentLedger(source, RECENT_LEDGER),
    createObjects: true,
    server: edges.sqlServer?.(erpSettings),
  });
  const cloudEndpoint = `cloud:${settings.id}` as const;
  const cloud = createDynamicsMobileCloud({
    settings: cloudSettings,
    endpoint: cloudEndpoint,
    apiKey: async () => secretOf(shared, `link.${settings.id}.apiKey`),
    http,
    runtime,
    maxPacketBytes: pull.maxPacketBytes,
  });
  const parts: LinkParts = {
    link: id,
    source,
    startId: start,
    mapping: loaded.mapping,
    mappingHash: loaded.hash,
    appModel: {
      model: model.model,
      file: `models/${push.model}`,
      mappingFile: `mappings/${settings.mapping}`,
    },
    companies: cloudSettings.companies,
    zones: { area: cloudSettings.timeZone, erp: erpSettings.timeZone },
    erpEndpoint: `erp:${erpSettings.id}`,
    cloudEndpoint,
    policy: {
      report: {
        acknowledge: pull.acknowledge,
        ackWithinMs: ms(pull.ackWithin),
        lostBodyAfterMs: pull.lostBodyAfter === undefined ? undefined : ms(pull.lostBodyAfter),
      },
      firstLook: pull.firstLook,
      callsPerMinute: cloudSettings.callsPerMinute,
      retentionMs: ms(cloudSettings.retention),
      guard: settings.guard.enabled
        ? { gapMs: settings.guard.gapMinutes * 60_000, tolerated: settings.guard.tolerate }
        : undefined,
      orderWindowMs: ms(pull.orderWindow),
      resendAfterMs: ms(push.resendAfter),
      maxHoldMs: ms(push.maxHold),
      parallelUploads: push.parallel,
      parallelDownloads: pull.parallelDownloads,
      maxPacketBytes: pull.maxPacketBytes,
      usersQuery: push.users.query ?? '',
      usersList: push.users.list?.map(listedUser),
      push: pushRules(push, site.settings.site.timeZone),
      modelHash: hashText(
        [
          loaded.hash,
          model.hash,
          source,
          erpSettings.server,
          erpSettings.database,
          cloudSettings.timeZone,
          erpSettings.timeZone,
        ].join('\n'),
      ),
    },
    cloud,
    erp,
    store,
    bodies,
    endpoints,
    runtime,
    hash: hashText,
    composePart,
    log: engineLog(log.child({ link: settings.id })),
    changed: onChange,
  };
  const plan = {
    zone: site.settings.site.timeZone,
    // What is on this computer is a simulator, and nobody counts its calls.
    pull: { enabled: pull.enabled, schedule: pull.every, paced: !onThisComputer(cloudSettings.baseUrl) },
    push: { enabled: push.enabled, schedule: push.every },
  };
  return { link: new PacketLink(parts, plan), erp };
}

/** Confirmed for all, or never asked for a pilot: everybody. */
const pushRules = (push: LinkSettings['push'], zone: string): PushRules => ({
  pilot:
    push.confirmedAll === true || (push.pilot === undefined && push.confirmedAll === undefined)
      ? undefined
      : (push.pilot ?? []),
  pausedUsers: push.pausedUsers,
  quietHours: push.quietHours,
  zone,
  minIntervalMs: ms(push.minInterval),
});

const listedUser = (one: NonNullable<LinkSettings['push']['users']['list']>[number]): ErpUser =>
  typeof one === 'string'
    ? { name: one, values: new Map([['name', one]]) }
    : { name: one.name, values: new Map(Object.entries(one)) };

const onThisComputer = (address: string): boolean => isLoopback(new URL(address).hostname);

function ms(duration: string): number {
  const value = parseDuration(duration);
  if (value === undefined) throw new Error('settings were not checked');
  return value;
}

export const engineLog = (log: Log): EngineLog => ({
  info: (event, facts) => log.info(event, facts),
  warn: (event, facts) => log.warn(event, facts),
});

/** An unset secret is empty: the other side refuses it, and the refusal says which one to set. */
function secretOf({ secrets, redactor }: SharedParts, name: string): string {
  const value = secrets.get(name);
  if (!value.ok || value.value === undefined) return '';
  // It may have been set after the start.
  redactor.add(value.value);
  return value.value;
}
