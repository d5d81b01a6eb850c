import { Big } from 'big.js';
import { parseDecimal } from '../../../shared/model/decimal.ts';
import { linearPattern, type Pattern } from './linear-pattern.ts';

/** A function of expressions refused what it was given. The message is for people. */
export class ExpressionRefusal extends Error {
  readonly code: string;

  constructor(message: string, code = 'expression-failed') {
    super(message);
    this.name = 'ExpressionRefusal';
    this.code = code;
  }
}

export interface ExpressionFunction {
  /** As it is registered; `dyn` takes text and whole numbers. */
  readonly signature: string;
  readonly call: (...args: readonly unknown[]) => unknown;
}

/** Digits of a number that is calculated with: far above what a column holds, and no work to speak of. */
const MOST_DIGITS = 100;
const MOST_SCALE = 38;
const MOST_CHARS = 4000;
/** Characters a pattern is looked for in. */
const MOST_PATTERN_TEXT = 1000;

const shown = (value: unknown): string => {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? 'nothing');
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

function numberOf(value: unknown): Big {
  if (value === null || value === undefined) throw new ExpressionRefusal('a number is missing');
  if (typeof value === 'number')
    throw new ExpressionRefusal('a floating-point number is not exact: write decimals as text');
  const text = typeof value === 'bigint' ? value.toString() : value;
  const number = typeof text === 'string' && text.length <= 2 * MOST_DIGITS ? parseDecimal(text) : undefined;
  if (number === undefined) throw new ExpressionRefusal(`${shown(value)} is not a number`);
  return bounded(new Big(number));
}

function bounded(number: Big): Big {
  if (number.toFixed().length > MOST_DIGITS + 2)
    throw new ExpressionRefusal(`a number has more than ${MOST_DIGITS} digits`);
  return number;
}

const textOf = (number: Big): string => {
  const text = bounded(number).toFixed();
  return /[1-9]/.test(text) ? text : text.replace('-', '');
};

function scaleOf(value: unknown): number {
  const scale = typeof value === 'bigint' ? Number(value) : Number.NaN;
  if (!Number.isInteger(scale) || scale < 0 || scale > MOST_SCALE)
    throw new ExpressionRefusal(`decimals must be a whole number from 0 to ${MOST_SCALE}`);
  return scale;
}

/** Halves away from zero. */
function divided(one: Big, other: Big, scale: number): string {
  if (other.eq(0)) throw new ExpressionRefusal('it divides by zero');
  // Its own constructor: places and rounding are settings of the class, and others use the shared one.
  const Exact = Big();
  Exact.DP = scale;
  Exact.RM = 1;
  return textOf(new Exact(one).div(other).round(scale, 1));
}

function wordOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  throw new ExpressionRefusal(value === null ? 'a text is missing' : `${shown(value)} is no text`);
}

const binary = (name: string, of: (a: Big, b: Big) => Big): ExpressionFunction => ({
  signature: `${name}(dyn, dyn): string`,
  call: (a, b) => textOf(of(numberOf(a), numberOf(b))),
});

const patterns = new Map<string, Pattern | string>();

/** A pattern as an expression holds it: a function, or why it is none. Kept. */
export function patternOf(source: string): Pattern | string {
  const known = patterns.get(source) ?? linearPattern(source);
  if (patterns.size < 1000) patterns.set(source, known);
  return known;
}

/** Exact numbers on text, and helpers for texts. Nothing here knows time, chance or the machine. */
export const EXPRESSION_FUNCTIONS: readonly ExpressionFunction[] = [
  binary('add', (a, b) => a.plus(b)),
  binary('sub', (a, b) => a.minus(b)),
  binary('mul', (a, b) => a.times(b)),
  binary('max', (a, b) => (a.gte(b) ? a : b)),
  binary('min', (a, b) => (a.lte(b) ? a : b)),
  {
    signature: 'div(dyn, dyn, int): string',
    call: (a, b, scale) => divided(numberOf(a), numberOf(b), scaleOf(scale)),
  },
  {
    signature: 'round(dyn, int): string',
    call: (a, scale) => {
      const places = scaleOf(scale);
      const number = numberOf(a).round(places, 1);
      return textOf(number);
    },
  },
  { signature: 'neg(dyn): string', call: (a) => textOf(numberOf(a).times(-1)) },
  { signature: 'cmp(dyn, dyn): int', call: (a, b) => BigInt(numberOf(a).cmp(numberOf(b))) },
  { signature: 'trim(dyn): string', call: (a) => wordOf(a).trim() },
  { signature: 'upper(dyn): string', call: (a) => wordOf(a).toUpperCase() },
  { signature: 'lower(dyn): string', call: (a) => wordOf(a).toLowerCase() },
  {
    signature: 'padLeft(dyn, int, string): string',
    call: (a, length, filler) => {
      const chars = typeof length === 'bigint' ? Number(length) : 0;
      if (chars < 1 || chars > MOST_CHARS || typeof filler !== 'string' || filler.length !== 1)
        throw new ExpressionRefusal(`padLeft takes a length up to ${MOST_CHARS} and one character`);
      return wordOf(a).padStart(chars, filler);
    },
  },
  {
    signature: 'string.matchesPattern(string): bool',
    call: (text, source) => {
      const pattern = patternOf(wordOf(source));
      if (typeof pattern === 'string') throw new ExpressionRefusal(`the pattern cannot be read: ${pattern}`);
      const word = wordOf(text);
      if (word.length > MOST_PATTERN_TEXT)
        throw new ExpressionRefusal(`a pattern is looked for in at most ${MOST_PATTERN_TEXT} characters`);
      return pattern(word);
    },
  },
];
