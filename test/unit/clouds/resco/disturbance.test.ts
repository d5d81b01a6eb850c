import { describe, expect, it } from 'vitest';
import { ConnectionCut } from '../../../../main/sandbox/clouds/connection-cut.ts';
import { createRescoCloud } from '../../../../main/sandbox/clouds/resco/cloud.ts';
import { seedFieldSales, seedId } from '../../../../main/sandbox/clouds/resco/seed.ts';
import { serveFetch } from '../../../../main/sandbox/clouds/serve.ts';
import { A1, A2, DATA, JANA, RULER, child, seeded, testResco, tree } from './resco-world.ts';

describe('Resco Cloud: the server by itself, and accidents', () => {
  it('RC-54: a real-time rule changes a field inside the write, a workflow later; both under another user', async () => {
    const { control, write, row, max } = testResco();
    control.addRule({
      kind: 'real-time',
      entity: 'account',
      on: ['update'],
      as: RULER,
      change: () => ({ address1_city: 'WIEN' }),
    });
    control.addRule({
      kind: 'workflow',
      entity: 'account',
      on: ['update'],
      as: RULER,
      afterSeconds: 5,
      change: ({ values }) => ({ description: `checked ${values['name'] ?? ''}`, telephone1: null }),
    });
    const before = await max();
    await write('account', 'Update', { id: A1, name: 'N', telephone1: '1' });
    const inside = (await row('account', A1))!;
    expect(inside).toMatchObject({ address1_city: 'WIEN', telephone1: '1' });
    expect(inside['modifiedby']).toContain(RULER);
    expect(BigInt(inside['versionnumber']!)).toBe(before + 2n);
    control.advance(4999);
    expect((await row('account', A1))!['description']).toBeUndefined();
    control.advance(1);
    const later = (await row('account', A1))!;
    expect(later['description']).toBe('checked N');
    expect(later['telephone1']).toBeUndefined();
    expect(BigInt(later['versionnumber']!)).toBe(before + 3n);
  });

  it('RC-55: a rule creates a related record after a create', async () => {
    const { control, write, rows } = testResco();
    control.addRule({
      kind: 'workflow',
      entity: 'account',
      on: ['create'],
      as: RULER,
      afterSeconds: 3,
      creates: ({ id }) => ({
        entity: 'task',
        values: { subject: 'Welcome', regardingobjectid: `account:${id}` },
      }),
    });
    const id = await write('account', 'Create', { name: 'New' });
    expect(await rows('task', '<all-attributes/>')).toEqual([]);
    control.advance(3000);
    expect((await rows('task', '<all-attributes/>'))[0]!['regardingobjectid']).toBe(`account:${id}:New`);
  });

  it('RC-56: faults by method and call number, before and after the work is done', async () => {
    const slept: number[] = [];
    const { control, post, entity, row, call } = testResco({ sleep: async (ms) => void slept.push(ms) });
    const rename = (name: string) => post('Execute', entity('account', 'Update', { id: A1, name }));
    const nameNow = async () => (await row('account', A1))!['name'];
    control.faults([{ on: 'Execute', kind: 'cut', skip: 1 }]);
    expect((await rename('one')).status).toBe(200);
    await expect(rename('two')).rejects.toThrow(ConnectionCut);
    expect(await nameNow()).toBe('one');
    control.faults([{ on: 'Execute', kind: 'lost-answer' }]);
    await expect(rename('three')).rejects.toThrow(ConnectionCut);
    expect(await nameNow()).toBe('three');
    control.faults([
      { on: 'Execute', kind: 'status', status: 429, retryAfterSeconds: 7 },
      { on: 'Execute', kind: 'status', status: 503 },
    ]);
    const throttled = await rename('four');
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '7']);
    const down = await rename('four');
    expect([down.status, down.headers.get('retry-after')]).toEqual([503, null]);
    expect(await nameNow()).toBe('three');
    control.faults([{ on: 'Execute', kind: 'html' }]);
    const html = await rename('five');
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await nameNow()).toBe('five');
    control.faults([{ on: 'Execute', kind: 'half' }]);
    await expect((await rename('six')).text()).rejects.toThrow(ConnectionCut);
    expect(await nameNow()).toBe('six');
    control.faults([{ on: 'any', kind: 'delay', ms: 120_000 }]);
    await rename('seven');
    expect(slept).toEqual([120_000]);
    control.faults([{ on: 'Fetch', kind: 'row-fault' }]);
    const fetched = await post('', '<fetch><entity name="account"><attribute name="id"/></entity></fetch>');
    expect(child(tree(await fetched.text()), 'Entities')!.children.map((one) => one.name)).toEqual([
      'Fault',
      'Entity',
    ]);
    control.faults([{ on: 'Metadata', kind: 'status', status: 500, times: 9 }]);
    expect((await call('/rest/v1/metadata/nordwind/$entities')).status).toBe(500);
    control.clearFaults();
    expect((await call('/rest/v1/metadata/nordwind/$entities')).status).toBe(200);
  });

  it('RC-57: a restore brings old data and row versions back, as another organisation if so asked', async () => {
    const { control, write, row, max, parsed } = testResco();
    const organisation = async () => child(await parsed('WhoAmI'), 'OrganizationId')!.text;
    const [old, first] = [await organisation(), await max()];
    const backup = control.backup();
    await write('account', 'Update', { id: A1, name: 'Forgotten' });
    await write('account', 'Delete', { id: A2 });
    control.restore(backup);
    expect(await max()).toBe(first);
    expect((await row('account', A1))!['name']).toBe('Nordwind: Tools');
    expect(await row('account', A2)).toBeDefined();
    expect(await organisation()).toBe(old);
    control.restore(backup, 'cccccccc-0000-4000-8000-000000000000');
    expect(await organisation()).not.toBe(old);
  });

  it('RC-58: another client edits at the chosen moment, also between two items of a batch', async () => {
    const { control, post, entity, row, rows } = testResco();
    const edit = (name: string) => () =>
      void control.write({ action: 'Update', entity: 'account', id: A1, values: { name }, as: RULER });
    control.at({ on: 'ExecuteMultiple', when: 'item', item: 1 }, edit('between'));
    const batch =
      entity('account', 'Update', { id: A1, name: 'first' }) +
      entity('account', 'Update', { id: A1, telephone1: '2' });
    await post('ExecuteMultiple', `<ExecuteMultiple>${batch}</ExecuteMultiple>`);
    expect(await row('account', A1)).toMatchObject({ name: 'between', telephone1: '2' });
    control.at({ on: 'Fetch', when: 'after', skip: 1 }, edit('after'));
    const names = async () => (await rows('account', '<attribute name="name"/>')).map((one) => one['name']);
    expect(await names()).toContain('between');
    expect(await names()).toContain('between');
    expect(await names()).toContain('after');
    control.at({ on: 'Fetch', when: 'before' }, edit('before'));
    expect(await names()).toContain('before');
  });

  it('RC-59: stamps follow the settable clock, row versions do not', async () => {
    const { control, time, write, row } = testResco({ switches: { dateZ: 'always' } });
    time.ms = Date.parse('2020-01-01T00:00:00.500Z');
    const id = await write('account', 'Create', { name: 'Past' });
    control.advance(60_000);
    await write('account', 'Update', { id, name: 'Later' });
    const now = (await row('account', id))!;
    expect(now).toMatchObject({ createdon: '2020-01-01T00:00:00Z', modifiedon: '2020-01-01T00:01:00Z' });
    expect(BigInt(now['versionnumber']!)).toBeGreaterThan(
      BigInt((await row('account', A1))!['versionnumber']!),
    );
  });

  it('RC-60: every request with its answer is logged, without credentials', async () => {
    const { cloud, call, entity, control } = testResco();
    const secret = Buffer.from(`${JANA}:geheim`).toString('base64');
    await call(`${DATA}/Execute`, {
      method: 'POST',
      body: entity('account', 'Update', { id: A1, name: 'Logged' }),
      headers: { cookie: 'session=1', 'x-trace': '7' },
    });
    await call('/nowhere', { as: null });
    control.faults([{ on: 'WhoAmI', kind: 'cut' }]);
    await call(`${DATA}/WhoAmI`, { method: 'POST' }).catch(() => undefined);
    expect(cloud.log).toHaveLength(3);
    expect(cloud.log[0]).toMatchObject({
      kind: 'Execute',
      user: JANA,
      status: 200,
      body: expect.stringContaining('Logged') as string,
      answer: expect.stringContaining('<Result') as string,
      headers: { 'x-trace': '7' },
    });
    expect(cloud.log.map((one) => [one.kind, one.status])).toEqual([
      ['Execute', 200],
      ['unknown', 404],
      ['WhoAmI', 'cut'],
    ]);
    for (const word of [secret, 'geheim', 'session=1']) expect(JSON.stringify(cloud.log)).not.toContain(word);
  });
});

