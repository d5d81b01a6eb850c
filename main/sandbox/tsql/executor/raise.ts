import type { SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import { plainText } from '../types/sql-type.ts';
import type { Interp, Program } from './interp.ts';
import { formatMessage } from './messages.ts';
import type { Frame } from './session.ts';

/** The error a THROW means: a new one, or the one at hand in a CATCH block. */
export function* thrown(interp: Interp, s: Statement & { k: 'throw' }, frame: Frame): Program<SqlError> {
  if (!s.number || !s.message || !s.state) {
    const current = interp.session.errors.at(-1);
    if (!current)
      return new SqlError(
        10704,
        'To rethrow an error, a THROW statement must be used inside a CATCH block.',
        15,
        'batch',
      );
    const again = new SqlError(
      current.number,
      current.message,
      current.severity,
      current.damage === 'rollback' ? 'rollback' : 'batch',
      current.state,
    );
    again.line = current.line;
    again.procedure = current.procedure;
    return again;
  }
  const number = Number((yield* interp.evaluate(frame, s.number)).value);
  const message = (yield* interp.evaluate(frame, s.message)).value;
  const state = Number((yield* interp.evaluate(frame, s.state)).value);
  if (number < 50000)
    return new SqlError(
      35100,
      `Error number ${number} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647.`,
      16,
      'batch',
      10,
    );
  return new SqlError(number, plainText(message ?? ''), 16, 'batch', state);
}

/** RAISERROR: a message up to severity 10, an error above. */
export function* raise(interp: Interp, s: Statement & { k: 'raiserror' }, frame: Frame): Program<void> {
  const { session } = interp;
  const message = yield* interp.evaluate(frame, s.message);
  const severity = Number((yield* interp.evaluate(frame, s.severity)).value);
  const state = Math.max(0, Math.min(255, Number((yield* interp.evaluate(frame, s.state)).value)));
  const args: SqlValue[] = [];
  for (const a of s.args) args.push((yield* interp.evaluate(frame, a)).value);
  const number = typeof message.value === 'number' ? message.value : 50000;
  const text =
    typeof message.value === 'number'
      ? `Error ${number} was raised.`
      : formatMessage(plainText(message.value ?? ''), args);
  if (severity <= 10) {
    session.message({
      number,
      state,
      severity: severity === 10 ? 0 : severity,
      text,
      line: s.line,
      procedure: frame.object?.name ?? '',
    });
    session.lastError = s.options.includes('SETERROR') ? number : 0;
    return;
  }
  const error = new SqlError(number, text, severity, 'statement', state);
  error.ignoresXactAbort = true;
  throw error;
}
