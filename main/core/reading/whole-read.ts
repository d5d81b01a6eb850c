import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { TablePositions } from '../packets/erp.ts';

/** What is known of the last time all of a link was read, for every user, without a failure or a doubt. */
export interface WholeRead {
  /** Hash of everything else that decides what is read: users with their values, mapping, texts of views. */
  readonly print: string;
  /** Where all base tables stood before it was read. */
  readonly positions: Readonly<Record<string, string>>;
  /** Hash of each user's packet. */
  readonly contents: Readonly<Record<string, string>>;
  readonly readAt: Instant;
}

/** A cache: without it, everything is read. */
export interface WholeReadStore {
  wholeRead(link: LinkId): WholeRead | undefined;
  noteWholeRead(link: LinkId, read: WholeRead): void;
}

/** All of it is read at least this often, whatever the positions say. */
const FULL_READ_MS = 24 * 3_600_000;

/** Positions that are all known, in the form they are stored; undefined where one is not. Pure. */
export function knownPositions(positions: TablePositions): Readonly<Record<string, string>> | undefined {
  const known: [string, string][] = [];
  for (const [table, position] of positions) {
    if (position === undefined) return undefined;
    known.push([table, position]);
  }
  return Object.fromEntries(known);
}

/** Pure. */
export function samePositions(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): boolean {
  const tables = Object.keys(before);
  return (
    tables.length === Object.keys(after).length &&
    tables.every((table) => Object.hasOwn(after, table) && after[table] === before[table])
  );
}

/** Whether what was read then is what would be read now. A clock set back makes it read. Pure. */
export function stillHolds(
  last: WholeRead | undefined,
  now: { readonly print: string; readonly positions: Readonly<Record<string, string>>; readonly at: Instant },
): last is WholeRead {
  if (last === undefined || last.print !== now.print || !samePositions(last.positions, now.positions))
    return false;
  const age = now.at - last.readAt;
  return age >= 0 && age < FULL_READ_MS;
}
