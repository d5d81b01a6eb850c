import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { SiteParts } from '../../main/agent/site-parts.ts';
import { siteStatus } from '../../main/agent/site-status.ts';
import { AREA, linkBench, packet, type LinkBench } from '../support/link-bench.ts';
import { MemoryErp } from '../support/memory-erp.ts';
import { createTestRuntime } from '../support/test-runtime.ts';

const DAY_MS = 86_400_000;
/** How often a day what came in meanwhile is taken from the cloud. */
const PULLS_A_DAY = 4;
/** Of simulated time without a document, after which the drain is over, done or not. */
const IDLE_MS = 3_600_000;

export interface OutageSizes {
  readonly days: number;
  readonly ordersADay: number;
  readonly users: number;
}

/** Times are real milliseconds, sizes are bytes. */
export interface OutageReport {
  readonly orders: number;
  readonly visits: number;
  /** Given to the cloud and never written; written more than once; an order written before its visit. */
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Packets that were still with the cloud at the end of a day, or had vanished from it. */
  readonly leftWithCloud: number;
  readonly parked: number;
  readonly storeMs: number;
  readonly drainMs: number;
  /** Real time of each tenth of the drain: a queue that gets slower with its length shows here. */
  readonly tenthsMs: readonly number[];
  readonly storeBytes: number;
  readonly walBytes: number;
  /** Of this process, which plays cloud and ERP too. */
  readonly rssBytes: number;
  readonly slowestStatusMs: number;
  readonly statuses: number;
}

/**
 * The ERP is away for days while phones send, lists are read and packets reported; then it is back. Nothing is asked of the
 * network. Repeatable but for its times.
 */
export async function playOutage(
  folder: string,
  { days, ordersADay, users }: OutageSizes,
  say: (line: string) => void = () => undefined,
): Promise<OutageReport> {
  const b = linkBench(folder, {
    switches: { queue: 'sqs' },
    erp: distantErp(),
    // The list of all steps would grow with the backlog.
    runtime: { ...createTestRuntime({ seed: 1 }), step: () => undefined },
  });
  try {
    const status = statusOf(b);
    b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
    const sent: string[] = [];
    let leftWithCloud = 0;
    let began = performance.now();
    for (let day = 0; day < days; day += 1) {
      for (let part = 0; part < PULLS_A_DAY; part += 1) {
        const from = Math.floor((ordersADay * part) / PULLS_A_DAY);
        const to = Math.floor((ordersADay * (part + 1)) / PULLS_A_DAY);
        for (let n = from; n < to; n += 1) sent.push(...deliver(b, { day, n, users }));
        // Twice: what the cloud hid from the first is seen by the second.
        for (let pull = 0; pull < 2; pull += 1) {
          await toEnd(b, b.link.sync('pull', 'manual', never).done);
          await b.runtime.advance(60_000);
        }
        await b.runtime.advance(DAY_MS / PULLS_A_DAY - 120_000);
      }
      const { waiting, delivered, vanished } = b.cloud.control.queueState({ area: AREA });
      leftWithCloud += waiting.length + delivered.length + vanished.length;
      status.ask();
      if (day % 5 === 4) say(`day ${day + 1}: ${sent.length} packets wait, ${seconds(began)} s`);
    }
    const storeMs = performance.now() - began;
    const sizes = sizesIn(folder);
    if (b.erp.written.length > 0) throw new Error('something was written while the ERP was away');

    b.erp.away = undefined;
    began = performance.now();
    const tenthsMs = await drained(b, { wanted: sent.length, each: () => status.ask() });
    const drainMs = performance.now() - began;
    say(`drained in ${seconds(began)} s`);
    const { store, link } = b.link.parts;
    return {
      orders: days * ordersADay,
      visits: sent.length - days * ordersADay,
      ...compared(sent, b.erp.written),
      leftWithCloud,
      parked: store.counts(link, b.runtime.wall()).parked,
      storeMs,
      drainMs,
      tenthsMs,
      storeBytes: sizes.store,
      walBytes: Math.max(sizes.wal, sizesIn(folder).wal),
      rssBytes: process.memoryUsage.rss(),
      slowestStatusMs: status.slowestMs(),
      statuses: status.asked(),
    };
  } finally {
    b.close();
  }
}

const never = new AbortController().signal;
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

