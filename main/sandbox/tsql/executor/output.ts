import type { SqlColumn, SqlValue } from '../face.ts';
import { SqlError, bindingError } from '../errors.ts';
import type { Expr, OutputClause, SelectItem } from '../parser/ast.ts';
import { Scope, faceColumn } from '../plan/context.ts';
import type { Binding, Compiled, Env, Eval } from '../plan/context.ts';
import { columnsOf, findTable, invalidObject } from '../plan/names.ts';
import { note } from '../security/needs.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Values } from '../storage/rows.ts';
import { completeRow, insertRow, prepareAssign, writerOf } from './table-writer.ts';
import type { Work } from './interp.ts';

/** What OUTPUT makes of each written row: rows for the client, or rows for another table. */
export interface Output {
  readonly columns: readonly SqlColumn[] | undefined;
  /** Called for each written row; the environment has INSERTED and DELETED in its last slots. */
  row(w: Work, e: Env, out: Values[]): void;
}

function expand(
  items: readonly SelectItem[],
  scope: Scope,
  binding: Binding,
): { name: string; compiled: Compiled }[] {
  return items.flatMap((item) => {
    if (item.k === 'assign') throw bindingError(102, 'An OUTPUT clause cannot assign variables.', 15);
    if (item.k === 'star') {
      const qualifier = nameKey(item.table?.at(-1) ?? '');
      const source = scope.sources.find((s) => s.alias === qualifier);
      if (!source)
        throw bindingError(107, 'The column prefix of an OUTPUT clause does not match a table.', 15);
      return source.columns.map((c) => ({
        name: c.name,
        compiled: binding.scalar({ k: 'col', parts: [source.alias, c.name], line: 0 } as Expr, scope),
      }));
    }
    const name = item.alias ?? (item.e.k === 'col' ? (item.e.parts.at(-1) ?? '') : '');
    return [{ name, compiled: binding.scalar(item.e, scope) }];
  });
}

/** Adds INSERTED and DELETED to the tables a statement sees. Answers their slots. */
export function pseudoTables(
  table: Table,
  scope: Scope,
  which: readonly ('inserted' | 'deleted')[],
  binding: Binding,
): Record<'inserted' | 'deleted', number> {
  const slots = { inserted: -1, deleted: -1 };
  const named = note(binding, table, 'SELECT', { always: false })?.columns;
  for (const name of which) {
    slots[name] = scope.sources.length;
    scope.sources.push({ slot: scope.sources.length, alias: name, columns: columnsOf(table), named });
  }
  return slots;
}

export function compileOutput(
  clauses: readonly OutputClause[],
  table: Table,
  event: 'INSERT' | 'UPDATE' | 'DELETE',
  scope: Scope,
  binding: Binding,
): Output | undefined {
  if (clauses.length === 0) return undefined;
  let columns: SqlColumn[] | undefined;
  let toClient: Eval[] = [];
  const targets: { target: Table | string; assign: Eval[]; ordinals: number[] }[] = [];
  for (const clause of clauses) {
    const items = expand(clause.items, scope, binding);
    if (!clause.into) {
      if (!table.local && table.triggers.some((t) => !t.disabled && t.events.includes(event))) {
        throw new SqlError(
          334,
          `The target table '${table.name}' of the DML statement cannot have any enabled triggers if the statement contains an OUTPUT clause without INTO clause.`,
          16,
          'batch',
        );
      }
      columns = items.map(({ name, compiled }) =>
        faceColumn({ name, key: '', type: compiled.type, nullable: true }, name),
      );
      toClient = items.map(({ compiled }) => compiled.eval);
      continue;
    }
    const ref = clause.into.target;
    const target =
      ref.k === 'tablevar'
        ? binding.tableVariables.get(ref.name)
        : ref.k === 'table'
          ? findTable(ref.name, binding)
          : undefined;
    if (!target)
      throw ref.k === 'tablevar'
        ? bindingError(1087, `Must declare the table variable "${ref.name}".`, 15)
        : invalidObject(ref.k === 'table' ? ref.name : []);
    const ordinals = clause.into.columns
      ? clause.into.columns.map((n) => target.ordinal(n))
      : target.columns.flatMap((c, i) =>
          c.identity || c.computed || c.type.name === 'rowversion' ? [] : [i],
        );
    if (ordinals.includes(-1)) throw bindingError(207, 'Invalid column name in the OUTPUT INTO list.');
    if (ordinals.length !== items.length)
      throw bindingError(213, 'Column name or number of supplied values does not match table definition.');
    targets.push({
      target: ref.k === 'tablevar' ? ref.name : target,
      ordinals,
      assign: items.map(({ compiled }, i) => prepareAssign(compiled, target, ordinals[i] as number)),
    });
  }
  return {
    columns,
    row: (w, e, out) => {
      if (columns) out.push(toClient.map((f) => f(e)));
      for (const t of targets) {
        const target = typeof t.target === 'string' ? (w.frame.tables.get(t.target) as Table) : t.target;
        const writer = writerOf(target, binding);
        const values: SqlValue[] = target.columns.map((_, i) =>
          t.ordinals.includes(i) ? null : (writer.defaults[i]?.(e) ?? null),
        );
        t.ordinals.forEach((o, i) => (values[o] = (t.assign[i] as Eval)(e)));
        if (writer.identity >= 0) values[writer.identity] = identityValue(target, writer.identity);
        completeRow(w, target, writer, w.frame.database, values);
        insertRow(w, target, values);
      }
    },
  };
}

export function identityValue(table: Table, ordinal: number): SqlValue {
  const column = table.columns[ordinal];
  if (!column) return null;
  const next = table.nextIdentity(column);
  switch (column.type.name) {
    case 'bigint':
      return next;
    case 'decimal':
    case 'numeric':
      return next.toString();
    default: {
      const limit =
        { tinyint: 255n, smallint: 32767n, int: 2147483647n }[column.type.name as 'int'] ?? 2147483647n;
      if (next > limit)
        throw new SqlError(
          8115,
          `Arithmetic overflow error converting IDENTITY to data type ${column.type.name}.`,
        );
      return Number(next);
    }
  }
}
