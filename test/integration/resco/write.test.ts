import { afterEach, describe, expect, it } from 'vitest';
import type { RecordWrite } from '../../../main/core/records/record-store.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/resco/switches.ts';
import { fields, never, newGuid, newIntent, rescoWorld, value, type RescoWorld } from './resco-world.ts';

let world: RescoWorld;
afterEach(() => world.close());

const create = (
  name: string | null,
  more: Readonly<Record<string, string | null>> = {},
): RecordWrite & { readonly id: string } => ({
  kind: 'create',
  intent: newIntent(),
  entity: 'account',
  id: newGuid(),
  values: fields({ name, ...more }),
});
const update = (
  id: string,
  expected: Readonly<Record<string, string | null>>,
  values: Readonly<Record<string, string | null>>,
): RecordWrite => ({
  kind: 'update',
  intent: newIntent(),
  entity: 'account',
  id,
  values: fields(values),
  expected: fields(expected),
});
const nameOf = (id: string): string | undefined => world.cloud.control.record('account', id)?.values['name'];

const WAYS: readonly (readonly [string, SwitchesPatch])[] = [
  ['as it is set by default', {}],
  ['flat answers', { emShape: 'flat', responseNs: 'vendor' }],
  ['without Upsert', { upsert: 'fault' }],
  ['Fetch below the service', { fetchPath: 'Fetch', metaShape: 'flat' }],
  ['batches that go on', { multiple: 'continue', readOnlyWrite: 'fault' }],
  ['dates and booleans the one way', { dateZ: 'always', boolCase: 'upper' }],
  ['dates and booleans the other way', { dateZ: 'never', boolCase: 'lower' }],
];

describe.each(WAYS)('writes, %s', (_name, switches) => {
  it('RC-29 RC-31 RC-33 values of every type go there and come back as they were', async () => {
    world = await rescoWorld(switches);
    const parent = world.account('Parent: a name: with colons');
    const texts = {
      name: 'A & B <"quoted"> \'x\' ]]> Žofín 😀',
      description: '  two lines\r\nwith a tab\t and 007  ',
      accountnumber: '007',
      creditlimit: '1234.5',
      discountpercent: '0.1',
      creditonhold: 'true',
      numberofemployees: '42',
      industrycode: '2',
      lastvisiton: '2026-03-01T08:00:00Z',
      parentid: `account:${parent}`,
      telephone1: null,
    };
    const one = create(texts.name, texts);
    const [made] = await world.write(one);
    expect(made).toMatchObject({ kind: 'done', id: one.id });
    const asked = { entity: 'account', ids: [one.id], fields: Object.keys(texts) };
    const [read] = value(await world.store.read(asked, never));
    expect(Object.fromEntries(read?.fields ?? [])).toEqual(texts);
    expect(made?.kind === 'done' ? made.stored?.fields : undefined).toEqual(read?.fields);
    const [changed] = await world.write(
      update(one.id, { name: texts.name }, { name: 'New', creditlimit: null, creditonhold: 'false' }),
    );
    expect(changed?.kind).toBe('done');
    const [after] = value(await world.store.read(asked, never));
    expect(Object.fromEntries(after?.fields ?? [])).toEqual({
      ...texts,
      name: 'New',
      creditlimit: null,
      creditonhold: 'false',
    });
    const [gone] = await world.write({
      kind: 'delete',
      intent: newIntent(),
      entity: 'account',
      id: one.id,
      expected: fields({ name: 'New' }),
    });
    expect(gone?.kind).toBe('done');
    expect(world.cloud.control.record('account', one.id)).toBeUndefined();
  });

  it('RC-35 each item of a batch has its own outcome', async () => {
    world = await rescoWorld({ ...switches, danglingLookup: 'fault' });
    const there = world.account('There');
    const outcomes = await world.write(
      create('Good'),
      create('Dangling', { parentid: `account:${newGuid()}` }),
      create(null),
      update(newGuid(), { name: 'x' }, { name: 'y' }),
      update(there, { name: 'There' }, { name: 'Here' }),
      create('x'.repeat(161)),
      create('List', { industrycode: '9' }),
      create('Party', { to: 'x' }),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'done',
      'refused',
      'refused',
      'missing',
      'done',
      'refused',
      'refused',
      'refused',
    ]);
    expect(nameOf(there)).toBe('Here');
    expect(JSON.stringify(outcomes)).not.toContain('CANARY');
  });

  it('RC-56 an answer that is lost, cut or a page is looked up; nothing is done twice', async () => {
    world = await rescoWorld(switches);
    value(await world.store.describe(['account'], never));
    const there = world.account('There');
    for (const kind of ['lost-answer', 'half', 'html'] as const) {
      world.cloud.control.faults([{ on: 'ExecuteMultiple', kind, times: 1 }]);
      const [one, two] = [create('One'), update(there, { name: nameOf(there) ?? '' }, { name: kind })];
      const before = world.cloud.control.records('account').length;
      const outcomes = await world.write(one, two);
      expect(
        outcomes.map((each) => each.kind),
        kind,
      ).toContain('done');
      const again = await world.write(one, two);
      expect(
        again.map((each) => each.kind),
        kind,
      ).toEqual(['done', 'done']);
      expect(world.cloud.control.records('account')).toHaveLength(before + 1);
      expect(nameOf(there)).toBe(kind);
    }
  });

  it('a request that never arrived changes nothing and may be sent again', async () => {
    world = await rescoWorld(switches);
    const one = create('One');
    world.cloud.control.faults([{ on: 'ExecuteMultiple', kind: 'cut', times: 1 }]);
    expect((await world.write(one))[0]?.kind).toBe('unknown');
    expect(world.cloud.control.record('account', one.id)).toBeUndefined();
    expect((await world.write(one))[0]?.kind).toBe('done');
    expect(world.cloud.control.records('account')).toHaveLength(1);
  });
});

