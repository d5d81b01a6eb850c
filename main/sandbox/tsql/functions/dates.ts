import type { SqlMoment } from '../face.ts';
import { SqlError, bindingError } from '../errors.ts';
import type { Compiled } from '../plan/context.ts';
import {
  DAY_TICKS,
  SECOND_TICKS,
  civil,
  clockOf,
  daysOf,
  fitMoment,
  monthDays,
  monthName,
  shift,
  utcOf,
  weekday,
  weekdayName,
} from '../types/moment.ts';
import { BIGINT, DATE, DATETIME, INT, family, isText, nvarchar, plainText } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { arg, need, ofSystem, strict } from './shape.ts';
import type { Bind, Call } from './shape.ts';

const PARTS: Readonly<Record<string, string>> = {
  year: 'year',
  yy: 'year',
  yyyy: 'year',
  quarter: 'quarter',
  qq: 'quarter',
  q: 'quarter',
  month: 'month',
  mm: 'month',
  m: 'month',
  dayofyear: 'dayofyear',
  dy: 'dayofyear',
  y: 'dayofyear',
  day: 'day',
  dd: 'day',
  d: 'day',
  week: 'week',
  wk: 'week',
  ww: 'week',
  weekday: 'weekday',
  dw: 'weekday',
  w: 'weekday',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  n: 'minute',
  second: 'second',
  ss: 'second',
  s: 'second',
  millisecond: 'millisecond',
  ms: 'millisecond',
  microsecond: 'microsecond',
  mcs: 'microsecond',
  nanosecond: 'nanosecond',
  ns: 'nanosecond',
  iso_week: 'iso_week',
  isowk: 'iso_week',
  isoww: 'iso_week',
  tzoffset: 'tzoffset',
  tz: 'tzoffset',
};
const UNIT_TICKS: Readonly<Record<string, number>> = {
  hour: 3600 * SECOND_TICKS,
  minute: 60 * SECOND_TICKS,
  second: SECOND_TICKS,
  millisecond: 10_000,
  microsecond: 10,
  nanosecond: 0.01,
};

function partOf(call: Call): string {
  const word = call.args[0];
  const part =
    word?.k === 'col' && word.parts.length === 1 ? PARTS[(word.parts[0] ?? '').toLowerCase()] : undefined;
  if (!part)
    throw bindingError(
      155,
      `'${word?.k === 'col' ? word.parts.join('.') : ''}' is not a recognized ${call.name.toLowerCase()} option.`,
      15,
    );
  return part;
}

/** The date type an argument counts as: text is read as the newest type that holds everything. */
function momentType(c: Compiled): Type {
  if (family(c.type) === 'date') return c.type;
  if (isText(c.type))
    return /\d[+-]\d\d:\d\d$/.test(plainText(c.constant?.value ?? ''))
      ? { name: 'datetimeoffset', scale: 7 }
      : { name: 'datetime2', scale: 7 };
  return DATETIME;
}

function addMonths(m: SqlMoment, months: number): SqlMoment {
  const { year, month, day } = civil(m.days);
  const total = year * 12 + month - 1 + months;
  const [y, mo] = [Math.floor(total / 12), (((total % 12) + 12) % 12) + 1];
  if (y < 1 || y > 9999) throw new SqlError(517, 'Adding a value to a date column caused an overflow.');
  return { ...m, days: daysOf(y, mo, Math.min(day, monthDays(y, mo))) };
}

function add(m: SqlMoment, part: string, n: number): SqlMoment {
  switch (part) {
    case 'year':
      return addMonths(m, n * 12);
    case 'quarter':
      return addMonths(m, n * 3);
    case 'month':
      return addMonths(m, n);
    case 'week':
      return { ...m, days: m.days + n * 7 };
    case 'day':
    case 'dayofyear':
    case 'weekday':
      return { ...m, days: m.days + n };
    default: {
      const unit = UNIT_TICKS[part] ?? 0;
      const days = Math.trunc((n * unit) / DAY_TICKS);
      return shift({ ...m, days: m.days + days }, Math.round(n * unit - days * DAY_TICKS));
    }
  }
}

