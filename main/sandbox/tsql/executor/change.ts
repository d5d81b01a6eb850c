import type { SqlValue } from '../face.ts';
import { bindingError, refused } from '../errors.ts';
import type { Expr, Statement, TableRef } from '../parser/ast.ts';
import { arithmeticNode } from '../plan/arithmetic.ts';
import { convertTo } from '../plan/convert-node.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, Compiled, Env, Eval } from '../plan/context.ts';
import { bindRef } from '../plan/bind-from.ts';
import { compileFrom } from '../plan/joins.ts';
import { findTable } from '../plan/names.ts';
import type { BoundRef, BoundSource, Each } from '../plan/bound.ts';
import { note } from '../security/needs.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Row, Values } from '../storage/rows.ts';
import { planned } from './plans.ts';
import { compileOutput, pseudoTables } from './output.ts';
import type { Output } from './output.ts';
import { applyChanges, completeRow, prepareAssign, writerOf } from './table-writer.ts';
import type { Change } from './table-writer.ts';
import type { WriteResult } from './insert.ts';
import { targetTable } from './insert.ts';
import { trackingContext } from './tracking-context.ts';
import { fireTriggers } from './triggers.ts';
import type { Interp, Program, Work } from './interp.ts';
import type { Frame } from './session.ts';

type Update = Statement & { k: 'update' };
type Delete = Statement & { k: 'delete' };

interface ChangePlan {
  readonly table: Table;
  readonly local: string | undefined;
  readonly each: Each;
  readonly visit: { slot: number; current: Row | null };
  readonly width: number;
  readonly sets: readonly {
    readonly ordinal: number;
    readonly variable: string | undefined;
    readonly value: Eval;
    readonly assignVariable: Eval | undefined;
  }[];
  readonly updated: ReadonlySet<string>;
  readonly output: Output | undefined;
  readonly slots: Record<'inserted' | 'deleted', number>;
  readonly top: Compiled | undefined;
  readonly binding: Binding;
}

function leaves(ref: BoundRef): BoundSource[] {
  return ref.k === 'leaf' ? [ref.source] : [...leaves(ref.l), ...leaves(ref.r)];
}

/** The target may be named by its alias in FROM, by its name there, or stand alone. */
function bindTarget(
  s: Update | Delete,
  scope: Scope,
  binding: Binding,
): { ref: BoundRef; source: BoundSource; table: Table; local: string | undefined } {
  const { target, from } = s;
  if (!from) {
    const table = targetTable(target, binding);
    const ref = bindRef(target as TableRef, scope, binding);
    return {
      ref,
      source: leaves(ref)[0] as BoundSource,
      table,
      local: target.k === 'tablevar' ? target.name : undefined,
    };
  }
  const ref = bindRef(from, scope, binding);
  const list = leaves(ref);
  const written = target.k === 'table' ? target.name : target.k === 'tablevar' ? [target.name] : [];
  const key = nameKey(written.at(-1) ?? '');
  let source = written.length === 1 ? list.find((x) => x.alias === key) : undefined;
  if (!source) {
    const table =
      target.k === 'tablevar' ? binding.tableVariables.get(target.name) : findTable(written, binding);
    const found = list.filter((x) => x.origin.k === 'table' && x.origin.fixed === table);
    if (found.length > 1) throw bindingError(8154, `The table '${written.join('.')}' is ambiguous.`);
    source = found[0];
    if (!source) {
      // A target that FROM does not mention is joined to it.
      const own = bindRef(target as TableRef, scope, binding);
      const leaf = leaves(own)[0] as BoundSource;
      return {
        ref: { k: 'join', kind: 'cross', l: ref, r: own },
        source: leaf,
        table: targetTable(target, binding),
        local: target.k === 'tablevar' ? target.name : undefined,
      };
    }
  }
  if (source.origin.k !== 'table') throw refused('writing through a view or query');
  const { fixed } = source.origin;
  return { ref, source, table: fixed, local: fixed.local ? fixed.name : undefined };
}

function withHints(binding: Binding, s: Update | Delete): Binding {
  if (s.ctes.length === 0) return binding;
  const ctes = new Map(binding.ctes);
  for (const cte of s.ctes)
    ctes.set(nameKey(cte.name), {
      query: cte.query,
      columns: cte.columns,
      binding: { ...binding, ctes: new Map(ctes) },
    });
  return { ...binding, ctes };
}

function compileChange(s: Update | Delete, outer: Binding): ChangePlan {
  const binding = withHints(outer, s);
  const scope = new Scope(null);
  const { ref, source, table, local } = bindTarget(s, scope, binding);
  const visit = { slot: source.slot, current: null };
  const each = compileFrom(ref, s.where, scope, binding, visit);
  const sets = s.k === 'update' ? s.sets.map((set) => compileSet(set, table, source, scope, binding)) : [];
  const written = sets.flatMap((x) => (x.ordinal >= 0 ? [x.ordinal] : []));
  note(binding, table, s.k === 'update' ? 'UPDATE' : 'DELETE', { columns: written });
  // The table that is written is read only where one of its columns is named.
  for (const need of binding.flags.needs)
    if (need.object === table && need.right === 'SELECT') need.always = false;
  const duplicates = sets.filter((x) => x.ordinal >= 0).map((x) => x.ordinal);
  if (new Set(duplicates).size !== duplicates.length)
    throw bindingError(264, 'A column name is specified more than once in the SET clause.');
  const slots = pseudoTables(table, scope, s.k === 'update' ? ['inserted', 'deleted'] : ['deleted'], binding);
  const output = compileOutput(s.output, table, s.k === 'update' ? 'UPDATE' : 'DELETE', scope, binding);
  return {
    table,
    local,
    each,
    visit,
    width: scope.sources.length,
    sets,
    output,
    slots,
    binding,
    updated: new Set(
      sets.flatMap((x) => (x.ordinal >= 0 ? [nameKey(table.columns[x.ordinal]?.name ?? '')] : [])),
    ),
    top: s.top ? binding.scalar(s.top, new Scope(null)) : undefined,
  };
}

