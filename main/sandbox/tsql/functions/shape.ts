import type { SqlValue } from '../face.ts';
import { bindingError } from '../errors.ts';
import type { Expr } from '../parser/ast.ts';
import { convertTo } from '../plan/convert-node.ts';
import type { Binding, Compiled, Env } from '../plan/context.ts';
import { isText, nvarchar, varchar, displayWidth, collationLike } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';

export type NotNull = Exclude<SqlValue, null>;
export type Call = Expr & { k: 'func' };
/** Binds a call with compiled arguments. */
export type Bind = (args: readonly Compiled[], call: Call, binding: Binding) => Compiled;

export function need(call: Call, args: readonly Compiled[], min: number, max = min): void {
  if (args.length < min || args.length > max)
    throw bindingError(
      174,
      `The ${call.name.toLowerCase()} function requires ${min === max ? min : `${min} to ${max}`} argument(s).`,
      15,
    );
}

export function arg(args: readonly Compiled[], i: number): Compiled {
  const c = args[i];
  if (!c) throw bindingError(174, 'The function requires more arguments.', 15);
  return c;
}

/** A function of converted arguments that is NULL when one of them is. */
export function strict(
  args: readonly { c: Compiled; as?: Type | undefined }[],
  type: Type,
  fn: (...values: NotNull[]) => SqlValue,
): Compiled {
  const evals = args.map(({ c, as }) => (as ? convertTo(c, as).eval : c.eval));
  const nullable = args.some(({ c }) => c.nullable);
  const [first, second] = evals;
  if (evals.length === 1 && first) {
    return {
      type,
      nullable,
      eval: (e) => {
        const v = first(e);
        return v === null ? null : fn(v);
      },
    };
  }
  if (evals.length === 2 && first && second) {
    return {
      type,
      nullable,
      eval: (e) => {
        const a = first(e);
        const b = second(e);
        return a === null || b === null ? null : fn(a, b);
      },
    };
  }
  return {
    type,
    nullable,
    eval: (e: Env) => {
      const values: NotNull[] = [];
      for (const f of evals) {
        const v = f(e);
        if (v === null) return null;
        values.push(v);
      }
      return fn(...values);
    },
  };
}

/** A function of the run alone. */
export function ofSystem(type: Type, nullable: boolean, fn: (e: Env) => SqlValue): Compiled {
  return { type, nullable, eval: fn };
}

/** The text type an argument has, or takes when it is none. */
export function asText(c: Compiled): Type {
  if (isText(c.type)) {
    if (c.type.name === 'char') return { ...varchar(c.type.length ?? 1), ...collationLike(c.type) };
    if (c.type.name === 'nchar') return { ...nvarchar(c.type.length ?? 1), ...collationLike(c.type) };
    return c.type;
  }
  if (c.untyped) return nvarchar(1);
  const width = displayWidth(c.type);
  return nvarchar(width);
}
