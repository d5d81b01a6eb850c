import { reset, type PositionOf, type Reset } from './cursor.ts';

/** What Change Tracking says of a table; undefined where it is off. */
export interface TrackingFacts {
  readonly current: string;
  readonly begin: string;
  readonly oldest: string;
}

export function trackingReset(
  cursor: PositionOf<'change-tracking'>,
  now: TrackingFacts | undefined,
): Reset | undefined {
  if (now === undefined) return reset('tracking-off', 'The table is not tracked any more.');
  const version = BigInt(cursor.version);
  if (now.begin !== cursor.begin)
    return version > BigInt(now.current)
      ? reset('tracking-off', 'Tracking was switched off and on again.')
      : reset('truncated', 'The table was truncated, or its tracking switched off and on again.');
  if (version > BigInt(now.current))
    return reset('restored', `The server is at version ${now.current}, the cursor at ${cursor.version}.`);
  return version < BigInt(now.oldest)
    ? reset('expired', `The server knows changes since version ${now.oldest} only.`)
    : undefined;
}

/**
 * `upTo` is the highest row version below which no transaction is open; `exact` is false where the server cannot tell and
 * it is the highest version of all.
 */
export interface VersionFacts {
  readonly upTo: string;
  readonly exact: boolean;
}

export interface VersionRange {
  /** Exclusive. */
  readonly after: string;
  /** Inclusive. */
  readonly upTo: string;
}

export const versionReset = (cursor: PositionOf<'rowversion'>, now: VersionFacts): Reset | undefined =>
  BigInt(now.upTo) < BigInt(cursor.upTo)
    ? reset('restored', `The database is at row version ${now.upTo}, the cursor at ${cursor.upTo}.`)
    : undefined;

/** Without a bound the versions before the cursor are read again: a transaction open then may have held one of them. */
export function versionRange(
  cursor: PositionOf<'rowversion'>,
  now: VersionFacts,
  overlap: number,
): VersionRange {
  const from = now.exact ? BigInt(cursor.upTo) : overlapFrom(cursor.upTo, overlap);
  return { after: String(from), upTo: now.upTo };
}

export function overlapFrom(upTo: string, overlap: number): bigint {
  const from = BigInt(upTo) - BigInt(overlap);
  return from < 0n ? 0n : from;
}

/** Both clocks in milliseconds, read together. */
export interface ClockFacts {
  readonly server: number;
  readonly ours: number;
}

/**
 * Stamps given since the cursor are at most `overlapMs / 2` below it unless the server's clock was set back by more. Our
 * clock only witnesses that: a server clock that was put right again before the next look leaves no trace but in a full
 * compare.
 */
export function clockReset(
  cursor: PositionOf<'changed-at'>,
  now: ClockFacts,
  overlapMs: number,
): Reset | undefined {
  const lost = now.ours - cursor.ours - (now.server - cursor.at);
  if (now.server < cursor.at || lost > overlapMs / 2)
    return reset('clock-set-back', `The server's clock was set back by about ${Math.round(lost / 1_000)} s.`);
  return undefined;
}

const DAY_MS = 86_400_000;

/** From which moment stamps are read again: a column that rounds has stamps below the moment they were given at. */
export function stampsFrom(
  cursor: PositionOf<'changed-at'>,
  overlapMs: number,
  column: 'date' | 'smalldatetime' | 'datetime' | 'datetime2',
): number {
  const from = cursor.at - overlapMs;
  switch (column) {
    case 'date':
      return Math.floor(from / DAY_MS) * DAY_MS;
    case 'smalldatetime':
      return from - 60_000;
    case 'datetime':
    case 'datetime2':
      // A datetime is rounded to a three-hundredth of a second.
      return from - 10;
    default:
      return column satisfies never;
  }
}
