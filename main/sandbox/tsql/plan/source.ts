import type { SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import { catalogueView } from '../catalogue.ts';
import type { Expr, ObjectName, Query, TableRef } from '../parser/ast.ts';
import { chainOf, note } from '../security/needs.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, IndexDef, Table } from '../storage/schema-objects.ts';
import type { Row, Values } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { commonType, family } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { branchType } from './branch.ts';
import { bindChanges } from './changes.ts';
import { scalar } from './expressions.ts';
import { condition } from './conditions.ts';
import { convertTo } from './convert-node.ts';
import { nullRow } from './context.ts';
import type {
  Binding,
  Compiled,
  CompiledQuery,
  Env,
  Reader,
  Run,
  Scope,
  Source,
  SourceColumn,
  Test,
} from './context.ts';

/** Calls `row` for every combination of rows; false from it, or to the caller, means stop. */
export type Each = (e: Env, row: () => boolean) => boolean;

/** One AND-ed part of a WHERE or ON clause, applied as early as the tables it names allow. */
interface Conjunct {
  readonly test: Test;
  readonly uses: ReadonlySet<number>;
  /** column = value, when it has that shape: what an index can answer. */
  readonly equal: readonly {
    readonly slot: number;
    readonly ordinal: number;
    readonly value: Compiled;
    readonly uses: ReadonlySet<number>;
  }[];
  used: boolean;
  /** column IN (query) with a query of its own, when it has that shape: an index answers that too. */
  readonly among?: Among | undefined;
}

/** Where the rows of one place in FROM come from. */
export type Origin =
  | {
      readonly k: 'table';
      readonly table: (run: Run) => Table;
      readonly fixed: Table;
      readonly hints: readonly string[];
    }
  | {
      readonly k: 'rows';
      readonly rows: (run: Run, e: Env | null) => readonly Values[];
      readonly correlated: boolean;
    }
  | { readonly k: 'query'; readonly query: CompiledQuery; readonly lateral: boolean };

export interface BoundSource extends Source {
  readonly origin: Origin;
}

export type BoundRef =
  | { readonly k: 'leaf'; readonly source: BoundSource }
  | {
      readonly k: 'join';
      readonly kind: 'inner' | 'left' | 'full' | 'cross' | 'cross apply' | 'outer apply';
      readonly l: BoundRef;
      readonly r: BoundRef;
      readonly on?: Expr | undefined;
    };

export function columnsOf(table: Table): SourceColumn[] {
  return table.columns.map((c) => ({
    name: c.name,
    key: nameKey(c.name),
    type: c.type,
    nullable: c.nullable,
    identity: c.identity !== undefined,
  }));
}

/** Splits a name into database, schema and object; missing parts take the defaults. */
export function resolveName(
  name: ObjectName,
  binding: Binding,
): { database: Database; schema: string; object: string } {
  if (name.length > 3) throw refused('names with a server part');
  const object = name.at(-1) ?? '';
  const schema = name.length > 1 && name.at(-2) !== '' ? (name.at(-2) ?? 'dbo') : 'dbo';
  const databaseName = name.length > 2 ? (name.at(-3) ?? '') : '';
  const database = databaseName === '' ? binding.database : binding.system.databaseNamed(databaseName);
  if (!database) throw bindingError(911, `Database '${databaseName}' does not exist.`);
  return { database, schema, object };
}

export function invalidObject(name: ObjectName): Error {
  return bindingError(208, `Invalid object name '${name.join('.')}'.`);
}

/** The table a name means, temporary ones included; undefined for views and names that mean nothing. */
export function findTable(name: ObjectName, binding: Binding): Table | undefined {
  const object = name.at(-1) ?? '';
  if (object.startsWith('#')) {
    binding.flags.temp = true;
    return binding.system.tempTable(object);
  }
  const at = resolveName(name, binding);
  const found = at.database.find(at.schema, at.object);
  return found?.kind === 'table' ? found : undefined;
}

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

interface Among {
  readonly slot: number;
  readonly ordinal: number;
  /** What the column is compared with, each as the column's index has it. */
  readonly values: (e: Env) => Iterable<SqlValue>;
}

function amongOf(e: Expr, scope: Scope, binding: Binding): Among | undefined {
  if (e.k !== 'in' || e.not || !e.query) return undefined;
  const { column } = scalar(e.e, scope, binding);
  if (column?.level !== 0) return undefined;
  const source = scope.sources.find(({ slot }) => slot === column.slot);
  const type = source?.columns[column.ordinal]?.type;
  const query = binding.query(e.query, scope, binding);
  const [only] = query.columns;
  if (!type || !only || query.columns.length !== 1 || query.correlated) return undefined;
  let current: SqlValue = null;
  const value = lookupValue(type, { type: only.type, nullable: true, eval: () => current });
  if (!value) return undefined;
  return {
    slot: column.slot,
    ordinal: column.ordinal,
    *values(env) {
      for (const row of query.rows(env.run, env)) {
        current = row[0] ?? null;
        const found = value.eval(env);
        if (found !== null) yield found;
      }
    },
  };
}

function conjunctsOf(e: Expr, scope: Scope, binding: Binding, out: Conjunct[]): void {
  if (e.k === 'and') {
    conjunctsOf(e.l, scope, binding, out);
    conjunctsOf(e.r, scope, binding, out);
    return;
  }
  const before = scope.uses;
  const track = <T>(fn: () => T): { value: T; uses: Set<number> } => {
    scope.uses = new Set();
    return { value: fn(), uses: scope.uses };
  };
  const whole = track(() => condition(e, scope, binding));
  const among = track(() => amongOf(e, scope, binding)).value;
  const equal: { slot: number; ordinal: number; value: Compiled; uses: Set<number> }[] = [];
  if (e.k === 'cmp' && e.op === '=') {
    for (const [a, b] of [
      [e.l, e.r],
      [e.r, e.l],
    ] as const) {
      if (a.k !== 'col') continue;
      const column = track(() => scalar(a, scope, binding)).value.column;
      if (!column || column.level !== 0) continue;
      const other = track(() => scalar(b, scope, binding));
      if (!other.uses.has(column.slot))
        equal.push({ slot: column.slot, ordinal: column.ordinal, value: other.value, uses: other.uses });
    }
  }
  scope.uses = before;
  out.push({ test: whole.value, uses: whole.uses, equal, used: false, among });
}

const subset = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean => {
  for (const x of a) if (!b.has(x)) return false;
  return true;
};

function filtered(each: Each, tests: readonly Test[]): Each {
  const [only] = tests;
  if (!only) return each;
  if (tests.length === 1) return (e, row) => each(e, () => (only(e) === true ? row() : true));
  return (e, row) =>
    each(e, () => {
      for (const test of tests) if (test(e) !== true) return true;
      return row();
    });
}

/** Takes the conjuncts whose tables are all bound now. */
function take(conjuncts: readonly Conjunct[], bound: ReadonlySet<number>): Test[] {
  const tests: Test[] = [];
  for (const c of conjuncts) {
    if (c.used || !subset(c.uses, bound)) continue;
    c.used = true;
    tests.push(c.test);
  }
  return tests;
}

/** Whether looking a value up by the column's key finds the same rows as comparing would. */
function lookupValue(column: Type, value: Compiled): Compiled | undefined {
  if (value.untyped) return undefined;
  const [fc, fv] = [family(column), family(value.type)];
  if (fc === 'text') {
    // The key of a text is its fold, whatever its declared type.
    return fv === 'text' && (value.type.collation ?? column.collation) === column.collation
      ? value
      : undefined;
  }
  if (fc === 'int' && fv === 'int') {
    if (column.name === value.type.name) return value;
    const wide = column.name === 'bigint';
    const inner = value.eval;
    return {
      ...value,
      type: column,
      eval: (e) => {
        const v = inner(e);
        return v === null ? null : wide ? BigInt(v as number) : Number(v as bigint);
      },
    };
  }
  if (fc === 'decimal' && fv === 'decimal') return value;
  const common = commonType(column, value.type);
  if (common.name !== column.name) return undefined;
  return convertTo(value, column);
}

interface Lookup {
  readonly values: readonly Compiled[];
  readonly index?: IndexDef | undefined;
  readonly ordinals: readonly number[];
}

function lookupFor(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
  bound: ReadonlySet<number>,
): Lookup | undefined {
  const byOrdinal = new Map<number, Compiled>();
  for (const c of conjuncts) {
    for (const q of c.equal) {
      if (q.slot !== source.slot || !subset(q.uses, bound) || byOrdinal.has(q.ordinal)) continue;
      const value = lookupValue((source.columns[q.ordinal] as SourceColumn).type, q.value);
      if (value) byOrdinal.set(q.ordinal, value);
    }
  }
  if (byOrdinal.size === 0) return undefined;
  if (source.origin.k === 'table') {
    const usable = source.origin.fixed.indexes.filter(
      (i) => !i.where && i.columns.every((c) => byOrdinal.has(c.ordinal)),
    );
    usable.sort((a, b) => Number(b.unique) - Number(a.unique) || b.columns.length - a.columns.length);
    const index = usable[0];
    if (index)
      return {
        index,
        ordinals: index.columns.map((c) => c.ordinal),
        values: index.columns.map((c) => byOrdinal.get(c.ordinal) as Compiled),
      };
  }
  return { ordinals: [...byOrdinal.keys()], values: [...byOrdinal.values()] };
}

/** The conjunct `column IN (query)` that an index of the table answers. */
function amongFor(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
): { readonly index: number; readonly type: Type; readonly values: Among['values'] } | undefined {
  if (source.origin.k !== 'table') return undefined;
  const { indexes } = source.origin.fixed;
  for (const { among } of conjuncts) {
    if (among?.slot !== source.slot) continue;
    const index = indexes.findIndex(
      (i) => !i.where && i.columns.length === 1 && i.columns[0]?.ordinal === among.ordinal,
    );
    const column = source.columns[among.ordinal];
    if (index >= 0 && column) return { index, type: column.type, values: among.values };
  }
  return undefined;
}

/** Rows by key, built on the second visit of one statement: a single pass needs no index. */
class Hash {
  visits = 0;
  map: Map<Key, (readonly [Values, Row | null])[]> | undefined;
}

function leafRows(source: BoundSource): (e: Env) => Iterable<Values> {
  const { origin } = source;
  switch (origin.k) {
    case 'rows':
      return (e) => {
        if (origin.correlated) return origin.rows(e.run, e.outer);
        const known = e.run.cache.get(origin) as readonly Values[] | undefined;
        if (known) return known;
        const rows = origin.rows(e.run, e.outer);
        e.run.cache.set(origin, rows);
        return rows;
      };
    case 'query':
      return (e) => {
        const { query } = origin;
        if (origin.lateral) return query.rows(e.run, e);
        if (query.correlated) return query.rows(e.run, e.outer);
        const known = e.run.cache.get(query) as readonly Values[] | undefined;
        if (known) return known;
        const rows = query.rows(e.run, e.outer);
        e.run.cache.set(query, rows);
        return rows;
      };
    case 'table':
      return function* (e) {
        for (const [values] of tableRows(origin, e)) yield values;
      };
  }
}

function* tableRows(origin: Origin & { k: 'table' }, e: Env): Iterable<readonly [Values, Row]> {
  const table = origin.table(e.run);
  const reader = e.run.reader(origin.hints, table);
  for (const row of table.store.rows) {
    const values = reader.read(row);
    if (values) yield [values, row];
  }
}

/** The same with the row each comes from, where it comes from one. */
function leafPairs(source: BoundSource): (e: Env) => Iterable<readonly [Values, Row | null]> {
  const { origin } = source;
  if (origin.k === 'table') return (e) => tableRows(origin, e);
  const rows = leafRows(source);
  return function* (e) {
    for (const values of rows(e)) yield [values, null];
  };
}

function leaf(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
  bound: Set<number>,
  visit?: { current: Row | null },
): Each {
  const lookup = lookupFor(source, conjuncts, bound);
  const among = lookup?.index ? undefined : amongFor(source, conjuncts);
  bound.add(source.slot);
  const tests = take(conjuncts, bound);
  const { slot, origin } = source;
  const keyTypes = lookup?.ordinals.map((o) => (source.columns[o] as SourceColumn).type) ?? [];
  const keyOf = lookup ? compositeKeyer(keyTypes) : undefined;
  const keyOfEnv = (e: Env): Key | undefined => {
    const values: SqlValue[] = [];
    for (const v of lookup?.values ?? []) {
      const value = v.eval(e);
      if (value === null) return undefined;
      values.push(value);
    }
    return keyOf?.(values);
  };
  const pass = (e: Env, row: () => boolean): boolean => {
    for (const test of tests) if (test(e) !== true) return true;
    return row();
  };
  if (origin.k === 'table') {
    const scan: Each = (e, row) => {
      const table = origin.table(e.run);
      const reader = e.run.reader(origin.hints, table);
      for (const r of table.store.rows) {
        const values = reader.read(r);
        if (!values) continue;
        e.rows[slot] = values;
        if (visit) visit.current = r;
        if (!pass(e, row)) return false;
      }
      return true;
    };
    if (!lookup && !among) return scan;
    const at = (r: Row, reader: Reader, e: Env, row: () => boolean): boolean => {
      const values = reader.read(r);
      if (!values) return true;
      e.rows[slot] = values;
      if (visit) visit.current = r;
      return pass(e, row);
    };
    if (among) {
      const keyOfValue = compositeKeyer([among.type]);
      return (e, row) => {
        const table = origin.table(e.run);
        const reader = e.run.reader(origin.hints, table);
        const keys = new Set<Key>();
        for (const value of among.values(e)) keys.add(keyOfValue([value]));
        for (const key of keys) {
          const found = table.indexes[among.index]?.rows.find(key);
          if (found === undefined) continue;
          if (!(found instanceof Set)) {
            if (!at(found as Row, reader, e, row)) return false;
          } else for (const r of found) if (!at(r, reader, e, row)) return false;
        }
        return true;
      };
    }
    if (lookup?.index) {
      const ordinal = origin.fixed.indexes.indexOf(lookup.index);
      return (e, row) => {
        const key = keyOfEnv(e);
        if (key === undefined) return true;
        const table = origin.table(e.run);
        const reader = e.run.reader(origin.hints, table);
        const found = table.indexes[ordinal]?.rows.find(key);
        if (found === undefined) return true;
        if (!(found instanceof Set)) return at(found as Row, reader, e, row);
        for (const r of found) if (!at(r, reader, e, row)) return false;
        return true;
      };
    }
    if (!lookup) return scan;
    return hashed(source, keyOfEnv, keyOf, lookup.ordinals, scan, pass, visit);
  }
  const rows = leafRows(source);
  const scan: Each = (e, row) => {
    for (const values of rows(e)) {
      e.rows[slot] = values;
      if (!pass(e, row)) return false;
    }
    return true;
  };
  const stable =
    (origin.k === 'rows' && !origin.correlated) ||
    (origin.k === 'query' && !origin.lateral && !origin.query.correlated);
  return lookup && stable ? hashed(source, keyOfEnv, keyOf, lookup.ordinals, scan, pass) : scan;
}

function hashed(
  source: BoundSource,
  keyOfEnv: (e: Env) => Key | undefined,
  keyOf: ((values: readonly SqlValue[]) => Key) | undefined,
  ordinals: readonly number[],
  scan: Each,
  pass: (e: Env, row: () => boolean) => boolean,
  visit?: { current: Row | null },
): Each {
  const all = leafPairs(source);
  return (e, row) => {
    let hash = e.run.cache.get(scan) as Hash | undefined;
    if (!hash) e.run.cache.set(scan, (hash = new Hash()));
    if (++hash.visits === 1 || !keyOf) return scan(e, row);
    if (!hash.map) {
      hash.map = new Map();
      for (const pair of all(e)) {
        const key = keyOf(ordinals.map((o) => pair[0][o] as SqlValue));
        const list = hash.map.get(key);
        if (list) list.push(pair);
        else hash.map.set(key, [pair]);
      }
    }
    const key = keyOfEnv(e);
    if (key === undefined) return true;
    for (const [values, at] of hash.map.get(key) ?? []) {
      e.rows[source.slot] = values;
      if (visit) visit.current = at;
      if (!pass(e, row)) return false;
    }
    return true;
  };
}

function slotsOf(ref: BoundRef, out = new Set<number>()): Set<number> {
  if (ref.k === 'leaf') out.add(ref.source.slot);
  else {
    slotsOf(ref.l, out);
    slotsOf(ref.r, out);
  }
  return out;
}

/**
 * Two tables of which only the left can be looked up by a value of the right: read the right one first. Every other
 * join is read as it is written.
 */
function readsRightFirst(
  ref: BoundRef & { k: 'join' },
  conjuncts: readonly Conjunct[],
  bound: ReadonlySet<number>,
): boolean {
  if (ref.kind !== 'inner' || ref.l.k !== 'leaf' || ref.r.k !== 'leaf') return false;
  const [l, r] = [ref.l.source, ref.r.source];
  if (l.origin.k !== 'table' || r.origin.k !== 'table') return false;
  const [withLeft, withRight] = [new Set([...bound, l.slot]), new Set([...bound, r.slot])];
  return !lookupFor(r, conjuncts, withLeft) && lookupFor(l, conjuncts, withRight) !== undefined;
}

function plan(
  ref: BoundRef,
  conjuncts: readonly Conjunct[],
  bound: Set<number>,
  scope: Scope,
  binding: Binding,
  visit?: { slot: number; current: Row | null },
): Each {
  if (ref.k === 'leaf')
    return leaf(ref.source, conjuncts, bound, visit?.slot === ref.source.slot ? visit : undefined);
  if (ref.kind === 'inner' || ref.kind === 'cross' || ref.kind === 'cross apply') {
    const all = [...conjuncts];
    if (ref.on) conjunctsOf(ref.on, scope, binding, all);
    const [first, second] = readsRightFirst(ref, all, bound) ? [ref.r, ref.l] : [ref.l, ref.r];
    const l = plan(first, all, bound, scope, binding, visit);
    const r = plan(second, all, bound, scope, binding, visit);
    const joined: Each = (e, row) => l(e, () => r(e, row));
    return filtered(joined, take(all, bound));
  }
  const on: Conjunct[] = [];
  if (ref.on) conjunctsOf(ref.on, scope, binding, on);
  if (ref.kind === 'full') return fullJoin(ref, on, bound, scope, binding);
  const l = plan(ref.l, conjuncts, bound, scope, binding, visit);
  const leftBound = new Set(bound);
  const r = plan(ref.r, on, bound, scope, binding, visit);
  const rest = take(on, bound);
  void leftBound;
  const missing = [...slotsOf(ref.r)].map(
    (slot) => [slot, nullRow((scope.sources[slot] as Source).columns.length)] as const,
  );
  const joined: Each = (e, row) =>
    l(e, () => {
      let found = false;
      const more = r(e, () => {
        for (const test of rest) if (test(e) !== true) return true;
        found = true;
        return row();
      });
      if (!more) return false;
      if (found) return true;
      for (const [slot, values] of missing) e.rows[slot] = values;
      if (visit && missing.some(([slot]) => slot === visit.slot)) visit.current = null;
      return row();
    });
  return filtered(joined, take(conjuncts, bound));
}

function fullJoin(
  ref: BoundRef & { k: 'join' },
  on: readonly Conjunct[],
  bound: Set<number>,
  scope: Scope,
  binding: Binding,
): Each {
  const l = plan(ref.l, [], bound, scope, binding);
  const r = plan(ref.r, [], new Set(bound), scope, binding);
  const [ls, rs] = [[...slotsOf(ref.l)], [...slotsOf(ref.r)]];
  for (const slot of rs) bound.add(slot);
  const tests = on.map((c) => c.test);
  const empty = (slot: number): Values => nullRow((scope.sources[slot] as Source).columns.length);
  return (e, row) => {
    const right: { values: Values[]; matched: boolean }[] = [];
    r(e, () => {
      right.push({ values: rs.map((s) => e.rows[s] as Values), matched: false });
      return true;
    });
    const more = l(e, () => {
      let found = false;
      for (const entry of right) {
        rs.forEach((s, i) => (e.rows[s] = entry.values[i] as Values));
        if (!tests.every((t) => t(e) === true)) continue;
        found = true;
        entry.matched = true;
        if (!row()) return false;
      }
      if (found) return true;
      for (const s of rs) e.rows[s] = empty(s);
      return row();
    });
    if (!more) return false;
    for (const entry of right) {
      if (entry.matched) continue;
      for (const s of ls) e.rows[s] = empty(s);
      rs.forEach((s, i) => (e.rows[s] = entry.values[i] as Values));
      if (!row()) return false;
    }
    return true;
  };
}

/** FROM and WHERE together. `visit` follows the row of the table that a statement writes. */
export function compileFrom(
  ref: BoundRef | undefined,
  where: Expr | undefined,
  scope: Scope,
  binding: Binding,
  visit?: { slot: number; current: Row | null },
): Each {
  const conjuncts: Conjunct[] = [];
  if (where) conjunctsOf(where, scope, binding, conjuncts);
  const bound = new Set<number>();
  const each: Each = ref ? plan(ref, conjuncts, bound, scope, binding, visit) : (_, row) => row();
  return filtered(each, take(conjuncts, bound));
}
