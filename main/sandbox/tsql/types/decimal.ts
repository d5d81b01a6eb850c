import { SqlError } from '../errors.ts';
import { decimal, isMoney, precisionOf, scaleOf, typeText } from './sql-type.ts';
import type { Type } from './sql-type.ts';

/** Exact decimal arithmetic on text: a value always carries all digits of its scale. */
const POWERS: bigint[] = [];
for (let i = 0, p = 1n; i < 80; i++, p *= 10n) POWERS.push(p);
export function power10(n: number): bigint {
  return POWERS[n] ?? 10n ** BigInt(n);
}

/** All digits of the text as one integer: "1.50" is 150. */
export function unscaled(text: string): bigint {
  const dot = text.indexOf('.');
  return BigInt(dot < 0 ? text : text.slice(0, dot) + text.slice(dot + 1));
}

export function scaleOfText(text: string): number {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}

export function format(value: bigint, scale: number): string {
  if (scale === 0) return value.toString();
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Changes the scale; digits that fall away round half away from zero, or are cut. */
export function rescale(value: bigint, from: number, to: number, cut = false): bigint {
  if (to >= from) return to === from ? value : value * power10(to - from);
  return divideRounded(value, power10(from - to), cut);
}

export function divideRounded(value: bigint, by: bigint, cut = false): bigint {
  const quotient = value / by;
  if (cut) return quotient;
  const rest = value - quotient * by;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < (by < 0n ? -by : by)) return quotient;
  return value < 0n !== by < 0n ? quotient - 1n : quotient + 1n;
}

export function overflow(type: Type): SqlError {
  return new SqlError(
    8115,
    `Arithmetic overflow error converting expression to data type ${typeText(type)}.`,
  );
}

const MONEY_MAX = 9223372036854775807n;
const SMALLMONEY_MAX = 2147483647n;

/** Checks the range and writes the value with the scale of the type. */
export function fit(value: bigint, type: Type): string {
  if (isMoney(type)) {
    const max = type.name === 'money' ? MONEY_MAX : SMALLMONEY_MAX;
    if (value > max || value < -max - 1n) throw overflow(type);
    return format(value, 4);
  }
  const limit = power10(precisionOf(type));
  if (value >= limit || value <= -limit)
    throw overflow(type.name === 'decimal' ? { ...type, name: 'numeric' } : type);
  return format(value, scaleOf(type));
}

export function compareDecimals(a: string, b: string): number {
  if (a === b) return 0;
  const sa = scaleOfText(a);
  const sb = scaleOfText(b);
  const s = Math.max(sa, sb);
  const x = rescale(unscaled(a), sa, s);
  const y = rescale(unscaled(b), sb, s);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The type of a result, by the documented rules for precision and scale. */
export function arithmeticType(op: string, a: Type, b: Type): Type {
  const [p1, s1, p2, s2] = [precisionOf(a), scaleOf(a), precisionOf(b), scaleOf(b)];
  let precision: number;
  let scale: number;
  switch (op) {
    case '*':
      precision = p1 + p2 + 1;
      scale = s1 + s2;
      break;
    case '/':
      scale = Math.max(6, s1 + p2 + 1);
      precision = p1 - s1 + s2 + scale;
      break;
    case '%':
      scale = Math.max(s1, s2);
      precision = Math.min(p1 - s1, p2 - s2) + scale;
      break;
    default:
      scale = Math.max(s1, s2);
      precision = Math.max(p1 - s1, p2 - s2) + scale + 1;
  }
  if (precision > 38) {
    const whole = precision - scale;
    if (op === '*' || op === '/') scale = whole < 32 ? Math.min(scale, 38 - whole) : Math.min(scale, 6);
    else scale = Math.min(scale, Math.max(0, 38 - Math.max(p1 - s1, p2 - s2)));
    precision = 38;
  }
  return decimal(precision, scale);
}

export function divideByZero(): SqlError {
  return new SqlError(8134, 'Divide by zero error encountered.');
}

/** Computes with the operands' own scales and fits the result into its type. */
export function arithmetic(op: string, result: Type): (a: string, b: string) => string {
  const scale = scaleOf(result);
  return (a, b) => {
    const sa = scaleOfText(a);
    const sb = scaleOfText(b);
    const x = unscaled(a);
    const y = unscaled(b);
    switch (op) {
      case '*':
        return fit(rescale(x * y, sa + sb, scale), result);
      case '/': {
        if (y === 0n) throw divideByZero();
        // Digits below the scale of the result are cut, not rounded.
        const shift = scale - sa + sb;
        return fit(shift >= 0 ? (x * power10(shift)) / y : x / (y * power10(-shift)), result);
      }
      case '%': {
        if (y === 0n) throw divideByZero();
        const s = Math.max(sa, sb);
        return fit(rescale(rescale(x, sa, s) % rescale(y, sb, s), s, scale), result);
      }
      default: {
        const s = Math.max(sa, sb);
        const [l, r] = [rescale(x, sa, s), rescale(y, sb, s)];
        return fit(rescale(op === '-' ? l - r : l + r, s, scale), result);
      }
    }
  };
}

/** Exact digits of a float at a scale, half away from zero. */
export function fromFloat(value: number, scale: number): bigint {
  const text = Math.abs(value).toPrecision(17);
  const [mantissa = '0', exponent = '0'] = text.split('e');
  const shift = Number(exponent);
  const s = scaleOfText(mantissa) - shift;
  const digits = unscaled(mantissa);
  // Seventeen digits show binary noise (2.675 is 2.67499..); fifteen are what a decimal of that float means.
  const short = Number(Math.abs(value).toPrecision(15));
  const clean = short.toString();
  const use = clean.includes('e') ? { n: digits, s } : { n: unscaled(clean), s: scaleOfText(clean) };
  const n = use.s < 0 ? use.n * power10(-use.s) : use.n;
  const scaled = rescale(n, Math.max(0, use.s), scale);
  return value < 0 ? -scaled : scaled;
}
