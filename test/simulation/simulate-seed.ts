import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILT_IN_MODELS } from '../../main/adapters/config/model-files.ts';
import { loadMapping } from '../../main/core/mapping/load-mapping.ts';
import { createDynamicsMobile } from '../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { playDay, synchronize } from '../../main/sandbox/day.ts';
import { judgeSnapshots } from '../../main/sandbox/judge/judge-snapshots.ts';
import { judge, type Finding } from '../../main/sandbox/judge/judge.ts';
import { inProcessCloud } from '../../main/sandbox/phones/cloud-control.ts';
import { createPhone } from '../../main/sandbox/phones/phone.ts';
import { companyRows } from '../../main/sandbox/sample-erp/company.ts';
import { createSampleErp } from '../../main/sandbox/sample-erp/sample-erp.ts';
import { seededGuid, seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE, siteSettings } from '../../main/sandbox/sample-erp/site-settings.ts';
import type { HttpTransport } from '../../main/core/runtime/http-transport.ts';
import { sha256 } from '../../shared/model/ids.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { createForgetfulDisk } from '../support/forgetful-disk.ts';
import { createTestRuntime, SimulatedCrash } from '../support/test-runtime.ts';
import { createChaos, type FaultKind } from './chaos.ts';
import { Incarnation } from './incarnation.ts';
import { plantBug, type Bug } from './sabotage.ts';
import { simHttp } from './sim-http.ts';
import { SimSqlServer } from './sim-sql-server.ts';
import { drawStrict, LOST_USER, Manners, rudely, rudeness, type Rude } from './strict.ts';

export interface SeedReport {
  readonly seed: number;
  readonly orders: number;
  readonly lines: number;
  readonly payments: number;
  readonly visits: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly changed: number;
  /** What neither came through nor was parked in the time it should have. */
  readonly stuck: number;
  readonly lives: number;
  readonly simulatedMs: number;
  readonly struck: Readonly<Partial<Record<FaultKind, number>>>;
  /** What the seed drew of a strict cloud. */
  readonly drawn: readonly string[];
  /** What the client did and must not do. */
  readonly rude: Readonly<Record<string, number>>;
  /** Of every durable step with its moment: the same seed gives the same. */
  readonly trace: string;
  readonly findings: readonly (Finding | { readonly kind: string; readonly text: string })[];
}

export interface SeedOptions {
  readonly seed: number;
  readonly bug?: Bug | undefined;
  readonly orders?: number | undefined;
  /** The cloud insists on everything, drawn by the seed; its clock is another one. */
  readonly strict?: boolean | undefined;
  /** A mistake that only a strict cloud takes amiss: the play ends when it had time to happen. */
  readonly rude?: Rude | undefined;
  readonly say?: ((event: string, facts: object) => void) | undefined;
}

