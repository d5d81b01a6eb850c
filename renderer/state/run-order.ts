import type { LinkStatus, RunView } from '../../shared/contract/status.ts';

/** Differs when a run began or ended. */
export const runsMark = (links: readonly LinkStatus[]): string =>
  JSON.stringify(
    links.map(({ id, lastRuns, flows }) => [
      id,
      lastRuns.map((run) => [run.id, run.outcome]),
      flows.map((flow) => flow.running?.run),
    ]),
  );

/** What goes on now is on top, then the newest; each once. */
export const runningFirst = (runs: readonly RunView[]): readonly RunView[] => {
  const each = [...new Map(runs.map((run) => [run.id, run])).values()];
  const going = (run: RunView): number => (run.outcome === 'running' ? 0 : 1);
  return each.sort((a, b) => going(a) - going(b) || b.id - a.id);
};
