/** What one child process measured. */
export interface Measured {
  /** One value per repetition inside the process; the figure is the median of all of them. */
  readonly values: readonly number[];
  /** What else was seen, for whoever wants to know why. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface Goal {
  readonly at: 'most' | 'least';
  readonly value: number;
}

/** A figure as it is printed. `met` is absent where no goal is set. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly goal?: string | undefined;
  readonly met?: boolean | undefined;
  readonly runs: readonly number[];
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export const rounded = (value: number): number => Number(value.toPrecision(value >= 100 ? 4 : 3));

export const goalText = ({ at, value }: Goal, unit: string): string =>
  `at ${at} ${value}${unit === 'x' ? ' x' : ` ${unit}`}`;

export const meets = (value: number, goal: Goal): boolean =>
  goal.at === 'most' ? value <= goal.value : value >= goal.value;
