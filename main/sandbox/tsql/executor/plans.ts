import type { Statement } from '../parser/ast.ts';
import type { Database } from '../storage/schema-objects.ts';
import type { Binding } from '../plan/context.ts';
import type { Need } from '../security/needs.ts';
import type { Frame, Session } from './session.ts';

interface Kept {
  readonly database: Database;
  readonly version: number;
  readonly others: string;
  readonly temp: string | null;
  readonly needs: readonly Need[];
  readonly plan: unknown;
}

/** Compiled statements, by their tree: good until the schema changes. */
const kept = new WeakMap<object, Kept>();

/**
 * The compiled form of a statement for this session. Trees are shared between sessions, plans that mention a
 * temporary table are not.
 */
export function planned<T>(
  statement: Statement | object,
  session: Session,
  frame: Frame,
  binding: () => Binding,
  compile: (b: Binding) => T,
): T {
  const { database } = frame;
  const others = [...session.server.databases.values()].map((d) => d.version).join();
  const temp = `${session.id}:${session.tempVersion}`;
  const known = kept.get(statement);
  if (
    known &&
    known.database === database &&
    known.others === others &&
    (known.temp === null || known.temp === temp)
  ) {
    session.access?.check(known.needs);
    return known.plan as T;
  }
  const b = binding();
  const plan = compile(b);
  kept.set(statement, {
    database,
    version: database.version,
    others,
    temp: b.flags.temp ? temp : null,
    needs: b.flags.needs,
    plan,
  });
  session.access?.check(b.flags.needs);
  return plan;
}
