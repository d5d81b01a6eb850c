import { catalogueView } from '../catalogue/system-views.ts';
import { SqlError, bindingError } from '../errors.ts';
import type { TableRef, Query } from '../parser/ast.ts';
import { note, chainOf } from '../security/needs.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Type } from '../types/sql-type.ts';
import type { BoundSource, BoundRef } from './bound.ts';
import { branchType } from './branch.ts';
import { bindChanges } from './changes.ts';
import type { Binding, CompiledQuery, SourceColumn, Scope, Compiled } from './context.ts';
import { convertTo } from './convert-node.ts';
import { scalar } from './expressions.ts';
import { columnsOf, findTable, resolveName, invalidObject } from './names.ts';

function bindTable(ref: TableRef & { k: 'table' }, slot: number, binding: Binding): BoundSource {
  const object = ref.name.at(-1) ?? '';
  const alias = nameKey(ref.alias ?? object);
  if (ref.name.length === 1) {
    const cte = binding.ctes.get(nameKey(object));
    if (cte) {
      const query = cte.binding.query(cte.query, null, cte.binding);
      return {
        slot,
        alias,
        columns: renamed(query, cte.columns),
        origin: { k: 'query', query, lateral: false },
      };
    }
    const key = nameKey(object);
    if (binding.trigger && (key === 'inserted' || key === 'deleted')) {
      return {
        slot,
        alias,
        columns: columnsOf(binding.trigger),
        origin: { k: 'rows', correlated: false, rows: (run) => run.trigger?.[key] ?? [] },
      };
    }
  }
  const table = findTable(ref.name, binding);
  if (table) {
    const at = object.startsWith('#') ? undefined : resolveName(ref.name, binding);
    return {
      slot,
      alias,
      qualifier:
        ref.alias || !at ? undefined : { schema: nameKey(table.schema), database: nameKey(at.database.name) },
      columns: columnsOf(table),
      named: note(binding, table, 'SELECT', { database: at?.database })?.columns,
      origin: { k: 'table', table: () => table, fixed: table, hints: ref.hints },
    };
  }
  if (object.startsWith('#')) throw invalidObject(ref.name);
  const at = resolveName(ref.name, binding);
  const view = at.database.find(at.schema, at.object);
  if (view?.kind === 'view') {
    const chain = binding.chain === 'everything' ? binding.chain : chainOf(at.database, view);
    const inner: Binding = { ...binding, database: at.database, ctes: new Map(), trigger: undefined, chain };
    const query = binding.query(view.query, null, inner);
    const columns = renamed(query, view.columns);
    const names = columns.map((c) => c.name);
    return {
      slot,
      alias,
      qualifier: ref.alias ? undefined : { schema: nameKey(at.schema), database: nameKey(at.database.name) },
      columns,
      named: note(binding, view, 'SELECT', { database: at.database, names })?.columns,
      origin: { k: 'query', query, lateral: false },
    };
  }
  const system = catalogueView(ref.name, at.database, (one) => {
    const inner: Binding = {
      ...binding,
      database: at.database,
      ctes: new Map(),
      trigger: undefined,
      chain: 'everything',
    };
    try {
      return renamed(binding.query(one.query, null, inner), one.columns);
    } catch (error) {
      // What it selects from has changed: a server that keeps the old columns refuses to read them, too.
      if (error instanceof SqlError) return [];
      throw error;
    }
  });
  if (system) {
    return {
      slot,
      alias,
      qualifier: ref.alias ? undefined : { schema: nameKey(at.schema), database: nameKey(at.database.name) },
      columns: system.columns.map((c) => ({
        name: c.name,
        key: nameKey(c.name),
        type: c.type,
        nullable: c.nullable ?? true,
      })),
      origin: { k: 'rows', correlated: false, rows: (run) => system.rows(run.system) },
    };
  }
  throw invalidObject(ref.name);
}

