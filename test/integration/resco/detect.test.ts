import { afterEach, describe, expect, it } from 'vitest';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/resco/switches.ts';
import { never, rescoWorld, USER, value, type RescoWorld } from './resco-world.ts';

let world: RescoWorld;
afterEach(() => world.close());

const ids = (named: readonly { readonly id: string }[]): string[] => named.map(({ id }) => id).sort();

const WAYS: readonly (readonly [string, SwitchesPatch])[] = [
  ['as it is set by default', {}],
  ['Fetch below the service', { fetchPath: 'Fetch' }],
  ['flat metadata', { metaShape: 'flat', responseNs: 'vendor' }],
  ['no open transactions told', { minActive: 'off' }],
  ['open transactions as -1', { minActive: 'minusOne' }],
  ['no deletions tracked', { deleteTracking: 'off' }],
  ['another row version', { rowVersionName: 'resco_rv', dateZ: 'never', boolCase: 'upper' }],
  [
    'conditions on the row version refused',
    { rowVersionConditions: 'fault', dateZ: 'always', boolCase: 'lower' },
  ],
  ['small pages', { fetchMax: 3 }],
];

describe.each(WAYS)('changes, %s', (_name, switches) => {
  it('RC-8 RC-11 names all at first, then what was written since, with every digit of its row version', async () => {
    world = await rescoWorld(switches);
    const all = Array.from({ length: 8 }, (_, at) => world.account(`Customer ${at}`));
    value(await world.store.pulse(undefined, never));
    const first = await world.changes('account');
    expect(ids(first.named)).toEqual([...all].sort());
    world.cloud.control.advance(3_600_000);
    const [changed = ''] = all;
    world.cloud.control.write({ action: 'Update', entity: 'account', id: changed, values: { name: 'New' } });
    const added = world.account('Added');
    const second = await world.changes('account', first.cursor);
    expect(ids(second.named)).toEqual(expect.arrayContaining([changed, added].sort()));
    const third = await world.changes('account', second.cursor);
    const again = ids(third.named).filter((id) => id !== changed && id !== added);
    expect(again).toEqual([]);
    const [read] = value(
      await world.store.read({ entity: 'account', ids: [added], fields: ['name'], filter: undefined }, never),
    );
    expect(BigInt(read?.version ?? 0)).toBeGreaterThan(2n ** 53n);
    expect(read?.version).toBe(String(world.cloud.control.record('account', added)?.version));
  });

  it('RC-20 a transaction that commits late is never missed', async () => {
    world = await rescoWorld(switches);
    world.account('Before');
    const start = value(await world.store.pulse(undefined, never));
    let { cursor } = await world.changes('account');
    let pulse = 'value' in start ? start.value : undefined;
    const open = world.cloud.control.openTransaction();
    const late = open.write({ action: 'Create', entity: 'account', values: { name: 'Late' } });
    world.account('After');
    const poll = async (): Promise<readonly string[]> => {
      const asked = value(await world.store.pulse(pulse, never));
      if (asked.kind === 'still') return [];
      const { named, cursor: next } = await world.changes('account', cursor);
      cursor = next;
      if ('value' in asked) pulse = asked.value;
      return ids(named);
    };
    expect(await poll()).not.toContain(late);
    await world.runtime.advance(60_000);
    open.commit();
    // Nothing else is written: the pulse must notice by itself, at the latest when transactions have had their time.
    await world.runtime.advance(601_000);
    expect(await poll()).toContain(late);
    expect(await poll()).toEqual([]);
  });

  it('RC-10 RC-44 a deletion is reported and looked for once more, or left to a sweep', async () => {
    world = await rescoWorld(switches);
    const [one, other] = [world.account('One'), world.account('Other')];
    world.cloud.control.write({ action: 'Delete', entity: 'account', id: other, values: {} });
    value(await world.store.pulse(undefined, never));
    const { cursor } = await world.changes('account');
    world.cloud.control.write({ action: 'Delete', entity: 'account', id: one, values: {} });
    const { named } = await world.changes('account', cursor);
    const reported = world.store.capabilities.deletions === 'reported';
    expect(reported).toBe(switches.deleteTracking !== 'off' && switches.rowVersionConditions !== 'fault');
    expect(named.find(({ id }) => id === one)?.gone).toBe(reported ? 'deleted' : undefined);
    const page = value(
      await world.store.ids({ entity: 'account', filter: { all: [] }, after: undefined }, never),
    );
    expect(page.ids).toEqual([]);
  });
});

