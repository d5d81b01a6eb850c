import type { SqlValue } from '../face.ts';
import type { Statement } from '../parser/ast.ts';
import type { Binding, Run, TriggerRows } from '../plan/context.ts';
import type { AppLockMode, AppLockOwner } from '../locks.ts';
import type { Party, Transaction, Undo } from '../transactions.ts';
import type { Table, Trigger } from '../storage/schema-objects.ts';
import type { Frame, Session } from './session.ts';

/** Why a program pauses; the answer comes back through the generator. */
export type Pause =
  | { readonly k: 'wait'; readonly holders: ReadonlySet<Party>; readonly timeout: number }
  | {
      readonly k: 'applock';
      readonly resource: string;
      readonly owner: AppLockOwner;
      readonly mode: AppLockMode;
      readonly timeout: number;
    }
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
}

/** What the files of the executor need of each other without importing each other in a ring. */
export interface Interp {
  readonly session: Session;
  /** Ends the client's request: the messages have been sent. */
  statements(list: readonly Statement[], frame: Frame): Program<Flow>;
  /** Runs `work` all or nothing, waiting for locks and starting again. */
  atomic<T>(frame: Frame, work: (w: Work) => T): Program<T>;
  binding(frame: Frame): Binding;
  evaluate(
    frame: Frame,
    e: import('../parser/ast.ts').Expr,
    statement: Statement,
  ): Program<{ value: SqlValue; type: import('../types/sql-type.ts').Type }>;
  newFrame(at: {
    kind: Frame['kind'];
    body: readonly Statement[];
    object?: Frame['object'];
    trigger?: TriggerRows | undefined;
    database?: Frame['database'] | undefined;
  }): Frame;
  endFrame(frame: Frame): void;
  fire(trigger: Trigger, rows: TriggerRows, w: Work): void;
  rollbackAll(): void;
}

/** The undo log a write to the table belongs to. */
export function undoOf(w: Work, table: Table): Undo[] {
  return table.local ? w.localUndo : w.transaction.undo;
}
export const ownerOf = (w: Work, table: Table): Transaction | null => (table.local ? null : w.transaction);
