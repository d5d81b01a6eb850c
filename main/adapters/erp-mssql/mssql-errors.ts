import sql from 'mssql';
import type { SignInNotes } from './connect-config.ts';
import { DATABASE_UNAVAILABLE, SERVER_STOPPING, TOO_MANY_CONNECTIONS } from './error-numbers.ts';
import type { NotAppliedReason, SqlFailed, SqlNotApplied } from './sql-connection.ts';

/** Login refused: wrong name or password, disabled, expired, locked out, no trusted login. */
const LOGIN_REFUSED = new Set([18450, 18452, 18456, 18470, 18486, 18487, 18488]);
/** What the server says of itself before it refuses the login; each passes without a change of the login. */
const REFUSED_FOR: readonly (readonly [NotAppliedReason, ReadonlySet<number>])[] = [
  ['database-unavailable', DATABASE_UNAVAILABLE],
  ['server-stopping', SERVER_STOPPING],
  ['too-many-connections', TOO_MANY_CONNECTIONS],
  ['login-refused', LOGIN_REFUSED],
];
/** At this severity the server ends the connection; how far the request came is not told. */
const FATAL_CLASS = 20;

const NEVER_SENT = new Set([
  'EINVALIDSTATE',
  'EPARAM',
  'EARGS',
  'EINJECT',
  'ENOCONN',
  'ENOTOPEN',
  'ECONNCLOSED',
  'ENOTBEGUN',
  'EALREADYBEGUN',
  'EREQINPROG',
]);

/** Why a session could not be opened, from the driver's error and what was noted on the way. */
export function connectFailure(error: unknown, notes: SignInNotes): SqlNotApplied {
  const cause = messageOf(error);
  const of = (why: NotAppliedReason, text = cause): SqlNotApplied => ({
    kind: 'not-applied',
    why,
    cause: text,
  });
  if (notes.refused !== undefined)
    return of('certificate', `pinned ${notes.refused.pinned}, shown ${notes.refused.shown}`);
  // A database that cannot be opened is also answered by 18456, after its own number.
  for (const [why, numbers] of REFUSED_FOR) {
    const number = notes.numbers.find((one) => numbers.has(one));
    if (number !== undefined) return of(why, `${cause} (${number})`);
  }
  return of(isTls(error) ? 'tls' : 'network');
}

/** What is known about a request that did not end well. Everything not proven unsent is `unknown`. */
export function requestFailure(error: unknown): SqlFailed {
  if (!(error instanceof Error)) return { kind: 'unknown', cause: String(error) };
  const { code } = error as { code?: unknown };
  if (
    error instanceof sql.ConnectionError ||
    error.constructor.name === 'TimeoutError' ||
    NEVER_SENT.has(String(code))
  )
    return connectFailure(error, { numbers: [] });
  // The driver collects every error of a request; the last one tells whether the answer was complete.
  const answer = serverError(error);
  if (answer === undefined || answer.class >= FATAL_CLASS)
    return { kind: 'unknown', cause: messageOf(error) };
  const { precedingErrors = [] } = error as { precedingErrors?: readonly unknown[] };
  return precedingErrors.map(serverError).find((one) => one !== undefined) ?? answer;
}

function serverError(error: unknown): (SqlFailed & { kind: 'refused' }) | undefined {
  if (!(error instanceof Error)) return undefined;
  // A begin or commit wraps the error it got.
  const inner = (error as { originalError?: { info?: unknown } & Error }).originalError;
  const info = (error as { number?: unknown }).number === undefined ? inner : error;
  const { number, state, class: severity, procName, lineNumber } = (info ?? {}) as Record<string, unknown>;
  if (typeof number !== 'number') return undefined;
  return {
    kind: 'refused',
    number,
    state: Number(state ?? 0),
    class: Number(severity ?? 16),
    message: error.message,
    procedure: typeof procName === 'string' ? procName : '',
    line: Number(lineNumber ?? 0),
  };
}

/** The innermost error says what happened; the driver's own words around it say that it did. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  let deepest: Error = error;
  for (let depth = 0; depth < 6; depth += 1) {
    const { originalError, cause, errors } = deepest as {
      originalError?: unknown;
      cause?: unknown;
      errors?: unknown;
    };
    const next: unknown = originalError ?? cause ?? (Array.isArray(errors) ? errors[0] : undefined);
    if (!(next instanceof Error)) break;
    deepest = next;
  }
  // The system names call, reason and address: nobody needs to hear that twice.
  if ((deepest as { syscall?: unknown }).syscall !== undefined && deepest.message !== '')
    return deepest.message;
  // Nor what the error around it repeats.
  return deepest.message === '' || error.message.includes(deepest.message)
    ? error.message
    : `${error.message}: ${deepest.message}`;
}

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|EPROTO$|EENCRYPT$|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA)/;

function isTls(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; depth += 1) {
    const { code, originalError, cause } = at as { code?: unknown; originalError?: unknown; cause?: unknown };
    if (typeof code === 'string' && TLS_CODE.test(code)) return true;
    at = originalError ?? cause;
  }
  return false;
}
