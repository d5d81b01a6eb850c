import { describe, expect, it } from 'vitest';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { HistoryPoint } from '../../../shared/contract/site-requests.ts';
import {
  BUCKET_MS,
  carriedOf,
  isKnown,
  summaryOf,
  waitingOf,
  withGaps,
} from '../../../renderer/state/activity-data.ts';

const STEP = 60_000;
const FROM = Date.UTC(2026, 10, 20, 9, 0);

const point = (minute: number, over: Partial<HistoryPoint> = {}): HistoryPoint => ({
  at: FROM + minute * STEP,
  settledIn: 0,
  settledOut: 0,
  pendingIn: 0,
  pendingOut: 0,
  parked: 0,
  ...over,
});
const unknown = (minute: number): HistoryPoint => ({ at: FROM + minute * STEP, settledIn: 0, settledOut: 0 });
const history = (points: HistoryPoint[]): ResultOf<'history'> => ({
  from: FROM,
  stepMs: STEP,
  points,
  today: [],
});

describe('points of the charts', () => {
  it('puts unknown steps where none came, so that no line crosses them', () => {
    const points = withGaps(history([point(0), point(4), point(5)]));
    expect(points.map(({ at }) => (at - FROM) / STEP)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(points.map(isKnown)).toEqual([true, false, false, false, true, true]);
  });

  it('neither adds nor loses a step when they come evenly, in whatever order, or a little late', () => {
    const late = { ...point(2), at: FROM + 2 * STEP + 20_000 };
    expect(withGaps(history([late, point(1), point(0), point(3)]))).toHaveLength(4);
    expect(withGaps(history([]))).toEqual([]);
  });

  it('shows a gap as a gap and a zero as a zero', () => {
    const waiting = waitingOf(history([point(0, { pendingIn: 3, parked: 1 }), unknown(1), point(2)]));
    expect(waiting.in).toEqual([3, null, 0]);
    expect(waiting.out).toEqual([0, null, 0]);
    expect(waiting.parked).toEqual([1, null, 0]);
    expect(waiting.at).toHaveLength(3);
  });
});

describe('bars', () => {
  it('add up what was carried in their time and stand in its middle', () => {
    const carried = carriedOf(
      history([
        point(0, { settledIn: 2 }),
        point(4, { settledIn: 3, settledOut: 1 }),
        point(5, { settledIn: 7 }),
        ...[1, 2, 3].map((minute) => point(minute)),
      ]),
      BUCKET_MS.hour,
    );
    expect(carried.in).toEqual([5, 7]);
    expect(carried.out).toEqual([1, 0]);
    expect(carried.at).toEqual([FROM + 2.5 * STEP, FROM + 7.5 * STEP]);
  });

  it('lose nothing that was carried', () => {
    const points = Array.from({ length: 60 }, (_, minute) =>
      point(minute, { settledIn: minute % 7, settledOut: minute % 3 }),
    );
    const carried = carriedOf(history(points), BUCKET_MS.hour);
    const sum = (values: readonly (number | null)[]): number =>
      values.reduce<number>((all, one) => all + (one ?? 0), 0);
    expect(carried.at).toHaveLength(12);
    expect([sum(carried.in), sum(carried.out)]).toEqual([
      summaryOf(history(points)).in,
      summaryOf(history(points)).out,
    ]);
  });

  it('say nothing of a time in all of which no agent ran', () => {
    const gap = [0, 1, 2, 3, 4].map(unknown);
    expect(carriedOf(history([...gap, point(5, { settledIn: 1 })]), BUCKET_MS.hour).in).toEqual([null, 1]);
    expect(carriedOf(history([...gap.slice(1), point(0)]), BUCKET_MS.hour).in).toEqual([0]);
  });
});

describe('sentence about the charts', () => {
  it('names the most that waited both ways at once, when, and how long nothing is known of', () => {
    const summary = summaryOf(
      history([
        point(0, { settledIn: 4, pendingIn: 5 }),
        point(1, { settledOut: 2, pendingIn: 3, pendingOut: 3 }),
        unknown(2),
        point(5, { pendingIn: 6 }),
      ]),
    );
    expect(summary).toEqual({
      in: 4,
      out: 2,
      peak: { count: 6, at: FROM + STEP },
      gapMs: 3 * STEP,
    });
  });

  it('claims no peak when nothing is known', () => {
    expect(summaryOf(history([unknown(0), unknown(1)]))).toEqual({
      in: 0,
      out: 0,
      peak: undefined,
      gapMs: 2 * STEP,
    });
  });
});