describe('calls', () => {
  it('an idle poll is one call; an hour later identity, metadata and deletions are asked again', async () => {
    world = await rescoWorld();
    world.account('One');
    const poll = async (last?: string): Promise<string | undefined> => {
      value(await world.store.identity(never));
      value(await world.store.describe(['account'], never));
      const asked = value(await world.store.pulse(last, never));
      return 'value' in asked ? asked.value : undefined;
    };
    const last = await poll();
    world.cloud.control.clearLog();
    expect(await poll(last)).toBe(last);
    expect(world.calls()).toEqual(['GetMaxRowVersion']);
    await world.runtime.advance(3_600_001);
    world.cloud.control.clearLog();
    expect(await poll(last)).toBe(last);
    expect([...world.calls()].sort()).toEqual(['Fetch', 'GetMaxRowVersion', 'Metadata', 'WhoAmI']);
  });

  it.each([0, 1, 100, 101, 750])('%d changed records are read in few calls', async (changed) => {
    world = await rescoWorld();
    world.account('First');
    value(await world.store.pulse(undefined, never));
    const { cursor } = await world.changes('account');
    const last = value(await world.store.pulse(undefined, never));
    for (let at = 0; at < changed; at += 1) world.account(`Customer ${at}`);
    world.cloud.control.clearLog();
    value(await world.store.pulse('value' in last ? last.value : undefined, never));
    const { named } = await world.changes('account', cursor);
    for (let at = 0; at < named.length; at += 100)
      value(
        await world.store.read(
          { entity: 'account', ids: named.slice(at, at + 100).map(({ id }) => id), fields: ['name'] },
          never,
        ),
      );
    expect(named).toHaveLength(changed);
    expect(world.calls().length).toBeLessThanOrEqual(2 * Math.ceil(changed / 100) + 3);
  });
});

describe('an organisation that is not what it was', () => {
  it('RC-57 a restored one is behind, and nothing is read from the old mark', async () => {
    world = await rescoWorld();
    const backup = world.cloud.control.backup();
    world.account('Lost');
    const pulse = value(await world.store.pulse(undefined, never));
    const { cursor } = await world.changes('account');
    world.cloud.control.restore(backup);
    const last = 'value' in pulse ? pulse.value : undefined;
    expect(value(await world.store.pulse(last, never)).kind).toBe('behind');
    await expect(world.changes('account', cursor)).rejects.toThrow('side-set-back');
  });

  it('RC-44 a table of deletions without a right to it is not taken for one without deletions', async () => {
    world = await rescoWorld({ deleteTracking: 'noPrivilege' });
    const one = world.account('One');
    value(await world.store.pulse(undefined, never));
    const { cursor } = await world.changes('account');
    world.cloud.control.write({ action: 'Delete', entity: 'account', id: one, values: {} });
    await world.runtime.advance(3_600_001);
    value(await world.store.pulse(undefined, never));
    await world.changes('account', cursor);
    expect(world.store.capabilities.deletions).toBe('sweep');
  });

  it('RC-56 a fault in the place of a row, a page and a cut answer are failures, never fewer records', async () => {
    world = await rescoWorld();
    world.account('One');
    value(await world.store.describe(['account'], never));
    for (const kind of ['row-fault', 'html', 'half', 'cut'] as const) {
      world.cloud.control.clearFaults();
      world.cloud.control.faults([{ on: 'Fetch', kind, times: 10 }]);
      await expect(world.changes('account'), kind).rejects.toThrow('failed');
    }
  });

  it('RC-5 a right that is taken away leaves records out; a password that is changed is said', async () => {
    world = await rescoWorld();
    const one = world.account('One');
    world.cloud.control.setPrivileges(USER, {
      contact: ['read'],
      '#Entity': ['read'],
      '#Attribute': ['read'],
    });
    const read = await world.store.read({ entity: 'account', ids: [one], fields: ['name'] }, never);
    expect(read.ok ? read.value : read.failure.kind).toEqual([]);
    world.cloud.control.setPassword(USER, 'changed');
    const asked = await world.store.pulse(undefined, never);
    expect(asked.ok ? 'ok' : asked.failure.kind).toBe('unauthorized');
    expect(JSON.stringify(asked)).not.toContain('CANARY');
  });
});
