import { plainText } from '../types/sql-type.ts';
import type { SqlColumn, SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import type { Expr, Statement, TableRef } from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, Compiled, CompiledQuery, Env, Eval } from '../plan/context.ts';
import { findTable, invalidObject } from '../plan/names.ts';
import { note } from '../security/needs.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Values } from '../storage/rows.ts';
import { planned } from './plans.ts';
import { compileOutput, identityValue, pseudoTables } from './output.ts';
import type { Output } from './output.ts';
import { assigner, completeRow, prepareAssign, rowInserter, tableEnv, writerOf } from './table-writer.ts';
import type { Interp, Program, Work } from './interp.ts';
import type { Frame } from './session.ts';
import { trackingContext } from './tracking-context.ts';
import { fireTriggers } from './triggers.ts';

type Insert = Statement & { k: 'insert' };

interface InsertPlan {
  readonly table: Table;
  readonly local: string | undefined;
  readonly ordinals: readonly number[];
  readonly identityGiven: boolean;
  readonly rows: readonly (readonly (Eval | undefined)[])[] | undefined;
  readonly query: CompiledQuery | undefined;
  readonly assign: readonly (((v: SqlValue) => SqlValue) | undefined)[];
  readonly output: Output | undefined;
  readonly slot: number;
  readonly top: Compiled | undefined;
  readonly binding: Binding;
}

/** The table a statement writes; views and queries cannot be written here. */
export function targetTable(ref: TableRef, binding: Binding): Table {
  if (ref.k === 'tablevar') {
    const table = binding.tableVariables.get(ref.name);
    if (!table) throw bindingError(1087, `Must declare the table variable "${ref.name}".`, 15);
    return table;
  }
  if (ref.k !== 'table') throw refused('writing to something that is no table');
  const table = findTable(ref.name, binding);
  if (table) return table;
  if (ref.name.length === 1 && binding.ctes.has((ref.name[0] ?? '').toLowerCase()))
    throw refused('writing through a common table expression');
  const schema = ref.name.length > 1 ? (ref.name.at(-2) ?? 'dbo') : 'dbo';
  if (binding.database.find(schema || 'dbo', ref.name.at(-1) ?? '')?.kind === 'view')
    throw refused('writing through a view');
  throw invalidObject(ref.name);
}

