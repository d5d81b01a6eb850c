import { SqlError } from '../errors.ts';
import type { Type } from '../types/sql-type.ts';
import { convertTo } from './convert-node.ts';
import type { Compiled } from './context.ts';

/** TRY_CAST and TRY_CONVERT: NULL where the conversion fails; a pair of types that never converts is still an error. */
export function softConvert(c: Compiled, type: Type, style: number): Compiled {
  const hard = convertTo(
    { ...c, constant: c.constant?.value === null ? c.constant : undefined },
    type,
    true,
    style,
  ).eval;
  return {
    type,
    nullable: true,
    eval: (e) => {
      try {
        return hard(e);
      } catch (error) {
        if (error instanceof SqlError) return null;
        throw error;
      }
    },
  };
}
