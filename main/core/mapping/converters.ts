import { parseDecimal } from '../../../shared/model/decimal.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { dateText, parseLocalTime } from '../../../shared/model/time.ts';
import { nearestName } from './nearest-name.ts';

/** Why a converter is none, or cannot convert a text. */
export interface ConverterProblem {
  readonly message: string;
  readonly hint: string;
}

/** Text to text, exact. Empty text stays empty: nothing was sent, and nothing is made of it. */
type Converter = (text: string) => Result<string, string>;

type Argument = string | number;

interface Kind {
  /** As it is written. */
  readonly form: string;
  /** Undefined when the arguments are not of the form. */
  readonly make: (args: readonly Argument[]) => Converter | undefined;
}

const MOST_CHARS = 4000;

const isHigh = (text: string, at: number): boolean =>
  at >= 0 && at < text.length - 1 && text.codePointAt(at) !== text.charCodeAt(at);

/** The first characters, never half of one that takes two units. Pure. */
export const firstChars = (text: string, count: number): string =>
  text.slice(0, text.length > count && isHigh(text, count - 1) ? count - 1 : count);

/** The last characters, never half of one that takes two units. */
function lastChars(text: string, count: number): string {
  const from = Math.max(0, text.length - count);
  return text.slice(isHigh(text, from - 1) ? from + 1 : from);
}

const always =
  (change: (text: string) => string): Kind['make'] =>
  (args) =>
    args.length === 0 ? (text) => ok(change(text)) : undefined;

const counted =
  (change: (text: string, count: number) => string): Kind['make'] =>
  ([count, ...rest]) =>
    typeof count === 'number' && count >= 1 && count <= MOST_CHARS && rest.length === 0
      ? (text) => ok(change(text, count))
      : undefined;

const ofNumber =
  (change: (text: string) => string): Kind['make'] =>
  (args) =>
    args.length > 0
      ? undefined
      : (text) => {
          const number = parseDecimal(text);
          return number === undefined ? fail(`${quoted(text)} is not a number`) : ok(change(number));
        };

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

const KINDS: Readonly<Record<string, Kind>> = {
  trim: { form: 'trim', make: always((text) => text.trim()) },
  upper: { form: 'upper', make: always((text) => text.toUpperCase()) },
  lower: { form: 'lower', make: always((text) => text.toLowerCase()) },
  digits: { form: 'digits', make: always((text) => text.replaceAll(/[^0-9]/g, '')) },
  spaces: { form: 'spaces', make: always((text) => text.replaceAll(/\s+/g, ' ')) },
  left: { form: 'left(10)', make: counted(firstChars) },
  right: { form: 'right(10)', make: counted(lastChars) },
  padLeft: {
    form: 'padLeft(8,"0")',
    make: ([count, filler, ...rest]) => {
      const char = String(filler ?? '');
      return typeof count === 'number' &&
        count >= 1 &&
        count <= MOST_CHARS &&
        char.length === 1 &&
        rest.length === 0
        ? (text) => ok(text.padStart(count, char))
        : undefined;
    },
  },
  replace: {
    form: 'replace("a","b")',
    make: ([from, to, ...rest]) =>
      typeof from === 'string' && from !== '' && typeof to === 'string' && rest.length === 0
        ? (text) => {
            const made = text.split(from).join(to);
            return made.length <= MOST_CHARS || made.length <= text.length
              ? ok(made)
              : fail(`the text would grow to ${made.length} characters`);
          }
        : undefined,
  },
  negate: {
    form: 'negate',
    make: ofNumber((number) =>
      number.startsWith('-') ? number.slice(1) : /[1-9]/.test(number) ? `-${number}` : number,
    ),
  },
  absolute: { form: 'absolute', make: ofNumber((number) => number.replace('-', '')) },
  date: { form: 'date("dd.MM.yyyy")', make: (args) => dateReader(args, false) },
  datetime: { form: 'datetime("dd.MM.yyyy HH:mm:ss")', make: (args) => dateReader(args, true) },
  decimalComma: {
    form: 'decimalComma',
    make: (args) => (args.length === 0 ? decimalComma : undefined),
  },
};

export const CONVERTER_NAMES: readonly string[] = Object.keys(KINDS);

const parsed = new Map<string, Converter>();

/** Reads `trim`, `left(10)`, `replace("a","b")`. What is read once is kept: a mapping holds few of them. */
export function parseConverter(text: string): Result<Converter, ConverterProblem> {
  const known = parsed.get(text);
  if (known !== undefined) return ok(known);
  const call = /^\s*([A-Za-z]\w*)\s*(?:\((.*)\))?\s*$/s.exec(text);
  const name = call?.[1] ?? '';
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) {
    const near = nearestName(name, CONVERTER_NAMES);
    return fail({
      message: `there is no converter ${quoted(name === '' ? text : name)}`,
      hint: near === undefined ? `use one of ${CONVERTER_NAMES.join(', ')}` : `did you mean ${near}?`,
    });
  }
  const args = argumentsOf(call?.[2] ?? '');
  const converter = args === undefined ? undefined : kind.make(args);
  if (converter === undefined)
    return fail({ message: `${quoted(text)} is not how ${name} is written`, hint: `write ${kind.form}` });
  if (parsed.size < 1000) parsed.set(text, converter);
  return ok(converter);
}

