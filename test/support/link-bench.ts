import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createDynamicsMobileCloud } from '../../main/adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import { createBodyStore } from '../../main/adapters/spool/body-store.ts';
import { openStore, type SqliteStore } from '../../main/adapters/sqlite/open-store.ts';
import { composePart } from '../../main/core/packets/codec/compose-part.ts';
import type { GuardPolicy } from '../../main/core/packets/guard/decide.ts';
import type { EngineLog } from '../../main/core/packets/link-parts.ts';
import type { PacketCloud } from '../../main/core/packets/packet-cloud.ts';
import { PacketLink } from '../../main/core/packets/packet-link.ts';
import { Endpoints } from '../../main/core/queue/endpoints.ts';
import {
  createDynamicsMobile,
  type DynamicsMobile,
} from '../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { SwitchesPatch } from '../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { linkId, sha256, sourceId, startId, type Sha256 } from '../../shared/model/ids.ts';
import { mappingSchema, type Mapping } from '../../shared/model/mapping.ts';
import type { ScheduleSettings } from '../../shared/model/settings.ts';
import { simHttp } from '../simulation/sim-http.ts';
import { createForgetfulDisk, type ForgetfulDisk } from './forgetful-disk.ts';
import { MemoryErp } from './memory-erp.ts';
import { createTestRuntime, TEST_START, type TestRuntime } from './test-runtime.ts';

const hash = (text: string): Sha256 => sha256(createHash('sha256').update(text).digest('hex'));
export const AREA = 'ACME';
export const COMPANY = 'ACME_LIVE';

/** Orders wait for their visit (and are then parked), payments for their order (and are then applied all the same). */
export const MAPPING = mappingSchema.parse({
  mappingVersion: 1,
  name: 'bench',
  push: {
    entities: [
      {
        entity: 'DeviceSetup',
        from: { table: { name: 'Setup' } },
        fields: { Code: { column: 'c', type: 'text(20)' } },
        orderBy: ['c'],
      },
      {
        entity: 'CompanyInfo',
        from: { table: { name: 'Company' } },
        fields: { Code: { column: 'c', type: 'text(20)' }, Name: { column: 'n', type: 'text(100)' } },
        orderBy: ['c'],
      },
      {
        entity: 'Customer',
        from: { table: { name: 'Customer' } },
        fields: { No: { column: 'c', type: 'text(20)' }, Name: { column: 'n', type: 'text(100)' } },
        orderBy: ['c'],
        required: true,
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'order',
        entity: 'SalesHeader',
        number: 'no',
        write: {
          to: { table: { name: 'Orders' }, rawInsert: true },
          values: { No: { field: 'no', type: 'text(20)', required: true } },
        },
        lines: [],
        references: [{ field: 'visitNo', to: { document: 'visit' }, otherwise: 'park' }],
      },
      {
        document: 'visit',
        entity: 'Visit',
        number: 'no',
        write: {
          to: { table: { name: 'Visits' }, rawInsert: true },
          values: { No: { field: 'no', type: 'text(20)', required: true } },
        },
      },
      {
        document: 'payment',
        entity: 'PaymentHeader',
        number: 'no',
        write: {
          to: { table: { name: 'Payments' }, rawInsert: true },
          values: { No: { field: 'no', type: 'text(20)' } },
        },
        references: [{ field: 'orderNo', to: { document: 'order' }, otherwise: 'apply' }],
      },
    ],
    keepOnly: ['Extra'],
  },
});

export interface LinkBench {
  readonly runtime: TestRuntime;
  readonly store: SqliteStore;
  readonly disk: ForgetfulDisk;
  readonly erp: MemoryErp;
  readonly cloud: DynamicsMobile;
  readonly link: PacketLink;
  /** A flow to its end, with time passing as it needs. */
  run(flow: 'pull' | 'push'): Promise<void>;
  /** A promise to its end, with time passing as it needs. */
  finish<T>(work: Promise<T>): Promise<T>;
  deliver(xml: string, more?: { id?: string; company?: string; user?: string }): string;
  close(): void;
}

/** A packet of one document, as a phone writes it. */
export const packet = (
  table: string,
  rowId: string,
  fields: Readonly<Record<string, string>>,
  user = 'anna',
): string =>
  `<NavMobileSync salesmancode="${user}"><table tablename="${table}" name="${table}"><r status="insert"><DMS_ROWID>${rowId}</DMS_ROWID>${Object.entries(
    fields,
  )
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}<state>1</state></r></table></NavMobileSync>`;

