import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BUILT_IN_MODELS } from '../../main/adapters/config/model-files.ts';
import { loadMapping } from '../../main/core/mapping/load-mapping.ts';
import { createDynamicsMobile } from '../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import { erpDocuments } from '../../main/sandbox/judge/from-erp.ts';
import { inProcessCloud } from '../../main/sandbox/phones/cloud-control.ts';
import { createPhone, type Phone } from '../../main/sandbox/phones/phone.ts';
import { createSampleErp } from '../../main/sandbox/sample-erp/sample-erp.ts';
import { seededGuid, seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE, siteSettings } from '../../main/sandbox/sample-erp/site-settings.ts';
import { sha256 } from '../../shared/model/ids.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { simHttp } from '../simulation/sim-http.ts';
import { SimSqlServer } from '../simulation/sim-sql-server.ts';
import { startTruthAgent } from '../simulation/truth/truth-agent.ts';
import { tappedHttp, tappedSqlServer, type Reach } from '../simulation/truth/wires.ts';
import { createForgetfulDisk } from '../support/forgetful-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { createTestRuntime, type TestRuntime } from '../support/test-runtime.ts';

const MAPPING = new URL('../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
const START = Date.parse('2026-03-16T06:00:00Z');
const KEY = 'key';
const never = new AbortController().signal;
const NO_TAP = {
  connecting: () => () => undefined,
  sqlSent: () => () => undefined,
  httpSent: () => () => undefined,
};

export interface Computer {
  /** Its way to the ERP; change it at will. */
  readonly way: { erp: Reach };
  status(): SiteStatus;
  /** Ends it in good order. */
  stop(): Promise<void>;
}

export interface TwoSites {
  readonly runtime: TestRuntime;
  readonly phone: Phone;
  /** Another computer that runs the program with the same settings. */
  computer(siteId: string): Computer;
  /** Row ids of the orders in the ERP's tables, doubles included. */
  orders(): Promise<readonly string[]>;
  /** Phone and cloud exchange what they have. */
  synchronize(): Promise<void>;
  close(): Promise<void>;
}

/** One ERP and one cloud, and as many computers with the running site as are wanted, on a clock that tests move. */
export async function twoSites(): Promise<TwoSites> {
  const runtime = createTestRuntime({ seed: 1, start: START });
  const clock = { sleep: (ms: number, signal?: AbortSignal) => runtime.sleep(ms, signal ?? never) };
  const erp = await createSampleErp({
    seed: 1,
    scale: 'tiny',
    clock: { now: () => runtime.wall(), ...clock },
  });
  const ids = seededRandom('ids');
  const user = 'anna';
  const cloud = createDynamicsMobile({
    clock: { now: () => runtime.monotonic() + START },
    random: seededRandom('cloud'),
    newId: () => seededGuid(ids),
    ...clock,
    areas: [{ code: SAMPLE.appArea, keys: [KEY], users: [user] }],
    switches: { queue: 'sticky', rate: 0, duplicate: 0 },
  });
  const control = inProcessCloud(cloud.control, SAMPLE.appArea);
  const phone = createPhone({
    user,
    company: SAMPLE.company,
    random: seededRandom('phone'),
    now: () => runtime.wall(),
    deliver: (packet) => control.deliver(packet),
  });
  const hash = (text: string): ReturnType<typeof sha256> =>
    sha256(createHash('sha256').update(text).digest('hex'));
  const mapping = loadMapping(readFileSync(MAPPING, 'utf8'), hash);
  if (!mapping.ok) throw new Error(JSON.stringify(mapping.failure));
  const settings = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9', pullEvery: '10s', pushEvery: '1h' }),
  );
  const travel = (): Promise<void> => runtime.sleep(1, never);
  const judge = erp.open();
  const stops: (() => Promise<void>)[] = [];

  const computer = (siteId: string): Computer => {
    let stopped = false;
    const way: { erp: Reach } = { erp: 'up' };
    const site = startTruthAgent({
      folder: temporaryFolder(),
      siteId,
      site: { settings, mappings: new Map([[SAMPLE.mapping, mapping.value]]), models: BUILT_IN_MODELS },
      runtime,
      disk: createForgetfulDisk(),
      http: tappedHttp(
        simHttp((request) => cloud.handle(request), { atRequest: () => 'none', travel }),
        () => 'up',
        runtime,
        NO_TAP,
      ),
      sqlServer: tappedSqlServer(
        new SimSqlServer(erp.engine, { travel, atConnect: () => 'up', atRequest: () => 'none' }),
        () => way.erp,
        runtime,
        NO_TAP,
      ),
      apiKey: KEY,
      say: () => undefined,
      sabotage: () => undefined,
    });
    const state = { ended: false };
    const made: Computer = {
      way,
      status: () => site.agent.status(),
      stop: async () => {
        if (stopped) return;
        stopped = true;
        site.stop();
        const ended = site.ended.finally(() => {
          state.ended = true;
        });
        for (let turn = 0; !state.ended && turn < 5_000; turn += 1) await runtime.advance(50);
        await ended;
      },
    };
    stops.push(() => made.stop());
    return made;
  };

  return {
    runtime,
    phone,
    computer,
    orders: async () =>
      (await erpDocuments(judge)).flatMap(({ kind, rowId }) => (kind === 'order' ? rowId.toUpperCase() : [])),
    synchronize: () => synchronize(control, phone).then(() => undefined),
    close: async () => {
      for (const stop of stops) await stop();
      judge.close();
      cloud.close();
    },
  };
}