function compileInsert(s: Insert, binding: Binding, identityInsert: Table | undefined): InsertPlan {
  const table = targetTable(s.target, binding);
  const given = s.columns?.map((name) => {
    const ordinal = table.ordinal(name);
    if (ordinal < 0) throw bindingError(207, `Invalid column name '${name}'.`);
    return ordinal;
  });
  const identityAt = table.columns.findIndex((c) => c.identity);
  const ordinals =
    given ??
    table.columns.flatMap((c, i) =>
      c.computed || c.type.name === 'rowversion' || (c.identity && identityInsert !== table) ? [] : [i],
    );
  if (new Set(ordinals).size !== ordinals.length)
    throw bindingError(264, 'A column name is specified more than once in the column list of an INSERT.');
  for (const o of given ?? []) {
    const c = table.columns[o];
    if (c?.computed)
      throw bindingError(
        271,
        `The column "${c.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
      );
    if (c?.type.name === 'rowversion' && !s.rows?.every((row) => row[ordinals.indexOf(o)]?.k === 'default'))
      throw new SqlError(273, 'Cannot insert an explicit value into a timestamp column.');
  }
  const identityGiven = identityAt >= 0 && ordinals.includes(identityAt);
  if (identityGiven && identityInsert !== table) {
    throw new SqlError(
      544,
      `Cannot insert explicit value for identity column in table '${table.name}' when IDENTITY_INSERT is set to OFF.`,
    );
  }
  const scope = new Scope(null);
  const { inserted } = pseudoTables(table, scope, ['inserted'], binding);
  note(binding, table, 'INSERT');
  const output = compileOutput(s.output, table, 'INSERT', scope, binding);
  const writer = writerOf(table, binding);
  const empty = new Scope(null);
  let rows: (Eval | undefined)[][] | undefined;
  if (s.defaults) rows = [[]];
  else if (s.rows) {
    rows = s.rows.map((row) => {
      checkCount(row.length, ordinals.length, given !== undefined, false);
      return row.map((e, i) =>
        e.k === 'default'
          ? (writer.defaults[ordinals[i] as number] ?? (() => null))
          : prepareAssign(valueOf(e, empty, binding), table, ordinals[i] as number),
      );
    });
  }
  const query = s.query ? binding.query(s.query, null, binding, true) : undefined;
  if (query) checkCount(query.columns.length, ordinals.length, given !== undefined, true);
  const assign = query ? query.columns.map((c, i) => assigner(c.type, table, ordinals[i] as number)) : [];
  return {
    table,
    local: s.target.k === 'tablevar' ? s.target.name : undefined,
    ordinals: s.defaults ? [] : ordinals,
    identityGiven: identityGiven && !s.defaults,
    rows,
    query,
    assign,
    output,
    slot: inserted,
    top: s.top ? binding.scalar(s.top, empty) : undefined,
    binding,
  };
}

function valueOf(e: Expr, scope: Scope, binding: Binding): Compiled {
  return binding.scalar(e, scope);
}

function checkCount(values: number, columns: number, listed: boolean, select: boolean): void {
  if (values === columns) return;
  if (!listed)
    throw bindingError(213, 'Column name or number of supplied values does not match table definition.');
  if (select)
    throw bindingError(
      values < columns ? 120 : 121,
      `The select list for the INSERT statement contains ${values < columns ? 'fewer' : 'more'} items than the insert list.`,
      15,
    );
  throw bindingError(
    values < columns ? 109 : 110,
    `There are ${values < columns ? 'more' : 'fewer'} columns in the INSERT statement than values specified in the VALUES clause.`,
    15,
  );
}

export interface WriteResult {
  readonly count: number;
  readonly columns: readonly SqlColumn[] | undefined;
  readonly rows: readonly Values[];
}

type Assign = readonly (((v: SqlValue) => SqlValue) | undefined)[];

/** The rows as they are to be stored; values that are converted already need no `assign`. */
interface Source {
  readonly rows: readonly (readonly (SqlValue | undefined)[])[];
  readonly assign?: Assign | undefined;
}

/** Puts the given values into the columns they are for. */
function fillRow(
  values: SqlValue[],
  ordinals: readonly number[],
  source: readonly (SqlValue | undefined)[],
  assign: Assign | undefined,
): void {
  for (let i = 0; i < ordinals.length; i++) {
    const value = source[i] ?? null;
    const convert = assign?.[i];
    values[ordinals[i] as number] = convert === undefined ? value : convert(value);
  }
}

/** Inserts complete rows given for the listed columns, with everything that belongs to it. */
function insertAll(interp: Interp, w: Work, plan: InsertPlan, { rows, assign }: Source): WriteResult {
  const { session } = interp;
  const table = plan.local ? (w.frame.tables.get(plan.local) as Table) : plan.table;
  const writer = writerOf(table, plan.binding);
  const out: Values[] = [];
  const inserted: Values[] = [];
  const triggers = table.triggers.some((t) => !t.disabled && t.events.includes('INSERT'));
  const put = rowInserter(w, table);
  let count = 0;
  const before = table.lastIdentity;
  const listed = new Set(plan.ordinals);
  const filled = writer.defaults.flatMap((value, ordinal) =>
    value === undefined || listed.has(ordinal) ? [] : [{ ordinal, value }],
  );
  let lastIdentity: bigint | null = null;
  try {
    for (const source of rows) {
      const values = writer.blank.slice();
      if (filled.length > 0) {
        const env = tableEnv(w.run, values);
        for (const { ordinal, value } of filled) values[ordinal] = value(env);
      }
      fillRow(values, plan.ordinals, source, assign);
      if (writer.identity >= 0) {
        if (plan.identityGiven) {
          const given = BigInt(plainText(values[writer.identity]));
          if (table.lastIdentity === null || given > table.lastIdentity) table.lastIdentity = given;
        } else values[writer.identity] = identityValue(table, writer.identity);
        lastIdentity = BigInt(plainText(values[writer.identity]));
      }
      completeRow(w, table, writer, w.frame.database, values);
      put(values);
      count++;
      if (triggers) inserted.push(values);
      if (plan.output) {
        const e: Env = { rows: [], outer: null, run: w.run, group: null, window: null };
        e.rows[plan.slot] = values;
        plan.output.row(w, e, out);
      }
    }
  } catch (error) {
    // A statement that only waited has not used up numbers.
    if (!(error instanceof SqlError) && writer.identity >= 0 && !plan.identityGiven)
      table.lastIdentity = before;
    throw error;
  }
  if (lastIdentity !== null && !table.local) {
    session.lastIdentity = lastIdentity;
    w.frame.scopeIdentity = lastIdentity;
  }
  if (triggers)
    fireTriggers(interp, w, table, 'INSERT', {
      inserted,
      deleted: [],
      updated: new Set(table.columns.map((c) => c.name.toLowerCase())),
    });
  return { count, columns: plan.output?.columns, rows: out };
}

export function* executeInsert(interp: Interp, s: Insert, frame: Frame): Program<WriteResult> {
  const { session } = interp;
  let captured: Values[] | undefined;
  let capturedTypes: readonly { readonly type: Compiled['type'] }[] = [];
  if (s.exec) {
    if (session.capture) throw new SqlError(8164, 'An INSERT EXEC statement cannot be nested.');
    const collected: Values[] = [];
    session.capture = (columns, rows) => {
      capturedTypes = columns;
      collected.push(...rows);
    };
    try {
      yield* interp.statements([s.exec], frame);
    } finally {
      session.capture = undefined;
    }
    captured = collected;
  }
  const context = yield* trackingContext(interp, s.context, frame);
  return yield* interp.atomic(frame, (w) => {
    w.context = context;
    const compile = (b: Binding): InsertPlan =>
      compileInsert(s, withCtesOf(s, b), session.options.identityInsert);
    const own = interp.binding(frame);
    const plan =
      session.options.identityInsert || s.exec
        ? compile(own)
        : planned(s, session, frame, () => interp.binding(frame), compile);
    session.access?.check(own.flags.needs);
    const limit = plan.top ? Number(plan.top.eval(tableEnv(w.run, []))) : Number.POSITIVE_INFINITY;
    if (captured) {
      if (captured.length > 0)
        checkCount(capturedTypes.length, plan.ordinals.length, s.columns !== undefined, true);
      const assign = capturedTypes.map((c, i) => assigner(c.type, plan.table, plan.ordinals[i] as number));
      return insertAll(interp, w, plan, { rows: captured, assign });
    }
    if (plan.rows) {
      const env = tableEnv(w.run, []);
      return insertAll(interp, w, plan, { rows: plan.rows.map((row) => row.map((f) => f?.(env) ?? null)) });
    }
    const rows = plan.query?.rows(w.run, null) ?? [];
    const limited = rows.length > limit ? rows.slice(0, limit) : rows;
    return insertAll(interp, w, plan, { rows: limited, assign: plan.assign });
  });
}

/** WITH in front of INSERT belongs to its query. */
function withCtesOf(s: Insert, b: Binding): Binding {
  if (s.ctes.length === 0 || !s.query) return b;
  const query = s.query;
  return {
    ...b,
    query: (q, parent, inner, ordered) =>
      b.query(q === query ? { ...q, ctes: [...s.ctes, ...q.ctes] } : q, parent, inner, ordered),
  };
}

/** Rows of a bulk load: no checks and no triggers unless asked for, NULL means default unless it is to be kept. */
export function* executeBulk(
  interp: Interp,
  frame: Frame,
  load: {
    table: Table;
    names: readonly string[];
    types: readonly Compiled['type'][];
    options: readonly string[];
    rows: readonly (readonly SqlValue[])[];
  },
): Program<number> {
  const { table } = load;
  return yield* interp.atomic(frame, (w) => {
    const binding = interp.binding(frame);
    const writer = writerOf(table, binding);
    const ordinals = load.names.map((n) => {
      const o = table.ordinal(n);
      if (o < 0) throw bindingError(207, `Invalid column name '${n}'.`);
      return o;
    });
    const assign = load.types.map((t, i) => assigner(t, table, ordinals[i] as number));
    const checked = load.options.includes('CHECK_CONSTRAINTS');
    const keepNulls = load.options.includes('KEEP_NULLS');
    const keepIdentity = load.options.includes('KEEP_IDENTITY') || load.options.includes('KEEPIDENTITY');
    const keepsIdentity = keepIdentity && ordinals.includes(writer.identity);
    const filled = writer.defaults.flatMap((value, ordinal) =>
      value === undefined || (keepNulls && ordinals.includes(ordinal)) ? [] : [{ ordinal, value }],
    );
    const fires = load.options.includes('FIRE_TRIGGERS');
    const put = rowInserter(w, table, checked);
    const inserted: Values[] = [];
    for (const source of load.rows) {
      const values = writer.blank.slice();
      fillRow(values, ordinals, source, assign);
      if (filled.length > 0) {
        const env = tableEnv(w.run, values);
        for (const { ordinal, value } of filled) if (values[ordinal] === null) values[ordinal] = value(env);
      }
      if (writer.identity >= 0 && !keepsIdentity)
        values[writer.identity] = identityValue(table, writer.identity);
      completeRow(w, table, writer, frame.database, values, checked);
      put(values);
      if (fires) inserted.push(values);
    }
    if (fires) fireTriggers(interp, w, table, 'INSERT', { inserted, deleted: [], updated: new Set() });
    return load.rows.length;
  });
}