/** Counts the boundaries between two moments. */
function difference(part: string, a: SqlMoment, b: SqlMoment): bigint {
  const [x, y] = [utcOf(a), utcOf(b)];
  const [cx, cy] = [civil(x.days), civil(y.days)];
  switch (part) {
    case 'year':
      return BigInt(cy.year - cx.year);
    case 'quarter':
      return BigInt(
        (cy.year - cx.year) * 4 + Math.floor((cy.month - 1) / 3) - Math.floor((cx.month - 1) / 3),
      );
    case 'month':
      return BigInt((cy.year - cx.year) * 12 + cy.month - cx.month);
    case 'week':
      return BigInt(Math.floor((y.days + 1) / 7) - Math.floor((x.days + 1) / 7));
    case 'day':
    case 'dayofyear':
    case 'weekday':
      return BigInt(y.days - x.days);
    case 'nanosecond':
      return (BigInt(y.days - x.days) * BigInt(DAY_TICKS) + BigInt(y.ticks - x.ticks)) * 100n;
    default: {
      const unit = UNIT_TICKS[part] ?? 1;
      const perDay = BigInt(DAY_TICKS / unit);
      return (
        BigInt(y.days - x.days) * perDay + BigInt(Math.floor(y.ticks / unit) - Math.floor(x.ticks / unit))
      );
    }
  }
}

function isoWeek(days: number): number {
  const day = (weekday(days) + 6) % 7;
  const thursday = days - day + 3;
  const { year } = civil(thursday);
  return Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1;
}

function read(m: SqlMoment, part: string): number {
  const { year, month, day } = civil(m.days);
  const { hour, minute, second, below } = clockOf(m);
  switch (part) {
    case 'year':
      return year;
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1;
    case 'month':
      return month;
    case 'day':
      return day;
    case 'dayofyear':
      return m.days - daysOf(year, 1, 1) + 1;
    case 'week':
      return Math.floor((m.days - daysOf(year, 1, 1) + weekday(daysOf(year, 1, 1))) / 7) + 1;
    case 'iso_week':
      return isoWeek(m.days);
    case 'weekday':
      return weekday(m.days) + 1;
    case 'hour':
      return hour;
    case 'minute':
      return minute;
    case 'second':
      return second;
    case 'millisecond':
      return Math.floor(below / 10_000);
    case 'microsecond':
      return Math.floor(below / 10);
    case 'nanosecond':
      return below * 100;
    default:
      return m.offset ?? 0;
  }
}

const datePart =
  (part: string): Bind =>
  (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    return strict([{ c, as: momentType(c) }], INT, (m) => read(m as SqlMoment, part));
  };

const now =
  (type: Type): Bind =>
  (args, call) => {
    need(call, args, 0);
    return ofSystem(type, false, (e) =>
      fitMoment(
        type.name === 'datetimeoffset' ? { ...e.run.system.now(), offset: 0 } : e.run.system.now(),
        type,
      ),
    );
  };

const diff =
  (type: Type): Bind =>
  (args, call) => {
    need(call, args, 2);
    const part = partOf(call);
    const [a, b] = [arg(args, 0), arg(args, 1)];
    return strict(
      [
        { c: a, as: momentType(a) },
        { c: b, as: momentType(b) },
      ],
      type,
      (x, y) => {
        const n = difference(part, x as SqlMoment, y as SqlMoment);
        if (type === BIGINT) return n;
        if (n > 2147483647n || n < -2147483648n)
          throw new SqlError(
            535,
            'The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large.',
          );
        return Number(n);
      },
    );
  };

const fromParts =
  (type: Type, build: (n: readonly number[]) => SqlMoment): Bind =>
  (args) =>
    strict(
      args.map((c) => ({ c, as: INT })),
      type,
      (...values) => {
        const n = values.map(Number);
        const [year = 1, month = 1, day = 1] = n;
        if (
          type.name !== 'time' &&
          (month < 1 || month > 12 || year < 1 || year > 9999 || day < 1 || day > monthDays(year, month))
        ) {
          throw new SqlError(
            289,
            'Cannot construct data type, some of the arguments have values which are not valid.',
          );
        }
        return fitMoment(build(n), type);
      },
    );

