import { describe, expect, it } from 'vitest';
import {
  decidePair,
  type PairDecision,
  type Standing,
} from '../../../main/core/records/decide/decide-pair.ts';
import type { Pair } from '../../../main/core/records/record-state.ts';
import type { StoredRecord } from '../../../main/core/records/record-store.ts';
import { mappingOf, planOf, record, text } from './plan.ts';

const there = (one: StoredRecord): Standing => ({ kind: 'present', record: one });
const same = there(record({ name: 'A' }));
const other = there(record({ name: 'B' }));
const third = there(record({ name: 'C' }));
const gone: Standing = { kind: 'deleted' };
const unseen: Standing = { kind: 'unseen' };
const outside = there(record({ name: 'B' }, { inFilter: false }));

function decided(
  erp: Standing,
  cloud: Standing,
  entity: Record<string, unknown> = {},
  swings: Pair['swings'] = [],
): PairDecision {
  const plan = planOf(
    mappingOf({
      erp: {
        table: { name: 'Customer' },
        key: ['No'],
        mark: { Blocked: { type: 'bool', value: 'true' } },
      },
      cloud: { entity: 'account', mark: { statecode: '1' } },
      fields: [{ name: 'name', erp: 'name', cloud: 'name', type: 'text' }],
      ...entity,
    }),
    [text('name')],
  );
  const shadow = { fields: new Map([['name', 'A']]), at: 0 };
  return decidePair({
    plan,
    pair: {
      state: 'active',
      ids: { erp: '1', cloud: 'c1' },
      shadows: { erp: shadow, cloud: shadow },
      swings,
    },
    now: { erp, cloud },
    references: { other: () => undefined },
    skewMs: undefined,
    at: 1_000_000,
  });
}

const writesOf = (one: PairDecision): unknown =>
  'writes' in one ? one.writes.map(({ to, kind, values }) => [to, kind, [...values]]) : [];

describe('what becomes of a pair', () => {
  it('writes what one side changed to the other', () => {
    expect(writesOf(decided(other, same))).toEqual([['cloud', 'update', [['name', 'B']]]]);
    expect(writesOf(decided(same, other))).toEqual([['erp', 'update', [['name', 'B']]]]);
  });

  it('writes nothing where nothing changed, or both to the same', () => {
    expect(decided(same, same).kind).toBe('agreed');
    expect(decided(other, other)).toMatchObject({ kind: 'agreed', merged: { conflicts: [] } });
  });

  it('decides for the owner where both changed it, or leaves it to a person', () => {
    expect(writesOf(decided(other, third))).toEqual([['cloud', 'update', [['name', 'B']]]]);
    expect(writesOf(decided(other, third, { owner: 'cloud' }))).toEqual([['erp', 'update', [['name', 'C']]]]);
    expect(decided(other, third, { owner: 'manual' })).toMatchObject({
      kind: 'hold',
      reason: { kind: 'conflict', fields: ['name'] },
      writes: [],
    });
  });

  it('freezes what left a filter, whatever else happened to it', () => {
    for (const [erp, cloud] of [
      [outside, same],
      [same, outside],
      [outside, other],
      [outside, gone],
      [gone, outside],
    ] as const)
      expect(decided(erp, cloud)).toEqual({ kind: 'frozen' });
  });

  it('takes what is not seen for nothing but that', () => {
    for (const [erp, cloud] of [
      [unseen, same],
      [same, unseen],
      [unseen, other],
      [gone, unseen],
    ] as const)
      expect(decided(erp, cloud)).toEqual({ kind: 'wait' });
  });

  it('closes the pair when both are gone', () => {
    expect(decided(gone, gone)).toEqual({ kind: 'closed' });
  });

  it('marks, deletes, parts or leaves the other record, as the mapping says', () => {
    expect(decided(gone, same)).toMatchObject({
      kind: 'deletion',
      write: { to: 'cloud', kind: 'update', values: new Map([['statecode', '1']]) },
      ends: 'unlinked',
    });
    expect(decided(same, gone)).toMatchObject({
      kind: 'deletion',
      write: { to: 'erp', kind: 'update', values: new Map([['Blocked', 'true']]) },
    });
    expect(decided(gone, same, { onDelete: { inErp: 'ignore' } })).toMatchObject({
      kind: 'deletion',
      write: undefined,
      ends: 'unlinked',
    });
    expect(decided(gone, same, { onDelete: { inErp: 'delete' }, toCloud: { delete: true } })).toMatchObject({
      kind: 'deletion',
      write: { to: 'cloud', kind: 'delete' },
      ends: 'closed',
    });
    expect(decided(gone, same, { onDelete: { inErp: 'delete' } })).toMatchObject({
      kind: 'hold',
      reason: { kind: 'not-allowed', what: 'delete', on: 'cloud' },
    });
  });

  it('asks a person where one side deleted what the other changed', () => {
    expect(decided(gone, other)).toMatchObject({
      kind: 'hold',
      reason: { kind: 'deleted-and-changed', deletedIn: 'erp' },
      conflicts: [{ kind: 'deleted-and-changed' }],
    });
    expect(decided(other, gone)).toMatchObject({ reason: { deletedIn: 'cloud' } });
  });

  it('does not write what the mapping does not allow, and says so', () => {
    const one = decided(other, same, { toCloud: { update: false } });
    expect(one).toMatchObject({
      kind: 'agreed',
      merged: { conflicts: [{ kind: 'not-allowed', winner: 'erp' }] },
    });
  });

  it('stops a field that goes to and fro', () => {
    const swing = (to: 'erp' | 'cloud', at: number) => ({ field: 'name', to, at });
    const back = [swing('cloud', 1), swing('erp', 2), swing('cloud', 3)];
    expect(decided(same, other, {}, back)).toMatchObject({
      kind: 'hold',
      reason: { kind: 'swings', field: 'name' },
      writes: [],
    });
    expect(decided(other, same, {}, back).kind).toBe('write');
    expect(decided(same, other, {}, back.slice(1)).kind).toBe('write');
  });
});
