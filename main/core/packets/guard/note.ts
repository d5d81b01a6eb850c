import type { Instant } from '../../../../shared/model/time.ts';
import type { NumberGap, ReportedSeries, SeenSeries } from '../../queue/evidence-store.ts';
import type { GivenNumber, GivenReport } from './numbers.ts';

/** By the clock of looks, and by the wall clock for people. */
export interface Moment {
  readonly clock: number;
  readonly wall: Instant;
}

/**
 * A series that goes on this much further, or back, was moved by the ERP or belongs to another device now: nobody takes so many
 * packets of one user between two that arrive.
 */
const MOVED = 100;
/** Of one series; more than this many are long told about. */
const MOST_GAPS = 200;

/** A series with one more number that was here. Pure; the order of numbers does not matter but for the first of all. */
export function withNumber(
  series: SeenSeries | undefined,
  given: GivenNumber & { readonly user: string },
  now: Moment & { readonly detourMs: number },
): SeenSeries {
  const { number, document, width, user, entity, kind, prefix } = given;
  const anew = {
    user,
    entity,
    kind,
    prefix,
    document,
    width,
    // What was set aside is as old as this one, or younger: it was here.
    base: Math.max(number, series?.aside ?? 0),
    top: Math.max(number, series?.aside ?? 0),
    topAt: now.clock,
    begun: now.clock,
    aside: 0,
    gaps: [],
  };
  if (series === undefined) return anew;
  // Perhaps from before it was moved, and late: what was here then is forgotten.
  if (number > series.top + MOVED || number < series.base - MOVED)
    return now.clock - series.begun < now.detourMs
      ? { ...series, aside: Math.max(series.aside, number) }
      : anew;
  if (number < series.base) return series;
  if (number <= series.top) return { ...series, gaps: without(series.gaps, number, number) };
  const passed = gap(series.top + 1, number - 1, series, now);
  return {
    ...series,
    document,
    width: Math.min(width, series.width),
    top: number,
    topAt: now.clock,
    gaps: [...series.gaps, ...passed].slice(0, MOST_GAPS),
  };
}

/**
 * A series that a device says it has used up to `current`. Whether that is the last number or the next one is not documented:
 * what is before it was given in any case.
 */
export function withReport(series: SeenSeries, current: number, now: Moment): SeenSeries {
  const used = current - 1;
  if (used <= series.top || used > series.top + MOVED) return series;
  const passed = gap(series.top + 1, used, series, now);
  return {
    ...series,
    top: used,
    topAt: now.clock,
    gaps: [...series.gaps, ...passed].slice(0, MOST_GAPS),
  };
}

const gap = (low: number, high: number, series: SeenSeries, now: Moment): readonly NumberGap[] =>
  low > high ? [] : [{ low, high, from: series.topAt, passed: now.clock, passedAt: now.wall }];

/** Gaps without the numbers from `low` to `high`, which are here or accepted as missing. */
export function without(gaps: readonly NumberGap[], low: number, high: number): readonly NumberGap[] {
  return gaps.flatMap((one) => {
    if (high < one.low || low > one.high) return one;
    return [
      ...(one.low < low ? [{ ...one, high: low - 1 }] : []),
      ...(one.high > high ? [{ ...one, low: high + 1 }] : []),
    ];
  });
}

/**
 * What a device has said of a series, with one more report. It went back when it says less at a later time of its own clock,
 * and so long after that no detour of a packet explains it.
 */
export function withSaid(
  known: ReportedSeries | undefined,
  { entity, kind, current, saidAt }: GivenReport,
  user: string,
  now: Moment & { readonly detourMs: number },
): ReportedSeries {
  if (known === undefined || current >= known.highest)
    return { user, entity, kind, highest: current, saidAt, at: now.wall, seen: now.clock };
  const later = saidAt !== '' && known.saidAt !== '' && saidAt > known.saidAt;
  if (!later || now.clock - known.seen < now.detourMs) return known;
  return { ...known, back: { current, at: now.wall } };
}
