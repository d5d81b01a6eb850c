import { converter } from '../types/convert.ts';
import type { Converter } from '../types/convert.ts';
import type { Type } from '../types/sql-type.ts';
import type { Compiled } from './context.ts';

/** A literal is converted once, while compiling; a failure is left to the moment the value is needed. */
function foldConstant(c: Compiled, convert: Converter, type: Type): Compiled | undefined {
  if (!c.constant) return undefined;
  try {
    const value = convert(c.constant.value);
    return { type, nullable: c.nullable, eval: () => value, constant: { value } };
  } catch {
    return undefined;
  }
}

/** The expression as a value of another type. */
export function convertTo(c: Compiled, type: Type, explicit = false, style = 0): Compiled {
  if (c.untyped || c.constant?.value === null)
    return { type, nullable: true, eval: () => null, constant: { value: null } };
  const convert = converter(c.type, type, explicit, style);
  if (!convert) return c.type === type ? c : { ...c, type, digits: undefined };
  const folded = foldConstant(c, convert, type);
  if (folded) return folded;
  const inner = c.eval;
  return { type, nullable: c.nullable, eval: (e) => convert(inner(e)) };
}