export const DATE_FUNCTIONS: Readonly<Record<string, Bind>> = {
  SYSUTCDATETIME: now({ name: 'datetime2', scale: 7 }),
  SYSDATETIME: now({ name: 'datetime2', scale: 7 }),
  SYSDATETIMEOFFSET: now({ name: 'datetimeoffset', scale: 7 }),
  GETDATE: now(DATETIME),
  GETUTCDATE: now(DATETIME),
  CURRENT_TIMESTAMP: now(DATETIME),
  DATEADD: (args, call) => {
    need(call, args, 2);
    const part = partOf(call);
    const c = arg(args, 1);
    const type: Type = isText(c.type) ? DATETIME : family(c.type) === 'date' ? c.type : DATETIME;
    if (type.name === 'date' && UNIT_TICKS[part] !== undefined)
      throw bindingError(
        9810,
        `The datepart ${part} is not supported by date function dateadd for data type date.`,
      );
    return strict(
      [
        { c: arg(args, 0), as: INT },
        { c, as: type },
      ],
      type,
      (n, m) => {
        const moved = add(m as SqlMoment, part, n as number);
        try {
          return fitMoment(moved, type);
        } catch (error) {
          if (error instanceof SqlError)
            throw new SqlError(517, `Adding a value to a '${type.name}' column caused an overflow.`);
          throw error;
        }
      },
    );
  },
  DATEDIFF: diff(INT),
  DATEDIFF_BIG: diff(BIGINT),
  DATEPART: (args, call) => {
    need(call, args, 1);
    const part = partOf(call);
    const c = arg(args, 0);
    return strict([{ c, as: momentType(c) }], INT, (m) => read(m as SqlMoment, part));
  },
  DATENAME: (args, call) => {
    need(call, args, 1);
    const part = partOf(call);
    const c = arg(args, 0);
    return strict([{ c, as: momentType(c) }], nvarchar(30), (m) => {
      const moment = m as SqlMoment;
      if (part === 'month') return monthName(civil(moment.days).month);
      if (part === 'weekday') return weekdayName(moment.days);
      return String(read(moment, part));
    });
  },
  YEAR: datePart('year'),
  MONTH: datePart('month'),
  DAY: datePart('day'),
  EOMONTH: (args, call) => {
    need(call, args, 1, 2);
    const c = arg(args, 0);
    const months = args[1];
    return strict(
      [{ c, as: momentType(c) }, ...(months ? [{ c: months, as: INT }] : [])],
      DATE,
      (m, n = 0) => {
        const { year, month } = civil(addMonths(m as SqlMoment, n as number).days);
        return { days: daysOf(year, month, monthDays(year, month)), ticks: 0 };
      },
    );
  },
  DATEFROMPARTS: fromParts(DATE, ([y = 1, m = 1, d = 1]) => ({ days: daysOf(y, m, d), ticks: 0 })),
  DATETIMEFROMPARTS: fromParts(DATETIME, ([y = 1, mo = 1, d = 1, h = 0, mi = 0, s = 0, ms = 0]) => ({
    days: daysOf(y, mo, d),
    ticks: ((h * 60 + mi) * 60 + s) * SECOND_TICKS + ms * 10_000,
  })),
  SWITCHOFFSET: (args, call) => {
    need(call, args, 2);
    const type: Type =
      arg(args, 0).type.name === 'datetimeoffset' ? arg(args, 0).type : { name: 'datetimeoffset', scale: 7 };
    return strict(
      [
        { c: arg(args, 0), as: type },
        { c: arg(args, 1), as: isText(arg(args, 1).type) ? nvarchar(10) : INT },
      ],
      type,
      (m, zone) => withOffset(utcOf(m as SqlMoment), offsetOf(zone)),
    );
  },
  TODATETIMEOFFSET: (args, call) => {
    need(call, args, 2);
    const c = arg(args, 0);
    const scale = c.type.name === 'datetime2' ? c.type.scale : c.type.name === 'datetime' ? 3 : 7;
    const type: Type = { name: 'datetimeoffset', scale };
    return strict(
      [
        { c, as: momentType(c) },
        { c: arg(args, 1), as: isText(arg(args, 1).type) ? nvarchar(10) : INT },
      ],
      type,
      (m, zone) => ({ days: (m as SqlMoment).days, ticks: (m as SqlMoment).ticks, offset: offsetOf(zone) }),
    );
  },
  ISDATE: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    const read2 = strict([{ c, as: DATETIME }], INT, () => 1);
    return {
      type: INT,
      nullable: false,
      eval: (e) => {
        try {
          return read2.eval(e) ?? 0;
        } catch (error) {
          if (error instanceof SqlError) return 0;
          throw error;
        }
      },
    };
  },
};

function offsetOf(zone: unknown): number {
  if (typeof zone === 'number') return zone;
  const m = /^([+-])(\d{1,2}):(\d{2})$/.exec(String(zone));
  if (!m) throw new SqlError(9812, 'The timezone provided to builtin function is invalid.');
  return (Number(m[2]) * 60 + Number(m[3])) * (m[1] === '-' ? -1 : 1);
}

function withOffset(utc: SqlMoment, offset: number): SqlMoment {
  const local = shift({ days: utc.days, ticks: utc.ticks }, offset * 60 * SECOND_TICKS);
  return { ...local, offset };
}
