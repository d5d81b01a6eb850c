/** The text of ordinary values, without making it where it is there already. */
export type QuickText =
  /** The value itself; false for no answer. */
  | { readonly by: 'whole'; readonly fits: (value: string) => boolean }
  /** The first `end` characters of the value, which are ASCII with nothing to escape, and `suffix`; -1 for no answer. */
  | { readonly by: 'start'; readonly end: (value: string) => number; readonly suffix: string }
  /** Made, and ASCII with nothing to escape; undefined for no answer. */
  | { readonly by: 'text'; readonly text: (value: string) => string | undefined };

/** The text where it is wanted as one; undefined for no answer. */
export function quickly(quick: QuickText, value: string): string | undefined {
  if (quick.by === 'text') return quick.text(value);
  if (quick.by === 'whole') return quick.fits(value) ? value : undefined;
  const end = quick.end(value);
  return end < 0 ? undefined : `${value.slice(0, end)}${quick.suffix}`;
}

/** How the values of one column become the texts of one field. */
export interface ColumnToWrite {
  readonly field: string;
  /** Text of null; null leaves the field out. */
  readonly absent: string | null;
  readonly quick: QuickText;
  /** Text of a value `quick` has no answer for, in row `row` of the table, counted from 1. Throws BodyStreamError. */
  readonly text: (value: string, row: number) => string | null;
}
