import type { History, HistoryQuery, HistoryStep } from '../../core/queue/viewer-reads.ts';
import { startOfDay } from './queue-reads.ts';
import type { ReadContext } from './store-context.ts';
import { MINUTE_MS } from './statements/counters.ts';
import { countDocumentsSince, readSamples, readSettled } from './statements/history.ts';

const SPANS = { hour: { steps: 60, minutes: 1 }, day: { steps: 144, minutes: 10 } } as const;

/** What the charts show; the last step is the one that runs. */
export function historyOf({ db, zone, read }: ReadContext, { span, link, now }: HistoryQuery): History {
  const { steps, minutes: step } = SPANS[span];
  const last = Math.floor(now / MINUTE_MS / step) * step;
  const from = last - (steps - 1) * step;
  const minutes = { from, to: last + step, step };
  return read(() => {
    const settled = readSettled(db, link, minutes);
    const samples = readSamples(db, link, minutes);
    const points = Array.from({ length: steps }, (_, at): HistoryStep => {
      const count = (direction: string): number =>
        settled.find((one) => one.step === at && one.direction === direction)?.n ?? 0;
      const sample = samples.find((one) => one.step === at);
      return {
        at: (from + at * step) * MINUTE_MS,
        settledIn: count('in'),
        settledOut: count('out'),
        ...(sample === undefined
          ? {}
          : { pendingIn: sample.pending_in, pendingOut: sample.pending_out, parked: sample.parked }),
      };
    });
    return {
      from: from * MINUTE_MS,
      stepMs: step * MINUTE_MS,
      points,
      today: countDocumentsSince(db, link, startOfDay(now, zone)),
    };
  });
}
