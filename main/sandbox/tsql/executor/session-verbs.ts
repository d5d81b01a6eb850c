import type { IsolationLevel } from '../face.ts';
import { SqlError, refused } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import type { Database } from '../storage/schema-objects.ts';
import { plainText } from '../types/sql-type.ts';
import type { Interp, Program } from './interp.ts';
import type { Frame } from './session.ts';

export function setOptions(interp: Interp, names: readonly string[], on: boolean): void {
  const { options } = interp.session;
  for (const name of names) {
    if (name === 'NOCOUNT') options.nocount = on;
    else if (name === 'XACT_ABORT') options.xactAbort = on;
    else if (name === 'FMTONLY') options.formatOnly = on;
    else if (
      on &&
      ['IMPLICIT_TRANSACTIONS', 'NOEXEC', 'PARSEONLY', 'NUMERIC_ROUNDABORT', 'ARITHIGNORE'].includes(name)
    )
      throw refused(`SET ${name} ON`);
    else if (
      !on &&
      ['CONCAT_NULL_YIELDS_NULL', 'ANSI_NULLS', 'QUOTED_IDENTIFIER', 'ANSI_PADDING'].includes(name)
    )
      throw refused(`SET ${name} OFF`);
  }
}

export function* setValue(interp: Interp, s: Statement & { k: 'setValue' }, frame: Frame): Program<void> {
  const { session } = interp;
  const value = typeof s.e === 'string' ? s.e : (yield* interp.evaluate(frame, s.e)).value;
  switch (s.name) {
    case 'LOCK_TIMEOUT':
      session.options.lockTimeout = Number(value);
      return;
    case 'DEADLOCK_PRIORITY':
      session.deadlockPriority =
        value === 'LOW' ? -5 : value === 'NORMAL' ? 0 : value === 'HIGH' ? 5 : Number(value);
      return;
    case 'ROWCOUNT':
      session.options.rowLimit = Number(value);
      return;
    case 'DATEFORMAT':
      if (plainText(value).toLowerCase() !== 'mdy') throw refused(`SET DATEFORMAT ${plainText(value)}`);
      return;
    case 'DATEFIRST':
      if (Number(value) !== 7) throw refused(`SET DATEFIRST ${plainText(value)}`);
      return;
    case 'LANGUAGE':
      if (!/^(us_)?english$/i.test(plainText(value))) throw refused(`SET LANGUAGE ${plainText(value)}`);
  }
}

export function setIsolation(interp: Interp, level: IsolationLevel): void {
  const { session } = interp;
  const t = session.transaction;
  if (
    level === 'snapshot' &&
    t &&
    !t.implicit &&
    session.options.isolation !== 'snapshot' &&
    t.undo.length > 0
  ) {
    throw new SqlError(
      3951,
      'Transaction failed because the statement changed the isolation level to snapshot inside a transaction.',
      16,
      'batch',
    );
  }
  session.options.isolation = level;
}

/** BEGIN, COMMIT, ROLLBACK and SAVE, from a batch or from the driver. */
export function transactionVerb(
  interp: Interp,
  verb: 'begin' | 'commit' | 'rollback' | 'save',
  name: string | undefined,
): void {
  const { session } = interp;
  const { log } = session.server;
  const t = session.transaction;
  switch (verb) {
    case 'begin': {
      if (t && !t.implicit) {
        t.depth++;
        return;
      }
      if (t) throw refused('BEGIN TRANSACTION in a trigger of an autocommit statement');
      const started = log.begin(session, false);
      started.name = name;
      session.transaction = started;
      session.emit({ kind: 'transaction', change: 'begin', id: started.id });
      return;
    }
    case 'commit':
      if (!t || t.implicit)
        throw new SqlError(3902, 'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.');
      if (t.doomed) throw doomed();
      if (--t.depth > 0) return;
      session.transaction = null;
      log.commit(t);
      session.emit({ kind: 'transaction', change: 'commit', id: t.id });
      return;
    case 'rollback': {
      if (!t)
        throw new SqlError(3903, 'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.');
      const at =
        name === undefined
          ? -1
          : t.savepoints.findLastIndex((p) => p.name.toLowerCase() === name.toLowerCase());
      if (at >= 0) {
        if (t.doomed)
          throw new SqlError(
            3931,
            'The current transaction cannot be committed and cannot be rolled back to a savepoint. Roll back the entire transaction.',
            16,
            'batch',
          );
        log.undoTo(t, t.savepoints[at]?.at ?? 0);
        session.server.waits.released(session);
        return;
      }
      if (name !== undefined && name !== '' && name.toLowerCase() !== t.name?.toLowerCase()) {
        throw new SqlError(
          6401,
          `Cannot roll back ${name}. No transaction or savepoint of that name was found.`,
        );
      }
      interp.rollbackAll();
      return;
    }
    case 'save':
      if (!t || t.implicit)
        throw new SqlError(628, 'Cannot issue SAVE TRANSACTION when there is no active transaction.');
      if (t.doomed) throw doomed();
      t.savepoints.push({ name: name ?? '', at: t.undo.length });
  }
}

/** The database of an ALTER DATABASE, which stands alone: it is not part of a transaction. */
export function alteredDatabase(interp: Interp, name: string | undefined, frame: Frame): Database {
  if (interp.session.transaction)
    throw new SqlError(226, 'ALTER DATABASE statement not allowed within multi-statement transaction.');
  const { access, server } = interp.session;
  const database = name === undefined ? frame.database : server.database(name);
  if (!database || access?.may(database, 'ALTER') === false)
    throw new SqlError(
      5011,
      `Database '${name ?? ''}' does not exist or you do not have permission to alter it.`,
      14,
    );
  return database;
}

export function alterDatabase(interp: Interp, s: Statement & { k: 'alterDatabase' }, frame: Frame): void {
  const database = alteredDatabase(interp, s.name, frame);
  switch (s.option) {
    case 'ALLOW_SNAPSHOT_ISOLATION':
      database.allowSnapshot = s.value === 'ON';
      return;
    case 'READ_COMMITTED_SNAPSHOT':
      database.readCommittedSnapshot = s.value === 'ON';
      return;
    case 'RECOVERY':
    case 'COMPATIBILITY_LEVEL':
    case 'MULTI_USER':
    case 'AUTO_CLOSE':
    case 'AUTO_SHRINK':
      return;
    default:
      throw refused(`ALTER DATABASE SET ${s.option}`);
  }
}

export function doomed(): SqlError {
  return new SqlError(
    3930,
    'The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.',
    16,
    'batch',
  );
}
