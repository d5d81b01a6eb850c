import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { instantOfLocal, parseLocalTime } from '../../../../shared/model/time.ts';
import type {
  FindRecords,
  IdsPage,
  IdsRequest,
  ReadRecords,
  RecordId,
  StoredRecord,
} from '../../../core/records/record-store.ts';
import {
  afterKey,
  all,
  anyOf,
  compared,
  pageOfKeys,
  readRecords,
  type RecordColumns,
} from '../queries/records.ts';
import type { SqlCell, SqlOutcome, SqlRecordset, SqlRow } from '../sql-connection.ts';
import { failureOf } from '../sql-failure.ts';
import { MAX_PARAMETERS, Parameters, Refused } from '../unit-scope.ts';
import { refusable, type RecordParts } from './record-parts.ts';
import { fieldColumn, type LiveTable } from './record-table.ts';
import { fromColumn, idOf, idParts, keyPart } from './record-value.ts';
import { comparable, keyExpressions, whereFilter, whereId } from './record-where.ts';

const TIMEOUT_MS = 60_000;
/** Keys of one page. */
export const IDS_AT_ONCE = 1_000;
/** Room for what an id takes: its parts, and once more where capitals count. */
const PER_KEY_COLUMN = 2;

type Columns = RecordColumns & { readonly names: readonly string[] };

/** Reads records of mapped tables. */
export class RecordReads {
  readonly #parts: RecordParts;

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  async read(
    { entity, ids, fields, filter }: ReadRecords,
    signal: AbortSignal,
  ): Promise<Result<readonly StoredRecord[]>> {
    const { zone } = this.#parts;
    const found = await this.#parts.tables.of(entity, signal);
    if (!found.ok) return found;
    const table = found.value;
    const records: StoredRecord[] = [];
    let rest: readonly RecordId[] = ids;
    while (rest.length > 0) {
      const p = new Parameters();
      const made = refusable(() => {
        const columns = columnsOf(
          table,
          fields,
          filter === undefined ? undefined : whereFilter(table, filter, zone, p),
        );
        const room = Math.floor((MAX_PARAMETERS - p.all.length) / (table.key.length * PER_KEY_COLUMN));
        if (room === 0) throw new Refused('filter-too-large', 'the filter has too many values', entity);
        const chunk = rest.slice(0, room);
        rest = rest.slice(room);
        return { columns, where: anyOf(chunk.flatMap((id) => whereId(table, id, 't', p) ?? [])) };
      });
      if (made instanceof Refused) return fail(made.failure);
      const part = await this.#select(table, made, p, signal);
      if (!part.ok) return part;
      records.push(...part.value);
    }
    const twin = firstTwin(records);
    if (twin !== undefined)
      return fail({
        kind: 'rejected',
        code: 'not-unique',
        where: entity,
        message: `More than one row has the key ${twin}: correct "key" in the mapping.`,
      });
    return ok(records);
  }

  async find(
    { entity, by, values, fields }: FindRecords,
    signal: AbortSignal,
  ): Promise<Result<readonly StoredRecord[]>> {
    const { zone } = this.#parts;
    const found = await this.#parts.tables.of(entity, signal);
    if (!found.ok) return found;
    const table = found.value;
    if (by.length === 0) return ok([]);
    const records = new Map<RecordId, StoredRecord>();
    const room = Math.max(1, Math.floor(MAX_PARAMETERS / by.length));
    for (let from = 0; from < values.length; from += room) {
      const p = new Parameters();
      const made = refusable(() => {
        const columns = by.map((name) => fieldColumn(table, name));
        const sets = values.slice(from, from + room).flatMap((set) => {
          const wanted = columns.map((column, at) => comparable(set[at] ?? '', column, zone, p));
          // What is no value of its column equals nothing.
          return wanted.includes(undefined)
            ? []
            : [all(columns.map((column, at) => `${compared('t', column)} = ${wanted[at] ?? 'NULL'}`))];
        });
        return { columns: columnsOf(table, fields, undefined), where: anyOf(sets) };
      });
      if (made instanceof Refused) return fail(made.failure);
      const part = await this.#select(table, made, p, signal);
      if (!part.ok) return part;
      for (const record of part.value) records.set(record.id, record);
    }
    return ok([...records.values()]);
  }