function compileSet(
  set: Update['sets'][number],
  table: Table,
  source: BoundSource,
  scope: Scope,
  binding: Binding,
): ChangePlan['sets'][number] {
  const ordinal = set.column === undefined ? -1 : table.ordinal(set.column);
  if (set.column !== undefined && ordinal < 0)
    throw bindingError(207, `Invalid column name '${set.column}'.`);
  const column = table.columns[ordinal];
  if (column?.computed)
    throw bindingError(
      271,
      `The column "${column.name}" cannot be modified because it is either a computed column or is the result of a UNION operator.`,
    );
  if (column?.identity) throw bindingError(8102, `Cannot update identity column '${column.name}'.`);
  if (column?.type.name === 'rowversion') throw bindingError(272, 'Cannot update a timestamp column.');
  let value: Compiled;
  if (set.e.k === 'default' && column) {
    const fallback = writerOf(table, binding).defaults[ordinal];
    value = { type: column.type, nullable: true, eval: fallback ?? ((): null => null) };
  } else value = binding.scalar(set.e, scope);
  const variable = set.variable;
  if (set.op !== '=') {
    const left: Expr = column
      ? { k: 'col', parts: [source.alias, column.name], line: 0 }
      : { k: 'var', name: variable ?? '', line: 0 };
    value = arithmeticNode(set.op[0] as string, binding.scalar(left, scope), value);
  }
  const type = variable === undefined ? undefined : binding.variableTypes.get(variable);
  if (variable !== undefined && !type)
    throw bindingError(137, `Must declare the scalar variable "${variable}".`, 15);
  return {
    ordinal,
    variable,
    value: column ? prepareAssign(value, table, ordinal) : value.eval,
    assignVariable: type ? convertTo(column ? { ...value, type: value.type } : value, type).eval : undefined,
  };
}

function run(interp: Interp, w: Work, plan: ChangePlan, remove: boolean): WriteResult {
  const table = plan.local ? (w.frame.tables.get(plan.local) as Table) : plan.table;
  const writer = writerOf(table, plan.binding);
  const { visit } = plan;
  const e: Env = {
    rows: Array.from<Values>({ length: plan.width }),
    outer: null,
    run: w.run,
    group: null,
    window: null,
  };
  const limit = plan.top ? Number(plan.top.eval(e)) : Number.POSITIVE_INFINITY;
  const seen = new Set<Row>();
  const changes: Change[] = [];
  const kept: Values[][] = [];
  if (limit > 0) {
    plan.each(e, () => {
      const row = visit.current;
      if (!row || seen.has(row)) return true;
      seen.add(row);
      const before = e.rows[visit.slot] as Values;
      let after: SqlValue[] | null = null;
      if (!remove) {
        after = [...before];
        for (const set of plan.sets) {
          if (set.variable !== undefined && set.assignVariable) {
            const v = w.frame.variables.get(set.variable);
            if (v) v.value = set.assignVariable(e);
          }
          if (set.ordinal >= 0) after[set.ordinal] = set.value(e);
        }
      }
      changes.push({ row, before, after });
      if (plan.output) kept.push([...e.rows]);
      return changes.length < limit;
    });
  }
  for (const c of changes)
    if (c.after) completeRow(w, table, writer, w.frame.database, c.after as SqlValue[]);
  applyChanges(
    w,
    table,
    plan.binding,
    w.frame.database,
    changes,
    plan.sets.flatMap((x) => (x.ordinal >= 0 ? [x.ordinal] : [])),
  );
  const out: Values[] = [];
  if (plan.output) {
    changes.forEach((c, i) => {
      const rows = kept[i] as Values[];
      if (plan.slots.inserted >= 0 && c.after) rows[plan.slots.inserted] = c.after;
      rows[plan.slots.deleted] = c.before;
      plan.output?.row(w, { ...e, rows }, out);
    });
  }
  fireTriggers(interp, w, table, remove ? 'DELETE' : 'UPDATE', {
    inserted: remove ? [] : changes.map((c) => c.after as Values),
    deleted: changes.map((c) => c.before),
    updated: plan.updated,
  });
  return { count: changes.length, columns: plan.output?.columns, rows: out };
}

export function* executeChange(interp: Interp, s: Update | Delete, frame: Frame): Program<WriteResult> {
  const context = yield* trackingContext(interp, s.context, frame);
  return yield* interp.atomic(frame, (w) => {
    w.context = context;
    const plan = planned(
      s,
      interp.session,
      frame,
      () => interp.binding(frame),
      (b) => compileChange(s, b),
    );
    return run(interp, w, plan, s.k === 'delete');
  });
}
