import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptText } from '../../../main/adapters/erp-mssql/kept-text.ts';
import type { DocumentResult, Standing } from '../../../main/core/packets/erp.ts';
import { decidedBy, packetStanding, refusalOf } from '../../../main/core/packets/apply/handover.ts';
import { toldOf } from '../../../main/core/packets/notices.ts';
import type { Item, ItemState } from '../../../main/core/queue/item.ts';
import { MAPPING } from '../../support/link-bench.ts';

const document = (standing: Standing, reason: string | null = null): DocumentResult => ({
  document: 'order',
  rowId: 'r',
  number: '1',
  erpKey: '1',
  erpNumber: null,
  standing,
  reason,
});
const standings = fc.array(fc.constantFrom<Standing[]>('applied', 'handed-over', 'accepted', 'refused'), {
  maxLength: 6,
});

test('a packet is taken only when the ERP has taken every document of it', () => {
  fc.assert(
    fc.property(standings, (all) => {
      const open = all.some((one) => one === 'handed-over' || one === 'refused');
      expect(packetStanding(all.map((one) => document(one))) === 'taken').toBe(!open);
      if (all.includes('refused')) expect(packetStanding(all.map((one) => document(one)))).toBe('refused');
    }),
  );
});

test('a refusal carries the ERP’s words, bounded and well formed, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 500 }), { maxLength: 4 }), (reasons) => {
      const failure = refusalOf(reasons.map((reason) => document('refused', reason)));
      const message = failure.kind === 'rejected' ? failure.message : '';
      expect(message.length).toBeGreaterThan(0);
      expect(message.length).toBeLessThanOrEqual(400);
      expect(message.isWellFormed()).toBe(true);
    }),
  );
});

test('what the ledger keeps of somebody’s text is bounded, well formed and steers nothing', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.integer({ min: 1, max: 40 }),
      (text, most) => {
        const kept = keptText(text, most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept.isWellFormed()).toBe(true);
        expect(kept).not.toMatch(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
      },
    ),
  );
  expect(keptText(' credit limit\r\nof 5.000 € ', 400)).toBe('credit limit of 5.000 €');
});

test('a document whose handler is gone has half an hour', () => {
  expect(decidedBy(MAPPING, [{ ...document('handed-over'), document: 'gone' }], 1_000)).toBe(1_801_000);
});

test('what is said of a packet id: nothing once it is applied or goes on, else the worst that is known', () => {
  const item = (state: ItemState): Item => ({ state }) as Item;
  const said = (...states: ItemState[]): string | undefined => toldOf(states.map(item))?.state;
  expect(said()).toBeUndefined();
  expect(said('parked')).toBe('parked');
  expect(said('settled', 'parked')).toBeUndefined();
  expect(said('discarded', 'parked')).toBe('parked');
  expect(said('discarded', 'ready')).toBeUndefined();
  expect(said('discarded', 'discarded')).toBe('discarded');
});
