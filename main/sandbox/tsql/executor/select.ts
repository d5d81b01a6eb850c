import type { SqlColumn, SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import { arithmeticNode } from '../plan/arithmetic.ts';
import { faceColumn } from '../plan/context.ts';
import type { Compiled } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { compileStatementQuery } from '../plan/query.ts';
import type { CoreQuery } from '../plan/core.ts';
import type { Values } from '../storage/rows.ts';
import { INT } from '../types/sql-type.ts';
import { plainText } from '../types/sql-type.ts';
import type { WriteResult } from './insert.ts';
import type { Interp, Program, Work } from './interp.ts';
import { planned } from './plans.ts';
import { createTable } from './schema-create.ts';
import type { Frame } from './session.ts';
import { tableEnv } from './table-writer.ts';

/** Rows sent between two looks at whether the client still wants them. */
const FLUSH_EVERY = 512;

export function* executeSelect(interp: Interp, s: Statement & { k: 'select' }, frame: Frame): Program<void> {
  const { session } = interp;
  const { body } = s.query;
  if (body.k === 'core' && body.into) {
    const { into } = body;
    const count = yield* interp.atomic(frame, (w) => selectInto(interp, s, into, frame, w));
    session.rowcount = count;
    interp.done(count, false);
    return;
  }
  const plan = { core: undefined as CoreQuery | undefined };
  const rows = yield* interp.atomic(
    frame,
    (w) => {
      const core = planned(
        s,
        session,
        frame,
        () => interp.binding(frame),
        (b) => compileStatementQuery(s.query, b),
      );
      plan.core = core;
      if (core.columns.some((c) => c.assign)) return assignments(interp, core, w, frame);
      const out: Values[] = [];
      if (!session.options.formatOnly) {
        core.run(w.run, null, (row) => {
          out.push(row);
          return session.options.rowLimit === 0 || out.length < session.options.rowLimit;
        });
      }
      return out;
    },
    false,
    true,
  );
  const { core } = plan;
  if (!core) return;
  if (typeof rows === 'number') {
    session.rowcount = rows;
    return;
  }
  session.rowcount = rows.length;
  if (session.capture) {
    session.capture(core.columns, rows);
    return;
  }
  yield* send(
    interp,
    core.columns.map((c) => faceColumn(c, c.name)),
    rows,
    true,
  );
}

function* send(
  interp: Interp,
  columns: readonly SqlColumn[],
  rows: readonly Values[],
  select: boolean,
): Program<void> {
  const { session } = interp;
  session.emit({ kind: 'columns', columns });
  let n = 0;
  for (const values of rows) {
    session.events.push({ kind: 'row', values });
    if (++n % FLUSH_EVERY === 0) yield { k: 'flush' };
  }
  interp.done(rows.length, select);
}

function assignments(interp: Interp, core: CoreQuery, w: Work, frame: Frame): number {
  let n = 0;
  const parts = core.columns.map((c, i) => {
    const name = c.assign?.variable ?? '';
    const variable = interp.variable(name, frame);
    return { variable, i, c };
  });
  let current: Values = [];
  const converts = parts.map(({ variable, c, i }) => {
    const raw: Compiled = {
      type: c.type,
      nullable: true,
      untyped: c.compiled.untyped,
      eval: () => current[i] as SqlValue,
    };
    const op = c.assign?.op ?? '=';
    const value =
      op === '='
        ? raw
        : arithmeticNode(
            op[0] as string,
            { type: variable.type, nullable: true, eval: () => variable.value },
            raw,
          );
    return convertTo(value, variable.type).eval;
  });
  const env = tableEnv(w.run, []);
  core.run(w.run, null, (row) => {
    current = row;
    n++;
    parts.forEach(({ variable }, i) => {
      variable.value = (converts[i] as (e: typeof env) => SqlValue)(env);
    });
    return true;
  });
  return n;
}

function selectInto(
  interp: Interp,
  s: Statement & { k: 'select' },
  into: readonly string[],
  frame: Frame,
  w: Work,
): number {
  const b = interp.binding(frame);
  const core = compileStatementQuery(s.query, b);
  interp.session.access?.check(b.flags.needs);
  const rows: Values[] = [];
  core.run(w.run, null, (row) => rows.push(row) > 0);
  const names = new Set<string>();
  for (const c of core.columns) {
    if (c.name === '')
      throw new SqlError(
        1038,
        'An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name.',
        15,
        'batch',
      );
    if (names.has(c.key))
      throw new SqlError(
        2705,
        `Column names in each table must be unique. Column name '${c.name}' is specified more than once.`,
        16,
        'batch',
      );
    names.add(c.key);
  }
  const table = createTable(
    w,
    { session: interp.session, database: frame.database, binding: b, run: w.run },
    into,
    { columns: [], constraints: [], indexes: [] },
  );
  table.columns = core.columns.map((c, i) => ({
    name: c.name,
    id: i + 1,
    type: c.compiled.untyped ? INT : c.type.name === 'rowversion' ? { name: 'binary', length: 8 } : c.type,
    nullable: c.nullable,
    identity: c.identity ? { seed: 1n, step: 1n } : undefined,
  }));
  table.nextColumnId = core.columns.length + 1;
  const identity = table.columns.findIndex((c) => c.identity);
  for (const row of rows) {
    table.store.insert(row, w.transaction, w.transaction.undo as never);
    if (identity >= 0) {
      const v = BigInt(plainText(row[identity]));
      if (table.lastIdentity === null || v > table.lastIdentity) table.lastIdentity = v;
    }
  }
  return rows.length;
}

export function* sendWritten(interp: Interp, result: WriteResult): Program<void> {
  interp.session.rowcount = result.count;
  if (result.columns) yield* send(interp, result.columns, result.rows, true);
  else interp.done(result.count, false);
}
