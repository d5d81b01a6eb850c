import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AFTER_APPLY_LIMIT_MS,
  planReports,
  reportableAt,
} from '../../../main/core/packets/report/reporting.ts';
import { holdFor, unchanged } from '../../../main/core/packets/push/push-plan.ts';
import type { ItemState } from '../../../main/core/queue/item.ts';
import type { OpenListing } from '../../../main/core/queue/queue-store.ts';
import { sha256 } from '../../../shared/model/ids.ts';

type Packet = OpenListing['entries'][number];

const packet = (over: Partial<Packet> & { id?: string } = {}): Packet => ({
  entry: {
    id: over.id ?? 'a',
    path: 'p',
    user: 'anna',
    company: 'C',
    kind: 'data',
    receiptHandle: 'h',
    raw: '<message/>',
  },
  checked: true,
  reported: false,
  items: [{ state: 'ready', createdAt: 1_000 }],
  ...over,
});
const listing = (...entries: Packet[]): OpenListing => ({
  id: 1,
  queue: 'packet',
  format: 'xml',
  raw: '<messages/>',
  listedAt: 0,
  entries,
});
const auto = { acknowledge: 'auto', ackWithinMs: 20_000, lostBodyAfterMs: 86_400_000 } as const;
const OPEN: readonly ItemState[] = ['ready', 'working', 'waiting', 'unknown'];
const DECIDED: readonly ItemState[] = ['settled', 'parked', 'discarded'];

describe('when a packet may be reported done', () => {
  it('never before its bytes are durable here, under any policy, at any time', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('auto', 'after-apply', 'after-store' as const),
        fc.nat(),
        (acknowledge, now) => {
          const policy = { acknowledge, ackWithinMs: 0, lostBodyAfterMs: 0 };
          const absent = packet({ items: [] });
          const unchecked = packet({ checked: false });
          expect(reportableAt(absent, policy, now)).toBeUndefined();
          expect(reportableAt(unchecked, policy, now)).toBeUndefined();
          expect(planReports([listing(packet(), absent)], policy, now).whole).toEqual([]);
        },
      ),
    );
  });

  it('when applied or parked at once, else by the policy', () => {
    for (const state of DECIDED)
      expect(reportableAt(packet({ items: [{ state, createdAt: 1_000 }] }), auto, 2_000)).toBe(1_000);
    for (const state of OPEN) {
      const open = packet({ items: [{ state, createdAt: 1_000 }] });
      expect(reportableAt(open, auto, 2_000)).toBe(21_000);
      expect(reportableAt(open, { ...auto, acknowledge: 'after-store' }, 2_000)).toBe(1_000);
      expect(reportableAt(open, { ...auto, acknowledge: 'after-apply' }, 2_000)).toBe(
        1_000 + AFTER_APPLY_LIMIT_MS,
      );
    }
  });

  it('at once when it was handed over to the ERP, unless the ERP is to accept it first', () => {
    const one = packet({ items: [{ state: 'waiting', createdAt: 1_000, handed: true }] });
    expect(reportableAt(one, auto, 2_000)).toBe(1_000);
    expect(reportableAt(one, { ...auto, acknowledge: 'after-apply' }, 2_000)).toBe(
      1_000 + AFTER_APPLY_LIMIT_MS,
    );
  });

  it('at once when the clock was set back: what is durable must not wait for the clock to come round', () => {
    expect(reportableAt(packet({ items: [{ state: 'ready', createdAt: 9_000_000 }] }), auto, 5_000)).toBe(
      5_000,
    );
  });

  it('waits for all items of one packet id', () => {
    const two = packet({
      items: [
        { state: 'settled', createdAt: 1_000 },
        { state: 'ready', createdAt: 5_000 },
      ],
    });
    expect(reportableAt(two, auto, 6_000)).toBe(25_000);
  });

  it('reports a list whole only when every entry may be, and names parts otherwise', () => {
    const done = packet({ id: 'done', items: [{ state: 'settled', createdAt: 0 }] });
    const late = packet({ id: 'late', items: [{ state: 'ready', createdAt: 1_000 }] });
    const before = planReports([listing(done, late)], auto, 20_999);
    expect(before.whole).toEqual([]);
    expect(before.parts.map((part) => part.entries.map((one) => one.entry.id))).toEqual([['done']]);
    expect(before.nextAt).toBe(21_000);
    expect(planReports([listing(done, late)], auto, 21_000).whole).toHaveLength(1);
  });

  it('does not report again what was reported', () => {
    const plan = planReports([listing(packet({ reported: true }))], auto, 1e12);
    expect(plan).toEqual({ whole: [], parts: [], nextAt: undefined });
  });
});

describe('whether a snapshot goes out', () => {
  const last = {
    contentHash: sha256('aa'),
    modelHash: 'm1',
    acceptedAt: 1_000_000,
    syncLogId: 's',
    size: 1,
  };
  const same = { hash: sha256('aa'), modelHash: 'm1' };

  it('not when the cloud accepted the same a short while ago', () => {
    expect(unchanged(last, same, 60_000, 1_050_000)).toBe(true);
  });
  it('again after a while, after other content, after another mapping, and when the clock was set back', () => {
    expect(unchanged(last, same, 60_000, 1_060_000)).toBe(false);
    expect(unchanged(last, { ...same, hash: sha256('bb') }, 60_000, 1_050_000)).toBe(false);
    expect(unchanged(last, { ...same, modelHash: 'm2' }, 60_000, 1_050_000)).toBe(false);
    expect(unchanged(last, same, 60_000, 999_999)).toBe(false);
    expect(unchanged(undefined, same, 60_000, 1_050_000)).toBe(false);
  });
  it('DM-59 waits for the user’s stored packets without end, for a parked one only a while', () => {
    expect(holdFor({ pending: 1, parkedSince: undefined }, 3_600_000, 9e12)).toBe('packets-pending');
    expect(holdFor({ pending: 0, parkedSince: 1_000 }, 3_600_000, 3_600_999)).toBe('packet-parked');
    expect(holdFor({ pending: 0, parkedSince: 1_000 }, 3_600_000, 3_601_000)).toBeUndefined();
    expect(holdFor({ pending: 0, parkedSince: undefined }, 3_600_000, 0)).toBeUndefined();
  });
});
