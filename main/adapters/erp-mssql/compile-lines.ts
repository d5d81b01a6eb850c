import type { WriteCall, WriteDocument, WriteValue } from '../../core/packets/erp.ts';
import { checkedText, headerKey, nameOf } from './compile-value.ts';
import { createLoadTable, insertLoaded } from './queries/unit-load.ts';
import type { SqlCell, SqlLoad } from './sql-connection.ts';
import { castOf } from './sql-value.ts';
import type { Scope } from './unit-scope.ts';

/** Lines of one table and the same columns that hold together at least so many values are loaded in bulk. */
export const LOAD_VALUES = 400;

/** Longest text a sized column holds; a longer one makes its column `max`, which is slower to load. */
const SIZED = 4000;

/** What lines must have in common to be inserted by one statement; undefined for lines written one by one. */
function shapeOf(call: WriteCall): string | undefined {
  if (call.kind !== 'insert' || call.returnsKey !== undefined || call.returnsNumber !== undefined)
    return undefined;
  const { schema, name } = call.target;
  return JSON.stringify([
    schema,
    name,
    call.values.map((value) => [value.name, value.type, isLoaded(value)]),
  ]);
}

type Loaded = WriteValue & { readonly value: string | null };
const isLoaded = (value: WriteValue): value is Loaded =>
  value.value === null || typeof value.value === 'string';

/** Lines that follow each other and are written alike. */
interface Run {
  readonly shape: string | undefined;
  readonly calls: readonly WriteCall[];
}

export function runsOf(lines: readonly WriteCall[]): readonly Run[] {
  const runs: { shape: string | undefined; calls: WriteCall[] }[] = [];
  for (const call of lines) {
    const shape = shapeOf(call);
    const last = runs.at(-1);
    if (last !== undefined && last.shape === shape) last.calls.push(call);
    else runs.push({ shape, calls: [call] });
  }
  return runs;
}

interface Load {
  readonly table: string;
  readonly first: WriteCall;
  readonly rows: SqlCell[][];
}

/** The lines of a unit that go through tables of the session, filled before its batch is sent. */
export class LineLoads {
  readonly #loads = new Map<string, Load>();

  /** `room`: values a batch has parameters for. What does not fit into it is loaded, the largest first. */
  constructor(documents: readonly WriteDocument[], room: number) {
    const shapes = new Map<string, { readonly first: WriteCall; values: number }>();
    let others = 0;
    for (const { header, lines } of documents) {
      others += header.values.length;
      for (const line of lines) {
        const shape = shapeOf(line);
        const values = line.values.filter(isLoaded).length;
        if (shape === undefined || values === 0) others += values;
        else {
          const known = shapes.get(shape) ?? { first: line, values: 0 };
          known.values += values;
          shapes.set(shape, known);
        }
      }
    }
    let left = room - others - [...shapes.values()].reduce((sum, one) => sum + one.values, 0);
    for (const [shape, { first, values }] of [...shapes].sort(([, a], [, b]) => b.values - a.values)) {
      if (values < LOAD_VALUES && left >= 0) break;
      left += values;
      this.#loads.set(shape, { table: `#ferry_${this.#loads.size}`, first, rows: [] });
    }
  }

  /** Whether the lines of the run are loaded; then one statement inserts them. */
  write(scope: Scope, { shape, calls }: Run): boolean {
    const load = shape === undefined ? undefined : this.#loads.get(shape);
    const [call] = calls;
    if (load === undefined || call === undefined) return false;
    const first = load.rows.length + 1;
    for (const one of calls)
      load.rows.push(
        one.values
          .filter(isLoaded)
          .map(({ name, type, value }) =>
            value === null ? null : checkedText(one, name, value, type).value,
          ),
      );
    let column = 0;
    const columns = call.values.map((value) => ({
      name: value.name,
      expression: isLoaded(value)
        ? castOf(columnName(column++), value.type)
        : headerKey(scope, call, value.name),
    }));
    const from = { table: load.table, first, last: load.rows.length };
    scope.body.push(`SET @step = N'write';
SET @at = ${scope.positions.push(`${nameOf(call)} (${calls.length} rows)`) - 1};
${insertLoaded(call.target, columns, from)}`);
    return true;
  }

  /** What is to be loaded, once all lines are written. */
  get all(): readonly SqlLoad[] {
    return [...this.#loads.values()].map(({ table, first, rows }) => {
      const columns = first.values.filter(isLoaded).map(({ type }, index) => ({
        name: columnName(index),
        type: type.kind === 'binary' ? ('varbinary' as const) : ('nvarchar' as const),
        length:
          type.kind !== 'binary' && rows.every((row) => (row[index]?.length ?? 0) <= SIZED)
            ? SIZED
            : ('max' as const),
      }));
      return {
        create: createLoadTable(
          table,
          columns.map(({ name, type, length }) => ({ name, type: `${type}(${length})` })),
        ),
        table,
        columns,
        rows,
      };
    });
  }
}

const columnName = (index: number): string => `c${index}`;
