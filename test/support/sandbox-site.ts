import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BUILT_IN_MODELS } from '../../main/adapters/config/model-files.ts';
import { loadMapping } from '../../main/core/mapping/load-mapping.ts';
import {
  createDynamicsMobile,
  type DynamicsMobile,
} from '../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import { erpDocuments } from '../../main/sandbox/judge/from-erp.ts';
import { inProcessCloud } from '../../main/sandbox/phones/cloud-control.ts';
import { createPhone, type Phone } from '../../main/sandbox/phones/phone.ts';
import { createSampleErp } from '../../main/sandbox/sample-erp/sample-erp.ts';
import { seededGuid, seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE, siteSettings } from '../../main/sandbox/sample-erp/site-settings.ts';
import { sha256 } from '../../shared/model/ids.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { simHttp } from '../simulation/sim-http.ts';
import type { SqlConnection, SqlServer } from '../../main/adapters/erp-mssql/sql-connection.ts';
import { SimSqlServer } from '../simulation/sim-sql-server.ts';
import { startTruthAgent, type TruthAgent } from '../simulation/truth/truth-agent.ts';
import { tappedHttp, tappedSqlServer, type Reach, type WireTap } from '../simulation/truth/wires.ts';
import { createForgetfulDisk } from './forgetful-disk.ts';
import { createTestRuntime, type TestRuntime } from './test-runtime.ts';

const MAPPING = new URL('../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
const START = Date.parse('2026-03-16T06:00:00Z');
const KEY = 'key';
const never = new AbortController().signal;

const NO_TAP: WireTap = {
  connecting: () => () => undefined,
  sqlSent: () => () => undefined,
  httpSent: () => () => undefined,
};

export interface SandboxSite {
  readonly runtime: TestRuntime;
  readonly cloud: DynamicsMobile;
  readonly phone: Phone;
  readonly site: TruthAgent;
  /** What the two sides are like; change it at will. */
  readonly reach: { erp: Reach; cloud: Reach };
  /** The answer to the next commit is lost; the commit itself lands when the result is called, and resolves then. */
  commitLate(): () => Promise<void>;
  /** Row ids of the orders in the ERP's tables, doubles included. */
  orders(): Promise<readonly string[]>;
  /** A promise to its end, with time passing as it needs. */
  finish<T>(work: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The running site over the sample ERP and the simulated cloud, all in this process, on a clock that tests move. */
export async function sandboxSite(
  folder: string,
  options: {
    readonly firstLook?: boolean | undefined;
    readonly pullEvery?: string | undefined;
    readonly tap?: WireTap | undefined;
  } = {},
): Promise<SandboxSite> {
  const runtime = createTestRuntime({ seed: 1, start: START });
  const erp = await createSampleErp({
    seed: 1,
    scale: 'tiny',
    clock: { now: () => runtime.wall(), sleep: (ms, signal) => runtime.sleep(ms, signal) },
  });
  const ids = seededRandom('ids');
  const user = 'anna';
  const cloud = createDynamicsMobile({
    clock: { now: () => runtime.monotonic() + START },
    random: seededRandom('cloud'),
    newId: () => seededGuid(ids),
    sleep: (ms, signal) => runtime.sleep(ms, signal ?? never),
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
  const reach: { erp: Reach; cloud: Reach } = { erp: 'up', cloud: 'up' };
  const travel = (): Promise<void> => runtime.sleep(1, never);
  const late = lateCommits(
    new SimSqlServer(erp.engine, { travel, atConnect: () => 'up', atRequest: () => 'none' }),
  );
  const hash = (text: string): ReturnType<typeof sha256> =>
    sha256(createHash('sha256').update(text).digest('hex'));
  const mapping = loadMapping(readFileSync(MAPPING, 'utf8'), hash);
  if (!mapping.ok) throw new Error(JSON.stringify(mapping.failure));
  const { pullEvery = '1m', firstLook } = options;
  const given = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9', pullEvery, pushEvery: '1h' }),
  );
  const settings = {
    ...given,
    links: given.links.map((link) => ({ ...link, pull: { ...link.pull, firstLook } })),
  };
  const site = startTruthAgent({
    folder,
    site: { settings, mappings: new Map([[SAMPLE.mapping, mapping.value]]), models: BUILT_IN_MODELS },
    runtime,
    disk: createForgetfulDisk(),
    http: tappedHttp(
      simHttp((request) => cloud.handle(request), { atRequest: () => 'none', travel }),
      () => reach.cloud,
      runtime,
      options.tap ?? NO_TAP,
    ),
    sqlServer: tappedSqlServer(late.server, () => reach.erp, runtime, options.tap ?? NO_TAP),
    apiKey: KEY,
    say: () => undefined,
    sabotage: () => undefined,
  });
  const judge = erp.open();
  const finish = async <T>(work: Promise<T>): Promise<T> => {
    const state = { done: false };
    const watched = work.finally(() => {
      state.done = true;
    });
    watched.catch(() => undefined);
    for (let turn = 0; !state.done && turn < 5_000; turn += 1) await runtime.advance(turn < 50 ? 10 : 250);
    if (!state.done) throw new Error('it does not end');
    return watched;
  };
  const bench: SandboxSite = {
    runtime,
    cloud,
    phone,
    site,
    reach,
    commitLate: () => late.arm(),
    orders: async () =>
      (await erpDocuments(judge)).flatMap(({ kind, rowId }) => (kind === 'order' ? rowId.toUpperCase() : [])),
    finish,
    close: async () => {
      await finish(late.landAll());
      site.stop();
      await finish(site.ended);
      judge.close();
      cloud.close();
    },
  };
  await runtime.advance(90_000);
  await synchronize(control, phone);
  return bench;
}

/** A server whose next unit of work, when armed, is heard of no more and is run when told. */
function lateCommits(inner: SqlServer): {
  readonly server: SqlServer;
  arm(): () => Promise<void>;
  landAll(): Promise<unknown>;
} {
  let armed: Promise<void> | undefined;
  const gates: (() => void)[] = [];
  const underWay: Promise<unknown>[] = [];
  const wrapped = (connection: SqlConnection): SqlConnection => {
    let last: Promise<unknown> = Promise.resolve();
    return {
      run: async (call, signal) => {
        // Only a unit answers with its documents: other transactions of the program are not what is late here.
        if (armed === undefined || !/\bferry_document\b/.test(call.text)) return connection.run(call, signal);
        last = armed.then(() => connection.run(call, never));
        underWay.push(last);
        armed = undefined;
        return { kind: 'unknown', cause: 'ECONNRESET' };
      },
      stream: (call, signal) => connection.stream(call, signal),
      load: (load, timeoutMs, signal) => connection.load(load, timeoutMs, signal),
      beginReading: (isolation, signal) => connection.beginReading(isolation, signal),
      // What was sent runs to its end on a real server, too.
      close: async () => void last.then(() => connection.close()),
    };
  };
  return {
    server: {
      sessionsOpened: () => inner.sessionsOpened(),
      connect: async (signal) => {
        const made = await inner.connect(signal);
        return made.kind === 'connected' ? { ...made, connection: wrapped(made.connection) } : made;
      },
    },
    arm: () => {
      let open = (): void => undefined;
      armed = new Promise((resolve) => (open = resolve));
      gates.push(open);
      return async () => {
        open();
        await Promise.all(underWay);
      };
    },
    landAll: () => {
      for (const open of gates) open();
      return Promise.all(underWay);
    },
  };
}
