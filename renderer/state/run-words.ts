import type { LightState, RunView } from '../../shared/contract/status.ts';
import type { Speaker } from '../../shared/i18n/say.ts';

/** The shape of an outcome. */
export const RUN_SHAPES: Readonly<Record<RunView['outcome'], LightState>> = {
  ok: 'fine',
  attention: 'attention',
  failed: 'attention',
  interrupted: 'unknown',
  running: 'working',
};

/** Looks at the cloud's list say how it was asked, not what was carried. */
const ASKING = new Set(['lists']);

/** What a run counted, by the engine's names, the zeros left out. */
export const runCounts = (run: RunView): readonly (readonly [string, number])[] =>
  Object.entries(run.counts).filter(([name, count]) => count > 0 && !ASKING.has(name));

/** `14 listed, 13 applied, 1 parked`. */
export const countsInWords = (run: RunView, speaker: Speaker): string =>
  runCounts(run)
    .map(([name, count]) => speaker.count(name, count))
    .join(', ');

/** `3 s`; below a second `0.8 s`, because most runs that carry nothing end within one. Undefined while it runs. */
export function tookInWords(run: RunView, speaker: Speaker): string | undefined {
  if (run.endedAt === undefined) return undefined;
  const ms = Math.max(0, run.endedAt - run.startedAt);
  return ms >= 1_000
    ? speaker.lasting(ms)
    : speaker.text('runs.partOfSecond', {
        length: (ms / 1_000).toLocaleString(speaker.view.locale, {
          minimumFractionDigits: 1,
          maximumFractionDigits: 1,
        }),
      });
}
