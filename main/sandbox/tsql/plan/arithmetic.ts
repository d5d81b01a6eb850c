import type { SqlMoment, SqlValue } from '../face.ts';
import { SqlError, bindingError } from '../errors.ts';
import { arithmetic, arithmeticType, divideByZero, overflow } from '../types/decimal.ts';
import { DAY_TICKS, shift } from '../types/moment.ts';
import {
  BIGINT,
  FLOAT,
  INT,
  SMALLINT,
  commonType,
  decimal,
  family,
  isMoney,
  isText,
  isUnicode,
  lengthOf,
  nvarchar,
  typeText,
  varbinary,
  varchar,
  collationLike,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { toInteger } from '../types/convert-numbers.ts';
import { convertTo } from './convert-node.ts';
import type { Compiled } from './context.ts';

type NotNull = Exclude<SqlValue, null>;

function both(l: Compiled, r: Compiled, type: Type, fn: (a: NotNull, b: NotNull) => SqlValue): Compiled {
  const [x, y] = [l.eval, r.eval];
  return {
    type,
    nullable: l.nullable || r.nullable,
    eval: (e) => {
      const a = x(e);
      if (a === null) return null;
      const b = y(e);
      return b === null ? null : fn(a, b);
    },
  };
}

function concatenation(l: Compiled, r: Compiled): Compiled {
  const [a, b] = [lengthOf(l.type), lengthOf(r.type)];
  const length = a === 'max' || b === 'max' ? 'max' : a + b;
  const unicode = isUnicode(l.type) || isUnicode(r.type);
  const capped = length !== 'max' && length > (unicode ? 4000 : 8000) ? (unicode ? 4000 : 8000) : length;
  const base = unicode ? nvarchar(capped) : varchar(capped);
  const type: Type = {
    ...base,
    ...collationLike(l.type.collation || l.type.collated ? l.type : r.type),
  };
  const left = convertTo(l, isUnicode(l.type) === unicode ? l.type : type);
  const right = convertTo(r, isUnicode(r.type) === unicode ? r.type : type);
  return both(left, right, type, (x, y) =>
    capped === 'max' ? (x as string) + (y as string) : ((x as string) + (y as string)).slice(0, capped),
  );
}

function bytes(l: Compiled, r: Compiled): Compiled {
  const [a, b] = [lengthOf(l.type), lengthOf(r.type)];
  const type = varbinary(a === 'max' || b === 'max' ? 'max' : Math.min(8000, a + b));
  return both(l, r, type, (x, y) => {
    const [p, q] = [x as Uint8Array, y as Uint8Array];
    const out = new Uint8Array(p.length + q.length);
    out.set(p);
    out.set(q, p.length);
    return out;
  });
}

function intOperation(op: string, type: Type): (a: NotNull, b: NotNull) => SqlValue {
  if (type.name === 'bigint') {
    return (a, b) => {
      const [x, y] = [a as bigint, b as bigint];
      switch (op) {
        case '+':
          return toInteger(x + y, BIGINT);
        case '-':
          return toInteger(x - y, BIGINT);
        case '*':
          return toInteger(x * y, BIGINT);
        case '&':
          return x & y;
        case '|':
          return x | y;
        case '^':
          return x ^ y;
        default:
          if (y === 0n) throw divideByZero();
          return op === '/' ? toInteger(x / y, BIGINT) : x % y;
      }
    };
  }
  const [low, high] =
    type.name === 'int' ? [-2147483648, 2147483647] : type.name === 'smallint' ? [-32768, 32767] : [0, 255];
  const check = (n: number): number => {
    if (n < low || n > high) throw overflow(type);
    return n;
  };
  return (a, b) => {
    const [x, y] = [a as number, b as number];
    switch (op) {
      case '+':
        return check(x + y);
      case '-':
        return check(x - y);
      case '*':
        return check(x * y);
      case '&':
        return x & y;
      case '|':
        return x | y;
      case '^':
        return x ^ y;
      default:
        if (y === 0) throw divideByZero();
        // "+ 0" turns a negative zero into zero.
        return op === '/' ? check(Math.trunc(x / y) + 0) : (x % y) + 0;
    }
  };
}

function floatOperation(op: string, type: Type): (a: NotNull, b: NotNull) => SqlValue {
  const fit = (n: number): number => {
    if (!Number.isFinite(n)) throw overflow(type);
    return type.name === 'real' ? Math.fround(n) : n;
  };
  return (a, b) => {
    const [x, y] = [a as number, b as number];
    switch (op) {
      case '+':
        return fit(x + y);
      case '-':
        return fit(x - y);
      case '*':
        return fit(x * y);
      default:
        if (y === 0) throw divideByZero();
        return fit(x / y);
    }
  };
}

function asDecimal(c: Compiled): Type {
  if (c.digits !== undefined) return decimal(c.digits, 0);
  if (isMoney(c.type)) return decimal(c.type.name === 'money' ? 19 : 10, 4);
  if (family(c.type) === 'decimal') return c.type;
  const digits = { tinyint: 3, smallint: 5, int: 10, bigint: 19, bit: 1 }[c.type.name as 'int'] ?? 10;
  return decimal(digits, 0);
}

/** + - * / % & | ^ with SQL Server's result types. */
export function arithmeticNode(op: string, left: Compiled, right: Compiled): Compiled {
  const l = left.untyped && !right.untyped ? { ...left, type: right.type } : left;
  const r = right.untyped && !left.untyped ? { ...right, type: left.type } : right;
  const [fl, fr] = [family(l.type), family(r.type)];
  if (op === '+' && isText(l.type) && isText(r.type)) return concatenation(l, r);
  if (
    op === '+' &&
    ((fl === 'binary' && (fr === 'binary' || fr === 'text')) || (fr === 'binary' && fl === 'text'))
  ) {
    if (fl === 'binary' && fr === 'binary') return bytes(l, r);
  }
  if (fl === 'date' || fr === 'date') return dateArithmetic(op, l, r);
  if (fl === 'guid' || fr === 'guid')
    throw bindingError(
      402,
      `The data types ${typeText(l.type)} and ${typeText(r.type)} are incompatible in the ${op} operator.`,
    );
  if (isText(l.type) && isText(r.type))
    throw bindingError(
      402,
      `The data types ${typeText(l.type)} and ${typeText(r.type)} are incompatible in the ${op} operator.`,
    );
  let common = commonType(l.type, r.type);
  if (family(common) === 'binary') common = INT;
  if (common.name === 'bit') common = ['&', '|', '^'].includes(op) ? common : INT;
  switch (family(common)) {
    case 'int':
      return both(convertTo(l, common), convertTo(r, common), common, intOperation(op, common));
    case 'float':
      return both(convertTo(l, common), convertTo(r, common), common, floatOperation(op, common));
    case 'bit':
      return both(convertTo(l, INT), convertTo(r, INT), common, (a, b) => intOperation(op, INT)(a, b) !== 0);
    case 'decimal': {
      if (isMoney(common)) {
        const fn = arithmetic(op, common);
        return both(convertTo(l, common), convertTo(r, common), common, (a, b) =>
          fn(a as string, b as string),
        );
      }
      const [a, b] = [isText(l.type) ? common : asDecimal(l), isText(r.type) ? common : asDecimal(r)];
      const type = arithmeticType(op, a, b);
      const fn = arithmetic(op, type);
      return both(convertTo(l, a), convertTo(r, b), type, (x, y) => fn(x as string, y as string));
    }
    default:
      throw bindingError(
        402,
        `The data types ${typeText(l.type)} and ${typeText(r.type)} are incompatible in the ${op} operator.`,
      );
  }
}

function dateArithmetic(op: string, l: Compiled, r: Compiled): Compiled {
  const old = (t: Type): boolean => t.name === 'datetime' || t.name === 'smalldatetime';
  const [date, other, swapped] =
    family(l.type) === 'date' && (family(r.type) !== 'date' || old(l.type)) ? [l, r, false] : [r, l, true];
  if (!old(date.type) || (op !== '+' && op !== '-') || (swapped && op === '-')) {
    if (family(l.type) === 'date' && family(r.type) === 'date')
      throw bindingError(8117, `Operand data type ${l.type.name} is invalid for ${op} operator.`);
    throw bindingError(
      206,
      `Operand type clash: ${typeText(other.type)} is incompatible with ${typeText(date.type)}.`,
    );
  }
  const sign = op === '-' ? -1 : 1;
  const days = convertTo(other, FLOAT, true);
  return both(date, days, date.type, (a, b) =>
    shift(a as SqlMoment, Math.round(sign * (b as number) * DAY_TICKS)),
  );
}

export function negateNode(c: Compiled): Compiled {
  const f = family(c.type);
  if (f === 'text') return arithmeticNode('-', { type: INT, nullable: false, eval: () => 0 }, c);
  const type = c.type.name === 'tinyint' ? SMALLINT : c.type.name === 'bit' ? INT : c.type;
  const inner = convertTo(c, type).eval;
  const fn = (v: NotNull): SqlValue => {
    if (typeof v === 'bigint') return toInteger(-v, BIGINT);
    if (typeof v === 'number') return f === 'int' ? toInteger(-v, type) : -v;
    if (typeof v === 'string') return v.startsWith('-') ? v.slice(1) : /^[0.]*$/.test(v) ? v : `-${v}`;
    throw new SqlError(8117, `Operand data type ${typeText(c.type)} is invalid for minus operator.`);
  };
  return {
    type,
    nullable: c.nullable,
    eval: (e) => {
      const v = inner(e);
      return v === null ? null : fn(v);
    },
  };
}