/** An ERP that takes a turn of the loop for a write, as every one does that is reached over a wire. */
function distantErp(): MemoryErp {
  const erp = new MemoryErp();
  const near = { ...erp.writer };
  Object.assign(erp.writer, {
    apply: async (...given: Parameters<typeof near.apply>) => {
      await setImmediate();
      return near.apply(...given);
    },
  });
  return erp;
}

/** One order; the first of a user's day belongs to a visit that the cloud gets after it. */
function deliver(
  b: LinkBench,
  { day, n, users }: { readonly day: number; readonly n: number; readonly users: number },
): string[] {
  const user = `user-${n % users}`;
  const no = `${day}-${n}`;
  const visitNo = n < users ? `V-${no}` : undefined;
  b.deliver(packet('SalesHeader', `row-${no}`, { no, ...(visitNo === undefined ? {} : { visitNo }) }, user), {
    user,
  });
  if (visitNo === undefined) return [`order ${no}`];
  b.deliver(packet('Visit', `row-${visitNo}`, { no: visitNo }, user), { user });
  return [`order ${no}`, `visit ${visitNo}`];
}

/** A promise to its end; time passes only where everything waits for it. */
async function toEnd(b: LinkBench, work: Promise<void>): Promise<void> {
  const state = { done: false };
  const watched = work.finally(() => {
    state.done = true;
  });
  watched.catch(() => undefined);
  for (let turn = 1; !state.done; turn += 1) await b.runtime.advance(turn % 32 === 0 ? 250 : 0);
  return watched;
}

/** Lets the link work by itself, schedules and lanes, until all is written. Returns the real time of each tenth. */
async function drained(
  b: LinkBench,
  { wanted, each }: { readonly wanted: number; readonly each: () => void },
): Promise<number[]> {
  const stop = new AbortController();
  const running = b.link.run(stop.signal);
  const tenths: number[] = [];
  let began = performance.now();
  let last = { written: 0, at: b.runtime.monotonic() };
  const { written } = b.erp;
  for (let turn = 1; written.length < wanted && b.runtime.monotonic() - last.at < IDLE_MS; turn += 1) {
    await b.runtime.advance(turn % 32 === 0 ? 250 : 0);
    if (written.length > last.written) last = { written: written.length, at: b.runtime.monotonic() };
    if (written.length < ((tenths.length + 1) * wanted) / 10) continue;
    tenths.push(Math.round(performance.now() - began));
    began = performance.now();
    each();
  }
  stop.abort();
  await toEnd(b, running);
  return tenths;
}

function compared(
  sent: readonly string[],
  written: readonly string[],
): Pick<OutageReport, 'lost' | 'doubled' | 'outOfOrder'> {
  const at = new Map(written.map((one, index) => [one, index]));
  return {
    lost: sent.filter((one) => !at.has(one)).length,
    doubled: written.length - at.size,
    outOfOrder: sent.filter(
      (one) =>
        one.startsWith('visit') &&
        (at.get(one) ?? Number.POSITIVE_INFINITY) > (at.get(one.replace('visit V-', 'order ')) ?? -1),
    ).length,
  };
}

function sizesIn(folder: string): { readonly store: number; readonly wal: number } {
  const sizeOf = (name: string): number =>
    existsSync(join(folder, name)) ? statSync(join(folder, name)).size : 0;
  return { store: sizeOf('ferry.sqlite'), wal: sizeOf('ferry.sqlite-wal') };
}

/** What every viewer asks for, and how long the slowest answer took. */
function statusOf(b: LinkBench): { ask(): void; asked(): number; slowestMs(): number } {
  // What a status tells of a site beside its links is not there.
  const parts = {
    settings: {
      site: { name: 'outage', timeZone: 'UTC', language: 'en' },
      desktop: { startAtLogon: false },
      erps: [],
    },
    notices: [],
    links: [b.link],
    store: b.link.parts.store,
    endpoints: b.link.parts.endpoints,
    runtime: b.runtime,
    startedAt: 0,
    version: 'simulated',
    housekeeping: { soundness: () => 'sound', tidyFailure: () => undefined },
    alerting: { notices: () => [], active: () => [] },
  } as unknown as SiteParts;
  let slowest = 0;
  let asked = 0;
  return {
    ask() {
      const began = performance.now();
      siteStatus(parts);
      slowest = Math.max(slowest, performance.now() - began);
      asked += 1;
    },
    asked: () => asked,
    slowestMs: () => Math.round(slowest * 10) / 10,
  };
}
