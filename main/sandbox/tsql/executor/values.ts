import type { SqlValue } from '../face.ts';
import { bindingError } from '../errors.ts';
import type { Expr } from '../parser/ast.ts';
import { arithmeticNode } from '../plan/arithmetic.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, Compiled, Variable } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { plainText } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import type { Interp, Program } from './interp.ts';
import { planned } from './plans.ts';
import type { Frame } from './session.ts';
import { tableEnv } from './table-writer.ts';

/** A value, computed as part of a statement that may read tables. */
export function* evaluate(interp: Interp, frame: Frame, e: Expr): Program<{ value: SqlValue; type: Type }> {
  return yield* interp.atomic(
    frame,
    (w) => {
      const found = compiled(interp, e, frame);
      return { value: found.eval(tableEnv(w.run, [])), type: found.type };
    },
    false,
  );
}

function compiled(interp: Interp, e: Expr, frame: Frame): Compiled {
  return planned(
    e,
    interp.session,
    frame,
    () => interp.binding(frame),
    (b) => b.scalar(e, new Scope(null)),
  );
}

/** Without tables there is nothing to wait for: the usual case of SET, RETURN and arguments. */
export function* assign(interp: Interp, name: string, e: Expr, op: string, frame: Frame): Program<void> {
  const variable = variableNamed(name, frame);
  const compile = (b: Binding): Compiled => {
    const right = b.scalar(e, new Scope(null));
    const value =
      op === '='
        ? right
        : arithmeticNode(op[0] as string, b.scalar({ k: 'var', name, line: 0 }, new Scope(null)), right);
    return convertTo(value, variable.type);
  };
  variable.value = yield* interp.atomic(
    frame,
    (w) => planned(e, interp.session, frame, () => interp.binding(frame), compile).eval(tableEnv(w.run, [])),
    false,
  );
}

export function variableNamed(name: string, frame: Frame): Variable {
  const v = frame.variables.get(name);
  if (!v) throw bindingError(137, `Must declare the scalar variable "${name}".`, 15);
  return v;
}

/** The name of a transaction, written or in a variable. */
export function* nameOf(
  interp: Interp,
  name: Expr | string | undefined,
  frame: Frame,
): Program<string | undefined> {
  if (name === undefined || typeof name === 'string') return name;
  return plainText((yield* interp.evaluate(frame, name)).value ?? '');
}
