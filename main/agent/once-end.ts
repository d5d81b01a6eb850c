import type { SiteStatus } from '../../shared/contract/status.ts';
import type { SyncFailure } from '../../shared/model/failure.ts';
import type { SiteAgent } from './site-agent.ts';

export interface OnceReport {
  readonly status: SiteStatus;
}

const UNREACHED: readonly SyncFailure['kind'][] = [
  'unreachable',
  'throttled',
  'unauthorized',
  'invalid-response',
  'unknown-outcome',
];

/** How a single round ended, as scripts read it: 0 fine, 1 failed, 3 something is parked, 5 ERP or cloud not reached. */
export function onceEnd(agent: SiteAgent): { readonly exitCode: number; readonly report: OnceReport } {
  const status = agent.status();
  const { store, links } = agent.parts;
  const failures = links.flatMap((link) => {
    const runs = store.runs({ link: link.parts.link, limit: links.length * 2 });
    const newest = (['pull', 'push'] as const).flatMap((flow) => runs.find((run) => run.flow === flow) ?? []);
    return newest.flatMap(
      (run) => run.failure ?? (run.outcome === 'interrupted' ? ({ kind: 'cancelled' } as const) : []),
    );
  });
  const endpoints = agent.parts.endpoints.facts().flatMap((fact) => fact.failure ?? []);
  const damaged = agent.parts.housekeeping.soundness() === 'damaged';
  const parked = status.links.some((link) => link.parked > 0);
  const exitCode = [...failures, ...endpoints].some(({ kind }) => UNREACHED.includes(kind))
    ? 5
    : damaged ||
        failures.some(({ kind }) => kind !== 'rejected' && kind !== 'conflict') ||
        endpoints.length > 0
      ? 1
      : parked || failures.length > 0
        ? 3
        : 0;
  return { exitCode, report: { status } };
}