  async ids({ entity, filter, after }: IdsRequest, signal: AbortSignal): Promise<Result<IdsPage>> {
    const found = await this.#parts.tables.of(entity, signal);
    if (!found.ok) return found;
    const table = found.value;
    const p = new Parameters();
    const made = refusable(() => {
      const conditions = [whereFilter(table, filter, this.#parts.zone, p)];
      if (after !== undefined) {
        const values = keyExpressions(table.key, idParts(after, table.key.length) ?? [], p);
        if (values === undefined)
          throw new Refused('not-an-id', 'no row of the table can have this id', entity);
        conditions.push(afterKey(table.key, values));
      }
      return pageOfKeys(table.object, table.key, all(conditions), IDS_AT_ONCE + 1);
    });
    if (made instanceof Refused) return fail(made.failure);
    const outcome = await this.#run(entity, made, p, signal);
    if (!outcome.ok) return outcome;
    const ids = (setWith(outcome.value, 'ferry_key')?.rows ?? []).map((row) => idFrom(table, row.slice(1)));
    const more = ids.length > IDS_AT_ONCE;
    return ok({ ids: more ? ids.slice(0, IDS_AT_ONCE) : ids, more });
  }

  async #select(
    table: LiveTable,
    { columns, where }: { readonly columns: Columns; readonly where: string },
    p: Parameters,
    signal: AbortSignal,
  ): Promise<Result<readonly StoredRecord[]>> {
    const outcome = await this.#run(table.entity, readRecords(columns, where), p, signal);
    if (!outcome.ok) return outcome;
    const records: StoredRecord[] = [];
    for (const row of setWith(outcome.value, 'ferry_record')?.rows ?? []) {
      const record = recordFrom(table, columns, row, this.#parts.zone);
      if ('kind' in record) return fail(record);
      records.push(record);
    }
    return ok(records);
  }

  async #run(
    where: string,
    text: string,
    p: Parameters,
    signal: AbortSignal,
  ): Promise<Result<Extract<SqlOutcome, { kind: 'answered' }>>> {
    const { sessions, endpoint } = this.#parts;
    const outcome = await sessions.run({ text, parameters: p.all, timeoutMs: TIMEOUT_MS }, signal);
    return outcome.kind === 'answered'
      ? ok(outcome)
      : fail(failureOf(outcome, { endpoint, where, changes: false }, signal));
  }
}

const columnsOf = (table: LiveTable, names: readonly string[], filter: string | undefined): Columns => ({
  table: table.object,
  key: table.key,
  fields: names.map((name) => fieldColumn(table, name)),
  names,
  version: table.version,
  changedAt: table.changedAt?.column,
  filter,
});

export const setWith = (
  outcome: Extract<SqlOutcome, { kind: 'answered' }>,
  column: string,
): SqlRecordset | undefined => outcome.recordsets.find((set) => set.columns[0]?.name === column);

const textIn = (cell: SqlCell | undefined): string | null => (typeof cell === 'string' ? cell : null);

const idFrom = (table: LiveTable, cells: SqlRow): RecordId =>
  idOf(table.key.map((column, index) => keyPart(textIn(cells[index]) ?? '', column)));

/** A row of `selectRecords`; a failure where a value is not what the mapping says. */
export function recordFrom(
  table: LiveTable,
  { fields, names }: Columns,
  [, ...cells]: SqlRow,
  zone: string,
): StoredRecord | SyncFailure {
  const behindKey = table.key.length;
  const texts = new Map<string, string | null>();
  for (const [index, column] of fields.entries()) {
    const name = names[index] ?? column.name;
    const text = fromColumn(textIn(cells[behindKey + index]), { ...column, name: column.name }, zone);
    if (text === undefined)
      return {
        kind: 'rejected',
        code: 'not-of-its-type',
        where: table.entity,
        field: name,
        message: `A value of the column cannot be read as ${column.type.kind}: correct the type in the mapping.`,
      };
    texts.set(name, text);
  }
  const [version, changed, inFilter] = cells.slice(behindKey + fields.length);
  const stamp = textIn(changed) === null ? undefined : parseLocalTime(textIn(changed) ?? '');
  return {
    entity: table.entity,
    id: idFrom(table, cells),
    fields: texts,
    version: textIn(version) ?? undefined,
    changedAt:
      stamp === undefined
        ? undefined
        : instantOfLocal(stamp, table.changedAt?.clock === 'utc' ? 'UTC' : zone),
    inFilter: textIn(inFilter) === '1',
  };
}

function firstTwin(records: readonly StoredRecord[]): RecordId | undefined {
  const seen = new Set<RecordId>();
  for (const { id } of records) {
    if (seen.has(id)) return id;
    seen.add(id);
  }
  return undefined;
}
