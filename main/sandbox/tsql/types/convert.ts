import { refused, SqlError, bindingError } from '../errors.ts';
import type { SqlValue, SqlMoment } from '../face.ts';
import { toBinary, toGuid } from './convert-binary.ts';
import { toInt, toDecimal, toFloat, toBit } from './convert-numbers.ts';
import type { Convert } from './convert-numbers.ts';
import { toText } from './convert-text.ts';
import { parseMoment, fitMoment, EPOCH_1900, shift, DAY_TICKS } from './moment.ts';
import { family, typeText, sameType, isUnicode, lengthOf } from './sql-type.ts';
import type { Type } from './sql-type.ts';

export type Converter = (value: SqlValue) => SqlValue;

function toDate(from: Type, to: Type): Convert {
  switch (family(from)) {
    case 'text':
      return (v) => parseMoment(v as string, to);
    case 'date':
      if (from.name === 'time')
        return (v) =>
          fitMoment({ days: to.name === 'time' ? 0 : EPOCH_1900, ticks: (v as SqlMoment).ticks }, to);
      if (from.name === 'datetimeoffset' && to.name !== 'datetimeoffset')
        return (v) => fitMoment({ days: (v as SqlMoment).days, ticks: (v as SqlMoment).ticks }, to);
      return (v) => fitMoment(v as SqlMoment, to);
    case 'int':
    case 'bit':
    case 'decimal':
    case 'float':
      return (v) => {
        const n = Number(v as number | string);
        const days = Math.floor(n);
        return fitMoment(
          shift({ days: EPOCH_1900 + days, ticks: 0 }, Math.round((n - days) * DAY_TICKS)),
          to,
        );
      };
    default:
      throw refused(`converting ${from.name} to ${to.name}`);
  }
}

/** Which pairs exist at all, and which only with CAST or CONVERT. */
function checkAllowed(from: Type, to: Type, explicit: boolean): void {
  const f = family(from);
  const t = family(to);
  const never = (): SqlError =>
    explicit
      ? bindingError(
          529,
          `Explicit conversion from data type ${typeText(from)} to ${typeText(to)} is not allowed.`,
        )
      : bindingError(206, `Operand type clash: ${typeText(from)} is incompatible with ${typeText(to)}.`);
  const newer = (type: Type): boolean => ['date', 'time', 'datetime2', 'datetimeoffset'].includes(type.name);
  const numeric = (g: string): boolean => g === 'int' || g === 'decimal' || g === 'float' || g === 'bit';
  if (f === t || f === 'variant' || t === 'variant') {
    if (
      f === 'date' &&
      ((from.name === 'date' && to.name === 'time') || (from.name === 'time' && to.name === 'date'))
    )
      throw never();
    return;
  }
  if (t === 'guid' && (numeric(f) || f === 'date')) throw never();
  if (f === 'guid' && (numeric(t) || t === 'date')) throw never();
  if (t === 'date' && newer(to) && numeric(f)) throw never();
  if (f === 'date' && newer(from) && numeric(t)) throw never();
  if (f === 'binary' && (t === 'float' || (t === 'date' && newer(to)))) throw never();
  if (!explicit) {
    const needsCast =
      (f === 'text' && t === 'binary') || (f === 'date' && numeric(t)) || (f === 'binary' && t === 'date');
    if (needsCast)
      throw bindingError(
        257,
        `Implicit conversion from data type ${typeText(from)} to ${typeText(to)} is not allowed. Use the CONVERT function to run this query.`,
      );
  }
}

/**
 * How a value of one type becomes one of another; undefined when nothing is to be done. Text that is too long is cut,
 * as in CAST and variables; columns check before.
 */
export function converter(from: Type, to: Type, explicit = false, style = 0): Converter | undefined {
  if (sameType(from, to)) return undefined;
  checkAllowed(from, to, explicit);
  const convert = pick(from, to, style);
  return convert && ((v) => (v === null ? null : convert(v)));
}

function pick(from: Type, to: Type, style: number): Convert | undefined {
  switch (family(to)) {
    case 'int':
      return from.name === to.name ? undefined : toInt(from, to);
    case 'decimal':
      return toDecimal(from, to);
    case 'float':
      return from.name === to.name ? undefined : toFloat(from, to);
    case 'bit':
      return toBit(from, to);
    case 'text': {
      if (
        family(from) === 'text' &&
        to.name !== 'char' &&
        to.name !== 'nchar' &&
        (isUnicode(to) || (!isUnicode(from) && from.codePage === to.codePage))
      ) {
        const [have, room] = [lengthOf(from), lengthOf(to)];
        if (room === 'max' || (have !== 'max' && have <= room)) return undefined;
      }
      return toText(from, to, style);
    }
    case 'binary':
      return toBinary(from, to, style);
    case 'guid':
      return toGuid(from);
    case 'date':
      return toDate(from, to);
    case 'variant':
      return undefined;
  }
}