const AREA_KEY = 'simulated-key';
const CLOUD = 'http://127.0.0.1:9';
/** Midnight in Sofia. */
const MIDNIGHT = Date.parse('2026-03-15T22:00:00Z');
const MAPPING = new URL('../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
/** Longest time after the last fault until everything must be carried over: the order window, a push interval and slack. */
const SETTLE_MS = 90 * 60_000;
/** Lists a minute apart, and calls that are counted. */
const STRICT_SETTLE_MS = 6 * 60 * 60_000;
/** Nobody agrees that a body is lost: lists that hold it go on after this. */
const LOST_BODY_AFTER = '10m';
/** A rude client had time to ask, to fetch and to push, more than once. */
const RUDE_MS = 12 * 60_000;
const SLICE_MS = 5_000;
const KILL_SHARE = 0.004;

export async function simulateSeed(options: SeedOptions): Promise<SeedReport> {
  const { seed, bug } = options;
  const base = createTestRuntime({ seed, start: MIDNIGHT });
  const random = seededRandom(`${seed}/world`);
  const trace = createHash('sha256');
  const never = new AbortController().signal;
  const chaos = createChaos(seededRandom(`${seed}/chaos`), {
    now: () => base.monotonic(),
    sleep: (ms) => base.sleep(ms, never),
  });
  const sample = { seed: 1, scale: 'small' } as const;
  const erp = await createSampleErp({
    ...sample,
    clock: { now: () => base.wall(), sleep: (ms, signal) => base.sleep(ms, signal) },
  });
  const users = (companyRows(sample).find(({ table }) => table === 'dbo.MobileUsers')?.rows ?? []).flatMap(
    ([name]) => name ?? [],
  );
  const strict = options.strict === true ? drawStrict(seed, seededRandom(`${seed}/strict`)) : undefined;
  const manners = new Manners();
  const lost = new Set<string>();
  const ids = seededRandom(`${seed}/cloud-ids`);
  const cloud = createDynamicsMobile({
    clock: { now: () => base.monotonic() + MIDNIGHT },
    random: seededRandom(`${seed}/cloud`),
    newId: () => seededGuid(ids),
    sleep: (ms, signal) => base.sleep(ms, signal ?? never),
    areas: [{ code: SAMPLE.appArea, keys: [AREA_KEY], users: [...users, LOST_USER] }],
    switches: strict?.switches ?? { queue: seed % 2 === 0 ? 'sticky' : 'sqs', rate: 0 },
  });
  const control = inProcessCloud(cloud.control, SAMPLE.appArea);
  const phones = users.map((user) =>
    createPhone({
      user,
      company: SAMPLE.company,
      random: seededRandom(`${seed}/${user}`),
      now: () => base.wall(),
      deliver: (packet) => control.deliver(packet),
    }),
  );
  const site = siteOf();
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-simulation-'));
  const disk = createForgetfulDisk();
  const keys = seededRandom(`${seed}/keys`);
  let life: Incarnation | undefined;
  let lives = 0;
  let restartAt = 0;
  let ended: Promise<void> = Promise.resolve();
  let broken: unknown;

  const wire = (): HttpTransport => {
    const http = simHttp((request) => cloud.handle(request), chaos.http);
    if (strict === undefined) return http;
    const watched = manners.watch(http, () => base.monotonic());
    return options.rude === undefined ? watched : rudely(options.rude, watched, AREA_KEY);
  };

  const start = (): void => {
    const sql = new SimSqlServer(erp.engine, chaos.sql);
    lives += 1;
    const born = new Incarnation({
      folder,
      site,
      base,
      disk,
      http: wire(),
      sql,
      apiKey: AREA_KEY,
      say: options.say ?? (() => undefined),
      sabotage: (link, _erp, store) => {
        if (bug !== undefined) plantBug(bug, link, store, () => seededGuid(keys));
      },
      onStep: (name, phase) => {
        trace.update(`${lives} ${name} ${phase} ${base.monotonic()}\n`);
        if (!chaos.on || random() >= KILL_SHARE) return;
        throw new SimulatedCrash(name, phase);
      },
      onDeath: () => {
        chaos.note('agent-killed');
        chaos.note('disk-forgets');
        disk.crash();
        void sql.die();
        restartAt = base.monotonic() + 1_000 + random() * 20_000;
      },
    });
    life = born;
    ended = born.run().catch((error: unknown) => {
      broken = error;
    });
  };

  const pass = async (ms: number): Promise<void> => {
    const until = base.monotonic() + Math.round(ms);
    while (base.monotonic() < until) {
      if (broken !== undefined) throw broken;
      if (life?.alive !== true && base.monotonic() >= restartAt) start();
      if (chaos.on) strike();
      await base.advance(Math.min(1_000, until - base.monotonic()));
    }
  };

  const strike = (): void => {
    const draw = random();
    const fault = (kind: FaultKind, script: Parameters<typeof cloud.control.faults>[0][number]): void => {
      chaos.note(kind);
      cloud.control.faults([script]);
    };
    if (draw < 0.004) fault('cloud-error', { on: 'any', kind: 'status', status: 503, times: 2 });
    else if (draw < 0.008) fault('cloud-cut', { on: 'any', kind: 'cut', times: 1 });
    else if (draw < 0.012) fault('cloud-half-body', { on: 'download', kind: 'half', times: 1 });
    else if (draw < 0.02) fault('cloud-lost-answer', { on: 'any', kind: 'lost-answer', times: 1 });
    else if (draw < 0.023) fault('cloud-html', { on: 'list', kind: 'html', times: 1 });
    else if (draw < 0.026) {
      chaos.note('clock-jump');
      base.clock.jumpWall(Math.round((random() - 0.5) * 7_200_000));
    } else if (draw < 0.03) {
      chaos.note('disk-full');
      base.inject('disk.full', 2);
    } else if (strict !== undefined && draw < 0.035)
      fault('cloud-throttles', {
        on: 'any',
        kind: 'status',
        status: 429,
        retryAfterSeconds: 1 + Math.floor(random() * 90),
        times: 1,
      });
    else if (strict !== undefined && draw < 0.05) {
      chaos.note('queue-shuffled');
      cloud.control.shuffle({ area: SAMPLE.appArea, reverse: draw < 0.04 });
    }
  };
  /** A packet whose body the cloud loses: told, kept, and in nobody's way. */
  const loseBody = (): void => {
    const id = cloud.control.deliver({
      area: SAMPLE.appArea,
      user: LOST_USER,
      company: SAMPLE.company,
      xml: `<NavMobileSync salesmancode="${LOST_USER}"></NavMobileSync>`,
    });
    cloud.control.vanishBody({ area: SAMPLE.appArea, id, at: lost.size % 2 === 0 ? 'link' : 'download' });
    lost.add(id);
  };

  base.clock.jumpWall(strict?.skewMs ?? 0);
  const settleMs = strict === undefined ? SETTLE_MS : STRICT_SETTLE_MS;
  try {
    start();
    if (options.rude !== undefined) {
      loseBody();
      await pass(RUDE_MS);
      return { ...nothingPlayed(seed), rude: rudeness(cloud, manners), drawn: strict?.drawn ?? [] };
    }
    await passUntil(
      pass,
      () => users.every((user) => cloud.control.deviceSnapshot({ area: SAMPLE.appArea, user }) !== undefined),
      settleMs,
    );
    chaos.on = true;
    const counts = await playDay({
      cloud: control,
      phones,
      random: seededRandom(`${seed}/day`),
      midnight: MIDNIGHT,
      orders: options.orders ?? 40,
      between: (round) => {
        if (strict !== undefined && round % 2 === 0) loseBody();
        return pass(60_000 + random() * 300_000);
      },
    });
    await pass(300_000);
    chaos.on = false;
    cloud.control.clearFaults();
    const open = (): number => {
      const { waiting, delivered } = cloud.control.queueState({ area: SAMPLE.appArea });
      if (life?.alive !== true) return 1;
      const queue = life.store.counts(life.link.parts.link, base.wall());
      return waiting.length + delivered.length + queue.pendingIn + queue.unknown;
    };
    await passUntil(pass, () => open() === 0, settleMs);
    const stuck = open();
    // One more push interval, so that the phones get what their documents became.
    await pass(strict === undefined ? 10 * 60_000 : 30 * 60_000);
    for (const phone of phones) await synchronize(control, phone);
    const session = erp.open();
    const journals = phones.map(({ journal }) => journal);
    const verdict = await judge({ journals, erp: session });
    const snapshots = phones.flatMap(({ snapshot }) => snapshot ?? []);
    const shown = await judgeSnapshots({ snapshots, erp: session });
    session.close();
    const parkedItems =
      life?.alive === true ? life.store.list({ states: ['parked'], limit: 1_000, offset: 0 }) : [];
    // A lost body that nobody was told of is as bad as an order that went nowhere.
    const untold = [...lost].filter((id) => parkedItems.every(({ externalId }) => externalId !== id)).length;
    const parked = parkedItems.filter(({ externalId }) => !lost.has(externalId)).length;
    const rude = rudeness(cloud, manners);
    return {
      seed,
      orders: verdict.orders,
      lines: verdict.lines,
      payments: verdict.payments,
      visits: counts.visits,
      lost: verdict.lost,
      duplicated: verdict.duplicated,
      changed: verdict.changed + verdict.invented + verdict.reused + shown.details.length,
      stuck: stuck + parked + untold,
      lives,
      simulatedMs: base.monotonic(),
      struck: Object.fromEntries(chaos.struck),
      drawn: strict?.drawn ?? [],
      rude: strict === undefined ? {} : rude,
      trace: trace.digest('hex'),
      findings: [
        ...verdict.details,
        ...shown.details.map((detail) => ({ kind: `snapshot ${detail.kind}`, text: JSON.stringify(detail) })),
        ...parkedItems.slice(0, 5).map((item) => ({
          kind: 'parked',
          text: JSON.stringify({ label: item.label, reason: item.reason }),
        })),
      ],
    };
  } finally {
    const stopping = life?.alive === true ? life.stop() : Promise.resolve();
    for (let turn = 0; turn < 200 && base.clock.sleeping > 0; turn += 1)
      await base.advance(base.clock.untilNext ?? 1);
    await Promise.race([Promise.all([stopping, ended]), new Promise((resolve) => setImmediate(resolve))]);
    if (life?.alive === true) life.store.close();
    rmSync(folder, { recursive: true, force: true });
    cloud.close();
  }
}

const nothingPlayed = (seed: number): SeedReport => ({
  seed,
  orders: 0,
  lines: 0,
  payments: 0,
  visits: 0,
  lost: 0,
  duplicated: 0,
  changed: 0,
  stuck: 0,
  lives: 1,
  simulatedMs: 0,
  struck: {},
  drawn: [],
  rude: {},
  trace: '',
  findings: [],
});

async function passUntil(
  pass: (ms: number) => Promise<void>,
  done: () => boolean,
  limitMs: number,
): Promise<void> {
  for (let passed = 0; passed < limitMs && !done(); passed += SLICE_MS) await pass(SLICE_MS);
}

function siteOf(): ConstructorParameters<typeof Incarnation>[0]['site'] {
  const settings = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: CLOUD, pullEvery: '30s', pushEvery: '5m' }),
  );
  for (const link of settings.links) if ('pull' in link) link.pull.lostBodyAfter = LOST_BODY_AFTER;
  const hash = (text: string): ReturnType<typeof sha256> =>
    sha256(createHash('sha256').update(text).digest('hex'));
  const mapping = loadMapping(readFileSync(MAPPING, 'utf8'), hash);
  if (!mapping.ok) throw new Error(JSON.stringify(mapping.failure));
  return { settings, mappings: new Map([[SAMPLE.mapping, mapping.value]]), models: BUILT_IN_MODELS };
}
