import { anyShape, type Phone } from './phones/phone.ts';
import type { Random } from './sample-erp/seeded-random.ts';

type Task = (phone: Phone, at: number, random: Random) => unknown;

/** A code no app of today sends: it must be kept, written nowhere, and hold nothing up. */
export const UNKNOWN_ACTION = '998';

/** Two at a time, so that six phones do each kind of it several times a day. */
const TURNS: readonly (readonly [Task, Task])[] = [
  [(p, at, r) => p.transfer('load', { at, shape: anyShape(r) }), (p, at) => p.act('166', { at })],
  [
    (p, at, r) => p.customer('new', { at, shape: anyShape(r) }),
    (p, at, r) => p.count({ at, shape: anyShape(r) }),
  ],
  [
    (p, at) => p.act('5', { at, note: 'Closed' }),
    (p, at, r) => p.customer('moved', { at, shape: anyShape(r) }),
  ],
  [
    (p, at) => p.order({ at, lines: 2, documentType: '1' }),
    (p, at) => p.order({ at, lines: 2, documentType: '8', sourceNo: 'O-EARLIER' }),
  ],
  [(p, at) => p.act(UNKNOWN_ACTION, { at }), (p, at, r) => p.transfer('unload', { at, shape: anyShape(r) })],
  [(p, at, r) => p.transfer('top up', { at, shape: anyShape(r) }), (p, at) => p.act('301', { at })],
];

/** What one phone does beside selling in one round. Returns how many things it did. */
export function doFieldWork(
  phone: Phone,
  random: Random,
  { at, turn }: { readonly at: number; readonly turn: number },
): number {
  const tasks = TURNS[turn % TURNS.length] ?? [];
  tasks.forEach((task, index) => task(phone, at + index * 60_000, random));
  return tasks.length;
}
