import {
  ACTIVITY_COLUMNS,
  COUNT_COLUMNS,
  COUNT_LINE_COLUMNS,
  CUSTOMER_COLUMNS,
  GOODS_COLUMNS,
  LINE_COLUMNS,
  LOT_COLUMNS,
  ORDER_COLUMNS,
  PAYMENT_COLUMNS,
  PAYMENT_LINE_COLUMNS,
  PHOTO_COLUMNS,
  TRANSFER_COLUMNS,
  VISIT_COLUMNS,
  VISIT_END_COLUMNS,
} from './document.ts';
import type { Columns, Document, Part } from './document.ts';
import { asText, plain, textOf } from './values.ts';
import type { ErpQuery, Kind } from './values.ts';

interface Row {
  id: string;
  owner: string;
  rowId: string;
  fields: Record<string, string | null>;
}

/** Every document the ERP holds, doubles included. */
export async function erpDocuments(erp: ErpQuery): Promise<Document[]> {
  const lines = await read(erp, 'dbo.[Sales Order Line]', 'LineId', 'OrderId', LINE_COLUMNS);
  const lots = await read(erp, 'dbo.SalesOrderLots', 'LotEntryId', 'OrderId', LOT_COLUMNS);
  const orders = await read(erp, 'dbo.SalesOrders', 'OrderId', 'OrderId', ORDER_COLUMNS);
  const paymentLines = await read(
    erp,
    'dbo.PaymentLines',
    'PaymentLineId',
    'PaymentId',
    PAYMENT_LINE_COLUMNS,
  );
  const payments = await read(erp, 'dbo.Payments', 'PaymentId', 'PaymentId', PAYMENT_COLUMNS);
  const visits = await read(erp, 'dbo.Visits', 'VisitId', 'VisitId', VISIT_COLUMNS);
  const ends = await read(erp, 'dbo.VisitEnds', 'VisitEndId', 'VisitEndId', VISIT_END_COLUMNS);

  const activities = await read(erp, 'dbo.Activities', 'ActivityId', 'ActivityId', ACTIVITY_COLUMNS);
  const customers = await read(erp, 'dbo.CustomerChanges', 'ChangeId', 'ChangeId', CUSTOMER_COLUMNS);
  const moved = await read(erp, 'dbo.TransferLines', 'TransferLineId', 'TransferId', GOODS_COLUMNS);
  const transfers = await read(erp, 'dbo.Transfers', 'TransferId', 'TransferId', TRANSFER_COLUMNS);
  const counted = await read(erp, 'dbo.StockCountLines', 'CountLineId', 'CountId', COUNT_LINE_COLUMNS);
  const counts = await read(erp, 'dbo.StockCounts', 'CountId', 'CountId', COUNT_COLUMNS);

  const photos = await read(erp, 'dbo.Photos', 'PhotoId', 'PhotoId', PHOTO_COLUMNS, 'FileId');

  const movedOf = partsByOwner('transfer line', moved, 'lineNo');
  const countedOf = partsByOwner('count line', counted, 'lineNo');
  const linesOf = partsByOwner('line', lines, 'lineNo');
  const lotsOf = partsByOwner('lot', lots, 'lineNo');
  const paymentLinesOf = partsByOwner('payment line', paymentLines, 'entryNo');
  const document = (kind: Document['kind'], row: Row, parts: Part[]): Document => ({
    kind,
    rowId: row.rowId,
    number: row.fields['number'] ?? '',
    user: row.fields['user'] ?? '',
    fields: row.fields,
    parts,
  });
  return [
    ...orders.map((row) =>
      document('order', row, [...(linesOf.get(row.id) ?? []), ...(lotsOf.get(row.id) ?? [])]),
    ),
    ...payments.map((row) => document('payment', row, paymentLinesOf.get(row.id) ?? [])),
    ...visits.map((row) => document('visit start', row, [])),
    ...ends.map((row) => document('visit end', row, [])),
    ...activities.map((row) => document('activity', row, [])),
    ...customers.map((row) => document('customer', row, [])),
    ...transfers.map((row) => document('transfer', row, movedOf.get(row.id) ?? [])),
    ...photos.map((row) => document('photo', row, [])),
    ...counts.map((row) => document('stock count', row, countedOf.get(row.id) ?? [])),
  ];
}

async function read(
  erp: ErpQuery,
  table: string,
  id: string,
  owner: string,
  columns: Columns,
  row = 'DmsRowId',
): Promise<Row[]> {
  const all: Record<string, readonly [string, Kind]> = {
    judge_id: [id, 'decimal'],
    judge_owner: [owner, 'decimal'],
    judge_row: [row, 'guid'],
    ...columns,
  };
  const rows = await selectText(erp, all, `${table} ORDER BY ${id}`);
  return rows.map(({ judge_id, judge_owner, judge_row, ...fields }) => ({
    id: judge_id ?? '',
    owner: judge_owner ?? '',
    rowId: judge_row ?? '',
    fields,
  }));
}

/** Reads columns as text in one spelling. `from` is what follows FROM. */
export async function selectText(
  erp: ErpQuery,
  columns: Columns,
  from: string,
): Promise<Record<string, string | null>[]> {
  const list = Object.entries(columns).map(
    ([name, [expression, kind]]) => `${asText(expression, kind)} AS [${name}]`,
  );
  const rows = await erp.query(`SELECT ${list.join(', ')} FROM ${from}`);
  return rows.map((row) => {
    const texts: Record<string, string | null> = {};
    for (const [name, [, kind]] of Object.entries(columns))
      texts[name] = plain(textOf(row[name], `${from}, ${name}`), kind);
    return texts;
  });
}

function partsByOwner(kind: Part['kind'], rows: readonly Row[], label: string): Map<string, Part[]> {
  const parts = new Map<string, Part[]>();
  for (const row of rows) {
    const list = parts.get(row.owner) ?? [];
    list.push({ kind, rowId: row.rowId, label: `${kind} ${row.fields[label] ?? ''}`, fields: row.fields });
    parts.set(row.owner, list);
  }
  return parts;
}
