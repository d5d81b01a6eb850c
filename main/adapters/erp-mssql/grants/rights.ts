import type { SqlName } from '../../../../shared/model/mapping-names.ts';

export type RightName =
  'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'EXECUTE' | 'VIEW DEFINITION' | 'VIEW CHANGE TRACKING';

/** One right the daily login needs. */
export interface NeededRight {
  readonly on: SqlName;
  readonly right: RightName;
  /** SELECT and UPDATE only; absent: on the whole object. SQL Server gives no INSERT by column. */
  readonly columns?: readonly string[] | undefined;
  /** The program cannot know from here what the object is: given, and asked for, only where it is this. */
  readonly onlyFor?: 'view' | 'tracked' | undefined;
  /** For people, what it is needed for. */
  readonly why: readonly string[];
}

/** A SELECT whose objects are not known from its text. */
export interface ByHand {
  readonly what: string;
  readonly why: string;
}

export interface Rights {
  readonly needed: readonly NeededRight[];
  readonly byHand: readonly ByHand[];
  /** Two-way records have a ledger of their own beside the packets'. */
  readonly recordLedger?: boolean | undefined;
}

/** Names differ by capitals on few servers only; two spellings of one table are one right there and harmless elsewhere. */
const fold = (text: string): string => text.toLowerCase();
export const objectKey = ({ schema, name }: SqlName): string => JSON.stringify([fold(schema), fold(name)]);

/** Each object and right once, by object: columns and reasons together, the whole object over its columns. */
export function joinRights(rights: readonly NeededRight[]): readonly NeededRight[] {
  const joined = new Map<string, NeededRight>();
  for (const one of rights) {
    const key = JSON.stringify([objectKey(one.on), one.right]);
    const known = joined.get(key);
    joined.set(key, known === undefined ? { ...one, ...columnsOf(one.columns) } : join(known, one));
  }
  return [...Map.groupBy(joined.values(), ({ on }) => objectKey(on)).values()].flat();
}

function join(a: NeededRight, b: NeededRight): NeededRight {
  const whole = a.columns === undefined || b.columns === undefined;
  return {
    on: a.on,
    right: a.right,
    ...columnsOf(whole ? undefined : [...(a.columns ?? []), ...(b.columns ?? [])]),
    onlyFor: a.onlyFor === b.onlyFor ? a.onlyFor : undefined,
    why: [...new Set([...a.why, ...b.why])],
  };
}

function columnsOf(columns: readonly string[] | undefined): Pick<NeededRight, 'columns'> {
  if (columns === undefined) return {};
  const seen = new Map<string, string>();
  for (const column of columns) if (!seen.has(fold(column))) seen.set(fold(column), column);
  return { columns: [...seen.values()] };
}
