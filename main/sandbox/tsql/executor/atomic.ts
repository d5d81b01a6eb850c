import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { WaitEnd } from '../locks.ts';
import type { Run } from '../plan/context.ts';
import type { Table } from '../storage/schema-objects.ts';
import { undoTo } from '../transactions.ts';
import type { Undo } from '../transactions.ts';
import { trackingReader } from './change-tracking.ts';
import { BatchEnd } from './ends.ts';
import type { Program, Work } from './interp.ts';
import { MovingLock, readerFor } from './readers.ts';
import type { Frame, Session } from './session.ts';
import { doomed } from './session-verbs.ts';

function runOf(
  session: Session,
  frame: Frame,
  work: () => Work | undefined,
  forUpdate: boolean,
  moving: MovingLock | undefined,
): Run {
  const must = (): Work => {
    const w = work();
    if (!w) throw new Error('a table is read outside a statement');
    return w;
  };
  return {
    variables: frame.variables,
    tables: frame.tables,
    trigger: frame.trigger,
    cache: new Map(),
    system: session.system,
    reader: (hints, table) => {
      const w = must();
      return readerFor({
        hints,
        table,
        database: databaseOf(session, table, frame),
        transaction: w.transaction,
        isolation: session.options.isolation,
        log: session.server.log,
        forUpdate,
        standAt: moving && ((row) => moving.to(row)),
      });
    },
    get tracking() {
      return trackingReader({
        transaction: must().transaction,
        isolation: session.options.isolation,
        log: session.server.log,
        databaseOf: (table) => databaseOf(session, table, frame),
      });
    },
  };
}

function databaseOf(session: Session, table: Table, frame: Frame): Frame['database'] {
  if (frame.database.find(table.schema, table.name) === table) return frame.database;
  for (const d of session.server.databases.values()) if (d.find(table.schema, table.name) === table) return d;
  return frame.database;
}

/** Runs `work` all or nothing, waiting for locks and starting again. */
export function* atomic<T>(
  session: Session,
  frame: Frame,
  work: (w: Work) => T,
  forUpdate: boolean,
  faulty: boolean,
): Program<T> {
  const { log, clock } = session.server;
  const deadline = session.options.lockTimeout < 0 ? undefined : clock.now() + session.options.lockTimeout;
  const { faults } = session.server;
  const fault = faulty
    ? (faults.bySession.get(session.id)?.shift() ?? faults.nextStatements.shift())
    : undefined;
  let since: number | undefined;
  if (fault !== undefined)
    throw fault === 1205 ? deadlock() : new SqlError(fault, `Injected error ${fault}.`);
  for (;;) {
    const own = session.transaction === null;
    const transaction = session.transaction ?? log.begin(session, true);
    if (transaction.doomed && forUpdate) throw doomed();
    transaction.isolation = session.options.isolation;
    session.transaction = transaction;
    const mark = transaction.undo.length;
    const events = session.events.length;
    const localUndo: Undo[] = [];
    let w: Work | undefined;
    const moving = session.server.whileReading ? new MovingLock(transaction) : undefined;
    const run = runOf(session, frame, () => w, forUpdate, moving);
    w = { session, frame, transaction, run, localUndo, context: null };
    let wait: LockWait;
    try {
      const result = work(w);
      if (moving?.held) {
        yield { k: 'reading' };
        moving.release();
        session.server.waits.released(session);
      }
      if (own && session.transaction === transaction) {
        session.transaction = null;
        log.commit(transaction);
      }
      return result;
    } catch (error) {
      undoTo(localUndo, 0);
      moving?.release();
      if (session.transaction === transaction) {
        log.undoTo(transaction, mark);
        session.server.waits.released(session);
        if (own) {
          session.transaction = null;
          log.rollback(transaction);
        }
      }
      if (!(error instanceof LockWait)) throw error;
      wait = error;
      since ??= clock.now();
      session.events.length = events;
    }
    const timeout = deadline === undefined ? -1 : Math.max(0, deadline - clock.now());
    const end = (yield {
      k: 'wait',
      holders: wait.holders,
      timeout,
      type: forUpdate ? 'LCK_M_X' : 'LCK_M_S',
      since,
    }) as WaitEnd;
    if (end === 'timeout')
      throw new SqlError(1222, 'Lock request time out period exceeded.', 16, 'statement', 51);
    if (end === 'victim') throw deadlock();
    if (end === 'aborted') throw new BatchEnd();
  }
}

function deadlock(): SqlError {
  return new SqlError(
    1205,
    'Transaction was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
    13,
    'rollback',
    51,
  );
}
