import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { mergeFields } from '../../../main/core/records/merge/merge-fields.ts';
import { mappingOf, planOf, record, text } from './plan.ts';

const nobody = { other: () => undefined };

const field = fc.record({
  direction: fc.constantFrom('both', 'to-erp', 'to-cloud'),
  owner: fc.constantFrom('erp', 'cloud', 'manual'),
  base: fc.constantFrom('a', 'b', null),
  erp: fc.constantFrom('a', 'b', 'c', null),
  cloud: fc.constantFrom('a', 'b', 'd', null),
});
type Drawn = typeof field extends fc.Arbitrary<infer T> ? T : never;

/** What both sides must hold afterwards, from the words of the policy alone. */
function wanted({ direction, owner, base, erp, cloud }: Drawn): {
  readonly ends: readonly [string | null, string | null];
  readonly logged: boolean;
} {
  if (erp === cloud) return { ends: [erp, cloud], logged: false };
  if (direction === 'to-cloud') return { ends: [erp, erp], logged: cloud !== base };
  if (direction === 'to-erp') return { ends: [cloud, cloud], logged: erp !== base };
  if (cloud === base) return { ends: [erp, erp], logged: false };
  if (erp === base) return { ends: [cloud, cloud], logged: false };
  if (owner === 'manual') return { ends: [erp, cloud], logged: true };
  const winner = owner === 'erp' ? erp : cloud;
  return { ends: [winner, winner], logged: true };
}

describe('three-way merge of fields', () => {
  test.prop([fc.array(field, { minLength: 1, maxLength: 8 })], { numRuns: 2_000 })(
    'each field ends as its direction and owner say, and no change is lost without a line in the log',
    (drawn) => {
      const names = drawn.map((_, index) => `f${index}`);
      const plan = planOf(
        mappingOf({
          fields: drawn.map(({ direction, owner }, index) => ({
            name: `f${index}`,
            erp: `f${index}`,
            cloud: `f${index}`,
            type: 'text(20)',
            direction,
            owner,
          })),
        }),
        names.map((name) => text(name)),
      );
      const of = (pick: (one: Drawn) => string | null): Record<string, string | null> =>
        Object.fromEntries(drawn.map((one, index) => [`f${index}`, pick(one)]));
      const base = record(of(({ base: value }) => value)).fields;
      const merged = mergeFields({
        plan,
        now: { erp: record(of(({ erp }) => erp)), cloud: record(of(({ cloud }) => cloud)) },
        base: { erp: base, cloud: base },
        references: nobody,
        skewMs: undefined,
      });
      const logged = new Set(merged.conflicts.map(({ field: name }) => name));
      drawn.forEach((one, index) => {
        const name = `f${index}`;
        const { ends, logged: must } = wanted(one);
        const end = (side: 'erp' | 'cloud'): string | null =>
          merged.write[side].has(name) ? (merged.write[side].get(name) ?? null) : one[side];
        expect([end('erp'), end('cloud')]).toEqual(ends);
        expect(logged.has(name)).toBe(must);
        expect(merged.held.includes(name)).toBe(ends[0] !== ends[1]);
      });
    },
  );

  const two = (entity: Record<string, unknown> = {}) =>
    planOf(
      mappingOf({
        ...entity,
        fields: [
          { name: 'amount', erp: 'amount', cloud: 'amount', type: 'text', group: 'money' },
          { name: 'currency', erp: 'currency', cloud: 'currency', type: 'text', group: 'money' },
          { name: 'name', erp: 'name', cloud: 'name', type: 'text' },
        ],
      }),
      ['amount', 'currency', 'name'].map((name) => text(name)),
    );
  const base = record({ amount: '10', currency: 'EUR', name: 'A' }).fields;

  it('moves the fields of a group together: never the amount of one side with the currency of the other', () => {
    const { write, conflicts } = mergeFields({
      plan: two(),
      now: {
        erp: record({ amount: '20', currency: 'EUR', name: 'A' }),
        cloud: record({ amount: '10', currency: 'USD', name: 'A' }),
      },
      base: { erp: base, cloud: base },
      references: nobody,
      skewMs: undefined,
    });
    expect([...write.cloud]).toEqual([
      ['amount', '20'],
      ['currency', 'EUR'],
    ]);
    expect(write.erp.size).toBe(0);
    expect(conflicts.map(({ field: name, cloud }) => [name, cloud])).toEqual([
      ['amount', '10'],
      ['currency', 'USD'],
    ]);
  });

  it('takes any two changes of one record for a conflict where the mapping says so', () => {
    const now = {
      erp: record({ amount: '20', currency: 'EUR', name: 'A' }),
      cloud: record({ amount: '10', currency: 'EUR', name: 'B' }),
    };
    const of = (merge: 'row' | 'field') =>
      mergeFields({
        plan: two({ merge }),
        now,
        base: { erp: base, cloud: base },
        references: nobody,
        skewMs: undefined,
      });
    expect(of('field').conflicts).toEqual([]);
    expect([...of('field').write.erp]).toEqual([['name', 'B']]);
    expect(of('row').conflicts.map(({ field: name }) => name)).toEqual(['amount', 'name']);
    expect(of('row').write.erp.size).toBe(0);
  });

  it('says nothing of a field that a side does not show', () => {
    const merged = mergeFields({
      plan: two(),
      now: {
        erp: record({ amount: '20', currency: 'EUR', name: 'changed' }),
        cloud: record({ amount: '10', currency: 'EUR' }),
      },
      base: { erp: base, cloud: base },
      references: nobody,
      skewMs: undefined,
    });
    expect([...merged.write.cloud.keys()]).toEqual(['amount']);
  });

  it('lets nobody be later where a clock is not known, and where both say the same', () => {
    const at = (erp: number, cloud: number, skewMs: number | undefined) =>
      mergeFields({
        plan: planOf(
          mappingOf({
            owner: 'latest',
            fields: [{ name: 'name', erp: 'name', cloud: 'name', type: 'text' }],
          }),
          [text('name')],
        ),
        now: {
          erp: record({ name: 'E' }, { changedAt: erp }),
          cloud: record({ name: 'C' }, { changedAt: cloud }),
        },
        base: { erp: base, cloud: base },
        references: nobody,
        skewMs,
      }).conflicts[0]?.winner;
    expect(at(1_000, 60_000, 0)).toBe('cloud');
    expect(at(60_000, 1_000, 0)).toBe('erp');
    expect(at(1_000, 2_500, 0)).toBe('erp');
    expect(at(1_000, 60_000, 60_000)).toBe('erp');
    expect(at(1_000, 60_000, undefined)).toBe('erp');
  });

  it('takes what was never agreed upon for changed on both sides', () => {
    const { conflicts, write } = mergeFields({
      plan: two(),
      now: {
        erp: record({ amount: '10', currency: 'EUR', name: 'A' }),
        cloud: record({ amount: '10', currency: 'EUR', name: 'B' }),
      },
      base: {},
      references: nobody,
      skewMs: undefined,
    });
    expect(conflicts.map(({ field: name, winner }) => [name, winner])).toEqual([['name', 'erp']]);
    expect([...write.cloud]).toEqual([['name', 'A']]);
  });
});
