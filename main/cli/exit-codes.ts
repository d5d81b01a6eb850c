import type { Explanation } from '../../shared/contract/explanation.ts';
import type { RunView, SiteStatus } from '../../shared/contract/status.ts';

/** Stable: scripts and monitoring rely on it. */
export const EXIT = {
  fine: 0,
  failed: 1,
  /** Usage, or a configuration that does not check. */
  usage: 2,
  /** Done, but something is parked or in conflict. */
  parked: 3,
  /** Another agent owns the site. */
  owned: 4,
  /** The ERP or a cloud does not answer. */
  unreachable: 5,
} as const;

/** The other side was not reached, or could not be talked to: nothing about the data is wrong. */
const UNREACHED =
  /^failure\.(erpUnreachable|erp\.[a-z-]+|cloudUnreachable|throttled|erpUnauthorized|cloudUnauthorized|invalidResponse|unknownOutcome)\./;

const unreached = (what: Explanation['what'] | undefined): boolean =>
  what !== undefined && UNREACHED.test(what.key);

const REFUSED_DATA = /^failure\.(rejected|conflict)\./;

/** How ended runs read to a script. */
export function exitOfRuns(runs: readonly RunView[]): number {
  if (runs.some((run) => unreached(run.failure?.what))) return EXIT.unreachable;
  const failed = runs.filter((run) => run.outcome === 'failed' || run.outcome === 'interrupted');
  if (failed.some((run) => !REFUSED_DATA.test(run.failure?.what.key ?? ''))) return EXIT.failed;
  if (failed.length > 0 || runs.some((run) => run.outcome === 'attention')) return EXIT.parked;
  return EXIT.fine;
}

/** How a status reads to monitoring. What waits is no failure; what is not known (no agent runs, a side is silent) is one. */
export function exitOfStatus(status: SiteStatus): number {
  const lights = status.links.flatMap((link) => [link.lights.erp, link.lights.cloud]);
  if (lights.some((light) => light.state === 'attention' && unreached(light.fact))) return EXIT.unreachable;
  if (status.links.some((link) => link.parked > 0)) return EXIT.parked;
  const unproven = status.agent.state === 'none' || status.light === 'unknown';
  return unproven || status.light === 'attention' ? EXIT.failed : EXIT.fine;
}
