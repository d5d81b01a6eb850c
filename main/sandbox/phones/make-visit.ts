import { between, chance, pick } from '../sample-erp/seeded-random.ts';
import type { SnapshotRow } from './device-snapshot.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import type { VisitEnded, VisitStarted } from './journal.ts';
import type { Draw } from './make-field-work.ts';
import { fieldOf } from './make-order.ts';

export const makeVisitStart = (
  { random, newId }: Draw,
  customer: SnapshotRow,
  { series, number }: { readonly series: string; readonly number: string },
  { at, hostile = false }: { readonly at: number; readonly hostile?: boolean | undefined },
): VisitStarted => ({
  kind: 'visit start',
  rowId: newId(),
  series,
  visitNo: number,
  customerNo: fieldOf(customer, 'No'),
  at,
  inRoute: chance(random, 0.8),
  latitude: `42.${between(random, 100_000, 999_999)}`,
  longitude: `23.${between(random, 100_000, 999_999)}`,
  note: hostile ? pick(random, HOSTILE_TEXTS) : undefined,
});

export const makeVisitEnd = ({ random, newId }: Draw, visit: VisitStarted, at: number): VisitEnded => ({
  kind: 'visit end',
  rowId: newId(),
  visitNo: visit.visitNo,
  customerNo: visit.customerNo,
  at,
  duration: Math.max(0, Math.round((at - visit.at) / 60_000)),
  note: chance(random, 0.2) ? pick(random, HOSTILE_TEXTS) : undefined,
});
