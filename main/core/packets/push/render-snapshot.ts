import { parseFieldType, type FieldType } from '../../../../shared/model/field-type.ts';
import type { PushEntity } from '../../../../shared/model/mapping.ts';
import { toPacket, type Zones } from '../../mapping/convert.ts';
import { quickToPacket } from '../../mapping/convert-quickly.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { checkTable, checkTables } from './app-model/check-packet.ts';
import { quickly, type ColumnToWrite } from '../codec/column-to-write.ts';
import { writePacket, type TableToWrite } from '../codec/write-packet.ts';
import type { ErpRow, ErpUser, ErpView, ReadRequest } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';

type Known = Pick<LinkParts, 'mapping' | 'zones' | 'source' | 'appModel'>;

/** One user's whole snapshot as bytes, read from one view of the ERP. Row counts are filled in while it streams. */
export function renderSnapshot(
  known: Known,
  view: ErpView,
  user: ErpUser,
  rows: Map<string, number>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  return writePacket({ user: user.name, tables: tables(known, view, user, rows, signal) });
}

function* tables(
  known: Known,
  view: ErpView,
  user: ErpUser,
  rows: Map<string, number>,
  signal: AbortSignal,
): Iterable<TableToWrite> {
  if (known.appModel !== undefined)
    checkTables(
      known.appModel,
      known.mapping.push.entities.map(({ entity }) => entity),
    );
  for (const entity of known.mapping.push.entities)
    yield entityTable(known, entity, view.read(entityRequest(known, entity, user), signal), rows);
}

interface Column {
  readonly field: string;
  readonly column: string;
  readonly type: FieldType;
  /** Of null. */
  readonly absent: string | null;
}

function columnsOf(entity: PushEntity): readonly Column[] {
  return Object.entries(entity.fields).map(([field, { column, type, keepEmpty }]) => {
    const parsed = parseFieldType(type);
    if (parsed === undefined) throw new Error(`unchecked mapping: type ${type}`);
    return { field, column, type: parsed, absent: keepEmpty === true ? '' : null };
  });
}

function columnToWrite(entity: string, { field, type, absent }: Column, zones: Zones): ColumnToWrite {
  return {
    field,
    absent,
    quick: quickToPacket(type, zones),
    text: (value, row) => {
      const converted = toPacket(value, type, zones);
      if (!converted.ok) throw refusal(`${entity} row ${row}`, field, converted.failure.message);
      return converted.value;
    },
  };
}

/** What is read for one user's rows of an entity. Throws BodyStreamError where the users query lacks what it filters by. */
export function entityRequest({ source }: Known, entity: PushEntity, user: ErpUser): ReadRequest {
  const where = entity.filter.map(({ column, equalsUser }) => {
    if (!user.values.has(equalsUser))
      throw refusal(entity.entity, equalsUser, 'the users query has no such column');
    return { column, value: user.values.get(equalsUser) ?? null };
  });
  return {
    from: entity.from,
    columns: columnsOf(entity),
    where,
    orderBy: entity.orderBy,
    user,
    source,
  };
}

/** Rows of an entity, in order and as `entityRequest` asks for them, as its table in a packet. The count is known at the end. */
export function entityTable(
  { zones, appModel }: Pick<Known, 'zones' | 'appModel'>,
  entity: PushEntity,
  chunks: AsyncIterable<readonly ErpRow[]>,
  counts: Map<string, number>,
): TableToWrite {
  const columns = columnsOf(entity).map((column) => columnToWrite(entity.entity, column, zones));
  const fields = columns.map(({ field }) => field);
  const check = appModel === undefined ? undefined : checkTable(appModel, entity.entity, fields);
  return { name: entity.entity, rows: { columns, blocks: blocksOf() } };

  async function* blocksOf(): AsyncIterable<readonly ErpRow[]> {
    let count = 0;
    for await (const chunk of chunks) {
      if (check !== undefined)
        chunk.forEach((row, index) => {
          const number = count + index + 1;
          check.row(packetTexts(columns, row, number), number);
        });
      count += chunk.length;
      yield chunk;
    }
    if (count === 0 && entity.required)
      throw refusal(entity.entity, '', `the app needs at least one row of ${entity.entity}`);
    check?.end(count);
    counts.set(entity.entity, count);
  }
}

/** The texts `writePacket` makes of a row, for whoever has to see them before it does. */
const packetTexts = (columns: readonly ColumnToWrite[], row: ErpRow, number: number): ErpRow =>
  columns.map((column, index) => {
    const value = row[index] ?? null;
    return value === null ? column.absent : (quickly(column.quick, value) ?? column.text(value, number));
  });

const refusal = (where: string, field: string, message: string): BodyStreamError =>
  new BodyStreamError({ kind: 'rejected', code: 'snapshot', where, field, message });
