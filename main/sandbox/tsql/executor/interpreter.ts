import type { SqlType, SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { WaitEnd } from '../locks.ts';
import type { Expr, Statement } from '../parser/ast.ts';
import { arithmeticNode } from '../plan/arithmetic.ts';
import { condition } from '../plan/conditions.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, Compiled, Run, TriggerRows, Variable } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { scalar } from '../plan/expressions.ts';
import { compileQuery } from '../plan/query.ts';
import { findTable, invalidObject, resolveName } from '../plan/names.ts';
import { chainOf } from '../security/needs.ts';
import { executeSecurity } from '../security/statements.ts';
import { Table } from '../storage/schema-objects.ts';
import type { Procedure, Trigger } from '../storage/schema-objects.ts';
import { INT, nvarchar, resolveType, plainText } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { undoTo } from '../transactions.ts';
import type { Undo } from '../transactions.ts';
import { executeChange } from './change.ts';
import { executeInsert } from './insert.ts';
import type { Flow, FrameStart, Interp, Pause, Program, Work } from './interp.ts';
import { planned } from './plans.ts';
import { callProcedure, executeText } from './procedures.ts';
import { formatMessage } from './messages.ts';
import { readerFor } from './readers.ts';
import { alterDatabaseTracking } from './alter-tracking.ts';
import { trackingReader } from './change-tracking.ts';
import { SCHEMA_STATEMENTS, executeSchema } from './schema.ts';
import { buildTable } from './schema-build.ts';
import type { Frame, Session } from './session.ts';
import { executeSelect, sendWritten } from './select.ts';
import {
  alterDatabase,
  alteredDatabase,
  doomed,
  setIsolation,
  setOptions,
  setValue,
  transactionVerb,
} from './session-verbs.ts';
import { tableEnv } from './table-writer.ts';

/** The batch is over; everything the client has to know was said. */
export class BatchEnd extends Error {}
/** The scope (procedure or dynamic text) is over, its caller goes on. */
class ScopeEnd extends Error {
  readonly depth: number;
  constructor(depth: number) {
    super('scope ended');
    this.depth = depth;
  }
}

/** Runs programs of one session. Pauses where it has to wait; everything between two pauses happens at once. */
export class Interpreter implements Interp {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  newFrame(at: FrameStart): Frame {
    const { session } = this;
    if (session.frames.length > 32)
      throw new SqlError(
        217,
        'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
        16,
        'batch',
      );
    const frame: Frame = {
      kind: at.kind,
      depth: session.frames.length,
      variables: new Map(),
      types: new Map(),
      tables: new Map(),
      temps: [],
      database: at.database ?? session.frames.at(-1)?.database ?? session.database,
      object: at.object,
      trigger: at.trigger,
      scopeIdentity: null,
      returned: 0,
    };
    session.frames.push(frame);
    return frame;
  }

  endFrame(frame: Frame): void {
    const { session } = this;
    session.frames.pop();
    if (frame.kind === 'batch') return;
    for (const key of frame.temps) if (session.temps.delete(key)) session.tempVersion++;
  }

  /** DECLARE holds for the whole batch, wherever it stands; the value is set when it is reached. */
  hoist(list: readonly Statement[], frame: Frame): void {
    for (const s of list) {
      // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only these hold declarations
      switch (s.k) {
        case 'declare':
          for (const item of s.items) {
            if (frame.types.has(item.name))
              throw bindingError(134, `The variable name '${item.name}' has already been declared.`, 15);
            const type = resolveType(item.type, 1);
            frame.types.set(item.name, type);
            frame.variables.set(item.name, { type, value: null });
          }
          break;
        case 'declareTable': {
          const table = new Table({ schema: 'dbo', name: s.name, objectId: 0, created: 0, local: true });
          buildTable(
            { session: this.session, database: frame.database, binding: this.binding(frame), run: undefined },
            undefined,
            table,
            s.body,
          );
          frame.tables.set(s.name, table);
          break;
        }
        case 'block':
          this.hoist(s.body, frame);
          break;
        case 'if':
          this.hoist(s.other ? [s.body, s.other] : [s.body], frame);
          break;
        case 'while':
          this.hoist([s.body], frame);
          break;
        case 'try':
          this.hoist([...s.body, ...s.handler], frame);
          break;
      }
    }
  }

  binding(frame: Frame): Binding {
    const { session } = this;
    const b: Binding = {
      database: frame.database,
      variableTypes: frame.types,
      tableVariables: frame.tables,
      trigger: frame.trigger?.table,
      system: session.system,
      ctes: new Map(),
      flags: { temp: false, needs: [] },
      chain: chainOf(frame.database, frame.object),
      scalar: (e, scope) => scalar(e, scope, b),
      condition: (e, scope, inner = b) => condition(e, scope, inner),
      query: (q, parent, inner, ordered) => compileQuery(q, parent, inner, ordered),
    };
    return b;
  }

  private run(frame: Frame, work: () => Work | undefined, forUpdate: boolean): Run {
    const { session } = this;
    const databaseOf = (table: Table, at: Frame): Frame['database'] => this.databaseOf(table, at);
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
          database: databaseOf(table, frame),
          transaction: w.transaction,
          isolation: session.options.isolation,
          log: session.server.log,
          forUpdate,
        });
      },
      get tracking() {
        return trackingReader({
          transaction: must().transaction,
          isolation: session.options.isolation,
          log: session.server.log,
          databaseOf: (table) => databaseOf(table, frame),
        });
      },
    };
  }

  private databaseOf(table: Table, frame: Frame): Frame['database'] {
    if (frame.database.find(table.schema, table.name) === table) return frame.database;
    for (const d of this.session.server.databases.values())
      if (d.find(table.schema, table.name) === table) return d;
    return frame.database;
  }

  *atomic<T>(frame: Frame, work: (w: Work) => T, forUpdate = true, faulty = forUpdate): Program<T> {
    const { session } = this;
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
      const run = this.run(frame, () => w, forUpdate);
      w = { session, frame, transaction, run, localUndo, context: null };
      let wait: LockWait;
      try {
        const result = work(w);
        if (own && session.transaction === transaction) {
          session.transaction = null;
          log.commit(transaction);
        }
        return result;
      } catch (error) {
        undoTo(localUndo, 0);
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

  *statements(list: readonly Statement[], frame: Frame): Program<Flow> {
    for (const s of list) {
      const flow = yield* this.statement(s, frame);
      if (flow) return flow;
    }
    return undefined;
  }

  private *statement(s: Statement, frame: Frame): Program<Flow> {
    switch (s.k) {
      case 'block':
        return yield* this.statements(s.body, frame);
      case 'if':
      case 'while':
      case 'try':
        break;
      default:
        return yield* this.guarded(s, frame);
    }
    if (s.k === 'try') return yield* this.tryCatch(s, frame);
    if (s.k === 'if') {
      const holds = yield* this.guardedTest(s, s.cond, frame);
      if (holds === undefined) return undefined;
      if (holds) return yield* this.statement(s.body, frame);
      return s.other ? yield* this.statement(s.other, frame) : undefined;
    }
    for (;;) {
      if (!(yield* this.guardedTest(s, s.cond, frame))) return undefined;
      const flow = yield* this.statement(s.body, frame);
      if (flow === 'break') return undefined;
      if (flow === 'return') return flow;
      yield { k: 'flush' };
    }
  }

  private *tryCatch(s: Statement & { k: 'try' }, frame: Frame): Program<Flow> {
    const { session } = this;
    let caught: SqlError;
    session.tries++;
    const frames = session.frames.length;
    try {
      return yield* this.statements(s.body, frame);
    } catch (error) {
      if (!(error instanceof SqlError) || (error.binding && error.depth === frame.depth)) throw error;
      while (session.frames.length > frames) this.endFrame(session.frame);
      caught = error;
    } finally {
      session.tries--;
    }
    session.errors.push(caught);
    try {
      return yield* this.statements(s.handler, frame);
    } finally {
      session.errors.pop();
    }
  }

  /** A failed condition counts as false: the statement behind it does not run. */
  private *guardedTest(s: Statement, cond: Expr, frame: Frame): Program<boolean | undefined> {
    try {
      const holds = yield* this.atomic(
        frame,
        (w) => {
          const test = planned(
            cond,
            this.session,
            frame,
            () => this.binding(frame),
            (b) => b.condition(cond, new Scope(null)),
          );
          return test(tableEnv(w.run, [])) === true;
        },
        false,
      );
      return holds;
    } catch (error) {
      this.fail(error, s, frame);
      return undefined;
    }
  }

  /** Runs one statement and decides what its error does. */
  private *guarded(s: Statement, frame: Frame): Program<Flow> {
    const { session } = this;
    try {
      const flow = yield* this.perform(s, frame);
      if (s.k !== 'exec' && s.k !== 'execText' && s.k !== 'raiserror') session.lastError = 0;
      return flow;
    } catch (error) {
      this.fail(error, s, frame);
      return undefined;
    }
  }

  /** Rethrows what ends more than the statement. */
  private fail(error: unknown, s: Statement, frame: Frame): void {
    const { session } = this;
    if (!(error instanceof SqlError)) throw error;
    if (error.line === 0) {
      error.line = s.line;
      if (frame.object) error.procedure = frame.object.name;
    }
    if (error.binding && error.depth < 0) error.depth = frame.depth;
    session.lastError = error.number;
    const aborts =
      (session.options.xactAbort && !error.ignoresXactAbort) ||
      (session.inTrigger && !error.ignoresXactAbort);
    const undoes = error.damage === 'rollback' || aborts;
    if (session.tries > 0) {
      if (undoes && session.transaction) session.transaction.doomed = true;
      throw error;
    }
    if (frame.kind === 'trigger' || session.inTrigger) {
      if (error.ignoresXactAbort) {
        this.report(error);
        return;
      }
      throw error;
    }
    this.report(error);
    if (undoes) this.rollbackAll();
    if (undoes || error.damage === 'batch') throw new BatchEnd();
    if (error.damage === 'scope') throw new ScopeEnd(frame.depth);
  }

  report(error: SqlError): void {
    this.session.message({
      number: error.number,
      state: error.state,
      severity: error.severity,
      text: error.message,
      procedure: error.procedure,
      line: error.line,
    });
    this.done(undefined, false);
  }

  rollbackAll(): void {
    const { session } = this;
    const t = session.transaction;
    if (!t) return;
    session.transaction = null;
    session.server.log.rollback(t);
    if (!t.implicit) session.emit({ kind: 'transaction', change: 'rollback', id: t.id });
  }

  /** Runs a body whose frame is in place; a scope that ended by an error ends here. */
  *scope(body: readonly Statement[], frame: Frame): Program<void> {
    try {
      yield* this.statements(body, frame);
    } catch (error) {
      if (error instanceof ScopeEnd && error.depth === frame.depth) {
        while (this.session.frames.length > frame.depth + 1) this.endFrame(this.session.frame);
        return;
      }
      throw error;
    }
  }

  done(count: number | undefined, select: boolean): void {
    const { session } = this;
    const nested = session.frames.some((f) => f.kind !== 'batch');
    const counted = session.options.nocount ? undefined : count;
    if (count !== undefined && counted === undefined && !select) return;
    session.emit({ kind: 'done', count: counted, select, inProcedure: nested });
  }

  fire(trigger: Trigger, rows: TriggerRows, w: Work): void {
    const { session } = this;
    const frame = this.newFrame({
      kind: 'trigger',
      body: trigger.body,
      object: trigger,
      trigger: rows,
      database: w.frame.database,
    });
    const { nocount } = session.options;
    const tries = session.tries;
    const identityInsert = session.options.identityInsert;
    const { rowcount } = session;
    session.rowcount = rows.inserted.length || rows.deleted.length;
    try {
      this.hoist(trigger.body, frame);
      const program = this.statements(trigger.body, frame);
      for (let step = program.next(); !step.done;) {
        const pause: Pause = step.value;
        if (pause.k === 'wait') throw new LockWait(pause.holders);
        if (pause.k === 'applock') throw refused('waiting for an application lock in a trigger');
        step = program.next();
      }
      if (session.transaction !== w.transaction) {
        throw new SqlError(
          3609,
          'The transaction ended in the trigger. The batch has been aborted.',
          16,
          'batch',
        );
      }
    } finally {
      while (session.frames.length > frame.depth) this.endFrame(session.frame);
      session.options.nocount = nocount;
      session.options.identityInsert = identityInsert;
      session.tries = tries;
      session.rowcount = rowcount;
    }
  }

  /** A value, computed as part of a statement that may read tables. */
  *evaluate(frame: Frame, e: Expr): Program<{ value: SqlValue; type: Type }> {
    return yield* this.atomic(
      frame,
      (w) => {
        const compiled = this.compiled(e, frame);
        return { value: compiled.eval(tableEnv(w.run, [])), type: compiled.type };
      },
      false,
    );
  }

  private compiled(e: Expr, frame: Frame): Compiled {
    return planned(
      e,
      this.session,
      frame,
      () => this.binding(frame),
      (b) => b.scalar(e, new Scope(null)),
    );
  }

  /** Without tables there is nothing to wait for: the usual case of SET, RETURN and arguments. */
  *assign(name: string, e: Expr, op: string, frame: Frame): Program<void> {
    const variable = this.variable(name, frame);
    const key = op === '=' ? e : (e as object);
    const compile = (b: Binding): Compiled => {
      const right = b.scalar(e, new Scope(null));
      const value =
        op === '='
          ? right
          : arithmeticNode(op[0] as string, b.scalar({ k: 'var', name, line: 0 }, new Scope(null)), right);
      return convertTo(value, variable.type);
    };
    variable.value = yield* this.atomic(
      frame,
      (w) => planned(key, this.session, frame, () => this.binding(frame), compile).eval(tableEnv(w.run, [])),
      false,
    );
  }

  variable(name: string, frame: Frame): Variable {
    const v = frame.variables.get(name);
    if (!v) throw bindingError(137, `Must declare the scalar variable "${name}".`, 15);
    return v;
  }

  private *perform(s: Statement, frame: Frame): Program<Flow> {
    const { session } = this;
    if (SCHEMA_STATEMENTS.has(s.k)) {
      yield* executeSchema(this, s, frame);
      return undefined;
    }
    switch (s.k) {
      case 'select':
        yield* executeSelect(this, s, frame);
        return undefined;
      case 'insert':
        yield* sendWritten(this, yield* executeInsert(this, s, frame));
        return undefined;
      case 'update':
      case 'delete':
        yield* sendWritten(this, yield* executeChange(this, s, frame));
        return undefined;
      case 'declare':
        for (const item of s.items) if (item.value) yield* this.assign(item.name, item.value, '=', frame);
        return undefined;
      case 'declareTable':
      case 'nothing':
        return undefined;
      case 'security':
        yield* executeSecurity(this, s, frame);
        return undefined;
      case 'set':
        yield* this.assign(s.variable, s.e, s.op, frame);
        session.rowcount = 1;
        return undefined;
      case 'option':
        setOptions(this, s.names, s.on);
        return undefined;
      case 'identityInsert': {
        const table = findTable(s.table, this.binding(frame));
        if (!table || session.access?.may(frame.database, 'ALTER', table) === false)
          throw new SqlError(1088, `Cannot find the object "${s.table.join('.')}".`);
        if (s.on && session.options.identityInsert && session.options.identityInsert !== table)
          throw new SqlError(8107, 'IDENTITY_INSERT is already ON for another table.');
        if (!table.columns.some((c) => c.identity))
          throw new SqlError(8106, `Table '${table.fullName}' does not have the identity property.`);
        session.options.identityInsert = s.on ? table : undefined;
        return undefined;
      }
      case 'setValue':
        yield* setValue(this, s, frame);
        return undefined;
      case 'isolation':
        setIsolation(this, s.level);
        return undefined;
      case 'break':
      case 'continue':
        return s.k;
      case 'return': {
        if (s.e) {
          const { value, type } = yield* this.evaluate(frame, s.e);
          frame.returned = Number(
            convertTo({ type, nullable: true, eval: () => value, constant: { value } }, INT).eval(
              {} as never,
            ) ?? 0,
          );
        }
        return 'return';
      }
      case 'throw':
        throw yield* this.thrown(s, frame);
      case 'raiserror':
        yield* this.raise(s, frame);
        return undefined;
      case 'print': {
        const { value, type } = yield* this.evaluate(frame, s.e);
        const text = convertTo(
          { type, nullable: true, eval: () => value, constant: { value } },
          nvarchar('max'),
        ).constant?.value;
        session.message({
          number: 0,
          state: 1,
          severity: 0,
          text: text === null || text === undefined ? '' : plainText(text),
          line: s.line,
          procedure: frame.object?.name ?? '',
        });
        return undefined;
      }
      case 'begin':
      case 'commit':
      case 'rollback':
      case 'save':
        transactionVerb(this, s.k, yield* this.nameOf(s.name, frame));
        return undefined;
      case 'exec':
        yield* callProcedure(this, s, frame);
        return undefined;
      case 'execText': {
        const { value } = yield* this.evaluate(frame, s.e);
        yield* executeText(this, plainText(value ?? ''), [], frame);
        return undefined;
      }
      case 'alterDatabase':
        alterDatabase(this, s, frame);
        return undefined;
      case 'databaseTracking':
        alterDatabaseTracking(alteredDatabase(this, s.name, frame), s);
        return undefined;
      case 'use': {
        const database = session.server.database(s.database);
        if (!database)
          throw new SqlError(
            911,
            `Database '${s.database}' does not exist. Make sure that the name is entered correctly.`,
            16,
            'batch',
          );
        session.access?.enter(database);
        session.database = database;
        Object.assign(frame, { database });
        session.emit({ kind: 'database', name: database.name });
        session.message({
          number: 5701,
          state: 2,
          severity: 0,
          text: `Changed database context to '${database.name}'.`,
          line: s.line,
        });
        return undefined;
      }
      case 'insertBulk': {
        const table = findTable(s.table, this.binding(frame));
        if (!table) throw invalidObject(s.table);
        session.access?.checkBulk(frame.database, table, s.options);
        session.bulk = { table, columns: s.columns.map((c) => c.name), options: s.options };
        return undefined;
      }
      default:
        throw refused(s.k);
    }
  }

  private *thrown(s: Statement & { k: 'throw' }, frame: Frame): Program<SqlError> {
    if (!s.number || !s.message || !s.state) {
      const current = this.session.errors.at(-1);
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
    const number = Number((yield* this.evaluate(frame, s.number)).value);
    const message = (yield* this.evaluate(frame, s.message)).value;
    const state = Number((yield* this.evaluate(frame, s.state)).value);
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

  private *raise(s: Statement & { k: 'raiserror' }, frame: Frame): Program<void> {
    const { session } = this;
    const message = yield* this.evaluate(frame, s.message);
    const severity = Number((yield* this.evaluate(frame, s.severity)).value);
    const state = Math.max(0, Math.min(255, Number((yield* this.evaluate(frame, s.state)).value)));
    const args: SqlValue[] = [];
    for (const a of s.args) args.push((yield* this.evaluate(frame, a)).value);
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

  private *nameOf(name: Expr | string | undefined, frame: Frame): Program<string | undefined> {
    if (name === undefined || typeof name === 'string') return name;
    return plainText((yield* this.evaluate(frame, name)).value ?? '');
  }

  procedureNamed(name: readonly string[], frame: Frame): Procedure | undefined {
    const at = resolveName(name, this.binding(frame));
    const found = at.database.find(at.schema, at.object);
    return found?.kind === 'procedure' ? found : undefined;
  }

  output(name: string, type: SqlType, value: SqlValue): void {
    this.session.emit({ kind: 'output', name, type, value });
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