describe('somebody else', () => {
  it('RC-58 who edited before is not overwritten', async () => {
    world = await rescoWorld();
    const id = world.account('One');
    world.cloud.control.write({
      action: 'Update',
      entity: 'account',
      id,
      values: { name: 'Theirs' },
      as: 'jana@example.com',
    });
    const [outcome] = await world.write(update(id, { name: 'One' }, { name: 'Ours' }));
    expect(outcome).toMatchObject({ kind: 'moved', current: { id, fields: fields({ name: 'Theirs' }) } });
    expect(nameOf(id)).toBe('Theirs');
  });

  it('RC-58 who edits while an answer is lost is seen by the repeat', async () => {
    world = await rescoWorld();
    const id = world.account('One');
    value(await world.store.describe(['account'], never));
    world.cloud.control.faults([{ on: 'ExecuteMultiple', kind: 'lost-answer', times: 1 }]);
    world.cloud.control.at({ on: 'ExecuteMultiple', when: 'after' }, () => {
      world.cloud.control.write({ action: 'Update', entity: 'account', id, values: { name: 'Theirs' } });
    });
    const write = update(id, { name: 'One' }, { name: 'Ours' });
    expect((await world.write(write))[0]?.kind).toBe('unknown');
    expect((await world.write(write))[0]).toMatchObject({ kind: 'moved' });
    expect(nameOf(id)).toBe('Theirs');
  });

  it('RC-31 who deleted before is not contradicted by a new record', async () => {
    world = await rescoWorld();
    const id = world.account('One');
    value(await world.store.describe(['account'], never));
    world.cloud.control.at({ on: 'ExecuteMultiple', when: 'before' }, () => {
      world.cloud.control.write({ action: 'Delete', entity: 'account', id });
    });
    expect((await world.write(update(id, { name: 'One' }, { name: 'Ours' })))[0]?.kind).toBe('missing');
    expect(world.cloud.control.record('account', id)).toBeUndefined();
  });

  it('RC-54 what the server makes of a value is what is read back', async () => {
    world = await rescoWorld();
    world.cloud.control.addRule({
      kind: 'real-time',
      entity: 'account',
      on: ['create'],
      as: 'jana@example.com',
      change: () => ({ address1_city: 'WIEN' }),
    });
    const [made] = await world.write(create('One', { address1_city: 'Wien' }));
    expect(made?.kind === 'done' ? made.stored?.fields.get('address1_city') : '').toBe('WIEN');
  });
});