/** Numbers, and texts in quotes; undefined when it is something else. */
function argumentsOf(text: string): readonly Argument[] | undefined {
  if (text.trim() === '') return [];
  const args: Argument[] = [];
  const part = /\s*(?:(\d{1,5})|"((?:[^"\\]|\\.)*)")\s*(,|$)/sy;
  for (;;) {
    const found = part.exec(text);
    if (found === null) return undefined;
    const [, number, quotedText, end] = found;
    try {
      args.push(number === undefined ? (JSON.parse(`"${quotedText ?? ''}"`) as string) : Number(number));
    } catch {
      return undefined;
    }
    if (end === '') return args;
  }
}

/** Applies converters in their order. Pure. */
export function applyConverters(converters: readonly string[], text: string): Result<string, string> {
  let made = text;
  for (const one of converters) {
    if (made === '') return ok('');
    const converter = parseConverter(one);
    if (!converter.ok) throw new Error(`the mapping holds the unknown converter ${one}`);
    const next = converter.value(made);
    if (!next.ok) return fail(`${next.failure} (${one})`);
    made = next.value;
  }
  return ok(made);
}

/** `1.234,50` to `1234.50`. A point before three last digits may be either, and is refused. */
function decimalComma(text: string): Result<string, string> {
  const bare = text.trim();
  const found = /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+)(?:,(\d+))?$/.exec(bare);
  if (found === null) return fail(`${quoted(text)} is no number with a decimal comma`);
  const [, sign = '', whole = '', fraction] = found;
  if (fraction === undefined && /^\d{1,3}\.\d{3}$/.test(whole))
    return fail(`${quoted(text)} may be thousands or three decimals`);
  const digits = whole.replaceAll(/[. \u00a0\u202f]/g, '');
  return ok(`${sign === '-' ? '-' : ''}${digits}${fraction === undefined ? '' : `.${fraction}`}`);
}

const TOKENS: Readonly<Record<string, string>> = {
  yyyy: String.raw`(?<year>\d{4})`,
  MM: String.raw`(?<month>\d{2})`,
  M: String.raw`(?<month>\d{1,2})`,
  dd: String.raw`(?<day>\d{2})`,
  d: String.raw`(?<day>\d{1,2})`,
  HH: String.raw`(?<hour>\d{2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  mm: String.raw`(?<minute>\d{2})`,
  ss: String.raw`(?<second>\d{2})`,
  SSS: String.raw`(?<milli>\d{3})`,
};
const DAY_PARTS = ['year', 'month', 'day'];
const TIME_PARTS = ['hour', 'minute', 'second', 'milli'];

function dateReader(args: readonly Argument[], withTime: boolean): Converter | undefined {
  const [pattern, ...rest] = args;
  if (typeof pattern !== 'string' || rest.length > 0) return undefined;
  const parts: string[] = [];
  const source = pattern.replaceAll(/([A-Za-z])\1*|[^A-Za-z]/g, (token) => {
    const known = Object.hasOwn(TOKENS, token) ? TOKENS[token] : undefined;
    if (known === undefined) {
      if (/[A-Za-z]/.test(token) && token !== 'T' && token !== 'Z') parts.push('?');
      return token.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
    }
    parts.push(/<(\w+)>/.exec(known)?.[1] ?? '?');
    return known;
  });
  const allowed = withTime ? [...DAY_PARTS, ...TIME_PARTS] : DAY_PARTS;
  const each = new Set(parts);
  const whole =
    each.size === parts.length &&
    DAY_PARTS.every((part) => each.has(part)) &&
    (!withTime || (each.has('hour') && each.has('minute'))) &&
    parts.every((part) => allowed.includes(part));
  if (!whole) return undefined;
  const reader = new RegExp(`^${source}$`);
  return (text) => {
    const found = reader.exec(text.trim())?.groups;
    const of = (part: string, length: number): string => (found?.[part] ?? '').padStart(length, '0');
    const day = `${of('year', 4)}-${of('month', 2)}-${of('day', 2)}`;
    const made = withTime
      ? `${day}T${of('hour', 2)}:${of('minute', 2)}:${of('second', 2)}.${of('milli', 3)}`
      : day;
    const read = found === undefined ? undefined : parseLocalTime(made);
    if (read === undefined) return fail(`${quoted(text)} is no date written as ${pattern}`);
    return ok(withTime ? made : dateText(read));
  };
}
