import type { SqlMoment } from '../face.ts';
import { SqlError } from '../errors.ts';
import { typeText } from './sql-type.ts';
import type { Type } from './sql-type.ts';

export const DAY_TICKS = 864_000_000_000;
export const SECOND_TICKS = 10_000_000;
/** 1900-01-01, the zero of `datetime`. */
export const EPOCH_1900 = 693595;
/** 1970-01-01. */
export const EPOCH_1970 = 719162;
const LAST_DAY = 3652058;
const FIRST_DATETIME = 639905;

/** Days since 0001-01-01 in the proleptic Gregorian calendar. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 306
  );
}

export function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 306;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  };
}

export function monthDays(year: number, month: number): number {
  return daysOf(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysOf(year, month, 1);
}

export function fromUnix(ms: number): SqlMoment {
  const days = Math.floor(ms / 86_400_000);
  return { days: days + EPOCH_1970, ticks: Math.round((ms - days * 86_400_000) * 10_000) };
}

export function utcOf(m: SqlMoment): SqlMoment {
  return m.offset ? shift(m, -m.offset * 60 * SECOND_TICKS) : m;
}

/** Moves by ticks, keeping the offset. */
export function shift(m: SqlMoment, ticks: number): SqlMoment {
  let t = m.ticks + ticks;
  let days = m.days;
  if (t < 0 || t >= DAY_TICKS) {
    const over = Math.floor(t / DAY_TICKS);
    days += over;
    t -= over * DAY_TICKS;
  }
  return m.offset === undefined ? { days, ticks: t } : { days, ticks: t, offset: m.offset };
}

export function compareMoments(a: SqlMoment, b: SqlMoment): number {
  const x = utcOf(a);
  const y = utcOf(b);
  return x.days - y.days || x.ticks - y.ticks;
}

/** Fits a moment into a date or time type: cuts parts, rounds to its precision, checks its range. */
export function fitMoment(m: SqlMoment, type: Type): SqlMoment {
  let out: SqlMoment = m;
  switch (type.name) {
    case 'date':
      out = { days: m.days, ticks: 0 };
      break;
    case 'time': {
      const t = roundTicks(m.ticks, type.scale ?? 7);
      // Rounding up at midnight would be the next day; a time stays below it.
      return { days: 0, ticks: t >= DAY_TICKS ? 0 : t };
    }
    case 'datetime': {
      const thirds = Math.round((m.ticks * 300) / SECOND_TICKS);
      out = shift({ days: m.days, ticks: 0 }, Math.round((thirds * 10) / 3) * 10_000);
      break;
    }
    case 'smalldatetime': {
      const seconds = Math.floor(m.ticks / 10_000) / 1000;
      const minutes = Math.floor((seconds + 30.001) / 60);
      out = shift({ days: m.days, ticks: 0 }, minutes * 60 * SECOND_TICKS);
      break;
    }
    case 'datetimeoffset': {
      const t = roundTicks(m.ticks, type.scale ?? 7);
      out = shift({ days: m.days, ticks: 0, offset: m.offset ?? 0 }, t);
      break;
    }
    default:
      out = shift({ days: m.days, ticks: 0 }, roundTicks(m.ticks, type.scale ?? 7));
  }
  const first = type.name === 'datetime' ? FIRST_DATETIME : type.name === 'smalldatetime' ? EPOCH_1900 : 0;
  const last = type.name === 'smalldatetime' ? 759130 : LAST_DAY;
  if (out.days < first || out.days > last) throw outOfRange(type);
  return out;
}

function roundTicks(ticks: number, scale: number): number {
  const unit = 10 ** (7 - scale);
  return unit === 1 ? ticks : Math.round(ticks / unit) * unit;
}

