import { SqlError, bindingError } from '../errors.ts';
import type { Compiled } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { branchType } from '../plan/branch.ts';
import { compareNode } from '../plan/compare-node.ts';
import { toInteger } from '../types/convert-numbers.ts';
import { fit, overflow, power10, rescale, scaleOfText, unscaled } from '../types/decimal.ts';
import { FLOAT, INT, decimal, family, isMoney, isText, precisionOf, scaleOf } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { arg, need, strict } from './shape.ts';
import type { Bind, NotNull } from './shape.ts';

/** Numbers keep their type; text becomes a float. */
function numeric(c: Compiled): Type {
  if (c.untyped || c.type.name === 'bit' || c.type.name === 'tinyint' || c.type.name === 'smallint')
    return INT;
  return isText(c.type) ? FLOAT : c.type;
}

function roundText(value: string, digits: number, cut: boolean): bigint {
  const scale = scaleOfText(value);
  const n = unscaled(value);
  if (digits >= scale) return n;
  return rescale(rescale(n, scale, Math.max(digits, 0), cut), Math.max(digits, 0), scale) === 0n &&
    digits >= 0
    ? 0n
    : roundAt(n, scale - digits, cut);
}

function roundAt(n: bigint, drop: number, cut: boolean): bigint {
  const unit = power10(drop);
  const negative = n < 0n;
  const abs = negative ? -n : n;
  const rounded = ((abs + (cut ? 0n : unit / 2n)) / unit) * unit;
  return negative ? -rounded : rounded;
}

const whole =
  (up: boolean): Bind =>
  (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    const from = numeric(c);
    if (family(from) === 'decimal') {
      const type: Type = isMoney(from) ? from : decimal(precisionOf(from), 0);
      return strict([{ c, as: from }], type, (v) => {
        const s = scaleOfText(v as string);
        const n = unscaled(v as string);
        let q = rescale(n, s, 0, true);
        const exact = q * power10(s) === n;
        if (!exact && up && n > 0n) q += 1n;
        if (!exact && !up && n < 0n) q -= 1n;
        return fit(isMoney(from) ? q * 10000n : q, type);
      });
    }
    return strict([{ c, as: from }], from, (v) =>
      typeof v === 'number' ? (up ? Math.ceil(v) : Math.floor(v)) : v,
    );
  };

const onFloat =
  (fn: (n: number) => number): Bind =>
  (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: FLOAT }], FLOAT, (n) => {
      const result = fn(n as number);
      if (Number.isNaN(result)) throw new SqlError(3623, 'An invalid floating point operation occurred.');
      return result;
    });
  };

