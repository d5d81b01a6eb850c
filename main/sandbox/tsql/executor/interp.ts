import type { SqlValue } from '../face.ts';
import type { Expr, Statement } from '../parser/ast.ts';
import type { Binding, Run, TriggerRows, Variable } from '../plan/context.ts';
import type { AppLockMode, AppLockOwner } from '../locks.ts';
import type { Party, Transaction, Undo } from '../transactions.ts';
import type { Procedure, Table, Trigger } from '../storage/schema-objects.ts';
import type { Type } from '../types/sql-type.ts';
import type { Frame, Session } from './session.ts';

/** Why a program pauses; the answer comes back through the generator. */
export type Pause =
  | {
      readonly k: 'wait';
      readonly holders: ReadonlySet<Party>;
      readonly timeout: number;
      readonly type: string;
      readonly since: number;
    }
  | {
      readonly k: 'applock';
      readonly resource: string;
      readonly owner: AppLockOwner;
      readonly mode: AppLockMode;
      readonly timeout: number;
    }
  /** A read has its rows and still stands at the last: on a server that takes its time others wait meanwhile. */
  | { readonly k: 'reading' }
  | { readonly k: 'flush' };
export type Program<T> = Generator<Pause, T, unknown>;
export type Flow = 'break' | 'continue' | 'return' | undefined;

/** One statement that reads or writes rows: either all of it happens or nothing. */
export interface Work {
  readonly session: Session;
  readonly frame: Frame;
  readonly transaction: Transaction;
  readonly run: Run;
  /** Undo entries of table variables, which only a failing statement uses. */
  readonly localUndo: Undo[];
  /** WITH CHANGE_TRACKING_CONTEXT of this statement. */
  context: Uint8Array | null;
}

/** What the files of the executor need of the interpreter, which imports them. */
export interface Interp {
  readonly session: Session;
  statements(list: readonly Statement[], frame: Frame): Program<Flow>;
  /** Runs `work` all or nothing, waiting for locks and starting again. `faulty`: takes its error from a fault script. */
  atomic<T>(frame: Frame, work: (w: Work) => T, forUpdate?: boolean, faulty?: boolean): Program<T>;
  binding(frame: Frame): Binding;
  evaluate(frame: Frame, e: Expr): Program<{ value: SqlValue; type: Type }>;
  newFrame(at: FrameStart): Frame;
  endFrame(frame: Frame): void;
  /** Makes the variables that a body declares. */
  hoist(list: readonly Statement[], frame: Frame): void;
  /** Runs a body; an error that ends only this scope ends here. */
  scope(body: readonly Statement[], frame: Frame): Program<void>;
  variable(name: string, frame: Frame): Variable;
  procedureNamed(name: readonly string[], frame: Frame): Procedure | undefined;
  fire(trigger: Trigger, rows: TriggerRows, w: Work): void;
  /** Says that a statement ended, with its count unless NOCOUNT is on. */
  done(count: number | undefined, select: boolean): void;
  rollbackAll(): void;
}

export interface FrameStart {
  readonly kind: Frame['kind'];
  readonly body: readonly Statement[];
  readonly object?: Frame['object'];
  readonly trigger?: TriggerRows | undefined;
  readonly database?: Frame['database'] | undefined;
}

/** The undo log a write to the table belongs to. */
export function undoOf(w: Work, table: Table): Undo[] {
  return table.local ? w.localUndo : w.transaction.undo;
}
export const ownerOf = (w: Work, table: Table): Transaction | null => (table.local ? null : w.transaction);
