import { between, chance, pick } from '../sample-erp/seeded-random.ts';
import type { Random } from '../sample-erp/seeded-random.ts';
import type { DeviceSnapshot, SnapshotRow } from './device-snapshot.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import type { OrderLine, OrderLot, OrderMade } from './journal.ts';
import { isBelow, minus, plus, share, times } from './money.ts';

export interface OrderWishes {
  /** Default: 1 to 30 at random. */
  lines?: number | undefined;
  /** Default: one of the snapshot's customers. */
  customerNo?: string | undefined;
  visitNo?: string | undefined;
  /** 0 order (default), 1 invoice, 2 return, 8 delivery. */
  documentType?: '0' | '1' | '2' | '8' | undefined;
  /** The order that is delivered. */
  sourceNo?: string | undefined;
  at: number;
  /** Texts that hurt, and the price with the most digits. */
  hostile?: boolean | undefined;
}

interface Draw {
  random: Random;
  newId: () => string;
}

const DELIVERY_AFTER_DAYS = 2;

/** An order as its user types it in, from what the device knows. The device adds nothing up with binary numbers. */
export function makeOrder(
  { random, newId }: Draw,
  snapshot: DeviceSnapshot,
  numbered: { series: string; number: string },
  wishes: OrderWishes,
): OrderMade {
  const customer = chosenCustomer(random, snapshot, wishes.customerNo);
  const stock = snapshot.rows('VanStock');
  const lines: OrderLine[] = [];
  const lots: OrderLot[] = [];
  for (const item of chosenItems(random, snapshot, wishes)) {
    const line = makeLine({ random, newId }, snapshot, item, lines.length + 1, wishes.hostile === true);
    lines.push(line);
    const lot = stock.find((row) => row['ItemNo'] === line.itemNo);
    if (lot !== undefined)
      lots.push({
        rowId: newId(),
        lineNo: line.lineNo,
        itemNo: line.itemNo,
        warehouse: lot['WarehouseId'] ?? '',
        lotNo: lot['LotNo'] ?? '',
        quantity: line.quantity,
      });
  }
  const sum = (field: 'amount' | 'vatAmount' | 'totalAmount' | 'discountAmount'): string =>
    plus(...lines.map((line) => line[field]));
  const day = new Date(wishes.at + DELIVERY_AFTER_DAYS * 86_400_000).toISOString().slice(0, 10);
  return {
    kind: 'order',
    rowId: newId(),
    activityRowId: newId(),
    ...numbered,
    documentType: wishes.documentType ?? '0',
    customerNo: fieldOf(customer, 'No'),
    customerName: fieldOf(customer, 'Name'),
    visitNo: wishes.visitNo,
    sourceNo: wishes.sourceNo,
    reason: wishes.documentType === '2' ? '007' : undefined,
    at: wishes.at,
    deliveryDate: chance(random, 0.6) ? day : undefined,
    paymentTerm: pick(random, ['014', '030', 'COD']),
    note:
      wishes.hostile === true
        ? pick(random, HOSTILE_TEXTS)
        : chance(random, 0.3)
          ? `Note ${between(random, 1, 999)}`
          : undefined,
    amount: sum('amount'),
    vatAmount: sum('vatAmount'),
    totalAmount: sum('totalAmount'),
    discountAmount: sum('discountAmount'),
    lines,
    lots,
  };
}

export function chosenCustomer(
  random: Random,
  snapshot: DeviceSnapshot,
  wanted: string | undefined,
): SnapshotRow {
  // New ones are blocked until somebody at the office has looked at them.
  const customers = snapshot.rows('Customer').filter((row) => row['Blocked'] !== 'true');
  if (wanted === undefined) return pick(random, customers);
  const found = customers.find((row) => row['No'] === wanted);
  if (found === undefined) throw new Error(`the device knows no customer ${wanted}`);
  return found;
}

export function fieldOf(row: SnapshotRow, name: string): string {
  const value = row[name];
  if (value === undefined) throw new Error(`a row of the snapshot has no ${name}`);
  return value;
}

function chosenItems(random: Random, snapshot: DeviceSnapshot, wishes: OrderWishes): SnapshotRow[] {
  const items = [...snapshot.rows('Item')];
  const count = Math.min(wishes.lines ?? between(random, 1, 30), items.length);
  const chosen: SnapshotRow[] = [];
  if (wishes.hostile === true) {
    const dearest = items.reduce((best, one) =>
      isBelow(fieldOf(best, 'UnitPrice'), fieldOf(one, 'UnitPrice')) ? one : best,
    );
    chosen.push(...items.splice(items.indexOf(dearest), 1));
  }
  while (chosen.length < count) chosen.push(...items.splice(Math.floor(random() * items.length), 1));
  return chosen;
}

function makeLine(
  { random, newId }: Draw,
  snapshot: DeviceSnapshot,
  item: SnapshotRow,
  position: number,
  hostile: boolean,
): OrderLine {
  const itemNo = fieldOf(item, 'No');
  const units = snapshot.rows('UOMConversion').filter((row) => row['ItemNo'] === itemNo);
  const unit = units.length === 0 ? undefined : pick(random, units);
  const code = unit === undefined ? 'PCS' : fieldOf(unit, 'Code');
  const price = snapshot.rows('Price').find((row) => row['ItemNo'] === itemNo && row['UnitCode'] === code);
  const unitPrice = fieldOf(price ?? item, 'UnitPrice');
  const quantity = pick(random, [
    String(between(random, 1, 48)),
    `${between(random, 0, 20)}.${between(random, 1, 9)}`,
    `${between(random, 0, 3)}.${between(random, 101, 999)}`,
  ]);
  const discountPercent = pick(random, ['0', '0', '5', '7.25', '33.3333']);
  const vatPercent = fieldOf(item, 'VATPercent');
  const full = times(quantity, unitPrice);
  const discountAmount = share(full, discountPercent);
  const amount = minus(full, discountAmount);
  const vatAmount = share(amount, vatPercent);
  return {
    rowId: newId(),
    lineNo: position * 10_000,
    itemNo,
    name: hostile && position === 1 ? pick(random, HOSTILE_TEXTS) : fieldOf(item, 'Description'),
    quantity,
    unit: code,
    unitFactor: unit === undefined ? '1' : fieldOf(unit, 'Factor'),
    unitPrice,
    discountPercent,
    discountAmount,
    vatPercent,
    vatAmount,
    amount,
    totalAmount: plus(amount, vatAmount),
    isSample: chance(random, 0.1),
  };
}