export const NUMBER_FUNCTIONS: Readonly<Record<string, Bind>> = {
  ABS: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    const type = numeric(c);
    return strict([{ c, as: type }], type, (v: NotNull) => {
      if (typeof v === 'string') return v.startsWith('-') ? v.slice(1) : v;
      if (typeof v === 'bigint') return toInteger(v < 0n ? -v : v, type);
      return family(type) === 'int' ? toInteger(Math.abs(v as number), type) : Math.abs(v as number);
    });
  },
  SIGN: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    const type = numeric(c);
    return strict([{ c, as: type }], type, (v: NotNull) => {
      if (typeof v === 'string') {
        const n = unscaled(v);
        return fit(rescale(n > 0n ? 1n : n < 0n ? -1n : 0n, 0, scaleOf(type)), type);
      }
      if (typeof v === 'bigint') return v > 0n ? 1n : v < 0n ? -1n : 0n;
      return Math.sign(v as number);
    });
  },
  ROUND: (args, call) => {
    need(call, args, 2, 3);
    const c = arg(args, 0);
    const type = numeric(c);
    const flag = args[2];
    return strict(
      [{ c, as: type }, { c: arg(args, 1), as: INT }, ...(flag ? [{ c: flag, as: INT }] : [])],
      type,
      (v: NotNull, digits, cutFlag = 0) => {
        const cut = cutFlag !== 0;
        const d = digits as number;
        if (typeof v === 'string') {
          const scaled = roundText(v, d, cut);
          return fit(rescale(scaled, scaleOfText(v), scaleOf(type)), type);
        }
        if (family(type) === 'int') {
          if (d >= 0) return v;
          return toInteger(roundAt(BigInt(v as number), -d, cut), type);
        }
        const unit = 10 ** d;
        const x = (v as number) * unit;
        const r = cut ? Math.trunc(x) : Math.sign(x) * Math.round(Math.abs(Number(x.toPrecision(15))));
        return r / unit;
      },
    );
  },
  FLOOR: whole(false),
  CEILING: whole(true),
  SQRT: onFloat(Math.sqrt),
  SQUARE: onFloat((n) => n * n),
  EXP: onFloat(Math.exp),
  LOG10: onFloat(Math.log10),
  SIN: onFloat(Math.sin),
  COS: onFloat(Math.cos),
  LOG: (args, call) => {
    need(call, args, 1, 2);
    return strict(
      args.map((c) => ({ c, as: FLOAT })),
      FLOAT,
      (n, base) =>
        base === undefined ? Math.log(n as number) : Math.log(n as number) / Math.log(base as number),
    );
  },
  POWER: (args, call) => {
    need(call, args, 2);
    const c = arg(args, 0);
    const type = numeric(c);
    const result = strict(
      [
        { c, as: FLOAT },
        { c: arg(args, 1), as: FLOAT },
      ],
      FLOAT,
      (x, y) => {
        const r = (x as number) ** (y as number);
        if (!Number.isFinite(r)) throw overflow(type);
        return r;
      },
    );
    const converted = convertTo(result, type, true);
    return family(type) === 'int'
      ? {
          ...converted,
          eval: (e) => {
            try {
              return converted.eval(e);
            } catch (error) {
              if (error instanceof SqlError && error.number === 232) throw overflow(type);
              throw error;
            }
          },
        }
      : converted;
  },
  PI: (args, call) => {
    need(call, args, 0);
    return { type: FLOAT, nullable: false, eval: () => Math.PI };
  },
  RAND: (args, call) => {
    need(call, args, 0, 1);
    return { type: FLOAT, nullable: false, eval: (e) => e.run.system.random() };
  },
  ISNULL: (args, call) => {
    need(call, args, 2);
    const [a, b] = [arg(args, 0), arg(args, 1)];
    const type = a.untyped ? b.type : a.type;
    const [x, y] = [convertTo(a, type).eval, convertTo(b, type).eval];
    return { type, nullable: a.nullable && b.nullable, eval: (e) => x(e) ?? y(e) };
  },
  COALESCE: (args) => {
    if (args.every((c) => c.untyped))
      throw bindingError(
        4127,
        'At least one of the arguments to COALESCE must be an expression that is not the NULL constant.',
      );
    const type = branchType(args);
    const evals = args.map((c) => convertTo(c, type).eval);
    return {
      type,
      nullable: args.every((c) => c.nullable),
      eval: (e) => {
        for (const f of evals) {
          const v = f(e);
          if (v !== null) return v;
        }
        return null;
      },
    };
  },
  NULLIF: (args, call) => {
    need(call, args, 2);
    const [a, b] = [arg(args, 0), arg(args, 1)];
    if (a.untyped)
      throw bindingError(
        4151,
        'The type of the first argument to NULLIF cannot be the NULL constant because the type of the first argument has to be known.',
      );
    const same = compareNode('=', a, b);
    return { type: a.type, nullable: true, eval: (e) => (same(e) === true ? null : a.eval(e)) };
  },
  CHOOSE: (args) => {
    const [index, ...rest] = args;
    if (!index) throw bindingError(174, 'The choose function requires arguments.', 15);
    const type = branchType(rest);
    const at = convertTo(index, INT).eval;
    const evals = rest.map((c) => convertTo(c, type).eval);
    return { type, nullable: true, eval: (e) => evals[((at(e) as number | null) ?? 0) - 1]?.(e) ?? null };
  },
};
