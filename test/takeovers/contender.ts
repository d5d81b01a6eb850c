import { setTimeout as delay } from 'node:timers/promises';
import { MssqlServer } from '../../main/adapters/erp-mssql/mssql-connection.ts';
import { createPacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import type { SqlConnection, SqlServer } from '../../main/adapters/erp-mssql/sql-connection.ts';
import { systemRuntime } from '../../main/adapters/runtime/system-runtime.ts';
import type { WriteUnit } from '../../main/core/packets/erp.ts';
import { startId } from '../../shared/model/ids.ts';
import { document, headerCall, SOURCE, type, unit } from '../unit/erp-mssql/units.ts';
import type { ContenderOptions, FreezeAt, Told, Wish } from './contest.ts';
import { PASSWORD } from './erp-world.ts';

/**
 * The ERP side of the program, wanting to write. One argument, JSON: ContenderOptions. Told to freeze, it stops itself
 * (SIGSTOP) inside its next write: with the fence read and nothing sent, or with everything sent and no answer heard.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as ContenderOptions;
const POLL_MS = 15;
const signal = new AbortController().signal;

const tell = (told: Told): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(told, () => resolve());
  });

let freezeAt: FreezeAt | undefined;
let givesBack = false;
let rests = false;
const orders: string[] = [];
let done = 0;

const stop = async (): Promise<void> => {
  freezeAt = undefined;
  await tell({ kind: 'freezing' });
  process.kill(process.pid, 'SIGSTOP');
};

/** A fence that is read and not looked at: the planted mistake. */
const blind = (text: string): string => text.replace(/IF @fence_now IS NULL OR [^;]*;/, '');

function freezing(inner: SqlServer): SqlServer {
  const wrapped = (connection: SqlConnection): SqlConnection => ({
    run: async (call, until) => {
      const isWrite = call.text.includes(`SET @step = N'commit'`);
      const sent = options.bug === 'fence-ignored' ? { ...call, text: blind(call.text) } : call;
      if (isWrite && freezeAt === 'before-send') await stop();
      const running = connection.run(sent, until);
      if (isWrite && freezeAt === 'after-send') await stop();
      return running;
    },
    stream: (call, until) => connection.stream(call, until),
    load: (load, timeoutMs, until) => connection.load(load, timeoutMs, until),
    beginReading: (isolation, until) => connection.beginReading(isolation, until),
    close: () => connection.close(),
  });
  return {
    sessionsOpened: () => inner.sessionsOpened(),
    connect: async (until) => {
      const made = await inner.connect(until);
      return made.kind === 'connected' ? { ...made, connection: wrapped(made.connection) } : made;
    },
  };
}

const orderUnit = (ref: string): WriteUnit => {
  const values = [{ name: 'Customer]No', type: type('text(20)'), value: ref }];
  return unit({ packetId: ref, documents: [document(ref, { header: headerCall({ values }) })] });
};

async function contend(): Promise<void> {
  const password = (): Promise<string> => Promise.resolve(PASSWORD);
  const erp = createPacketErp({
    settings: options.settings,
    source: SOURCE,
    siteId: options.siteId,
    startId: startId(options.startId),
    password,
    runtime: systemRuntime(),
    recentLedger: () => [],
    createObjects: false,
    server: freezing(new MssqlServer(options.settings, password)),
  });
  let fence = 0;
  for (;;) {
    if (rests) {
      await delay(POLL_MS);
      continue;
    }
    const ready = await erp.ready(signal);
    if (!ready.ok) {
      await delay(POLL_MS);
      continue;
    }
    if (ready.value.fence !== fence) {
      fence = ready.value.fence;
      await tell({ kind: 'taken', fence });
    }
    if (givesBack) {
      givesBack = false;
      rests = true;
      await erp.release(signal);
      continue;
    }
    const [ref] = orders;
    if (ref === undefined) {
      await delay(1);
      continue;
    }
    const wrote = await erp.writer.apply(orderUnit(ref), signal);
    if (wrote.ok && wrote.value.kind !== 'replan') {
      orders.shift();
      done += 1;
      await tell({ kind: 'done', count: done });
    } else if (!wrote.ok) await tell({ kind: 'refused', why: wrote.failure.kind });
  }
}

process.on('disconnect', () => process.exit());
process.on('message', (wish: Wish) => {
  if (wish.kind === 'orders') orders.push(...wish.refs);
  else if (wish.kind === 'freeze') freezeAt = wish.at;
  else if (wish.kind === 'give-back') givesBack = true;
  else rests = false;
});
await tell({ kind: 'up' });
await contend();
