import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSite } from '../../../main/compose.ts';
import type { SiteHandle } from '../../../main/cli/program.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { ArgsIn } from '../../../shared/contract/contract.ts';
import { contract } from '../../../shared/contract/contract.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { fillStore, ITEMS, LINKS, numberOf, userOf } from '../million-store.ts';

const MAPPING = fileURLToPath(new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url));
const HOUR = 3_600_000;
const REPEATS = 5;

/** What nobody should wait longer for, in milliseconds, and how many snapshots of the status a second may arrive. */
const LIMITS = { list: 300, search: 1_000, block: 50, events: 4 };

type Query = ArgsIn<'queueList'>;

const lists = (now: number): Readonly<Record<string, Query>> => ({
  everything: {},
  oldest: { order: 'oldest' },
  waiting: { direction: 'in', states: ['ready', 'working', 'waiting', 'unknown'] },
  parkedOldest: { states: ['parked'], order: 'oldest' },
  settledOfLink: { link: LINKS[0], states: ['settled'] },
  out: { direction: 'out' },
  olderThanAnHour: { states: ['ready', 'waiting'], before: now - HOUR, order: 'oldest' },
  olderThanADay: { before: now - 24 * HOUR },
  user: { user: userOf(0) },
  deep: { offset: ITEMS / 2 },
  lastPage: { offset: ITEMS - 50 },
});

const searches = (now: number): Readonly<Record<string, Query>> => ({
  commonWord: { text: 'order' },
  number: { text: numberOf(345_678) },
  document: { text: 'SO-345679' },
  user: { text: userOf(7) },
  commonWordOfLink: { text: 'corner', link: LINKS[0] },
  amongParked: { text: 'Corner 97', states: ['parked'] },
  older: { text: 'Corner 97', before: now - 10 * HOUR },
  nowhere: { text: 'nothing has this' },
  twoLetters: { text: '99' },
  twoLettersNowhere: { text: 'zq' },
});

/** A data folder with two links that do nothing by themselves. */
function dataFolder(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  mkdirSync(join(dataDir, 'mappings'));
  copyFileSync(MAPPING, join(dataDir, 'mappings', SAMPLE.mapping));
  const settings = siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9' }) as {
    links: { cloud: object; push: object; pull: object }[];
  };
  const [link] = settings.links;
  if (link === undefined) throw new Error('the sample has no link');
  const links = LINKS.map((id) => ({
    ...link,
    id,
    cloud: { ...link.cloud, appArea: `${SAMPLE.appArea}_${id.toUpperCase()}` },
    push: { ...link.push, enabled: false },
    pull: { ...link.pull, enabled: false },
  }));
  writeFileSync(join(dataDir, 'site.json'), JSON.stringify({ ...settings, links }));
  return dataDir;
}

/** How long the first page with its total takes. Throws when it is not an answer. */
async function timed(site: SiteHandle, query: Query): Promise<number> {
  const args = contract.queueList.args.parse(query);
  const from = performance.now();
  const reply = await site.handlers.queueList(args);
  const took = performance.now() - from;
  if (!reply.ok) throw new Error(`${JSON.stringify(query)}: ${reply.error.message}`);
  const { items, total } = reply.value;
  if (items.length !== Math.min(50, Math.max(0, total - args.offset)))
    throw new Error(`${JSON.stringify(query)}: a page of ${items.length} of ${total}`);
  return took;
}

/** The counts a person sees are those of the million. */
async function checkStatus(site: SiteHandle): Promise<void> {
  const reply = await site.handlers.status({});
  if (!reply.ok) throw new Error(reply.error.message);
  const open = reply.value.links.reduce((sum, link) => sum + link.pendingIn.count + link.parked, 0);
  const listed = await site.handlers.queueList(
    contract.queueList.args.parse({ states: ['ready', 'working', 'waiting', 'unknown', 'parked'] }),
  );
  if (!listed.ok || listed.value.total !== open || open !== 300_000)
    throw new Error(`the status counts ${open} open items`);
}

async function medians(
  site: SiteHandle,
  queries: Readonly<Record<string, Query>>,
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    const times: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) times.push(await timed(site, query));
    found[name] = median(times);
  }
  return found;
}

/** Twenty lists and searches beside a site that has something new to tell all the time. */
async function underLoad(
  site: SiteHandle,
  queries: readonly Query[],
): Promise<{ readonly blockMs: number; readonly eventsPerSecond: number }> {
  const arrivals: number[] = [];
  const leave = site.events.subscribe(() => {
    arrivals.push(performance.now());
  });
  const over = new AbortController();
  // Whoever joins is told how it is: joining all the time asks for more snapshots than may be sent.
  const restless = (async () => {
    while (!over.signal.aborted) {
      site.events.subscribe(() => undefined)();
      await after(20);
    }
  })();
  await after(1_000);
  arrivals.length = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const from = performance.now();
  let asked = 0;
  // Longer than the queries alone, so that a rate can be told.
  while (asked < 20 || performance.now() - from < 5_000) {
    const query = queries[asked % queries.length];
    if (query !== undefined) await timed(site, query);
    asked += 1;
  }
  delay.disable();
  over.abort();
  await restless;
  leave();
  const [first = from, last = from] = [arrivals[0], arrivals.at(-1)];
  // From the first to the last: a window may begin and end with an event.
  return { blockMs: delay.max / 1e6, eventsPerSecond: ((arrivals.length - 1) * 1000) / (last - first) };
}

export async function measure(): Promise<Measured> {
  const dataDir = dataFolder();
  try {
    const now = Date.now();
    fillStore(join(dataDir, 'ferry.sqlite'), now);
    const site = await startSite({ dataDir, env: {}, mode: 'run' });
    try {
      await checkStatus(site);
      const list = await medians(site, lists(now));
      const search = await medians(site, searches(now));
      const load = await underLoad(site, [...Object.values(lists(now)), ...Object.values(searches(now))]);
      const listMs = median(Object.values(list));
      const searchMs = median(Object.values(search));
      const named = (kind: string, times: Readonly<Record<string, number>>): [string, string][] =>
        Object.entries(times).map(([name, ms]) => [`${kind}.${name}`, `${rounded(ms)} ms`]);
      return {
        values: [
          Math.max(
            listMs / LIMITS.list,
            searchMs / LIMITS.search,
            load.blockMs / LIMITS.block,
            // Where something is new all the time the rate is the limit itself: it tells only when it is passed.
            load.eventsPerSecond > LIMITS.events ? load.eventsPerSecond / LIMITS.events : 0,
          ),
        ],
        details: {
          listMs: `${rounded(listMs)} of ${LIMITS.list}`,
          searchMs: `${rounded(searchMs)} of ${LIMITS.search}`,
          longestBlockMs: `${rounded(load.blockMs)} of ${LIMITS.block}`,
          eventsPerSecond: `${rounded(load.eventsPerSecond)} of ${LIMITS.events}`,
          ...Object.fromEntries([...named('list', list), ...named('search', search)]),
        },
      };
    } finally {
      await site.stop(new AbortController().signal);
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
