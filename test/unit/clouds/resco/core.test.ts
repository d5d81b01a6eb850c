import { describe, expect, it } from 'vitest';
import { A1, DATA, JANA, child, testResco, tree } from './resco-world.ts';

describe('Resco Cloud: the door', () => {
  it('RC-1: serves the path form and, when switched, the host form; the other answers 404', async () => {
    const { call, control } = testResco();
    const host = 'https://nordwind.resco.test/rest/v1/data/WhoAmI';
    expect((await call(`${DATA}/WhoAmI`, { method: 'POST' })).status).toBe(200);
    expect((await call(host, { method: 'POST' })).status).toBe(404);
    control.setSwitches({ orgSelection: 'host' });
    expect((await call(`${DATA}/WhoAmI`, { method: 'POST' })).status).toBe(404);
    expect((await call(host, { method: 'POST' })).status).toBe(200);
    expect((await call('https://nordwind.resco.test/rest/v1/metadata/$entities')).status).toBe(200);
  });

  it('RC-2: without the right Basic credentials nothing is executed', async () => {
    const { call, entity, control } = testResco();
    const before = control.maxRowVersion();
    const send = (headers: Record<string, string>) =>
      call(`${DATA}/Execute`, {
        method: 'POST',
        as: null,
        headers,
        body: entity('account', 'Create', { name: 'Nobody' }),
      });
    const wrong = [
      {},
      { authorization: 'Basic' },
      { authorization: 'Basic !!' },
      { authorization: `Bearer ${btoa(`${JANA}:geheim`)}` },
      { authorization: `Basic ${btoa(`${JANA}:falsch`)}` },
      { authorization: `Basic ${btoa('nobody@nordwind.example:geheim')}` },
      { authorization: `Basic ${btoa('nocolon')}` },
    ];
    for (const headers of wrong) {
      const answer = await send(headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic/);
    }
    expect(control.maxRowVersion()).toBe(before);
    expect((await send({ authorization: `Basic ${btoa(`${JANA}:geheim`)}` })).status).toBe(200);
    expect(control.maxRowVersion()).toBeGreaterThan(before);
  });

  it('RC-3: unknown organisation or method 404, GET on a method of POST 405', async () => {
    const { call } = testResco();
    expect((await call('/rest/v1/data/sudwind/WhoAmI', { method: 'POST' })).status).toBe(404);
    expect((await call(`${DATA}/whoami`, { method: 'POST' })).status).toBe(404);
    expect((await call(`${DATA}/GetEverything`, { method: 'POST' })).status).toBe(404);
    expect((await call(`${DATA}/WhoAmI`)).status).toBe(405);
    expect((await call(DATA)).status).toBe(405);
  });

  it('RC-4: credentials beyond ASCII are UTF-8', async () => {
    const { call } = testResco();
    expect((await call(`${DATA}/WhoAmI`, { method: 'POST', as: 'žofie@nordwind.example' })).status).toBe(200);
    const latin = Buffer.from('žofie@nordwind.example:Größe€', 'latin1').toString('base64');
    const headers = { authorization: `Basic ${latin}` };
    expect((await call(`${DATA}/WhoAmI`, { method: 'POST', as: null, headers })).status).toBe(401);
  });

  it('RC-5: without privilege on an entity: no rows, and a fault for each write', async () => {
    const { control, rows, write, parsed, entity } = testResco();
    control.setPrivileges(JANA, { contact: ['read', 'create', 'write'] });
    expect(await rows('account', '<attribute name="id"/>')).toEqual([]);
    expect(await rows('contact', '<attribute name="id"/>')).toHaveLength(1);
    expect(await write('account', 'Update', { id: A1, name: 'x' })).toMatch(/^fault: .*no privilege/);
    const batch = await parsed(
      'ExecuteMultiple',
      `<ExecuteMultiple ContinueOnError="true">${entity('account', 'Delete', { id: A1 })}${entity('contact', 'Create', { fullname: 'New' })}</ExecuteMultiple>`,
    );
    expect(batch.children.map((one) => one.children[0]!.name)).toEqual(['Fault', 'Result']);
  });

  it('RC-6: WhoAmI takes an empty body, with and without a content type', async () => {
    const { call } = testResco();
    for (const headers of [{}, { 'content-type': 'application/xml; charset=utf-8' }]) {
      const answer = await call(`${DATA}/WhoAmI`, {
        method: 'POST',
        headers: headers as Record<string, string>,
      });
      const root = tree(await answer.text());
      expect(root.attributes['OrganizationName']).toBe('nordwind');
      expect(root.children.map((one) => one.name)).toEqual([
        'OrganizationId',
        'UserId',
        'OrganizationVersion',
      ]);
      expect(child(root, 'UserId')!.text).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('Resco Cloud: row versions', () => {
  it('RC-7: the highest row version given out, still without a write', async () => {
    const { max, row, write } = testResco();
    const before = await max();
    expect(await max()).toBe(before);
    await write('account', 'Update', { id: A1, name: 'Other' });
    expect(await max()).toBe(BigInt((await row('account', A1))!['versionnumber']!));
    expect(await max()).toBeGreaterThan(before);
  });

  it('RC-8: each write, in a batch or with a null, gives a new, higher, single row version', async () => {
    const { max, write, parsed, entity, control } = testResco();
    let last = await max();
    const batch = [1, 2, 3].map((n) => entity('account', 'Create', { name: `B${n}` })).join('');
    for (const act of [
      () => write('account', 'Update', { id: A1, telephone1: null }),
      () => parsed('ExecuteMultiple', `<ExecuteMultiple ContinueOnError="true">${batch}</ExecuteMultiple>`),
      () => write('contact', 'Create', { fullname: 'N' }),
    ]) {
      await act();
      const now = await max();
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    const all = ['account', 'contact', 'product'].flatMap((name) =>
      control.records(name).map((one) => one.version),
    );
    expect(new Set(all).size).toBe(all.length);
  });

  it('RC-9: an update that changes nothing gives a new row version, unless switched off', async () => {
    const { max, write, control } = testResco();
    const before = await max();
    await write('account', 'Update', { id: A1, creditlimit: '1234.50' });
    expect(await max()).toBe(before + 1n);
    control.setSwitches({ touchOnNoChange: false });
    await write('account', 'Update', { id: A1, creditlimit: '1234.50' });
    expect(await max()).toBe(before + 1n);
  });

  it('RC-10: a deletion raises the maximum, unless switched off, and the record is gone', async () => {
    const { max, write, control, row } = testResco();
    const before = await max();
    const id = await write('product', 'Create', { name: 'X', productnumber: '1' });
    await write('product', 'Delete', { id });
    expect(await max()).toBe(before + 2n);
    expect(await row('product', id)).toBeUndefined();
    control.setSwitches({ deleteBumpsMax: false });
    const other = await write('product', 'Create', { name: 'Y', productnumber: '2' });
    const after = await max();
    await write('product', 'Delete', { id: other });
    expect(await max()).toBe(after);
  });

  it('RC-11: row versions beyond 2^53 keep every digit', async () => {
    const { max, row } = testResco({ firstVersion: 9_223_372_036_854_000_000n });
    expect(await max()).toBeGreaterThan(9_223_372_036_854_000_000n);
    expect((await row('account', A1))!['versionnumber']).toMatch(/^92233720368540000\d\d$/);
    const usual = testResco();
    expect(await usual.max()).toBeGreaterThan(2n ** 53n);
  });
});
