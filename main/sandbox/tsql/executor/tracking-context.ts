import { SqlError } from '../errors.ts';
import type { Expr } from '../parser/ast.ts';
import type { Interp, Program } from './interp.ts';
import type { Frame } from './session.ts';

/** The value of WITH CHANGE_TRACKING_CONTEXT: at most 128 bytes that the tracked changes of a statement carry. */
export function* trackingContext(
  interp: Interp,
  e: Expr | undefined,
  frame: Frame,
): Program<Uint8Array | null> {
  if (!e) return null;
  const { value, type } = yield* interp.evaluate(frame, e);
  const bytes = type.name === 'varbinary' || type.name === 'binary';
  if (value === null && bytes) return null;
  if (!bytes || !(value instanceof Uint8Array) || value.length > 128)
    throw new SqlError(
      22109,
      'The "context" argument for the CHANGE_TRACKING_CONTEXT WITH clause must be of type varbinary data type with a maximum length of 128.',
    );
  return value;
}
