import { describe, expect, it } from 'vitest';
import { seedQuestionnaire } from '../../../../main/sandbox/clouds/resco/seed-questionnaires.ts';
import { A1, A2, C1, JANA, ODATA, testResco, tree } from './resco-world.ts';

type Json = Record<string, unknown>;
const Q = '/odata/questionnaires/v4/nordwind';
const T1 = 'aaaaaaaa-0000-4000-8000-000000000001';
const T2 = 'aaaaaaaa-0000-4000-8000-000000000002';
const T3 = 'aaaaaaaa-0000-4000-8000-000000000003';

function odata(options: Parameters<typeof testResco>[0] = {}) {
  const cloud = testResco(options);
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await cloud.call(path.startsWith('http') ? path : `${ODATA}/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      json: (text.startsWith('{') ? JSON.parse(text) : {}) as Json,
    };
  };
  const list = async (path: string) => (await send('GET', path)).json['value'] as Json[];
  return { ...cloud, send, list };
}

describe('Resco Cloud: OData', () => {
  it('RC-46: service document, schema, me, list, get, create, change, delete', async () => {
    const { send, list } = odata();
    const sets = (await send('GET', '')).json['value'] as Json[];
    expect(sets).toContainEqual({ kind: 'EntitySet', title: 'Account', name: 'account', url: 'account' });
    expect(sets.map((one) => one['name'])).not.toContain('trackingdelete');
    expect(tree((await send('GET', '$metadata')).text).name).toBe('Edmx');
    expect((await send('GET', 'me')).json['emailaddress']).toBe(JANA);
    expect(await list("account?$filter=name eq 'Südwind'&$select=id,name&$orderby=name desc")).toEqual([
      { '@odata.etag': expect.stringMatching(/^W\/"7A[0-9A-F]{30}"$/) as string, id: A2, name: 'Südwind' },
    ]);
    expect(
      await list('account?$filter=(creditlimit gt 1000 or creditlimit eq null) and statecode eq 0'),
    ).toHaveLength(2);
    expect(
      await list("account?$filter=not contains(name,'süd') and createdon ge 2026-11-20T00:00:00Z"),
    ).toHaveLength(1);
    expect((await send('GET', 'account?$count=true&$top=1')).json['@odata.count']).toBe(2);
    for (const key of [`('${A1}')`, `(${A1})`])
      expect((await send('GET', `account${key}`)).text).toContain('"creditlimit":1234.50');
    const expanded = (await send('GET', `account('${A2}')?$expand=parentid`)).json['parentid'] as Json;
    expect(expanded['id']).toBe(A1);
    const made = await send('POST', 'account', {
      name: 'New',
      creditlimit: 12.5,
      creditonhold: true,
      telephone1: null,
    });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ name: 'New', creditlimit: 12.5, creditonhold: true, statuscode: 1 });
    const id = String(made.json['id']);
    const changed = await send('PATCH', `account('${id}')`, { name: 'Newer', creditlimit: null });
    expect([changed.status, changed.json['name'], changed.json['creditlimit']]).toEqual([200, 'Newer', null]);
    expect((await send('DELETE', `account('${id}')`)).status).toBe(204);
    expect((await send('GET', `account('${id}')`)).status).toBe(404);
    expect((await send('PATCH', `account('${id}')`, { name: 'x' })).status).toBe(404);
    const labelled = await send('GET', `account('${A1}')`, undefined, {
      prefer: 'odata.include-annotations="*"',
    });
    expect(labelled.json['statecode@RescoCloud.FormattedValue']).toBe('Active');
  });

  it('RC-47: pages of at most a thousand, with a link to the next; a larger $top still pages', async () => {
    const { send, control } = odata();
    for (let n = 0; n < 2100; n++)
      control.write({ action: 'Create', entity: 'contact', values: { fullname: `C ${n}` } });
    const sizes = async (path: string): Promise<number[]> => {
      const found: number[] = [];
      const ids = new Set<unknown>();
      for (let next: string | undefined = path; next !== undefined;) {
        const { json } = await send('GET', next);
        const rows = json['value'] as Json[];
        found.push(rows.length);
        for (const row of rows) ids.add(row['id']);
        next = json['@odata.nextLink'] as string | undefined;
        if (next !== undefined)
          expect(next).toMatch(/^https:\/\/resco\.test\/odata\/v4\/nordwind\/contact\?.*skiptoken=/);
      }
      expect(ids.size).toBe(found.reduce((a, b) => a + b, 0));
      return found;
    };
    expect(await sizes('contact?$select=id')).toEqual([1000, 1000, 101]);
    expect(await sizes('contact?$select=id&$top=1500')).toEqual([1000, 500]);
    expect(await sizes('contact?$select=id&$skip=2000')).toEqual([101]);
    expect((await send('GET', 'contact?$skiptoken=made-up')).status).toBe(500);
  });

  it('RC-48: the tag changes with each row version; a stale If-Match is 412 and changes nothing', async () => {
    const { send, write, control } = odata();
    const tag = async () => String((await send('GET', `account('${A1}')`)).json['@odata.etag']);
    const old = await tag();
    await write('account', 'Update', { id: A1, name: 'By another' });
    expect(await tag()).not.toBe(old);
    const before = control.maxRowVersion();
    expect((await send('PATCH', `account('${A1}')`, { name: 'Lost' }, { 'if-match': old })).status).toBe(412);
    expect((await send('DELETE', `account('${A1}')`, undefined, { 'if-match': old })).status).toBe(412);
    expect(control.maxRowVersion()).toBe(before);
    const fresh = await send('PATCH', `account('${A1}')`, { name: 'Fresh' }, { 'if-match': await tag() });
    expect(fresh.status).toBe(200);
    expect(await tag()).toBe(fresh.json['@odata.etag']);
    expect((await send('PATCH', `account('${A1}')`, { name: 'Any' }, { 'if-match': '*' })).status).toBe(200);
  });

  it('RC-49: a lookup is __x_id, set by a bind with its target, filtered by a quoted id and by null', async () => {
    const { send, list, row } = odata();
    expect((await send('GET', `account('${A2}')`)).json['__parentid_id']).toBe(A1);
    expect(await list(`account?$filter=__parentid_id eq '${A1}'`)).toHaveLength(1);
    expect(await list('account?$filter=__parentid_id eq null')).toHaveLength(1);
    const bind = (name: string, value: unknown) => send('PATCH', `contact('${C1}')`, { [name]: value });
    expect((await bind('parentcustomerid_contact@odata.bind', `/contact(${C1})`)).status).toBe(200);
    expect((await row('contact', C1))!['parentcustomerid']).toMatch(`contact:${C1}`);
    expect((await bind('parentcustomerid_account@odata.bind', `/account('${A1}')`)).status).toBe(200);
    for (const [name, value] of [
      ['parentcustomerid@odata.bind', `/account(${A1})`],
      ['parentcustomerid_product@odata.bind', `/product(${A1})`],
      ['parentcustomerid_account@odata.bind', `/contact(${C1})`],
      ['parentcustomerid_account@odata.bind', `/account(${T1})`],
      ['__parentcustomerid_id', A1],
      ['parentcustomerid', A1],
    ])
      expect((await bind(name!, value)).status).toBe(500);
    expect((await bind('parentcustomerid_account@odata.bind', null)).status).toBe(200);
    expect((await row('contact', C1))!['parentcustomerid']).toBeUndefined();
    for (const wrong of [
      `__parentid_id eq ${A1}`,
      `_parentid_value eq '${A1}'`,
      'name eq x',
      'creditlimit gt 1,5',
      'name eq',
    ])
      expect([wrong, (await send('GET', `account?$filter=${wrong}`)).status]).toEqual([wrong, 500]);
  });

  it('RC-50: errors have their shape; reads of one entity can be broken', async () => {
    const { send, control } = odata();
    const wrong = await send('POST', 'account', { telephone1: '1' });
    expect(wrong.status).toBe(500);
    expect(wrong.json).toMatchObject({
      error: {
        code: expect.any(String) as string,
        message: expect.stringContaining('name') as string,
        details: [],
      },
    });
    for (const body of [
      { name: 5 },
      { name: 'x', creditlimit: '5' },
      { name: 'x', lastvisiton: '2026-11-20T09:00:00' },
      { Name: 'x' },
    ])
      expect([body, (await send('POST', 'account', body)).status]).toEqual([body, 500]);
    control.breakReads('contact', '500');
    expect((await send('GET', 'contact')).status).toBe(500);
    expect((await send('GET', 'account')).status).toBe(200);
    control.breakReads('contact', 'truncated');
    await expect(send('GET', `contact('${C1}')`)).rejects.toThrow(SyntaxError);
    control.breakReads('contact', undefined);
    expect((await send('GET', `contact('${C1}')`)).status).toBe(200);
    control.setPrivileges(JANA, { contact: ['read'] });
    expect((await send('GET', 'account')).status).toBe(403);
  });

  it('RC-51: both services see the same data at once', async () => {
    const { send, write, row } = odata();
    await write('account', 'Update', { id: A1, name: 'From one side' });
    expect((await send('GET', `account('${A1}')`)).json['name']).toBe('From one side');
    await send('PATCH', `account('${A1}')`, { name: 'From the other' });
    expect((await row('account', A1))!['name']).toBe('From the other');
  });

  it('RC-52: a hook is called once for each event, without guarantee, until it is removed', async () => {
    const posted: string[] = [];
    const { send, write, control } = odata({
      callBack: async (request) => {
        posted.push(`${request.url} ${await request.text()}`);
        throw new Error('nobody there');
      },
    });
    const hook = await send('POST', '$hook?$entity=account&$action=Update', {
      CallbackUrl: 'http://127.0.0.1:9/hook',
    });
    expect(hook.status).toBe(201);
    await write('account', 'Update', { id: A1, name: 'x' });
    await write('account', 'Update', { id: A1, industrycode: '9' });
    await write('contact', 'Update', { id: C1, fullname: 'x' });
    expect(posted).toEqual([`http://127.0.0.1:9/hook {"id":"${A1}"}`]);
    expect(control.hookCalls()).toHaveLength(1);
    const location = hook.headers.get('location')!;
    expect((await send('DELETE', location)).status).toBe(204);
    expect((await send('DELETE', location)).status).toBe(404);
    await write('account', 'Update', { id: A1, name: 'y' });
    expect(posted).toHaveLength(1);
    expect(
      (await send('POST', '$hook?$entity=account&$action=Read', { CallbackUrl: 'http://127.0.0.1:9' }))
        .status,
    ).toBe(500);
  });
});

