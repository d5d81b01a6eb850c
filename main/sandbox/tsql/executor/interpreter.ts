import type { SqlValue } from '../face.ts';
import { SqlError, refused } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { Expr, Statement } from '../parser/ast.ts';
import { condition } from '../plan/conditions.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, TriggerRows, Variable } from '../plan/context.ts';
import { scalar } from '../plan/expressions.ts';
import { resolveName } from '../plan/names.ts';
import { compileQuery } from '../plan/query.ts';
import { chainOf } from '../security/needs.ts';
import type { Procedure, Trigger } from '../storage/schema-objects.ts';
import type { Type } from '../types/sql-type.ts';
import { atomic } from './atomic.ts';
import { BatchEnd, ScopeEnd } from './ends.ts';
import { hoist, newFrame } from './frames.ts';
import type { Flow, FrameStart, Interp, Pause, Program, Work } from './interp.ts';
import { perform } from './perform.ts';
import { planned } from './plans.ts';
import type { Frame, Session } from './session.ts';
import { tableEnv } from './table-writer.ts';
import { evaluate, variableNamed } from './values.ts';

/** Runs programs of one session. Pauses where it has to wait; everything between two pauses happens at once. */
export class Interpreter implements Interp {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  newFrame(at: FrameStart): Frame {
    return newFrame(this.session, at);
  }

  endFrame(frame: Frame): void {
    const { session } = this;
    session.frames.pop();
    if (frame.kind === 'batch') return;
    for (const key of frame.temps) if (session.temps.delete(key)) session.tempVersion++;
  }

  hoist(list: readonly Statement[], frame: Frame): void {
    hoist(this, list, frame);
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

  *atomic<T>(frame: Frame, work: (w: Work) => T, forUpdate = true, faulty = forUpdate): Program<T> {
    return yield* atomic(this.session, frame, work, forUpdate, faulty);
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
      const flow = yield* perform(this, s, frame);
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

  *evaluate(frame: Frame, e: Expr): Program<{ value: SqlValue; type: Type }> {
    return yield* evaluate(this, frame, e);
  }

  variable(name: string, frame: Frame): Variable {
    return variableNamed(name, frame);
  }

  procedureNamed(name: readonly string[], frame: Frame): Procedure | undefined {
    const at = resolveName(name, this.binding(frame));
    const found = at.database.find(at.schema, at.object);
    return found?.kind === 'procedure' ? found : undefined;
  }
}
