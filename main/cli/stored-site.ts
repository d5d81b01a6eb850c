import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BODY_TEXT_BYTES } from '../../shared/contract/queue-requests.ts';
import { type Args, type ResultOf } from '../../shared/contract/contract.ts';
import { answer, refuse, type Reply } from '../../shared/contract/reply.ts';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import { itemId, linkId } from '../../shared/model/ids.ts';
import type { LinkSettings, Settings } from '../../shared/model/settings.ts';
import { createBodyStore } from '../adapters/spool/body-store.ts';
import { nodeDisk } from '../adapters/spool/node-disk.ts';
import { openReadStore, type ReadStore } from '../adapters/sqlite/open-store.ts';
import { itemView, runView } from '../agent/site-status.ts';
import type { BodyRef } from '../core/runtime/body-store.ts';

/** What can be told of a site while no agent runs: what is in its store, and that nothing is known of the other sides. */
export interface StoredSite {
  status(settings: Settings, now: number): SiteStatus;
  queueList(args: Args<'queueList'>): Reply<ResultOf<'queueList'>>;
  queueShow(args: Args<'queueShow'>): Promise<Reply<ResultOf<'queueShow'>>>;
  runsList(args: Args<'runsList'>): Reply<ResultOf<'runsList'>>;
  close(): void;
}

const LAST_RUNS = 5;

/** Opens the store for looking only; a site that never ran has an empty one. Throws StoreError. */
export function openStoredSite(dataDir: string, zone: string): StoredSite {
  const file = join(dataDir, 'ferry.sqlite');
  const store = existsSync(file) ? openReadStore(file, { zone }) : undefined;
  return {
    status: ({ site, links, desktop }, now) => ({
      site: {
        name: site.name,
        timeZone: site.timeZone,
        language: site.language,
        startAtLogon: desktop.startAtLogon,
      },
      agent: { state: 'none' },
      at: now,
      light: links.some((link) => (store?.counts(linkId(link.id), now).parked ?? 0) > 0)
        ? 'attention'
        : 'unknown',
      notices: [],
      alerts: [],
      links: links.map((link) => linkStatus(store, link, now)),
    }),
    queueList: ({ link, limit, offset, ...filters }) => {
      const query = { ...filters, link: link === undefined ? undefined : linkId(link) };
      const items = store?.list({ ...query, limit, offset }) ?? [];
      return answer({ items: items.map(itemView), total: store?.count(query) ?? 0 });
    },
    queueShow: async ({ item }) => {
      const found = store?.get(itemId(item));
      if (store === undefined || found === undefined)
        return refuse('not-found', `no item has the number ${item}`);
      const { hash, size } = found.body;
      const text = await beginning(dataDir, store, found.body);
      return answer({
        item: itemView(found),
        timeline: [...store.timeline(found.id)],
        outcome: found.outcome,
        body: { size, hash, text, truncated: size > BODY_TEXT_BYTES },
      });
    },
    runsList: ({ link, limit }) =>
      answer({
        runs: (store?.runs({ link: link === undefined ? undefined : linkId(link), limit }) ?? []).map(
          runView,
        ),
      }),
    close: () => store?.close(),
  };
}

function linkStatus(store: ReadStore | undefined, link: LinkSettings, now: number): LinkStatus {
  const id = linkId(link.id);
  const counts = store?.counts(id, now);
  const seen = store?.lastList(id);
  const pause = store?.pause(id);
  const unknown = { state: 'unknown', fact: { key: 'light.noAgent', params: {} } } as const;
  return {
    id: link.id,
    kind: link.kind,
    light: (counts?.parked ?? 0) > 0 ? 'attention' : 'unknown',
    lights: { erp: unknown, cloud: unknown },
    pendingIn: { count: counts?.pendingIn ?? 0, oldest: counts?.oldestPendingIn },
    pendingOut: { count: counts?.pendingOut ?? 0, oldest: counts?.oldestPendingOut },
    inCloud:
      seen === undefined
        ? { amount: 'unknown' }
        : seen.full
          ? { amount: 'or-more', count: seen.entries, at: seen.at }
          : seen.entries === 0
            ? { amount: 'none', at: seen.at }
            : { amount: 'some', count: seen.entries, at: seen.at },
    parked: counts?.parked ?? 0,
    unknown: counts?.unknown ?? 0,
    unreported: counts?.unreported ?? 0,
    settledToday: counts?.settledToday ?? 0,
    lastIn: counts?.lastSettledIn,
    lastOut: counts?.lastAcceptedOut,
    flows: (['pull', 'push'] as const).map((flow) => ({ flow, enabled: link[flow].enabled })),
    lastRuns: (store?.runs({ link: id, limit: LAST_RUNS }) ?? []).map(runView),
    paused:
      pause === undefined
        ? undefined
        : { by: pause.by, since: pause.since, until: pause.until, reason: pause.reason },
  };
}

/** The first part of a body as text; undefined when it is gone or no UTF-8. */
async function beginning(dataDir: string, store: ReadStore, body: BodyRef): Promise<string | undefined> {
  const bodies = createBodyStore({
    disk: nodeDisk,
    folder: join(dataDir, 'spool'),
    reserveBytes: 0,
    rowBody: (hash) => store.rowBody(hash),
    newId: () => {
      throw new Error('a reader writes no bodies');
    },
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let left = BODY_TEXT_BYTES;
  try {
    for await (const chunk of bodies.open(body)) {
      // `stream` leaves out a character that the limit cuts in two.
      text += decoder.decode(chunk.subarray(0, left), { stream: true });
      left -= Math.min(left, chunk.length);
      if (left === 0) break;
    }
    return text;
  } catch {
    return undefined;
  }
}