export function outOfRange(type: Type): SqlError {
  return new SqlError(
    242,
    `The conversion to a ${typeText(type)} data type resulted in an out-of-range value.`,
    16,
    'rollback',
  );
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const monthName = (month: number): string => MONTHS[month - 1] ?? '';
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** 0 is Sunday. */
export const weekday = (days: number): number => (days + 1) % 7;
export const weekdayName = (days: number): string => WEEKDAYS[weekday(days)] ?? '';

const TIME = String.raw`(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?\s*([AaPp][Mm])?`;
const ZONE = String.raw`\s*(Z|[+-]\d{1,2}:\d{2})?`;
const FORMS: readonly { pattern: RegExp; order: 'ymd' | 'mdy' | 'none' }[] = [
  { pattern: new RegExp(String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]\s*${TIME}${ZONE})?$`), order: 'ymd' },
  { pattern: new RegExp(String.raw`^(\d{4})(\d{2})(\d{2})(?:\s+${TIME}${ZONE})?$`), order: 'ymd' },
  {
    pattern: new RegExp(String.raw`^(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:\s+${TIME}${ZONE})?$`),
    order: 'ymd',
  },
  {
    pattern: new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\s+${TIME}${ZONE})?$`),
    order: 'mdy',
  },
];
const TIME_ONLY = new RegExp(`^${TIME}${ZONE}$`);
const NAMED = new RegExp(String.raw`^([A-Za-z]{3,9})\s+(\d{1,2}),?\s+(\d{4})(?:\s+${TIME})?$`);
const NAMED_DAY_FIRST = new RegExp(String.raw`^(\d{1,2})\s+([A-Za-z]{3,9}),?\s+(\d{4})(?:\s+${TIME})?$`);

/** Reads a date or time from text. Not a date at all is 241; a date outside the calendar is 242 for the older types. */
export function parseMoment(text: string, type: Type): SqlMoment {
  const s = text.trim();
  const older = type.name === 'datetime' || type.name === 'smalldatetime';
  const bad = (): SqlError =>
    new SqlError(
      241,
      'Conversion failed when converting date and/or time from character string.',
      16,
      'rollback',
    );
  if (s === '') return fitMoment({ days: EPOCH_1900, ticks: 0 }, type);
  for (const form of FORMS) {
    const m = form.pattern.exec(s);
    if (!m) continue;
    const [year, month, day] = form.order === 'ymd' ? [m[1], m[2], m[3]] : [m[3], m[1], m[2]];
    return build(Number(year), Number(month), Number(day), m.slice(4), type, bad, older);
  }
  const named = NAMED.exec(s) ?? dayFirst(NAMED_DAY_FIRST.exec(s));
  if (named) {
    const month =
      MONTHS.findIndex((name) => name.toLowerCase().startsWith((named[1] ?? '').toLowerCase())) + 1;
    if (month === 0) throw bad();
    return build(Number(named[3]), month, Number(named[2]), named.slice(4), type, bad, older);
  }
  const time = TIME_ONLY.exec(s);
  if (time) {
    const { year, month, day } = civil(EPOCH_1900);
    return build(year, month, day, time.slice(1), type, bad, older);
  }
  throw bad();
}

function dayFirst(m: RegExpExecArray | null): (string | undefined)[] | undefined {
  return m ? [m[0], m[2], m[1], ...m.slice(3)] : undefined;
}

