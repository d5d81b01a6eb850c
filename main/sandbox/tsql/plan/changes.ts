import type { SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import type { TableRef } from '../parser/ast.ts';
import { columnMask, netChanges } from '../storage/change-tracking.ts';
import { note } from '../security/needs.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Values } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import { BIGINT } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { Scope } from './context.ts';
import type { Binding, Run, SourceColumn } from './context.ts';
import { convertTo } from './convert-node.ts';

const CELLS: readonly (readonly [string, Type, boolean])[] = [
  ['SYS_CHANGE_VERSION', BIGINT, true],
  ['SYS_CHANGE_CREATION_VERSION', BIGINT, true],
  ['SYS_CHANGE_OPERATION', { name: 'nchar', length: 1 }, true],
  ['SYS_CHANGE_COLUMNS', { name: 'varbinary', length: 4100 }, true],
  ['SYS_CHANGE_CONTEXT', { name: 'varbinary', length: 128 }, true],
];

/** CHANGETABLE(CHANGES ..) as rows: what became of each key since a version, NULL meaning all that is known. */
export function bindChanges(
  ref: TableRef & { k: 'changes' },
  table: Table | undefined,
  binding: Binding,
): { columns: SourceColumn[]; rows: (run: Run) => readonly Values[] } {
  const written = ref.table.join('.');
  if (!table) throw bindingError(208, `Invalid object name '${written}'.`);
  const primary = table.indexes.find((i) => i.primary);
  if (!table.tracking || !primary)
    throw new SqlError(22105, `Change tracking is not enabled on table '${written}'.`);
  note(binding, table, 'VIEW CHANGE TRACKING');
  note(binding, table, 'SELECT', { columns: primary.columns.map((c) => c.ordinal) });
  const keys = primary.columns.map((c) => table.columns[c.ordinal]).filter((c) => c !== undefined);
  const names = ref.columns;
  if (names && names.length !== CELLS.length + keys.length)
    throw refused('CHANGETABLE with fewer column aliases');
  const all: [string, Type, boolean][] = [
    ...CELLS.map(([name, type, nullable]): [string, Type, boolean] => [name, type, nullable]),
    ...keys.map((c): [string, Type, boolean] => [c.name, c.type, false]),
  ];
  const since = convertTo(binding.scalar(ref.since, new Scope(null)), BIGINT).eval;
  const keyOf = compositeKeyer(keys.map((c) => c.type));
  return {
    columns: all.map(([name, type, nullable], i) => ({
      name: names?.[i] ?? name,
      key: nameKey(names?.[i] ?? name),
      type,
      nullable,
    })),
    rows: (run) => {
      const from = since({ rows: [], outer: null, run, group: null, window: null });
      const changes = run.tracking.changes(table);
      const wanted = from === null ? changes : changes.filter((c) => c.version > (from as bigint));
      return netChanges(wanted, keyOf).map((n): SqlValue[] => [
        n.version,
        n.created,
        n.operation,
        n.columns && columnMask(n.columns),
        n.context,
        ...n.key,
      ]);
    },
  };
}
