import { describe, expect, it } from 'vitest';
import { resolveConflicts } from '../../../main/core/records/by-person/resolve.ts';
import { restoreLoser } from '../../../main/core/records/by-person/restore.ts';
import { undoDecision } from '../../../main/core/records/by-person/undo.ts';
import type { Conflict } from '../../../main/core/records/record-conflicts.ts';
import { SimulatedCrash } from '../../support/test-runtime.ts';
import { LINK, NAMES, world, type Policy, type World } from './record-world.ts';

const POLICY: Policy = {
  owner: 'erp',
  onDelete: 'mark',
  unpairedParent: 'hold',
  deletions: 'reported',
  merge: 'field',
};
const { erp: TABLE, cloud: ACCOUNT } = NAMES.customer;
const never = new AbortController().signal;

async function paired(policy: Partial<Policy> = {}): Promise<World> {
  const made = world(7, { ...POLICY, ...policy });
  made.erp.insert(TABLE, '1', { CODE: 'a', NAME: 'first', PHONE: '1' });
  await made.pass();
  return made;
}

const cloudId = (made: World): string => [...made.cloud.rows(ACCOUNT).keys()][0] ?? '';
const values = (made: World): unknown => [
  made.erp.rows(TABLE).get('1')?.fields.get('NAME'),
  made.cloud.rows(ACCOUNT).get(cloudId(made))?.fields.get('name'),
];
const conflicts = (made: World): readonly Conflict[] =>
  made.parts.state.conflicts({ link: LINK, limit: 100, offset: 0 }).conflicts;

async function clash(made: World): Promise<void> {
  made.erp.update(TABLE, '1', { NAME: 'in erp', PHONE: '2' });
  made.cloud.update(ACCOUNT, cloudId(made), { name: 'in cloud', phone: '3' });
  await made.pass();
}

describe('a conflict that waits for a person', () => {
  it('is resolved field by field, and what is chosen is written by the next pass, once', async () => {
    const made = await paired({ owner: 'manual' });
    await clash(made);
    const held = conflicts(made).filter(({ state }) => state === 'held');
    expect(new Set(held.map(({ field }) => field))).toEqual(new Set(['name', 'phone']));
    const pair = held[0]?.pair ?? 0;
    expect(
      resolveConflicts(made.parts, { pair, field: 'name' }, { by: 'anna', winner: 'cloud' }),
    ).toHaveLength(1);
    expect(resolveConflicts(made.parts, { pair, field: 'name' }, { by: 'ben', winner: 'erp' })).toEqual([]);
    await made.pass();
    expect(values(made)).toEqual(['in cloud', 'in cloud']);
    expect(made.erp.rows(TABLE).get('1')?.fields.get('PHONE')).toBe('2');
    resolveConflicts(made.parts, { pair }, { by: 'anna', winner: 'erp' });
    await made.pass();
    expect(made.cloud.rows(ACCOUNT).get(cloudId(made))?.fields.get('phone')).toBe('2');
    expect(made.parts.state.counts(LINK)).toMatchObject({ held: 0, conflictsHeld: 0 });
  });
});

describe('the value that lost', () => {
  it('comes back to its own side as an edit, and from there to the other', async () => {
    const made = await paired();
    await clash(made);
    expect(values(made)).toEqual(['in erp', 'in erp']);
    const lost = conflicts(made).find(({ field }) => field === 'name');
    expect(lost).toMatchObject({ state: 'decided', winner: 'erp', cloud: 'in cloud' });
    const restore = () => restoreLoser(made.parts, lost?.id ?? 0, 'anna', never);
    expect(await restore()).toEqual({ ok: true, value: 'kept' });
    expect(await restore()).toEqual({ ok: true, value: 'already' });
    await made.pass();
    expect(values(made)).toEqual(['in cloud', 'in cloud']);
    const writes = made.erp.history.length + made.cloud.history.length;
    await made.pass();
    expect(made.erp.history.length + made.cloud.history.length).toBe(writes);
  });

  it('does so once, wherever the program is killed', async () => {
    for (let edge = 0; ; edge += 1) {
      const made = await paired();
      await clash(made);
      const lost = conflicts(made).find(({ field }) => field === 'name');
      let left = edge;
      let died = false;
      made.runtime.onStep = (name, phase) => {
        if (!name.startsWith('records.') || died || left-- > 0) return;
        died = true;
        throw new SimulatedCrash(name, phase);
      };
      for (let turn = 0; turn < 4; turn += 1) {
        await restoreLoser(made.parts, lost?.id ?? 0, 'anna', never).catch((error: unknown) => {
          if (!(error instanceof SimulatedCrash)) throw error;
        });
        await made.pass();
      }
      expect([edge, values(made)]).toEqual([edge, ['in cloud', 'in cloud']]);
      const typed = made.cloud.history.filter(({ by, field }) => by === 'program' && field === 'name');
      expect([edge, typed.filter(({ value }) => value === 'in cloud')]).toEqual([edge, [expect.anything()]]);
      if (!died) {
        expect(edge).toBeGreaterThan(8);
        return;
      }
    }
  });
});

describe('what was written by itself', () => {
  it('is taken back while nobody changed it since, once, and for 90 days', async () => {
    const made = await paired();
    made.erp.update(TABLE, '1', { NAME: 'second' });
    await made.pass();
    const [written] = made.parts.state.decisions({ link: LINK, limit: 1 });
    expect(written).toMatchObject({ what: 'updated', on: 'cloud' });
    const undo = () => undoDecision(made.parts, written?.id ?? 0, 'anna', never);
    expect(await undo()).toEqual({ ok: true, value: 'kept' });
    expect(await undo()).toEqual({ ok: true, value: 'already' });
    await made.pass();
    expect(values(made)).toEqual(['first', 'first']);
  });

  it('stays where somebody changed it since, and after 90 days', async () => {
    const made = await paired();
    made.erp.update(TABLE, '1', { NAME: 'second' });
    await made.pass();
    const [written] = made.parts.state.decisions({ link: LINK, limit: 1 });
    made.cloud.update(ACCOUNT, cloudId(made), { name: 'third' });
    const undo = () => undoDecision(made.parts, written?.id ?? 0, 'anna', never);
    expect(await undo()).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
    made.cloud.update(ACCOUNT, cloudId(made), { name: 'second' });
    await made.runtime.advance(91 * 24 * 3_600_000);
    expect(await undo()).toMatchObject({ ok: false, failure: { code: 'too-old' } });
  });

  it('takes the mark off a record again', async () => {
    const made = await paired();
    made.erp.delete(TABLE, '1');
    await made.pass();
    expect(made.cloud.rows(ACCOUNT).get(cloudId(made))?.fields.get('state')).toBe('1');
    const [marked] = made.parts.state.decisions({ link: LINK, limit: 1 });
    expect(marked).toMatchObject({ what: 'marked', on: 'cloud' });
    expect(await undoDecision(made.parts, marked?.id ?? 0, 'anna', never)).toEqual({
      ok: true,
      value: 'kept',
    });
    await made.pass();
    expect(made.cloud.rows(ACCOUNT).get(cloudId(made))?.fields.get('state')).toBeNull();
  });
});
