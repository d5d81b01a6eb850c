import type { TablePositions } from '../packets/erp.ts';

/** Where tables stood, by `tableKey`. */
export type Positions = Readonly<Record<string, string>>;

/** All of it is read at least this often, whatever the positions say. */
const FULL_READ_MS = 24 * 3_600_000;

/** Those that are known, in the form they are stored. Pure. */
export function knownPositions(positions: TablePositions): Positions {
  const known: [string, string][] = [];
  for (const [table, position] of positions) if (position !== undefined) known.push([table, position]);
  return Object.fromEntries(known);
}

/** Of these tables only; undefined where that of one of them, or which tables they are, is not known. Pure. */
export function positionsOf(
  tables: readonly string[] | undefined,
  positions: Positions,
): Positions | undefined {
  if (tables === undefined) return undefined;
  const found: [string, string][] = [];
  for (const table of tables) {
    const position = Object.hasOwn(positions, table) ? positions[table] : undefined;
    if (position === undefined) return undefined;
    found.push([table, position]);
  }
  return Object.fromEntries(found);
}

/** Whether each of the tables is where it was. What nobody knew or knows is not. Pure. */
export function standStill(before: Positions | undefined, now: Positions): boolean {
  return (
    before !== undefined &&
    Object.entries(before).every(([table, position]) => Object.hasOwn(now, table) && now[table] === position)
  );
}

/** Whether what was read then is young enough to be taken for what would be read now. A clock set back makes it read. Pure. */
export function youngEnough(readAt: number, now: number): boolean {
  const age = now - readAt;
  return age >= 0 && age < FULL_READ_MS;
}
