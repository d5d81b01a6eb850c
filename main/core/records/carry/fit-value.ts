import { parseDecimal, fitsDecimal, shortestDecimal } from '../../../../shared/model/decimal.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import {
  dateText,
  dateTimeText,
  instantOfLocal,
  localTimeAt,
  parseLocalTime,
} from '../../../../shared/model/time.ts';
import { firstChars } from '../../mapping/converters.ts';
import { canonicalGuid } from '../../mapping/convert.ts';
import type { FieldShape, RecordType } from '../record-store.ts';

export interface FitProblem {
  readonly code: string;
  readonly message: string;
}

export interface Fitted {
  readonly value: string;
  readonly cut: boolean;
}

export interface FitRules {
  /** A text longer than the field: refused, or cut. */
  readonly tooLong: 'refuse' | 'cut';
  /** In which zone a calendar day is a moment, and a moment a day. */
  readonly zone: string;
}

const problem = (code: string, message: string): Result<never, FitProblem> => fail({ code, message });
const plain = (value: string): Result<Fitted, FitProblem> => ok({ value, cut: false });
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** Which types can become which at all. What is not here is refused when the mapping is checked. */
const WAYS: Readonly<Record<RecordType, ReadonlySet<RecordType>>> = {
  text: new Set(['text', 'guid', 'int', 'bigint', 'decimal', 'choice', 'bool']),
  decimal: new Set(['decimal', 'int', 'bigint', 'text']),
  int: new Set(['int', 'bigint', 'decimal', 'text', 'choice', 'bool']),
  bigint: new Set(['bigint', 'int', 'decimal', 'text']),
  bool: new Set(['bool', 'int', 'text']),
  instant: new Set(['instant', 'date', 'text']),
  date: new Set(['date', 'instant', 'text']),
  guid: new Set(['guid', 'text']),
  choice: new Set(['choice', 'int', 'text']),
  choices: new Set(['choices', 'text']),
  reference: new Set(['reference', 'text']),
  binary: new Set(['binary']),
};
export const canBecome = (from: RecordType, to: RecordType): boolean => WAYS[from].has(to);

/** A canonical value of one type as the canonical value of a field, exactly, or why not. Nothing is rounded. Pure. */
export function fitValue(
  value: string,
  from: RecordType,
  to: FieldShape,
  rules: FitRules,
): Result<Fitted, FitProblem> {
  if (!canBecome(from, to.type)) return problem('wrong-type', `${from} cannot become ${to.type}`);
  switch (to.type) {
    case 'text':
      return fitText(value, to, rules);
    case 'decimal':
    case 'int':
    case 'bigint':
      return fitNumber(from === 'bool' ? (value === 'true' ? '1' : '0') : value, to);
    case 'bool':
      return fitBool(value);
    case 'instant':
      return from === 'date' ? startOfDay(value, rules.zone) : fitInstant(value);
    case 'date':
      return from === 'instant' ? dayOf(value, rules.zone) : plain(value);
    case 'guid': {
      const canonical = canonicalGuid(value);
      return canonical === undefined
        ? problem('not-a-guid', `${quoted(value)} is no guid`)
        : plain(canonical);
    }
    case 'choice':
      return to.choices === undefined || to.choices.includes(value)
        ? plain(value)
        : problem(
            'not-a-choice',
            `${quoted(value)} is not one of the ${to.choices.length} values of the list`,
          );
    case 'choices':
    case 'reference':
    case 'binary':
      return plain(value);
  }
}

/** XML 1.0 carries no other control characters. */
// eslint-disable-next-line no-control-regex -- exactly the characters that are refused
const UNCARRIED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;

function fitText(value: string, { length }: FieldShape, rules: FitRules): Result<Fitted, FitProblem> {
  if (UNCARRIED.test(value))
    return problem('control-character', 'the text has a character that cannot be carried');
  if (length === undefined || value.length <= length) return plain(value);
  if (rules.tooLong === 'refuse')
    return problem('too-long', `${value.length} characters, and the field keeps ${length}`);
  return ok({ value: firstChars(value, length), cut: true });
}

const INT = { least: -(2n ** 31n), most: 2n ** 31n - 1n };
const BIGINT = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

function fitNumber(value: string, to: FieldShape): Result<Fitted, FitProblem> {
  const exact = parseDecimal(value);
  if (exact === undefined) return problem('not-a-number', `${quoted(value)} is no number`);
  const short = shortestDecimal(exact);
  if (to.type !== 'decimal') {
    if (short.includes('.')) return problem('does-not-fit', `${quoted(value)} is no whole number`);
    const { least, most } = to.type === 'int' ? INT : BIGINT;
    const whole = BigInt(short);
    if (whole < least || whole > most) return problem('does-not-fit', `${quoted(value)} is out of range`);
  } else if (to.scale !== undefined && !fitsDecimal(exact, to.precision ?? 38, to.scale))
    return problem(
      'does-not-fit',
      `${quoted(value)} does not fit ${to.precision ?? 38} digits, ${to.scale} behind the point`,
    );
  if (to.least !== undefined && below(short, to.least))
    return problem('does-not-fit', `${quoted(value)} is less than ${to.least}`);
  if (to.most !== undefined && below(to.most, short))
    return problem('does-not-fit', `${quoted(value)} is more than ${to.most}`);
  return plain(short);
}

/** Exactly, at any number of digits. */
function below(one: string, other: string): boolean {
  const scaled = (text: string, scale: number): bigint => {
    const [whole = '0', fraction = ''] = text.split('.');
    return BigInt(`${whole}${fraction.padEnd(scale, '0')}`);
  };
  const scale = Math.max(one.split('.')[1]?.length ?? 0, other.split('.')[1]?.length ?? 0);
  return scaled(one, scale) < scaled(other, scale);
}

function fitBool(value: string): Result<Fitted, FitProblem> {
  if (value === 'true' || value === '1') return plain('true');
  if (value === 'false' || value === '0') return plain('false');
  return problem('not-a-boolean', `${quoted(value)} is neither true nor false`);
}

const SECOND = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/;

function fitInstant(value: string): Result<Fitted, FitProblem> {
  const seconds = SECOND.exec(value);
  return seconds === null
    ? problem('not-a-date', `${quoted(value)} is no moment`)
    : plain(`${seconds[1] ?? ''}Z`);
}

function startOfDay(value: string, zone: string): Result<Fitted, FitProblem> {
  const day = parseLocalTime(value);
  if (day === undefined) return problem('not-a-date', `${quoted(value)} is no day`);
  return plain(`${dateTimeText(localTimeAt(instantOfLocal(day, zone), 'UTC')).slice(0, 19)}Z`);
}

function dayOf(value: string, zone: string): Result<Fitted, FitProblem> {
  const moment = parseLocalTime(value.replace(/Z$/, ''));
  if (moment === undefined) return problem('not-a-date', `${quoted(value)} is no moment`);
  return plain(dateText(localTimeAt(instantOfLocal(moment, 'UTC'), zone)));
}
