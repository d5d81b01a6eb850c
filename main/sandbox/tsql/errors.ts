/**
 * Errors of SQL: what a client sees, plus how far the damage goes. SQL Server decides that per error number, and
 * programs depend on it (a conversion error ends the batch and rolls back; a duplicate key ends one statement).
 */

/**
 * statement: the next statement runs. scope: the running batch or procedure ends, its caller goes on.
 * batch: everything up to the client's request ends. rollback: the same, and the transaction is undone.
 */
export type Damage = 'statement' | 'scope' | 'batch' | 'rollback';

export class SqlError extends Error {
  readonly number: number;
  readonly severity: number;
  readonly damage: Damage;
  state: number;
  line = 0;
  procedure = '';
  /** Raised while a statement was being bound to the schema: TRY of the same scope does not catch it. */
  binding = false;
  /** The frame depth whose TRY cannot see a binding error. */
  depth = -1;
  /** RAISERROR does not trigger XACT_ABORT. */
  ignoresXactAbort = false;

  constructor(number: number, message: string, severity = 16, damage: Damage = 'statement', state = 1) {
    super(message);
    this.number = number;
    this.severity = severity;
    this.damage = damage;
    this.state = state;
  }
}

/** The number under which everything outside the declared subset is refused. */
export const REFUSED = 50999;

export function refused(what: string): SqlError {
  return new SqlError(REFUSED, `The sandbox server does not support ${what}.`, 16, 'batch');
}

export function syntaxNear(text: string, keyword: boolean): SqlError {
  return keyword
    ? new SqlError(156, `Incorrect syntax near the keyword '${text}'.`, 15, 'batch')
    : new SqlError(102, `Incorrect syntax near '${text}'.`, 15, 'batch');
}

/** An error found while binding names; `number` decides the text's shape at the call. */
export function bindingError(number: number, message: string, severity = 16): SqlError {
  const error = new SqlError(number, message, severity, 'scope');
  error.binding = true;
  return error;
}
