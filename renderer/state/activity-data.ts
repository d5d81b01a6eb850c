import type { ResultOf } from '../../shared/contract/contract.ts';
import type { HistoryPoint } from '../../shared/contract/site-requests.ts';

export type Span = 'hour' | 'day';
type History = ResultOf<'history'>;

const MINUTE_MS = 60_000;

/** How much of the time one bar stands for: few enough bars to be told apart. */
export const BUCKET_MS: Readonly<Record<Span, number>> = { hour: 5 * MINUTE_MS, day: 60 * MINUTE_MS };

export const SPAN_MS: Readonly<Record<Span, number>> = { hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS };

/** Whether an agent ran at that time: without one nothing is known, not even a zero. */
export const isKnown = (point: HistoryPoint): boolean =>
  point.pendingIn !== undefined || point.pendingOut !== undefined || point.parked !== undefined;

/**
 * Every step from the first to the last, with an unknown one where none came: a gap stays a gap, and a line is never drawn
 * through time of which nothing is known.
 */
export function withGaps({ points, stepMs }: Pick<History, 'points' | 'stepMs'>): readonly HistoryPoint[] {
  const all: HistoryPoint[] = [];
  for (const point of [...points].sort((a, b) => a.at - b.at)) {
    for (;;) {
      const before = all.at(-1);
      if (before === undefined || point.at - before.at < 1.5 * stepMs) break;
      all.push({ at: before.at + stepMs, settledIn: 0, settledOut: 0 });
    }
    all.push(point);
  }
  return all;
}

/** What was open at the end of each step, as columns; null where nothing is known. */
export interface Waiting {
  readonly at: readonly number[];
  readonly in: readonly (number | null)[];
  readonly out: readonly (number | null)[];
  readonly parked: readonly (number | null)[];
}

export function waitingOf(history: History): Waiting {
  const points = withGaps(history);
  return {
    at: points.map((point) => point.at),
    in: points.map((point) => point.pendingIn ?? null),
    out: points.map((point) => point.pendingOut ?? null),
    parked: points.map((point) => point.parked ?? null),
  };
}

export interface Carried {
  /** The middle of each bar's time. */
  readonly at: readonly number[];
  readonly in: readonly (number | null)[];
  readonly out: readonly (number | null)[];
}

/** What was carried in each bar's time, both ways; null where no agent ran in all of it. */
export function carriedOf(history: History, bucketMs: number): Carried {
  const buckets = new Map<number, { in: number; out: number; known: boolean }>();
  for (const point of withGaps(history)) {
    const index = Math.floor((point.at - history.from) / bucketMs);
    const bucket = buckets.get(index) ?? { in: 0, out: 0, known: false };
    buckets.set(index, {
      in: bucket.in + point.settledIn,
      out: bucket.out + point.settledOut,
      known: bucket.known || isKnown(point) || point.settledIn + point.settledOut > 0,
    });
  }
  const all = [...buckets].sort(([a], [b]) => a - b);
  return {
    at: all.map(([index]) => history.from + (index + 0.5) * bucketMs),
    in: all.map(([, bucket]) => (bucket.known ? bucket.in : null)),
    out: all.map(([, bucket]) => (bucket.known ? bucket.out : null)),
  };
}

export interface Summary {
  readonly in: number;
  readonly out: number;
  /** The most that waited at once, both ways; undefined when nothing is known. */
  readonly peak: { readonly count: number; readonly at: number } | undefined;
  /** How long nothing is known of, in milliseconds. */
  readonly gapMs: number;
}

/** What the charts show, for a sentence. */
export function summaryOf(history: History): Summary {
  const points = withGaps(history);
  const known = points.filter(isKnown);
  const waiting = (point: HistoryPoint): number => (point.pendingIn ?? 0) + (point.pendingOut ?? 0);
  const top = known.reduce<HistoryPoint | undefined>(
    (best, point) => (best === undefined || waiting(point) > waiting(best) ? point : best),
    undefined,
  );
  return {
    in: points.reduce((sum, point) => sum + point.settledIn, 0),
    out: points.reduce((sum, point) => sum + point.settledOut, 0),
    peak: top === undefined ? undefined : { count: waiting(top), at: top.at },
    gapMs: (points.length - known.length) * history.stepMs,
  };
}
