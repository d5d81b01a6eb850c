import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BUILT_IN_MODELS } from '../../../main/adapters/config/model-files.ts';
import { loadMapping } from '../../../main/core/mapping/load-mapping.ts';
import { createDynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { synchronize } from '../../../main/sandbox/day.ts';
import { erpDocuments } from '../../../main/sandbox/judge/from-erp.ts';
import { inProcessCloud } from '../../../main/sandbox/phones/cloud-control.ts';
import { anyShape, createPhone } from '../../../main/sandbox/phones/phone.ts';
import { companyRows } from '../../../main/sandbox/sample-erp/company.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { pick, seededGuid, seededRandom } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { createForgetfulDisk } from '../../support/forgetful-disk.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { simHttp } from '../sim-http.ts';
import { SimSqlServer, type SqlStrike } from '../sim-sql-server.ts';
import { Observer, type Rule, type Untruth } from './observer.ts';
import { plantLie, type Lie } from './sabotage.ts';
import { startTruthAgent, type TruthAgent } from './truth-agent.ts';
import { tappedHttp, tappedSqlServer, type Reach } from './wires.ts';

export interface TruthReport {
  readonly seed: number;
  readonly looks: number;
  /** Looks at which the link was fine: without these nothing was proven. */
  readonly fine: number;
  readonly inForce: Readonly<Partial<Record<Rule, number>>>;
  readonly events: Readonly<Record<string, number>>;
  readonly untruths: readonly Untruth[];
  readonly simulatedMs: number;
}

const CLOUD = 'http://127.0.0.1:9';
const KEY = 'simulated-key';
const MIDNIGHT = Date.parse('2026-03-15T22:00:00Z');
const MAPPING = new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
const PULL_MS = 30_000;
/** Of a cloud in a hurry, so that outages of a minute come near it. */
const RETENTION_MS = 160_000;
const never = new AbortController().signal;

export async function playTruth(options: {
  readonly seed: number;
  readonly minutes: number;
  /** A planted lie: the play ends when it is found. */
  readonly lie?: Lie | undefined;
  readonly say?: ((event: string, facts: object) => void) | undefined;
}): Promise<TruthReport> {
  const { seed, lie } = options;
  const base = createTestRuntime({ seed, start: MIDNIGHT });
  const random = seededRandom(`${seed}/truth`);
  const strikes = seededRandom(`${seed}/strikes`);
  const events: Record<string, number> = {};
  const note = (kind: string): void => void (events[kind] = (events[kind] ?? 0) + 1);
  const travel = (): Promise<void> => base.sleep(1 + Math.floor(strikes() * 40), never);
  const sample = { seed: 1, scale: 'tiny' } as const;
  const erp = await createSampleErp({
    ...sample,
    clock: { now: () => base.wall(), sleep: (ms, signal) => base.sleep(ms, signal) },
  });
  const users = (companyRows(sample).find(({ table }) => table === 'dbo.MobileUsers')?.rows ?? []).flatMap(
    ([name]) => name ?? [],
  );
  const ids = seededRandom(`${seed}/ids`);
  const cloud = createDynamicsMobile({
    clock: { now: () => base.monotonic() + MIDNIGHT },
    random: seededRandom(`${seed}/cloud`),
    newId: () => seededGuid(ids),
    sleep: (ms, signal) => base.sleep(ms, signal ?? never),
    areas: [{ code: SAMPLE.appArea, keys: [KEY], users }],
    switches: { queue: seed % 2 === 0 ? 'sticky' : 'sqs', rate: 0 },
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
  const judge = erp.open();
  const reach: { erp: Reach; cloud: Reach } = { erp: 'up', cloud: 'up' };
  const observer = new Observer({
    wall: () => base.wall(),
    monotonic: () => base.monotonic(),
    erp: () => reach.erp,
    cloud: () => reach.cloud,
    pullEveryMs: PULL_MS,
    retentionMs: RETENTION_MS,
    inErp: async (packets) => {
      const rows = new Set((await erpDocuments(judge)).map(({ rowId }) => rowId.toUpperCase()));
      const sent = phones.flatMap(({ journal }) => journal.entries.filter((entry) => entry.kind === 'sent'));
      return new Set(
        packets.filter((id) => {
          const entry = sent.find(({ packetId }) => packetId === id);
          return entry?.rowIds.every((rowId) => rows.has(rowId.toUpperCase())) === true;
        }),
      );
    },
  });

  const sqlStrike = (text: string): SqlStrike => {
    if (!/\bCOMMIT\b/.test(text) || !chaos) return 'none';
    const draw = strikes();
    if (draw < 0.08) return struck('commit-answer-lost', 'cut-after');
    if (draw < 0.16) return struck('commit-lands-late', 'late');
    return 'none';
  };
  const struck = (kind: string, strike: SqlStrike): SqlStrike => {
    note(kind);
    return strike;
  };
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-truth-'));
  const disk = createForgetfulDisk();
  const site = siteOf();
  let chaos = false;
  let life: TruthAgent | undefined;
  let sql: SimSqlServer | undefined;
  let broken: unknown;
  const looks: Promise<void>[] = [];

  const start = (): void => {
    sql = new SimSqlServer(erp.engine, { travel, atConnect: () => 'up', atRequest: sqlStrike });
    observer.agentRuns(true);
    const born = startTruthAgent({
      folder,
      site,
      runtime: base,
      disk,
      http: tappedHttp(
        simHttp((request) => cloud.handle(request), { travel, atRequest: () => 'none' }),
        () => reach.cloud,
        base,
        observer,
      ),
      sqlServer: tappedSqlServer(sql, () => reach.erp, base, observer),
      apiKey: KEY,
      say: options.say ?? (() => undefined),
      sabotage: (parts) => {
        if (lie !== undefined) plantLie(lie, parts);
      },
    });
    born.ended.catch((error: unknown) => {
      broken = error;
    });
    born.agent.events.subscribe((event) => looks.push(observer.look(event.status)));
    life = born;
  };
  const stop = async (): Promise<void> => {
    const dying = life;
    life = undefined;
    if (dying === undefined) return;
    observer.agentRuns(false);
    dying.stop();
    let over = false;
    void dying.ended.finally(() => {
      over = true;
    });
    // oxlint-disable-next-line no-unmodified-loop-condition -- the end of the agent changes it
    for (let turn = 0; !over && turn < 1_000; turn += 1) await base.advance(250);
    if (!over) throw new Error('the agent does not end');
  };
  /** One simulated second, looked at in its end. */
  const second = async (): Promise<void> => {
    await base.advance(1_000);
    if (broken !== undefined) throw broken;
    if (life !== undefined) await observer.look(life.agent.status());
    await Promise.all(looks.splice(0));
  };

  const later: { at: number; act: () => void | Promise<void> }[] = [];
  const during = (least: number, most: number, begin: () => void, end: () => void | Promise<void>): void => {
    begin();
    later.push({ at: base.monotonic() + 1_000 * Math.round(least + random() * (most - least)), act: end });
  };
  const people = new People({ note, observer, random, life: () => life });
  const happen = async (): Promise<void> => {
    for (const one of later.filter(({ at }) => at <= base.monotonic())) {
      later.splice(later.indexOf(one), 1);
      await one.act();
    }
    const draw = random();
    const side = (kind: 'erp' | 'cloud', state: Reach, most: number): void => {
      if (reach[kind] !== 'up') return;
      note(`${kind}-${state}`);
      during(
        2,
        most,
        () => void (reach[kind] = state),
        () => void (reach[kind] = 'up'),
      );
    };
    if (draw < 0.002) side('erp', 'away', 45);
    else if (draw < 0.005) side('erp', 'frozen', 45);
    else if (draw < 0.007) side('cloud', 'away', 60);
    else if (draw < 0.009) side('cloud', 'frozen', 60);
    else if (draw < 0.0105) {
      note('key-refused');
      during(
        10,
        60,
        () => cloud.control.setKeys({ area: SAMPLE.appArea, keys: ['another'] }),
        () => {
          cloud.control.setKeys({ area: SAMPLE.appArea, keys: [KEY] });
          // Whoever put it right sees whether it works now.
          return people.sync();
        },
      );
    } else if (draw < 0.013) {
      note('throttled');
      const retryAfterSeconds = 5 + Math.floor(random() * 60);
      cloud.control.faults([{ on: 'any', kind: 'status', status: 429, retryAfterSeconds, times: 1 }]);
    } else if (draw < 0.016) {
      note('download-broken');
      cloud.control.faults([{ on: 'download', kind: 'half', times: 1 + Math.floor(random() * 3) }]);
    } else if (draw < 0.03) {
      note('order');
      const phone = pick(random, phones);
      phone.orders([{ lines: 2 }], anyShape(random));
      await phone.send();
    } else if (draw < 0.033) {
      note('refused-packet');
      refusedPacket(pick(random, users));
    } else if (draw < 0.035) {
      note('clock-jump');
      const most = random() < 0.5 ? 60_000 : 7_200_000;
      base.clock.jumpWall(Math.round((random() - 0.5) * 2 * most));
    } else if (draw < 0.0365) await people.pause(during);
    else if (draw < 0.046) await people.sync();
    else if (draw < 0.076) await people.actOnParked();
    else if (draw < 0.0768) {
      note('restart');
      await stop();
      start();
    }
  };
  const refusedPacket = (user: string): void => {
    cloud.control.deliver({
      area: SAMPLE.appArea,
      user,
      company: SAMPLE.company,
      operation: 'Sales Order',
      xml:
        `<NavMobileSync salesmancode="${user}"><table tablename="SalesHeader" name="SalesHeader"><r status="insert">` +
        `<DMS_ROWID>${seededGuid(ids)}</DMS_ROWID><no>X1</no><amount>many</amount><state>1</state></r></table></NavMobileSync>`,
    });
  };

  try {
    start();
    for (
      let turn = 0;
      turn < 600 &&
      users.some((user) => cloud.control.deviceSnapshot({ area: SAMPLE.appArea, user }) === undefined);
      turn += 1
    )
      await second();
    for (const phone of phones) await synchronize(control, phone);
    chaos = true;
    const enough = (): boolean => lie !== undefined && observer.untruths.length > 0;
    for (let passed = 0; passed < options.minutes * 60 && !enough(); passed += 1) {
      await happen();
      await second();
    }
    return {
      seed,
      looks: observer.looks,
      fine: observer.fine,
      inForce: Object.fromEntries(observer.inForce),
      events,
      untruths: observer.untruths,
      simulatedMs: base.monotonic(),
    };
  } finally {
    reach.erp = 'up';
    reach.cloud = 'up';
    chaos = false;
    await stop();
    for (let turn = 0; turn < 500 && base.clock.sleeping > 0; turn += 1)
      await base.advance(base.clock.untilNext ?? 1);
    await sql?.die();
    await setImmediate();
    judge.close();
    cloud.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Surroundings {
  readonly note: (kind: string) => void;
  readonly observer: Observer;
  readonly random: () => number;
  readonly life: () => TruthAgent | undefined;
}

/** People at the screen: what they ask of the agent goes through the contract, and the observer is told what they decided. */
class People {
  readonly #world: Surroundings;

  constructor(world: Surroundings) {
    this.#world = world;
  }

  async pause(
    during: (least: number, most: number, begin: () => void, end: () => void) => void,
  ): Promise<void> {
    const { note, observer, life } = this.#world;
    note('pause');
    await life()?.handlers.pause({ reason: '' });
    during(
      5,
      60,
      () => observer.paused(true),
      () => {
        observer.paused(false);
        void life()?.handlers.resume({});
      },
    );
  }

  async sync(): Promise<void> {
    const answered = await this.#world.life()?.handlers.sync({});
    for (const { outcome } of answered?.ok === true ? answered.value.flows : [])
      this.#world.note(`sync-${outcome}`);
  }

  async actOnParked(): Promise<void> {
    const { note, observer, random, life } = this.#world;
    const living = life();
    const [item] = living?.store.list({ states: ['parked'], direction: 'in', limit: 1, offset: 0 }) ?? [];
    if (item === undefined || living === undefined) return;
    const { handlers } = living;
    if (random() < 0.3) {
      note('retry');
      await handlers.queueRetry({ item: item.id });
      return;
    }
    const { id, externalId: confirm } = item;
    void handlers.queueDiscard({ item: id, confirm, note: '' }).then((done) => {
      note(done.ok ? 'discard' : `discard-${done.error.code}`);
      if (done.ok) observer.givenUp(confirm);
    });
  }
}

function siteOf(): Parameters<typeof startTruthAgent>[0]['site'] {
  const parsed = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: CLOUD, pullEvery: `${PULL_MS / 1_000}s`, pushEvery: '5m' }),
  );
  const settings = {
    ...parsed,
    links: parsed.links.map((link) => ({
      ...link,
      cloud: { ...link.cloud, retention: `${RETENTION_MS / 1_000}s` },
    })),
  };
  const hash = (text: string): ReturnType<typeof sha256> =>
    sha256(createHash('sha256').update(text).digest('hex'));
  const mapping = loadMapping(readFileSync(MAPPING, 'utf8'), hash);
  if (!mapping.ok) throw new Error(JSON.stringify(mapping.failure));
  return { settings, mappings: new Map([[SAMPLE.mapping, mapping.value]]), models: BUILT_IN_MODELS };
}