/** One link over real SQLite, the simulated cloud in this process and an ERP in memory, on a clock that tests move. */
export function linkBench(
  folder: string,
  options: {
    readonly switches?: SwitchesPatch | undefined;
    readonly lostBodyAfterMs?: number | undefined;
    readonly acknowledge?: 'auto' | 'after-apply' | 'after-store' | undefined;
    readonly partialDone?: boolean | undefined;
    readonly erp?: MemoryErp | undefined;
    readonly cloud?: DynamicsMobile | undefined;
    readonly runtime?: TestRuntime | undefined;
    readonly mapping?: Mapping | undefined;
    readonly listFormat?: 'xml' | 'json' | undefined;
    /** Puts another client in the place of the right one. */
    readonly client?: ((right: PacketCloud) => PacketCloud) | undefined;
    readonly log?: EngineLog | undefined;
    /** Paces the pull as for a cloud elsewhere, every so often; nothing is pushed then. */
    readonly pacedPull?: ScheduleSettings | undefined;
    readonly callsPerMinute?: number | undefined;
    readonly parallelDownloads?: number | undefined;
    /** Looks for another client on the area; absent: nobody looks. */
    readonly guard?: GuardPolicy | undefined;
  } = {},
): LinkBench {
  const runtime = options.runtime ?? createTestRuntime({ seed: 1 });
  const never = new AbortController().signal;
  const cloud =
    options.cloud ??
    createDynamicsMobile({
      // The cloud's own clock: it does not jump with ours.
      clock: { now: () => TEST_START + runtime.monotonic() },
      random: () => runtime.random(),
      newId: () => runtime.newId(),
      sleep: (ms, signal) => runtime.sleep(ms, signal ?? never),
      areas: [{ code: AREA, keys: ['key'], users: ['anna', 'bob'] }],
      switches: { queue: 'sticky', rate: 0, duplicate: 0, short: 0, empty: 0, ...options.switches },
    });
  const store = openStore({ file: join(folder, 'ferry.sqlite'), runtime });
  const disk = createForgetfulDisk();
  const erp = options.erp ?? new MemoryErp();
  const start = startId(runtime.newId());
  store.releaseClaims(start, runtime.wall());
  const settings = {
    baseUrl: 'http://127.0.0.1:9',
    pathPrefix: '/mobile/erp',
    appArea: AREA,
    companies: [COMPANY],
    timeZone: 'UTC',
    listFormat: options.listFormat ?? 'xml',
    retention: '4d',
    partialDone: options.partialDone ?? false,
    linkHosts: [],
  } as const;
  const link = new PacketLink(
    {
      link: linkId('field'),
      source: sourceId('dynamics-mobile', '127.0.0.1:9', AREA),
      startId: start,
      mapping: options.mapping ?? MAPPING,
      mappingHash: hash('mapping'),
      companies: [COMPANY],
      zones: { area: 'UTC', erp: 'Europe/Sofia' },
      erpEndpoint: 'erp:main',
      cloudEndpoint: 'cloud:field',
      policy: {
        report: {
          acknowledge: options.acknowledge ?? 'auto',
          ackWithinMs: 20_000,
          lostBodyAfterMs: options.lostBodyAfterMs,
        },
        orderWindowMs: 600_000,
        resendAfterMs: 86_400_000,
        maxHoldMs: 3_600_000,
        guard: options.guard,
        parallelUploads: 2,
        parallelDownloads: options.parallelDownloads ?? 10,
        maxPacketBytes: 100_000_000,
        usersQuery: 'users',
        modelHash: 'model',
        callsPerMinute: options.callsPerMinute,
      },
      cloud: (options.client ?? ((right) => right))(
        createDynamicsMobileCloud({
          settings: { ...settings, companies: [COMPANY], linkHosts: [] },
          endpoint: 'cloud:field',
          apiKey: () => Promise.resolve('key'),
          http: simHttp((request) => cloud.handle(request), {
            atRequest: () => 'none',
            travel: () => Promise.resolve(),
          }),
          runtime,
          maxPacketBytes: 100_000_000,
        }),
      ),
      erp,
      store,
      bodies: createBodyStore({
        disk,
        folder: '/spool',
        reserveBytes: 0,
        rowBody: (wanted) => store.rowBody(wanted),
        newId: () => runtime.newId(),
        runtime,
      }),
      endpoints: new Endpoints(runtime, store),
      runtime,
      hash,
      composePart,
      log: options.log ?? { info: () => undefined, warn: () => undefined },
      changed: () => undefined,
    },
    {
      zone: 'Europe/Sofia',
      pull: {
        enabled: true,
        schedule: options.pacedPull ?? '5m',
        paced: options.pacedPull !== undefined,
      },
      push: { enabled: options.pacedPull === undefined, schedule: '30m' },
    },
  );
  const finish = async <T>(work: Promise<T>): Promise<T> => {
    const state = { done: false };
    const watched = work.finally(() => {
      state.done = true;
    });
    watched.catch(() => undefined);
    for (let turn = 0; !state.done && turn < 20_000; turn += 1) await runtime.advance(turn < 50 ? 0 : 250);
    if (!state.done) throw new Error('it does not end');
    return watched;
  };
  return {
    runtime,
    store,
    disk,
    erp,
    cloud,
    link,
    run: (flow) => finish(link.sync(flow, 'manual', never).done),
    finish,
    deliver: (xml, more = {}) =>
      cloud.control.deliver({
        area: AREA,
        user: more.user ?? 'anna',
        company: more.company ?? COMPANY,
        xml,
        ...(more.id === undefined ? {} : { id: more.id }),
      }),
    close: () => {
      store.close();
      cloud.close();
    },
  };
}
