import { MAIN_WAREHOUSE } from '../sample-erp/company.ts';
import { between, chance, digits, pick } from '../sample-erp/seeded-random.ts';
import type { Random } from '../sample-erp/seeded-random.ts';
import type { DeviceSnapshot, SnapshotRow } from './device-snapshot.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import type { CountLine, CustomerMade, GoodsLine, StockCountMade, TransferMade } from './journal.ts';
import { chosenCustomer, fieldOf } from './make-order.ts';
import { minus } from './money.ts';

/** What a device needs to make something: its dice and its ids. */
export interface Draw {
  random: Random;
  newId: () => string;
}

const place = (random: Random): { latitude: string; longitude: string } => ({
  latitude: `42.${between(random, 100_000, 999_999)}`,
  longitude: `23.${between(random, 100_000, 999_999)}`,
});

/** Somebody new on the road, under a number of the phone's own. */
export const makeNewCustomer = (
  { random, newId }: Draw,
  numbered: { series: string; number: string },
  at: number,
): CustomerMade => ({
  kind: 'customer',
  rowId: newId(),
  activityRowId: newId(),
  ...numbered,
  name: chance(random, 0.5) ? `Corner shop ${between(random, 1, 999)}` : 'Μπακάλικο «Η Γωνία» & Υιοί',
  address: 'ул. "Нова" 5',
  city: 'Sofia',
  contact: pick(random, HOSTILE_TEXTS).trim(),
  phone: `+359 88 ${digits(random, 7)}`,
  ...place(random),
  at,
});

/** A customer the company knows stands elsewhere than it thought; or his other address does. */
export function makeMovedCustomer(
  { random, newId }: Draw,
  snapshot: DeviceSnapshot,
  at: number,
): CustomerMade {
  const customer = chosenCustomer(random, snapshot, undefined);
  const number = fieldOf(customer, 'No');
  const address = snapshot.rows('Address').find((row) => row['CustomerNo'] === number);
  return {
    kind: 'customer',
    rowId: newId(),
    activityRowId: newId(),
    series: undefined,
    number,
    name: fieldOf(customer, 'Name'),
    ...place(random),
    shipToCode: address !== undefined && chance(random, 0.5) ? fieldOf(address, 'Code') : undefined,
    at,
  };
}

export type Move = 'load' | 'unload' | 'top up';
const ACTION: Readonly<Record<Move, string>> = { load: '12', unload: '13', 'top up': '1000' };

const ownVan = (snapshot: DeviceSnapshot): string => {
  const [setup] = snapshot.rows('DeviceSetup');
  if (setup === undefined) throw new Error('the snapshot has no DeviceSetup');
  return fieldOf(setup, 'LocationCode');
};

/** Goods between the warehouse and the van. `elsewhere`: a place the company does not have. */
export function makeTransfer(
  { random, newId }: Draw,
  snapshot: DeviceSnapshot,
  numbered: { series: string; number: string },
  { move, elsewhere, at }: { move: Move; elsewhere?: string | undefined; at: number },
): TransferMade {
  const van = ownVan(snapshot);
  const depot = elsewhere ?? MAIN_WAREHOUSE;
  const [from, to] = move === 'unload' ? [van, depot] : [depot, van];
  const items = pickSome(random, snapshot.rows('Item'), between(random, 1, 6));
  const lines: GoodsLine[] = items.map((item, index) => ({
    rowId: newId(),
    lineNo: (index + 1) * 10_000,
    itemNo: fieldOf(item, 'No'),
    quantity: pick(random, [
      String(between(random, 1, 48)),
      `${between(random, 0, 9)}.${between(random, 101, 999)}`,
    ]),
    unit: 'PCS',
  }));
  return {
    kind: 'transfer',
    rowId: newId(),
    activityRowId: newId(),
    action: ACTION[move],
    ...numbered,
    from,
    to,
    at,
    lines,
  };
}

/** What is in the van, counted lot by lot; undefined when nothing is in it. */
export function makeStockCount(
  { random, newId }: Draw,
  snapshot: DeviceSnapshot,
  at: number,
): StockCountMade | undefined {
  const stock = pickSome(random, snapshot.rows('VanStock'), between(random, 2, 8));
  const lines = stock.map((lot, index): CountLine => {
    const calculated = fieldOf(lot, 'Quantity');
    const quantity = chance(random, 0.6) ? calculated : `${between(random, 0, 300)}.5`;
    return {
      rowId: newId(),
      lineNo: index + 1,
      itemNo: fieldOf(lot, 'ItemNo'),
      lotNo: fieldOf(lot, 'LotNo'),
      quantity,
      calculated,
      difference: minus(quantity, calculated),
      unit: 'PCS',
    };
  });
  const rowId = lines.map((line) => line.rowId).toSorted()[0];
  if (rowId === undefined) return undefined;
  return { kind: 'stock count', rowId, activityRowId: newId(), location: ownVan(snapshot), at, lines };
}

function pickSome(random: Random, rows: readonly SnapshotRow[], count: number): SnapshotRow[] {
  const left = [...rows];
  const some: SnapshotRow[] = [];
  while (some.length < count && left.length > 0)
    some.push(...left.splice(Math.floor(random() * left.length), 1));
  return some;
}