function build(
  year: number,
  month: number,
  day: number,
  time: readonly (string | undefined)[],
  type: Type,
  bad: () => SqlError,
  older: boolean,
): SqlMoment {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month))
    throw older ? outOfRange(type) : bad();
  const [hourText, minuteText, secondText, fraction = '', half, zone] = time;
  let hour = Number(hourText ?? 0);
  const minute = Number(minuteText ?? 0);
  const second = Number(secondText ?? 0);
  if (half) {
    if (hour < 1 || hour > 12) throw bad();
    hour = (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) throw older ? outOfRange(type) : bad();
  if (older && fraction.length > 3) throw bad();
  const rounded = Math.round(Number(`0.${fraction || '0'}`) * SECOND_TICKS);
  let m: SqlMoment = { days: daysOf(year, month, day), ticks: 0 };
  let offset = 0;
  if (zone && zone !== 'Z') {
    const [h = '0', min = '0'] = zone.slice(1).split(':');
    offset = (Number(h) * 60 + Number(min)) * (zone.startsWith('-') ? -1 : 1);
    if (Math.abs(offset) > 840) throw bad();
  }
  if (type.name === 'datetimeoffset') m = { ...m, offset };
  else if (zone && older && zone !== 'Z') throw bad();
  return fitMoment(shift(m, (hour * 3600 + minute * 60 + second) * SECOND_TICKS + rounded), type);
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Hours, minutes, seconds and the ticks below. */
export function clockOf(m: SqlMoment): { hour: number; minute: number; second: number; below: number } {
  const seconds = Math.floor(m.ticks / SECOND_TICKS);
  return {
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    below: m.ticks - seconds * SECOND_TICKS,
  };
}

/** A moment as text in one of the CONVERT styles. */
export function formatMoment(m: SqlMoment, type: Type, style: number): string {
  const { year, month, day } = civil(m.days);
  const { hour, minute, second, below } = clockOf(m);
  const digits =
    type.name === 'datetime'
      ? 3
      : type.name === 'smalldatetime' || type.name === 'date'
        ? 0
        : (type.scale ?? 7);
  const newer = type.name !== 'datetime' && type.name !== 'smalldatetime';
  const fraction = digits ? `.${String(below).padStart(7, '0').slice(0, digits)}` : '';
  const ymd = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const hms = `${two(hour)}:${two(minute)}:${two(second)}`;
  const zone =
    m.offset === undefined
      ? ''
      : `${m.offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(m.offset) / 60))}:${two(Math.abs(m.offset) % 60)}`;
  const spaced = zone ? ` ${zone}` : '';
  const only = (date: string, time: string, between = ' '): string =>
    type.name === 'date' ? date : type.name === 'time' ? time : `${date}${between}${time}`;
  const twelve = `${String(hour % 12 || 12).padStart(2, ' ')}:${two(minute)}`;
  const half = hour < 12 ? 'AM' : 'PM';
  const short = monthName(month).slice(0, 3);
  switch (style) {
    case 0:
    case 100:
      if (newer && style === 0) return `${only(ymd, hms + fraction)}${spaced}`;
      return only(`${short} ${String(day).padStart(2, ' ')} ${year}`, `${twelve}${half}`);
    case 20:
    case 120:
      return `${only(ymd, hms)}${spaced}`;
    case 21:
    case 25:
    case 121:
      return `${only(ymd, hms + (type.name === 'smalldatetime' ? '.000' : fraction))}${spaced}`;
    case 126:
      return `${only(ymd, hms + (!newer && below === 0 ? '' : fraction), 'T')}${zone}`;
    case 127:
      return `${only(ymd, hms + (!newer && below === 0 ? '' : fraction), 'T')}${zone ? 'Z' : ''}`;
    case 23:
      return ymd;
    case 112:
      return ymd.replaceAll('-', '');
    case 101:
      return `${two(month)}/${two(day)}/${year}`;
    case 102:
      return ymd.replaceAll('-', '.');
    case 103:
      return `${two(day)}/${two(month)}/${year}`;
    case 104:
      return `${two(day)}.${two(month)}.${year}`;
    case 105:
      return `${two(day)}-${two(month)}-${year}`;
    case 106:
      return `${two(day)} ${short} ${year}`;
    case 107:
      return `${short} ${two(day)}, ${year}`;
    case 110:
      return `${two(month)}-${two(day)}-${year}`;
    case 111:
      return ymd.replaceAll('-', '/');
    case 8:
    case 108:
      return hms;
    case 14:
    case 114:
      return `${hms}${fraction.replace('.', ':')}`;
    case 13:
    case 113:
      return `${two(day)} ${short} ${year} ${hms}${fraction.replace('.', newer ? '.' : ':')}`;
    default:
      throw new SqlError(
        281,
        `${style} is not a valid style number when converting from ${type.name} to a character string.`,
      );
  }
}