describe('Resco Cloud: served', () => {
  it('RC-1, RC-12, RC-53: a seeded organisation answers over loopback', async () => {
    const cloud = createRescoCloud({
      clock: { now: () => Date.parse('2026-11-20T09:00:00Z') },
      random: seeded(3),
      organisation: { name: 'nordwind' },
      users: [{ name: JANA, password: 'geheim' }],
      seed: (seeder) => seedFieldSales(seeder),
    });
    const server = await serveFetch((request) => cloud.fetch(request));
    try {
      const headers = { authorization: `Basic ${btoa(`${JANA}:geheim`)}` };
      const fetched = await fetch(`${server.url}${DATA}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/xml; charset=utf-8' },
        body: `<fetch><entity name="salesorderdetail"><attribute name="name"/><link-entity name="salesorder" from="id" to="salesorderid" alias="o"><filter><condition attribute="id" operator="eq" value="${seedId('salesorder', 3)}"/></filter></link-entity></entity></fetch>`,
      });
      expect(child(tree(await fetched.text()), 'Entities')!.children).toHaveLength(4);
      const who = await fetch(`${server.url}${DATA}/WhoAmI`, { method: 'POST', headers });
      expect(who.status).toBe(200);
      const visits = await fetch(`${server.url}/odata/questionnaires/v4/nordwind/Visit_report`, { headers });
      expect(((await visits.json()) as { value: unknown[] }).value).toHaveLength(10);
      cloud.control.faults([{ on: 'WhoAmI', kind: 'lost-answer' }]);
      await expect(fetch(`${server.url}${DATA}/WhoAmI`, { method: 'POST', headers })).rejects.toThrow();
    } finally {
      await server.close();
    }
  });
});