function renamed(query: CompiledQuery, names: readonly string[] | undefined): SourceColumn[] {
  if (!names) {
    for (const c of query.columns)
      if (c.name === '')
        throw bindingError(8155, 'No column name was specified for a column of a derived table.');
    return [...query.columns];
  }
  if (names.length !== query.columns.length)
    throw bindingError(
      8158,
      'A derived table or common table expression has more columns than were specified in the column list.',
    );
  return query.columns.map((c, i) => ({ ...c, name: names[i] ?? c.name, key: nameKey(names[i] ?? c.name) }));
}

/** Binds the tables of FROM and puts them into the scope, left to right. */
export function bindRef(ref: TableRef, scope: Scope, binding: Binding): BoundRef {
  if (ref.k === 'join') {
    const l = bindRef(ref.l, scope, binding);
    const lateral = ref.kind === 'cross apply' || ref.kind === 'outer apply';
    const r =
      lateral && ref.r.k === 'derived'
        ? bindDerived(ref.r, scope, binding, true)
        : bindRef(ref.r, scope, binding);
    if (ref.kind === 'right') return { k: 'join', kind: 'left', l: r, r: l, on: ref.on };
    return { k: 'join', kind: ref.kind, l, r, on: ref.on };
  }
  if (ref.k === 'derived') return bindDerived(ref, scope, binding, false);
  const slot = scope.sources.length;
  let source: BoundSource;
  if (ref.k === 'changes') return addSource(bindChangeTable(ref, slot, binding), scope);
  if (ref.k === 'table') source = bindTable(ref, slot, binding);
  else if (ref.k === 'tablevar') {
    const table = binding.tableVariables.get(ref.name);
    if (!table) throw bindingError(1087, `Must declare the table variable "${ref.name}".`, 15);
    const { name } = ref;
    source = {
      slot,
      alias: nameKey(ref.alias ?? name),
      columns: columnsOf(table),
      origin: { k: 'table', table: (run) => run.tables.get(name) ?? table, fixed: table, hints: [] },
    };
  } else source = bindValues(ref, slot, scope, binding);
  return addSource(source, scope);
}

function bindChangeTable(ref: TableRef & { k: 'changes' }, slot: number, binding: Binding): BoundSource {
  const { columns, rows } = bindChanges(ref, findTable(ref.table, binding), binding);
  return {
    slot,
    alias: nameKey(ref.alias),
    columns,
    origin: { k: 'rows', correlated: false, rows: (run) => rows(run) },
  };
}

function addSource(source: BoundSource, scope: Scope): BoundRef {
  if (
    scope.sources.some((s) => s.alias === source.alias && s.qualifier?.schema === source.qualifier?.schema)
  ) {
    throw bindingError(
      1013,
      `The objects in the FROM clause have the same exposed name "${source.alias}". Use correlation names to distinguish them.`,
    );
  }
  scope.sources.push(source);
  return { k: 'leaf', source };
}

function bindDerived(
  ref: TableRef & { k: 'derived' },
  scope: Scope,
  binding: Binding,
  lateral: boolean,
): BoundRef {
  const query = binding.query(ref.query as Query, lateral ? scope : scope.parent, binding);
  const source: BoundSource = {
    slot: scope.sources.length,
    alias: nameKey(ref.alias),
    columns: renamed(query, ref.columns),
    origin: { k: 'query', query, lateral },
  };
  return addSource(source, scope);
}

function bindValues(
  ref: TableRef & { k: 'values' },
  slot: number,
  scope: Scope,
  binding: Binding,
): BoundSource {
  const inner = scope.parent;
  const rows = ref.rows.map((row) => row.map((e) => scalar(e, inner ?? scope, binding)));
  const types = ref.columns.map((_, i) => branchType(rows.map((row) => row[i] as Compiled)));
  const evals = rows.map((row) => row.map((c, i) => convertTo(c, types[i] as Type).eval));
  return {
    slot,
    alias: nameKey(ref.alias),
    columns: ref.columns.map((name, i) => ({
      name,
      key: nameKey(name),
      type: types[i] as Type,
      nullable: true,
    })),
    origin: {
      k: 'rows',
      correlated: inner !== null,
      rows: (run, e) =>
        evals.map((row) =>
          row.map((fn) => fn(e ?? { rows: [], outer: null, run, group: null, window: null })),
        ),
    },
  };
}
