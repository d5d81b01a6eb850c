import { between, chance, pick } from '../sample-erp/seeded-random.ts';
import type { Random } from '../sample-erp/seeded-random.ts';
import type { DeviceSnapshot } from './device-snapshot.ts';
import type { PaymentMade } from './journal.ts';
import { fieldOf } from './make-order.ts';
import { isBelow, minus, plus, share } from './money.ts';

/** What this device took for open entries since its snapshot did not say so. */
export type Paid = Map<string, string>;

export interface PaymentWishes {
  at: number;
  /** Default: a customer who owes something. */
  customerNo?: string | undefined;
}

/** A payment on one to three open entries of one customer; undefined when nobody on the route owes anything. */
export function makePayment(
  { random, newId }: { random: Random; newId: () => string },
  snapshot: DeviceSnapshot,
  paid: Paid,
  number: () => { series: string; number: string },
  wishes: PaymentWishes,
): PaymentMade | undefined {
  const open = snapshot
    .rows('OpenEntry')
    .map((row) => {
      const entryNo = fieldOf(row, 'OpenTransId');
      const left = minus(fieldOf(row, 'Remaining'), paid.get(entryNo) ?? '0');
      return { entryNo, customerNo: fieldOf(row, 'CustomerNo'), left };
    })
    .filter(({ left, customerNo }) => isBelow('0', left) && customerNo === (wishes.customerNo ?? customerNo));
  if (open.length === 0) return undefined;
  const { customerNo } = pick(random, open);
  const lines = open
    .filter((entry) => entry.customerNo === customerNo)
    .slice(0, between(random, 1, 3))
    .map(({ entryNo, left }) => {
      const part = share(left, pick(random, ['100', '50', '12.5']));
      // An entry almost paid off: what is left is less than can be split.
      const amount = isBelow('0', part) ? part : left;
      paid.set(entryNo, plus(paid.get(entryNo) ?? '0', amount));
      return { rowId: newId(), entryNo, amount };
    });
  const total = plus(...lines.map(({ amount }) => amount));
  return {
    kind: 'payment',
    rowId: newId(),
    activityRowId: newId(),
    ...number(),
    customerNo,
    at: wishes.at,
    method: pick(
      random,
      snapshot.rows('PaymentMethod').map((row) => fieldOf(row, 'Code')),
    ),
    paidAmount: chance(random, 0.2) ? plus(total, '0.01') : total,
    totalAmount: total,
    lines,
  };
}
