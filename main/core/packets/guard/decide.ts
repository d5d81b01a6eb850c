import type { Instant } from '../../../../shared/model/time.ts';
import type { Evidence, NumberGap, ReportedSeries, SeenSeries } from '../../queue/evidence-store.ts';

export interface GuardPolicy {
  /** How long a number may be missing after a later one came, in milliseconds. */
  readonly gapMs: number;
  /** Numbers of one series that may be missing for good: documents deleted on the phone. */
  readonly tolerated: number;
}

/** What another client on the same area would leave behind. */
export type Suspicion =
  | {
      readonly kind: 'missing';
      readonly series: SeenSeries;
      readonly ranges: readonly { readonly low: number; readonly high: number }[];
      readonly since: Instant;
    }
  | { readonly kind: 'went-back'; readonly report: ReportedSeries };

/**
 * Finds what only somebody else on the area explains. `now` is by the clock of looks. `givenBack` says whether our own
 * snapshots told a device how far a series is since a moment. Pure.
 */
export function decide(
  { series, reports, unread }: Evidence,
  now: number,
  { gapMs, tolerated }: GuardPolicy,
  givenBack: (user: string, since: Instant) => boolean,
): readonly Suspicion[] {
  const explained = (user: string, gap: NumberGap): boolean =>
    unread.some(
      (one) => isUser(one.user, user) && one.seen >= gap.from - gapMs && one.seen <= gap.passed + gapMs,
    );
  const missing = series.flatMap((one): Suspicion[] => {
    const due = one.gaps.filter((gap) => now - gap.passed >= gapMs && !explained(one.user, gap));
    if (due.length === 0) return [];
    const others = series.filter(
      (other) =>
        other !== one &&
        isUser(other.user, one.user) &&
        other.entity === one.entity &&
        other.prefix === one.prefix,
    );
    const numbers = due.flatMap(({ low, high }) =>
      Array.from({ length: high - low + 1 }, (_, index) => low + index).filter(
        (number) => !others.some((other) => wasHere(other, number)),
      ),
    );
    return numbers.length <= tolerated
      ? []
      : [
          {
            kind: 'missing',
            series: one,
            ranges: rangesOf(numbers),
            since: Math.min(...due.map((gap) => gap.passedAt)),
          },
        ];
  });
  const back = reports.flatMap((report): Suspicion[] =>
    report.back !== undefined && givenBack(report.user, report.at) ? [{ kind: 'went-back', report }] : [],
  );
  return [...missing, ...back];
}

export const isUser = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Series of one table that share a counter: what one of them lacks, another may have. */
const wasHere = ({ base, top, gaps }: SeenSeries, number: number): boolean =>
  number >= base && number <= top && gaps.every((gap) => number < gap.low || number > gap.high);

function rangesOf(numbers: readonly number[]): readonly { low: number; high: number }[] {
  const ranges: { low: number; high: number }[] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && number <= last.high + 1) last.high = number;
    else ranges.push({ low: number, high: number });
  }
  return ranges;
}
