import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Handlers } from '../../shared/contract/contract.ts';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import { linkId } from '../../shared/model/ids.ts';
import type { LinkSettings, Settings } from '../../shared/model/settings.ts';
import { inlineReads } from '../adapters/sqlite/inline-reads.ts';
import { openReadStore, type ReadStore } from '../adapters/sqlite/open-store.ts';
import { itemReading, runReading } from '../agent/handlers/reading.ts';
import { userReading } from '../agent/handlers/user-reading.ts';
import { runView } from '../agent/site-status.ts';

/** What can be told of a site while no agent runs: what is in its store, and that nothing is known of the other sides. */
export interface StoredSite {
  status(settings: Settings, now: number): SiteStatus;
  readonly queueList: Handlers['queueList'];
  readonly queueShow: Handlers['queueShow'];
  readonly queueBody: Handlers['queueBody'];
  readonly runsList: Handlers['runsList'];
  readonly usersList: Handlers['usersList'];
  readonly userShow: Handlers['userShow'];
  close(): void;
}

const LAST_RUNS = 5;

/**
 * Opens the store for looking only; a site that never ran has an empty one. `links`: whose users are listed. Throws StoreError.
 */
export function openStoredSite(dataDir: string, zone: string, links: readonly string[] = []): StoredSite {
  const file = join(dataDir, 'ferry.sqlite');
  const store = existsSync(file) ? openReadStore(file, { zone }) : undefined;
  const reads = inlineReads({ file, spool: join(dataDir, 'spool'), zone });
  const never = new AbortController().signal;
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
    ...itemReading(reads, never),
    ...userReading(reads, () => links.map(linkId), never),
    runsList: runReading(reads, never),
    close: () => {
      store?.close();
      void reads.close();
    },
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
