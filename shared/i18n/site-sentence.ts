import type { Text } from '../contract/explanation.ts';
import type { LinkStatus, SiteStatus } from '../contract/status.ts';
import { assertNever } from '../model/result.ts';
import type { TextKey } from './say.ts';

const sum = (links: readonly LinkStatus[], of: (link: LinkStatus) => number): number =>
  links.reduce((total, link) => total + of(link), 0);

function oldest(
  links: readonly LinkStatus[],
  of: (link: LinkStatus) => number | undefined,
): number | undefined {
  const all = links.map(of).filter((at) => at !== undefined);
  return all.length === 0 ? undefined : Math.min(...all);
}

/**
 * The one sentence about a site: the worst fact first, and "carried over" only when no link says anything else. Takes
 * the words of a failing light along, because its cause is what the reader came for.
 */
export function siteSentence(status: SiteStatus, say: (text: Text) => string): Text {
  const { links } = status;
  if (status.agent.state === 'none') return { key: 'site.noAgent', params: {} };
  const notice = status.notices[0];
  if (notice !== undefined) return { key: 'site.notice', params: { what: say(notice.what) } };
  if (links.length === 0) return { key: 'site.noLinks', params: {} };

  const failing = links
    .flatMap((link) => [link.lights.erp, link.lights.cloud])
    .find((light) => light.state === 'attention');
  if (failing !== undefined) return { key: 'site.failing', params: { what: say(failing.fact) } };

  const parked = sum(links, (link) => link.parked);
  if (parked > 0) return { key: 'site.parked', params: { count: parked } };
  if (status.light === 'attention') return attention(links, say);

  const uncertain = sum(links, (link) => link.unknown);
  if (uncertain > 0) return { key: 'site.uncertain', params: { count: uncertain } };
  if (links.every((link) => link.paused !== undefined)) return { key: 'site.paused', params: {} };

  switch (status.light) {
    case 'unknown':
      return { key: 'site.unknown', params: {} };
    case 'working':
      return { key: 'site.working', params: {} };
    case 'waiting':
      return waiting(links);
    case 'fine': {
      const waits = waiting(links);
      if (waits.key !== 'site.waiting') return waits;
      const count = sum(links, (link) => link.settledToday);
      return count > 0 ? { key: 'site.fineSettled', params: { count } } : { key: 'site.fine', params: {} };
    }
    default:
      return assertNever(status.light);
  }
}

/** No light fails and nothing is parked, yet something needs a look: what waits too long, or the last run. */
function attention(links: readonly LinkStatus[], say: (text: Text) => string): Text {
  const bad = links.filter((link) => link.light === 'attention');
  const failed = bad
    .flatMap((link) => link.lastRuns)
    .find((run) => run.outcome === 'failed' && run.failure !== undefined);
  if (failed?.failure !== undefined)
    return { key: 'site.lastFailed', params: { what: say(failed.failure.what) } };
  return pending(bad, 'site.lateIn', 'site.lateOut') ?? { key: 'site.attention', params: {} };
}

const waiting = (links: readonly LinkStatus[]): Text =>
  pending(links, 'site.waitingIn', 'site.waitingOut') ??
  piloted(links) ?? { key: 'site.waiting', params: {} };

/** Nothing waits but the people to whom nothing is sent yet. */
function piloted(links: readonly LinkStatus[]): Text | undefined {
  const pilots = links.flatMap((link) => link.pilot ?? []);
  if (pilots.length === 0) return undefined;
  const total = (of: 'users' | 'of'): number => pilots.reduce((all, pilot) => all + pilot[of], 0);
  return { key: 'site.pilot', params: { users: total('users'), of: total('of') } };
}

function pending(links: readonly LinkStatus[], inKey: TextKey, outKey: TextKey): Text | undefined {
  const count = sum(links, (link) => link.pendingIn.count);
  const since = oldest(links, (link) => link.pendingIn.oldest);
  if (count > 0 && since !== undefined) return { key: inKey, params: { count, oldest: since } };
  const out = sum(links, (link) => link.pendingOut.count);
  const outSince = oldest(links, (link) => link.pendingOut.oldest);
  return out > 0 && outSince !== undefined
    ? { key: outKey, params: { count: out, oldest: outSince } }
    : undefined;
}
