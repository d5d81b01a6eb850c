import type { DeviceRow } from '../clouds/dynamics-mobile/device-packet.ts';
import type { ActivityMade, CustomerMade, StockCountMade, TransferMade } from './journal.ts';
import { render, row, single, type PacketShape, type PacketTools } from './packets.ts';

/** Packets of what field staff do besides selling. Names are spelled as the app spells them: each table in its own way. */

export const UPDATE_LOCATION = '303';
export const STOCK_COUNT = '1003';

const activityRow = (
  tools: PacketTools,
  {
    rowId,
    action,
    customerNo,
    documentNo,
    at,
    note,
    place,
  }: {
    rowId: string;
    action: string;
    customerNo?: string | undefined;
    documentNo?: string | undefined;
    at: number;
    note?: string | undefined;
    place?: { latitude: string; longitude: string } | undefined;
  },
): DeviceRow =>
  row([
    ['DMS_ROWID', rowId],
    ['Action', action],
    ['CustomerNo', customerNo],
    ['DocumentNo', documentNo],
    ['OnDate', tools.time(at)],
    ['cLong', place?.longitude],
    ['Longitude', place?.longitude],
    ['Lat', place?.latitude],
    ['Latitude', place?.latitude],
    ['Comment', note],
  ]);

export const activityPacket = (tools: PacketTools, made: ActivityMade): string =>
  single(tools, 'CustomerActivity', activityRow(tools, made));

export function customerPacket(tools: PacketTools, made: CustomerMade, shape: PacketShape): string {
  const customer = row([
    ['DMS_ROWID', made.rowId],
    ['No', made.number],
    ['Name', made.name],
    ['Address', made.address],
    ['City', made.city],
    ['Contact', made.contact],
    ['PhoneNo', made.phone],
    ['DYM_Latitude', made.latitude],
    ['DYM_Longitude', made.longitude],
    ['ShipToCode', made.shipToCode],
  ]);
  const activity = activityRow(tools, {
    rowId: made.activityRowId,
    action: UPDATE_LOCATION,
    customerNo: made.number,
    at: made.at,
    place: made,
  });
  return render(
    tools,
    [
      { name: 'CustomerActivity', rows: shape.bare ? [] : [activity] },
      { name: 'Customer', rows: [customer] },
    ],
    shape,
  );
}

export function transferPacket(tools: PacketTools, made: TransferMade, shape: PacketShape): string {
  const header = row([
    ['DMS_ROWID', made.rowId],
    ['No', made.number],
    ['TransferfromCode', made.from],
    ['TransfertoCode', made.to],
    ['PostingDate', tools.time(made.at)],
  ]);
  const lines = made.lines.map((line) =>
    row([
      ['DMS_ROWID', line.rowId],
      ['DocumentNo', made.number],
      ['LineNo', String(line.lineNo)],
      ['ItemNo', line.itemNo],
      ['Quantity', line.quantity],
      ['UnitofMeasureCode', line.unit],
    ]),
  );
  const activity = activityRow(tools, {
    rowId: made.activityRowId,
    action: made.action,
    documentNo: made.number,
    at: made.at,
  });
  return render(
    tools,
    [
      { name: 'CustomerActivity', rows: shape.bare ? [] : [activity] },
      { name: 'TransferHeader', rows: [header] },
      { name: 'TransferLine', rows: lines },
    ],
    shape,
  );
}

export function countPacket(tools: PacketTools, made: StockCountMade, shape: PacketShape): string {
  const lines = made.lines.map((line) =>
    row([
      ['DMS_ROWID', line.rowId],
      ['date', tools.time(made.at)],
      ['locationCode', made.location],
      ['lineNo', String(line.lineNo)],
      ['itemNo', line.itemNo],
      ['lotNo', line.lotNo],
      ['quantity', line.quantity],
      ['QuantityCalculated', line.calculated],
      ['difference', line.difference],
      ['qtyBase', line.quantity],
      ['unitOfMeasure', line.unit],
    ]),
  );
  const activity = activityRow(tools, { rowId: made.activityRowId, action: STOCK_COUNT, at: made.at });
  return render(
    tools,
    [
      { name: 'CustomerActivity', rows: shape.bare ? [] : [activity] },
      { name: 'StockCountLineInventory', rows: shape.backwards ? lines.toReversed() : lines },
    ],
    shape,
  );
}
