import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import type { PushEntity } from '../../../shared/model/mapping.ts';
import { toPacket } from '../mapping/convert.ts';
import { BodyStreamError } from '../runtime/body-stream-error.ts';
import { writePacket, type RowToWrite, type TableToWrite } from './codec/write-packet.ts';
import type { ErpRow, ErpUser, ErpView } from './erp.ts';
import type { LinkParts } from './link-parts.ts';

type Known = Pick<LinkParts, 'mapping' | 'zones' | 'source'>;

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
  for (const entity of known.mapping.push.entities)
    yield { name: entity.entity, rows: entityRows(known, view, entity, user, rows, signal) };
}

interface Column {
  readonly field: string;
  readonly column: string;
  readonly type: FieldType;
  readonly keepEmpty: boolean;
}

function columnsOf(entity: PushEntity): readonly Column[] {
  return Object.entries(entity.fields).map(([field, { column, type, keepEmpty }]) => {
    const parsed = parseFieldType(type);
    if (parsed === undefined) throw new Error(`unchecked mapping: type ${type}`);
    return { field, column, type: parsed, keepEmpty: keepEmpty ?? false };
  });
}

async function* entityRows(
  { zones, source }: Known,
  view: ErpView,
  entity: PushEntity,
  user: ErpUser,
  counts: Map<string, number>,
  signal: AbortSignal,
): AsyncIterable<RowToWrite> {
  const columns = columnsOf(entity);
  const where = entity.filter.map(({ column, equalsUser }) => {
    if (!user.values.has(equalsUser))
      throw refusal(entity.entity, equalsUser, 'the users query has no such column');
    return { column, value: user.values.get(equalsUser) ?? null };
  });
  let count = 0;
  const request = { from: entity.from, columns, where, orderBy: entity.orderBy, user, source };
  for await (const chunk of view.read(request, signal)) {
    for (const row of chunk) {
      count += 1;
      yield packetRow(entity.entity, count, columns, row, zones);
    }
  }
  if (count === 0 && entity.required)
    throw refusal(entity.entity, '', `the app needs at least one row of ${entity.entity}`);
  counts.set(entity.entity, count);
}

function packetRow(
  entity: string,
  number: number,
  columns: readonly Column[],
  row: ErpRow,
  zones: LinkParts['zones'],
): RowToWrite {
  return columns.map(({ field, type, keepEmpty }, index) => {
    const value = row[index] ?? null;
    if (value === null) return [field, keepEmpty ? '' : null];
    const converted = toPacket(value, type, zones);
    if (!converted.ok) throw refusal(`${entity} row ${number}`, field, converted.failure.message);
    return [field, converted.value];
  });
}

const refusal = (where: string, field: string, message: string): BodyStreamError =>
  new BodyStreamError({ kind: 'rejected', code: 'snapshot', where, field, message });