describe('limits', () => {
  it('RC-37 a batch that is too large for the cloud is sent in halves', async () => {
    world = await rescoWorld({ maxBatch: 10 });
    const batch = Array.from({ length: 40 }, (_, at) => create(`Customer ${at}`));
    const outcomes = await world.write(...batch);
    expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['done']));
    expect(world.cloud.control.records('account')).toHaveLength(40);
  });

  it('a batch that is never answered gets smaller with each repeat', async () => {
    world = await rescoWorld();
    const batch = Array.from({ length: 8 }, (_, at) => create(`Customer ${at}`));
    const sizes: number[] = [];
    for (let pass = 0; pass < 8; pass += 1) {
      world.cloud.control.clearLog();
      world.cloud.control.faults([{ on: 'ExecuteMultiple', kind: 'cut', times: 100 }]);
      await world.write(...batch);
      const bodies = world.cloud.control
        .calls('ExecuteMultiple')
        .map(({ body }) => body.split('Action=').length - 1);
      sizes.push(Math.max(...bodies));
      world.cloud.control.clearFaults();
    }
    expect(sizes[0]).toBe(8);
    expect(sizes.at(-1)).toBe(1);
    expect((await world.write(...batch)).map(({ kind }) => kind)).toEqual(batch.map(() => 'done'));
  });

  it('RC-56 a wish to be left alone is heeded until its time, and nothing is sent meanwhile', async () => {
    world = await rescoWorld();
    const one = create('One');
    value(await world.store.describe(['account'], never));
    world.cloud.control.faults([
      { on: 'ExecuteMultiple', kind: 'status', status: 429, retryAfterSeconds: 30, times: 1 },
    ]);
    const [outcome] = await world.write(one);
    expect(outcome).toMatchObject({
      kind: 'not-sent',
      failure: { kind: 'throttled', retryAt: world.runtime.wall() + 30_000 },
    });
    world.cloud.control.clearLog();
    expect((await world.write(one))[0]?.kind).toBe('not-sent');
    expect(world.calls()).toEqual([]);
    await world.runtime.advance(30_000);
    expect((await world.write(one))[0]?.kind).toBe('done');
  });
});

describe('what is refused by name', () => {
  it('RC-39 RC-40 links of many to many, parties and attachments', async () => {
    world = await rescoWorld();
    const asked = await Promise.all([
      world.store.read({ entity: 'account_product', ids: [], fields: ['accountid'] }, never),
      world.store.read({ entity: 'appointment', ids: [], fields: ['to'] }, never),
      world.store.read({ entity: 'annotation', ids: [], fields: ['documentbody'] }, never),
    ]);
    for (const one of asked)
      expect(one.ok ? 'read' : one.failure).toMatchObject({ kind: 'rejected', code: 'not-supported' });
    const shapes = value(await world.store.describe(['account', 'appointment', 'nothing'], never));
    expect(shapes.map(({ entity }) => entity)).toEqual(['account', 'appointment']);
    expect(shapes[1]?.remarks.join()).toContain('appointment.to is a list of parties');
    expect(shapes[1]?.fields.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['subject', 'location']),
    );
  });

  it('RC-2 a wrong password stops the write before anything is done, and is in no word of it', async () => {
    world = await rescoWorld({}, { password: async () => 'CANARY-wrong' });
    const [outcome] = await world.write(create('One'));
    expect(outcome).toMatchObject({ kind: 'not-sent', failure: { kind: 'unauthorized' } });
    expect(JSON.stringify(outcome)).not.toContain('CANARY');
    expect(world.cloud.control.records('account')).toEqual([]);
  });
});

describe('find', () => {
  it('finds by sets of values, whatever they hold, over several pages', async () => {
    world = await rescoWorld({ fetchMax: 2 });
    const numbers = ['A-1', "B'2", 'C"3<&>', 'D:4', 'E%5'];
    for (const accountnumber of numbers) world.account(`N ${accountnumber}`, { accountnumber });
    world.account('Other', { accountnumber: 'A-11' });
    const found = value(
      await world.store.find(
        { entity: 'account', by: ['accountnumber'], values: numbers.map((one) => [one]), fields: ['name'] },
        never,
      ),
    );
    expect(found).toHaveLength(numbers.length);
    expect(new Set(found.map(({ fields: texts }) => texts.get('accountnumber')))).toEqual(new Set(numbers));
  });
});
