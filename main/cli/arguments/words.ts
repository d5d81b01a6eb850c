import { parseDuration } from '../../../shared/model/time.ts';

/** Thrown while arguments are read only: reading is deep, and every step can fail in the same way. */
export class Wrong extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

export function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined)
    throw new Wrong(`--${option} cannot be "${value}".`, `One of: ${known.join(', ')}`);
  return found;
}

export function whole(
  option: string,
  value: string | undefined,
  normal: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return normal;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (!(number >= least && number <= most))
    throw new Wrong(`--${option} cannot be "${value}".`, `A whole number from ${least} to ${most}.`);
  return number;
}

export function item(word: string | undefined): number {
  const number = /^\d{1,15}$/.test(word ?? '') ? Number(word) : 0;
  if (number < 1)
    throw new Wrong(`"${word ?? ''}" is no item number.`, 'The first column of: erp-ferry queue list');
  return number;
}

/** `dbo.Items`; the schema may be left out, and everything behind the first point is the name. */
export function tableName(word: string): { schema: string; name: string } {
  const point = word.indexOf('.');
  const [schema, name] = point === -1 ? ['dbo', word] : [word.slice(0, point), word.slice(point + 1)];
  if (schema === '' || name === '') throw new Wrong(`"${word}" is no table.`, 'Such as dbo.Items.');
  return { schema, name };
}

export function duration(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms === undefined || ms < 1_000)
    throw new Wrong(`--${option} cannot be "${value}".`, 'Such as 30m, 2h or 1d.');
  return ms;
}

/** An option that a command cannot do without. */
export function needed(option: string, value: string | undefined): string {
  if (value === undefined || value === '')
    throw new Wrong(`--${option} is missing.`, `Name one with --${option}.`);
  return value;
}
