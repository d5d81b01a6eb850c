import type { SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import { convertTo } from '../plan/convert-node.ts';
import { Scope, nullRow } from '../plan/context.ts';
import type { Binding, Compiled, Env, Eval, Run, Test } from '../plan/context.ts';
import { columnsOf } from '../plan/names.ts';
import type { Database, ForeignKeyDef, IndexDef, Table } from '../storage/schema-objects.ts';
import { nameKey, rowversionBytes } from '../storage/schema-objects.ts';
import type { Owner, Row, Values } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import { converter } from '../types/convert.ts';
import { cutToBytes } from '../types/code-pages.ts';
import { family, isUnicode, lengthOf } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { codePageBytes, trimEnd } from '../types/text.ts';
import type { Transaction, Undo } from '../transactions.ts';
import { trackChanges, trackInsert } from './change-tracking.ts';
import { claim, waitForTable } from './readers.ts';
import { ownerOf, undoOf } from './interp.ts';
import type { Work } from './interp.ts';

/** Everything of a table that writing needs compiled: defaults, computed columns, checks. */
export interface TableWriter {
  readonly defaults: readonly (Eval | undefined)[];
  readonly computed: readonly { readonly ordinal: number; readonly value: Eval }[];
  readonly checks: readonly { readonly name: string; readonly test: Test }[];
  /** Columns that take no NULL. */
  readonly required: readonly number[];
  readonly rowversion: number;
  readonly identity: number;
  /** A row of NULLs, to begin one with. */
  readonly blank: readonly SqlValue[];
}

export function writerOf(table: Table, binding: Binding): TableWriter {
  if (table.writer) return table.writer as TableWriter;
  const scope = new Scope(null);
  scope.sources.push({
    slot: 0,
    alias: nameKey(table.name),
    columns: columnsOf(table),
    qualifier: { schema: nameKey(table.schema), database: '' },
  });
  const plain: Binding = { ...binding, ctes: new Map(), trigger: undefined, variableTypes: new Map() };
  const writer: TableWriter = {
    defaults: table.columns.map((c) =>
      c.fallback ? convertTo(plain.scalar(c.fallback.e, new Scope(null)), c.type).eval : undefined,
    ),
    computed: table.columns.flatMap((c, ordinal) =>
      c.computed ? [{ ordinal, value: convertTo(plain.scalar(c.computed.e, scope), c.type).eval }] : [],
    ),
    checks: table.checks
      .filter((c) => c.enabled)
      .map((c) => ({ name: c.name, test: plain.condition(c.e, scope) })),
    required: table.columns.flatMap((c, ordinal) => (c.nullable ? [] : [ordinal])),
    rowversion: table.columns.findIndex((c) => c.type.name === 'rowversion'),
    identity: table.columns.findIndex((c) => c.identity),
    blank: nullRow(table.columns.length),
  };
  table.writer = writer;
  return writer;
}

export function tableEnv(run: Run, values: Values): Env {
  return { rows: [values], outer: null, run, group: null, window: null };
}

/** Characters; bytes in a page of its own. */
const widthIn = (page: number | undefined, w: string | Uint8Array): number =>
  page === undefined || typeof w !== 'string' ? w.length : codePageBytes(w, page).length;

/** A value on its way into a column: converted, and refused when it does not fit. */
export function assigner(from: Type, table: Table, ordinal: number): ((v: SqlValue) => SqlValue) | undefined {
  const column = table.columns[ordinal];
  if (!column) return undefined;
  const { type } = column;
  const size = lengthOf(type);
  const sized =
    (family(type) === 'text' || family(type) === 'binary') && size !== 'max' && type.name !== 'rowversion';
  if (!sized || (family(from) !== 'text' && family(from) !== 'binary')) return converter(from, type);
  const padded = type.name === 'char' || type.name === 'nchar' || type.name === 'binary';
  const have = lengthOf(from);
  // Converted without a limit first, so that what does not fit is noticed instead of cut.
  const wide: Type = {
    ...type,
    name:
      type.name === 'char'
        ? 'varchar'
        : type.name === 'nchar'
          ? 'nvarchar'
          : type.name === 'binary'
            ? 'varbinary'
            : type.name,
    length: 'max',
  };
  // Of another code page than the server's the length is counted in bytes.
  const page = isUnicode(type) ? undefined : type.codePage;
  const widen = converter(from, wide);
  const pad = padded ? converter(wide, type) : undefined;
  if (!widen && !pad && have !== 'max' && have <= size) return undefined;
  return (v) => {
    const w = (widen ? widen(v) : v) as string | Uint8Array | null;
    if (w === null) return null;
    if (widthIn(page, w) > size) {
      if (typeof w === 'string' && widthIn(page, trimEnd(w)) <= size)
        return page === undefined ? w.slice(0, size) : cutToBytes(w, size, page);
      throw new SqlError(
        2628,
        `String or binary data would be truncated in table '${table.fullName}', column '${column.name}'.`,
      );
    }
    return pad ? pad(w) : w;
  };
}

export function prepareAssign(c: Compiled, table: Table, ordinal: number): Eval {
  if (c.untyped || c.constant?.value === null) return () => null;
  const assign = assigner(c.type, table, ordinal);
  if (!assign) return c.eval;
  const inner = c.eval;
  return (e) => assign(inner(e));
}

function nextRowversion(w: Work, database: Database): Uint8Array {
  const value = database.nextRowversion();
  if (!w.transaction.firstRowversion.has(database)) w.transaction.firstRowversion.set(database, value);
  return rowversionBytes(value);
}

/** Fills in what the server provides and checks what the row alone decides. `values` is changed. */
export function completeRow(
  w: Work,
  table: Table,
  writer: TableWriter,
  database: Database,
  values: SqlValue[],
  checks = true,
): void {
  if (writer.rowversion >= 0) values[writer.rowversion] = nextRowversion(w, database);
  const checked = checks && writer.checks.length > 0;
  const env = checked || writer.computed.length > 0 ? tableEnv(w.run, values) : undefined;
  if (env) for (const c of writer.computed) values[c.ordinal] = c.value(env);
  for (const ordinal of writer.required) {
    if (values[ordinal] === null) {
      throw new SqlError(
        515,
        `Cannot insert the value NULL into column '${table.columns[ordinal]?.name}', table '${database.name}.${table.fullName}'; column does not allow nulls.`,
        16,
        'statement',
        2,
      );
    }
  }
  if (!checked || !env) return;
  for (const check of writer.checks) {
    if (check.test(env) === false)
      throw new SqlError(
        547,
        `The statement conflicted with the CHECK constraint "${check.name}". The conflict occurred in table "${table.fullName}".`,
        16,
        'statement',
        0,
      );
  }
}

function partyOf(owner: Owner): Transaction['party'] {
  return (owner as Transaction).party;
}

function valueText(v: SqlValue): string {
  if (v === null) return '<NULL>';
  if (v instanceof Uint8Array) return `0x${[...v].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
  return typeof v === 'object' ? `${v.days}.${v.ticks}` : String(v);
}

/** Another row with the same key: an uncommitted one makes us wait, a settled one is 2627 or 2601. */
export function checkUnique(w: Work, table: Table, index: IndexDef, row: Row): void {
  const { values } = row.head;
  if (!values) return;
  const key = index.rows.key(values);
  if (key === undefined) return;
  const found = index.rows.find(key);
  if (found === undefined || found === row) return;
  const mine = ownerOf(w, table);
  for (const other of found instanceof Set ? found : [found as Row]) {
    if (other === row) continue;
    const { head } = other;
    if (head.owner !== null && head.owner !== mine) {
      const states = [head.values, head.prev?.values];
      if (states.some((s) => s && index.rows.key(s) === key)) throw new LockWait([partyOf(head.owner)]);
      continue;
    }
    if (head.values && index.rows.key(head.values) === key) {
      const text = index.columns.map((c) => valueText(values[c.ordinal] ?? null)).join(', ');
      throw index.constraint
        ? new SqlError(
            2627,
            `Violation of ${index.primary ? 'PRIMARY KEY' : 'UNIQUE KEY'} constraint '${index.name}'. Cannot insert duplicate key in object '${table.fullName}'. The duplicate key value is (${text}).`,
            14,
          )
        : new SqlError(
            2601,
            `Cannot insert duplicate key row in object '${table.fullName}' with unique index '${index.name}'. The duplicate key value is (${text}).`,
            14,
          );
    }
  }
}

const sameColumns = (index: IndexDef, ordinals: readonly number[]): boolean =>
  !index.where &&
  index.columns.length === ordinals.length &&
  index.columns.every((c) => ordinals.includes(c.ordinal));

/** Rows of a table whose columns have these values, whatever their state. */
function* rowsWith(table: Table, ordinals: readonly number[], wanted: readonly SqlValue[]): Iterable<Row> {
  const index = table.indexes.find((i) => sameColumns(i, ordinals));
  if (index) {
    const probe: SqlValue[] = [...nullRow(table.columns.length)];
    ordinals.forEach((o, i) => (probe[o] = wanted[i] ?? null));
    const key = index.rows.key(probe);
    const found = key === undefined ? undefined : index.rows.find(key);
    if (found instanceof Set) yield* found;
    else if (found) yield found as Row;
    return;
  }
  yield* table.store.rows;
}

function matcher(
  table: Table,
  ordinals: readonly number[],
): (values: Values, wanted: readonly SqlValue[]) => boolean {
  const keyOf = compositeKeyer(ordinals.map((o) => table.columns[o]?.type as Type));
  return (values, wanted) => keyOf(ordinals.map((o) => values[o] as SqlValue)) === keyOf(wanted);
}

/** A row that points at a parent needs one; an uncommitted parent makes us wait. */
export function checkForeignKey(w: Work, key: ForeignKeyDef, values: Values): void {
  const wanted = key.columns.map((o) => values[o] as SqlValue);
  if (wanted.includes(null)) return;
  const types = key.columns.map(
    (o, i) =>
      [
        key.table.columns[o]?.type as Type,
        key.target.columns[key.targetColumns[i] ?? 0]?.type as Type,
      ] as const,
  );
  const converted = wanted.map((v, i) => {
    const [from, to] = types[i] as readonly [Type, Type];
    const c = converter(from, to);
    return c ? c(v) : v;
  });
  const same = matcher(key.target, key.targetColumns);
  let holder: Owner | undefined;
  for (const row of rowsWith(key.target, key.targetColumns, converted)) {
    const { head } = row;
    const foreign = head.owner !== null && head.owner !== w.transaction;
    if (foreign) {
      if ([head.values, head.prev?.values].some((s) => s && same(s, converted))) holder = head.owner as Owner;
    } else if (head.values && same(head.values, converted)) return;
  }
  if (holder) throw new LockWait([partyOf(holder)]);
  throw new SqlError(
    547,
    `The statement conflicted with the FOREIGN KEY constraint "${key.name}". The conflict occurred in table "${key.target.fullName}".`,
    16,
    'statement',
    0,
  );
}

/** Rows that point at a row which goes away or changes its key. */
export function childrenOf(w: Work, key: ForeignKeyDef, values: Values): Row[] {
  const wanted = key.targetColumns.map((o) => values[o] as SqlValue);
  if (wanted.includes(null)) return [];
  const same = matcher(key.table, key.columns);
  const out: Row[] = [];
  for (const row of rowsWith(key.table, key.columns, wanted)) {
    const { head } = row;
    if (head.owner !== null && head.owner !== w.transaction) {
      if ([head.values, head.prev?.values].some((s) => s && same(s, wanted)))
        throw new LockWait([partyOf(head.owner)]);
    } else if (head.values && same(head.values, wanted)) out.push(row);
  }
  return out;
}

/**
 * Puts complete rows into a table, for one statement: what is the same for all its rows is looked up once. `foreign`: with
 * a look at foreign keys.
 */
export function rowInserter(w: Work, table: Table, foreign = true): (values: Values) => Row {
  const keys = foreign ? table.foreignKeys.filter((key) => key.enabled) : [];
  const outward = keys.filter((key) => key.target !== table);
  const inward = keys.filter((key) => key.target === table);
  const unique = table.indexes.filter((index) => index.unique);
  const owner = ownerOf(w, table);
  const log = undoOf(w, table) as Undo[] as never;
  return (values) => {
    if (!table.local) waitForTable(table, w.transaction, 'write');
    for (const key of outward) checkForeignKey(w, key, values);
    const row = table.store.insert(values, owner, log);
    trackInsert(w, table, values);
    for (const index of unique) checkUnique(w, table, index, row);
    for (const key of inward) checkForeignKey(w, key, values);
    return row;
  };
}

/** Puts one complete row into the table. */
export const insertRow = (w: Work, table: Table, values: Values): Row => rowInserter(w, table)(values);

export interface Change {
  readonly row: Row;
  readonly before: Values;
  readonly after: Values | null;
}

/** Applies updates and deletes of one table together: uniqueness counts when all of them are done. */
export function applyChanges(
  w: Work,
  table: Table,
  binding: Binding,
  database: Database,
  changes: readonly Change[],
  written: readonly number[],
): void {
  const owner = ownerOf(w, table);
  const log = undoOf(w, table) as never;
  for (const c of changes) {
    if (!table.local) waitForTable(table, w.transaction, 'write');
    claim(c.row, table, w.transaction);
    table.store.write(c.row, c.after, owner, log);
  }
  trackChanges(w, table, changes, written);
  for (const index of table.indexes) {
    if (!index.unique) continue;
    for (const c of changes)
      if (c.after && index.rows.key(c.after) !== index.rows.key(c.before))
        checkUnique(w, table, index, c.row);
  }
  for (const key of table.foreignKeys) {
    if (!key.enabled) continue;
    for (const c of changes)
      if (c.after && key.columns.some((o) => c.after?.[o] !== c.before[o])) checkForeignKey(w, key, c.after);
  }
  for (const key of table.referencedBy)
    if (key.enabled) followReferences(w, table, binding, database, key, changes);
}

function followReferences(
  w: Work,
  table: Table,
  binding: Binding,
  database: Database,
  key: ForeignKeyDef,
  changes: readonly Change[],
): void {
  const same = matcher(table, key.targetColumns);
  const childChanges: Change[] = [];
  for (const c of changes) {
    const wanted = key.targetColumns.map((o) => c.before[o] as SqlValue);
    if (c.after && same(c.after, wanted)) continue;
    const children = childrenOf(w, key, c.before);
    if (children.length === 0) continue;
    const action = c.after ? key.onUpdate : key.onDelete;
    if (action === 'NO_ACTION') {
      // Another row may have taken over the key in the same statement.
      const still = [...rowsWith(table, key.targetColumns, wanted)].some(
        (r) => r.head.values && same(r.head.values, wanted),
      );
      if (still) continue;
      throw new SqlError(
        547,
        `The statement conflicted with the REFERENCE constraint "${key.name}". The conflict occurred in table "${key.table.fullName}".`,
        16,
        'statement',
        0,
      );
    }
    for (const child of children) {
      const before = child.head.values as Values;
      if (action === 'CASCADE' && !c.after) {
        childChanges.push({ row: child, before, after: null });
        continue;
      }
      const after = [...before];
      const childWriter = writerOf(key.table, binding);
      key.columns.forEach((o, i) => {
        after[o] =
          action === 'CASCADE'
            ? (c.after?.[key.targetColumns[i] ?? 0] ?? null)
            : action === 'SET_NULL'
              ? null
              : (childWriter.defaults[o]?.(tableEnv(w.run, before)) ?? null);
      });
      completeRow(w, key.table, childWriter, database, after);
      childChanges.push({ row: child, before, after });
    }
  }
  if (childChanges.length > 0) applyChanges(w, key.table, binding, database, childChanges, key.columns);
}