describe('Resco Cloud: questionnaires', () => {
  it('RC-53: versioned and merged sets, adjusted names, nested groups, read-only, paged', async () => {
    const question = (name: string, kind: 1 | 2 | 3, answer?: string) => ({
      name,
      kind,
      ...(answer === undefined ? {} : { answer }),
    });
    const { send, call } = odata({
      switches: { odataMax: 2 },
      seed: (seeder) => {
        const empty = { questions: [], groups: [] };
        seedQuestionnaire(seeder, { id: T1, name: 'Visit report', version: 1, ...empty });
        seedQuestionnaire(seeder, { id: T2, name: 'Visit report', version: 2, ...empty });
        seedQuestionnaire(seeder, { id: T3, name: 'Visit-report', version: 1, ...empty });
        for (const [n, template] of [T1, T2, T2].entries())
          seedQuestionnaire(seeder, {
            id: `bbbbbbbb-0000-4000-8000-00000000000${n}`,
            name: `Visit ${n}`,
            template,
            completion: 1,
            questions: [question('Arrived on time', 3, 'true'), question('Arrived-on time', 1, 'no')],
            groups: [
              {
                name: 'Stock check',
                repeatable: true,
                questions: [question('Article', 1, '0100'), question('Counted', 2, '12')],
                groups: [{ name: 'Shelf', repeatable: false, questions: [question('Clean?', 3)] }],
              },
            ],
          });
      },
    });
    const get = async (path: string) =>
      (await send('GET', path.startsWith('http') ? path : `https://resco.test${Q}/${path}`)).json;
    const sets = (await get(''))['value'] as Json[];
    expect(new Set(sets.map((one) => one['url']))).toEqual(
      new Set(['Visit_report', 'Visit_report_v1', 'Visit_report_v2', 'Visit_report_2', 'Visit_report_2_v1']),
    );
    const merged = sets.find((one) => one['title'] === 'Visit report')!['url'] as string;
    const first = await get(merged);
    expect(first['value']).toHaveLength(2);
    expect((first['value'] as Json[])[0]).toMatchObject({
      id: 'bbbbbbbb-0000-4000-8000-000000000000',
      name: 'Visit 0',
      Arrived_on_time: true,
      Arrived_on_time_2: 'no',
      Stock_check: [{ Article: '0100', Counted: 12, Shelf: { Clean_: null } }],
    });
    expect((await get(String(first['@odata.nextLink'])))['value']).toHaveLength(1);
    expect((await get(`${merged}_v2`))['value']).toHaveLength(2);
    expect(
      (await get(`${merged}?$filter=modifiedon ge 2026-11-20T00:00:00Z and name eq 'Visit 1'`))['value'],
    ).toHaveLength(1);
    expect((await get(`${merged}('bbbbbbbb-0000-4000-8000-000000000001')`))['name']).toBe('Visit 1');
    expect((await send('GET', `q/${merged}`)).json['value']).toHaveLength(2);
    for (const method of ['POST', 'PATCH', 'DELETE'])
      expect((await call(`${Q}/${merged}`, { method })).status).toBe(405);
  });
});
