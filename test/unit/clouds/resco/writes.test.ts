import { describe, expect, it } from 'vitest';
import { A1, A2, C1, P1, child, testResco, tree } from './resco-world.ts';

const GONE = 'aaaaaaaa-0000-4000-8000-000000000000';

describe('Resco Cloud: values', () => {
  it('RC-21: a lookup reads as entity:id:Label, colons and all, and without label where there is no name', async () => {
    const { row, write } = testResco();
    expect((await row('account', A2))!['parentid']).toBe(`account:${A1}:Nordwind: Tools`);
    const note = await write('annotation', 'Create', { notetext: 'x', objectid: `account:${A1}` });
    expect((await row('annotation', note))!['subject']).toBeUndefined();
    const template = await write('resco_questionnaire', 'Create', { resco_name: 'Check' });
    const answered = await write('resco_questionnaire', 'Create', {
      resco_name: 'Check 1',
      resco_templateid: `resco_questionnaire:${template}`,
    });
    expect((await row('resco_questionnaire', answered, 'resco_questionnaireid'))!['resco_templateid']).toBe(
      `resco_questionnaire:${template}:Check`,
    );
    const { control } = testResco();
    control.setSwitches({ danglingLookup: 'accept' });
    control.write({ action: 'Update', entity: 'account', id: A2, values: { parentid: `account:${GONE}` } });
    expect(control.record('account', A2)!.values['parentid']).toBe(`account:${GONE}`);
  });

  it('RC-22: dates come with Z or without; any form of RFC 3339 is stored as UTC', async () => {
    const { write, row, control } = testResco();
    const seen = new Set<string>();
    for (const [text, utc] of [
      ['2026-11-20T10:00:00+01:00', '2026-11-20T09:00:00'],
      ['2026-11-20T09:00:00.987Z', '2026-11-20T09:00:00'],
      ['2026-11-20t09:00:00z', '2026-11-20T09:00:00'],
    ] as const) {
      expect(await write('account', 'Update', { id: A1, lastvisiton: text })).not.toMatch(/^fault/);
      for (let n = 0; n < 6; n++) {
        const value = (await row('account', A1))!['lastvisiton']!;
        seen.add(value);
        expect(value.replace('Z', '').slice(0, 19)).toBe(utc);
      }
    }
    expect(seen.size).toBe(2);
    control.setSwitches({ dateZ: 'never' });
    expect((await row('account', A1))!['lastvisiton']).toMatch(/\d$/);
    control.setSwitches({ dateZ: 'always' });
    expect((await row('account', A1))!['lastvisiton']).toMatch(/Z$/);
    for (const wrong of ['20.11.2026', '2026-11-20', '2026-02-31T00:00:00Z', '11/20/2026 09:00'])
      expect(await write('account', 'Update', { id: A1, lastvisiton: wrong })).toMatch(/^fault/);
  });

  it('RC-23: Booleans come in either case; 1 is accepted', async () => {
    const { write, row, control } = testResco();
    await write('account', 'Update', { id: A1, creditonhold: '1' });
    const seen = new Set<string>();
    for (let n = 0; n < 20; n++) seen.add((await row('account', A1))!['creditonhold']!);
    expect([...seen].sort()).toEqual(['True', 'true']);
    control.setSwitches({ boolCase: 'lower' });
    expect((await row('account', A1))!['creditonhold']).toBe('true');
    expect(await write('account', 'Update', { id: A1, creditonhold: 'yes' })).toMatch(/^fault/);
  });

  it('RC-24: a decimal comma is a fault', async () => {
    const { write, row } = testResco();
    for (const wrong of ['1234,5', '1.234,50', '1 000', '1e3', '€ 5', '+5'])
      expect(await write('account', 'Update', { id: A1, creditlimit: wrong })).toMatch(/^fault/);
    await write('account', 'Update', { id: A1, creditlimit: '922337203685477.58' });
    expect((await row('account', A1))!['creditlimit']).toBe('922337203685477.58');
  });

  it('RC-25: too long a text is a fault, or cut when switched', async () => {
    const { write, row, control } = testResco();
    const long = 'x'.repeat(25);
    expect(await write('account', 'Update', { id: A1, accountnumber: long })).toMatch(/^fault/);
    control.setSwitches({ overLength: 'truncate' });
    expect(await write('account', 'Update', { id: A1, accountnumber: long })).toMatch(/^true$/i);
    expect((await row('account', A1))!['accountnumber']).toHaveLength(20);
  });

  it('RC-26: limits, lists and the map of states are kept; a reason alone brings its state', async () => {
    const { write, row } = testResco();
    const wrong = [
      { numberofemployees: '-1' },
      { numberofemployees: '1000001' },
      { numberofemployees: '1.5' },
      { creditlimit: '-0.01' },
      { discountpercent: '100.01' },
      { address1_latitude: '91' },
      { industrycode: '4' },
      { industrycode: 'Trade' },
      { statuscode: '3' },
      { statecode: '0', statuscode: '2' },
    ];
    for (const fields of wrong)
      expect([fields, await write('account', 'Update', { id: A1, ...fields })]).toEqual([
        fields,
        expect.stringMatching(/^fault/),
      ]);
    await write('account', 'Update', { id: A1, statuscode: '2' });
    expect(await row('account', A1)).toMatchObject({ statecode: '1', statuscode: '2' });
    await write('account', 'Update', { id: A1, statecode: '0' });
    expect(await row('account', A1)).toMatchObject({ statecode: '0', statuscode: '1' });
    await write('account', 'Update', { id: A1, statecode: '0', statuscode: '5' });
    expect(await row('account', A1)).toMatchObject({ statecode: '0', statuscode: '5' });
  });

  it('RC-27: a lookup to another entity, or to nothing, is a fault', async () => {
    const { write, control, row } = testResco();
    const to = (parentid: string) => write('account', 'Update', { id: A2, parentid });
    for (const wrong of [`contact:${C1}`, `account:${GONE}`, A1, `Account:${A1}`, 'account:1'])
      expect(await to(wrong)).toMatch(/^fault/);
    expect(await write('contact', 'Update', { id: C1, parentcustomerid: `contact:${C1}` })).not.toMatch(
      /^fault/,
    );
    expect(await to(`account:{${A1.toUpperCase()}}:Any: label`)).not.toMatch(/^fault/);
    control.setSwitches({ danglingLookup: 'accept', deleteTracking: 'on' });
    await to(`account:${GONE}`);
    expect((await row('account', A2))!['parentid']).toBe(`account:${GONE}`);
  });

  it('RC-28: a required attribute missing on create, or cleared later, is a fault', async () => {
    const { write, row } = testResco();
    expect(await write('product', 'Create', { name: 'No number' })).toMatch(/^fault: productnumber/);
    expect(await write('product', 'Update', { id: P1, productnumber: null })).toMatch(/^fault/);
    expect((await row('product', P1))!['productnumber']).toBe('0007');
  });
});

describe('Resco Cloud: writes', () => {
  it('RC-29: a given id is kept; an existing one is a fault and changes nothing', async () => {
    const { write, row, control } = testResco();
    expect(await write('account', 'Create', { id: `{${GONE.toUpperCase()}}`, name: 'Own id' })).toBe(GONE);
    const before = control.record('account', A1);
    expect(await write('account', 'Create', { id: A1, name: 'Twice' })).toMatch(/^fault/);
    expect(control.record('account', A1)).toBe(before);
    expect((await row('account', GONE))!['name']).toBe('Own id');
  });

  it('RC-30: without an id the server makes one', async () => {
    const { parsed, entity, row } = testResco();
    const result = (await parsed('Execute', entity('account', 'Create', { name: 'New' }))).children[0]!;
    expect(result.attributes['Type']).toBe('guid');
    expect((await row('account', result.text))!['name']).toBe('New');
    const single = await parsed('Create', '<Entity EntityName="account"><name>Other</name></Entity>');
    expect(single.children[0]!.attributes['Type']).toBe('guid');
  });

  it('RC-31: an update changes what is there, clears what is empty, and with $create=true makes what is missing', async () => {
    const { post, row, write } = testResco();
    await write('account', 'Update', { id: A1, telephone1: '1', accountnumber: '000123 ' });
    await write('account', 'Update', { id: A1, telephone1: null });
    const now = (await row('account', A1))!;
    expect(now['telephone1']).toBeUndefined();
    expect(now).toMatchObject({ name: 'Nordwind: Tools', accountnumber: '000123 ', creditlimit: '1234.50' });
    const body = `<Entity EntityName="account"><id>${GONE}</id><name>Made</name></Entity>`;
    for (const query of ['', '?$create=false']) {
      const refused = await post(`Update${query}`, body);
      expect(refused.status).toBe(500);
      expect(tree(await refused.text()).name).toBe('Fault');
    }
    expect((await post('Update?$create=true', body)).status).toBe(200);
    expect((await row('account', GONE))!['name']).toBe('Made');
    expect((await post('Update?$create=yes', body)).status).toBe(500);
  });

  it('RC-32: Upsert makes, then changes; a server may not know it', async () => {
    const { parsed, entity, row, control, write } = testResco();
    const upsert = async (name: string) =>
      (await parsed('Execute', entity('account', 'Upsert', { id: GONE, name }))).children[0]!.attributes[
        'Type'
      ];
    expect([await upsert('One'), await upsert('Two')]).toEqual(['guid', 'bool']);
    expect((await row('account', GONE))!['name']).toBe('Two');
    expect(control.records('account')).toHaveLength(3);
    control.setSwitches({ upsert: 'fault' });
    expect(await write('account', 'Upsert', { id: GONE, name: 'Three' })).toMatch(/^fault/);
  });

  it('RC-33: a deletion takes children by cascade, each logged, and clears the other lookups', async () => {
    const { write, row, rows, max } = testResco();
    expect(await write('account', 'Delete', { id: GONE })).toMatch(/^fault/);
    const before = BigInt((await row('contact', C1))!['versionnumber']!);
    await write('account', 'Delete', { id: A1 });
    expect(await row('account', A2)).toBeUndefined();
    const contact = (await row('contact', C1))!;
    expect(contact['parentcustomerid']).toBeUndefined();
    expect(BigInt(contact['versionnumber']!)).toBeGreaterThan(before);
    const log = await rows('trackingdelete', '<all-attributes/>');
    expect(new Set(log.map((one) => `${one['entityname']} ${one['recordid']}`))).toEqual(
      new Set([`account ${A1}`, `account ${A2}`]),
    );
    expect(log).toHaveLength(2);
    expect(await max()).toBeGreaterThan(before);
  });

  it('RC-34: read-only attributes are ignored, or refused when switched', async () => {
    const { write, row, control } = testResco();
    const fields = {
      id: A1,
      name: 'R',
      createdon: '1999-01-01T00:00:00Z',
      versionnumber: '5',
      modifiedby: 'x',
    };
    expect(await write('account', 'Update', fields)).not.toMatch(/^fault/);
    expect((await row('account', A1))!['createdon']).toMatch(/^2026-11-20/);
    control.setSwitches({ readOnlyWrite: 'fault' });
    expect(await write('account', 'Update', fields)).toMatch(/^fault/);
  });

  it('RC-35: one Response for each item in order, or flat; without ContinueOnError it stops at a fault', async () => {
    const { post, entity, control, row } = testResco();
    const items =
      entity('account', 'Update', { id: A1, name: 'First' }) +
      entity('account', 'Update', { id: GONE, name: 'Nobody' }) +
      entity('account', 'Update', { id: A2, name: 'Third' });
    const send = async (attributes: string) => {
      const answer = await post(
        'ExecuteMultiple',
        `<ExecuteMultiple ${attributes}>\n ${items}\n</ExecuteMultiple>`,
      );
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const text = await send('ContinueOnError="true"');
    expect(text).not.toMatch(/>\s+</);
    const whole = tree(text);
    expect(whole.children.map((one) => [one.name, one.children[0]!.name])).toEqual([
      ['Response', 'Result'],
      ['Response', 'Fault'],
      ['Response', 'Result'],
    ]);
    expect((await row('account', A2))!['name']).toBe('Third');
    for (const attributes of ['', 'ContinueOnError="false"'])
      expect(tree(await send(attributes)).children).toHaveLength(2);
    control.setSwitches({ emShape: 'flat' });
    const flat = tree(await send('ContinueOnError="true"'));
    expect(flat.children.map((one) => one.name)).toEqual(['Result', 'Fault', 'Result']);
  });

  it('RC-36: the Multiple methods are all or nothing, or go on when switched', async () => {
    const { parsed, rows, control, max } = testResco();
    const body = `<Entities><Entity EntityName="product"><name>M1</name><productnumber>1</productnumber></Entity><Entity EntityName="product"><name>M2</name></Entity></Entities>`;
    const kinds = async (method: string, xml = body) =>
      (await parsed(method, xml)).children.map((one) => one.children[0]!.name);
    expect(await kinds('CreateMultiple')).toEqual(['Fault', 'Fault']);
    expect(await rows('product', '<attribute name="id"/>')).toHaveLength(1);
    const before = await max();
    control.setSwitches({ multiple: 'continue' });
    expect(await kinds('CreateMultiple')).toEqual(['Result', 'Fault']);
    expect(await max()).toBeGreaterThan(before);
    expect(await rows('product', '<attribute name="id"/>')).toHaveLength(2);
    const update = `<Entities><Entity EntityName="account"><id>${GONE}</id><name>U</name></Entity></Entities>`;
    expect(await kinds('UpdateMultiple', update)).toEqual(['Fault']);
    expect(await kinds('UpdateMultiple?$create=true', update)).toEqual(['Result']);
    expect(
      await kinds(
        'DeleteMultiple',
        `<Entities><Entity EntityName="account"><id>${GONE}</id></Entity></Entities>`,
      ),
    ).toEqual(['Result']);
  });

  it('RC-37: too many items or bytes: 413, and nothing is executed', async () => {
    const { post, entity, control, max } = testResco({ switches: { maxBatch: 2, maxBytes: 2000 } });
    const before = await max();
    const items = (n: number) => entity('account', 'Create', { name: 'Many' }).repeat(n);
    expect((await post('ExecuteMultiple', `<ExecuteMultiple>${items(3)}</ExecuteMultiple>`)).status).toBe(
      413,
    );
    expect(
      (await post('Execute', entity('account', 'Create', { name: 'x', description: 'y'.repeat(2000) })))
        .status,
    ).toBe(413);
    expect(await max()).toBe(before);
    expect((await post('ExecuteMultiple', `<ExecuteMultiple>${items(2)}</ExecuteMultiple>`)).status).toBe(
      200,
    );
    control.setSwitches({ maxBatch: 1000 });
    expect((await post('ExecuteMultiple', `<ExecuteMultiple>${items(3)}</ExecuteMultiple>`)).status).toBe(
      200,
    );
  });

  it('RC-38: names are case-sensitive; namespaces of answers can be switched', async () => {
    const { write, parsed, execute, control } = testResco();
    expect(await write('Account', 'Update', { id: A1, name: 'x' })).toMatch(/^fault/);
    expect(await write('account', 'Update', { id: A1, Name: 'x' })).toMatch(/^fault/);
    expect(await write('account', 'upsert', { id: A1, name: 'x' })).toMatch(/^fault/);
    expect(await write('account', 'UpdateOrCreate', { id: A1, name: 'x' })).toMatch(/^fault/);
    expect(await execute(`<Entity entityName="account" Action="Update"><id>${A1}</id></Entity>`)).toMatch(
      /^fault/,
    );
    expect((await parsed('WhoAmI')).ns).toBe('');
    control.setSwitches({ responseNs: 'vendor' });
    expect((await parsed('WhoAmI')).ns).toMatch(/^http:\/\/schemas\.resco\.net/);
  });

  it('RC-39: pairs are made and deleted through the intersect entity; a pair twice is a fault', async () => {
    const { execute, entity, rows } = testResco();
    const pair = (action: string, key = 'accountid;productid') =>
      execute(
        entity(
          'account_product',
          action,
          { accountid: `account:${A1}`, productid: `product:${P1}` },
          ` PrimaryKey="${key}"`,
        ),
      );
    expect(await pair('Create')).not.toMatch(/^fault/);
    expect(await pair('Create')).toMatch(/^fault/);
    expect(await rows('account_product', '<all-attributes/>')).toHaveLength(1);
    expect(await pair('Delete', 'accountid;name')).toMatch(/^fault/);
    expect(await pair('Delete')).not.toMatch(/^fault/);
    expect(await pair('Delete')).toMatch(/^fault/);
    expect(await rows('account_product', '<all-attributes/>')).toHaveLength(0);
  });

  it('RC-40: a party list goes in and comes out', async () => {
    const { write, parsed } = testResco();
    const to = `<party addressused="orders@nordwind.example">account:${A1}</party><party addressused="a&amp;b@else.example"></party>`;
    const id = await write('appointment', 'Create', { subject: 'Visit', to });
    const root = await parsed(
      '',
      `<fetch><entity name="appointment"><attribute name="to"/><filter><condition attribute="id" operator="eq" value="${id}"/></filter></entity></fetch>`,
    );
    const list = child(child(root, 'Entities')!.children[0]!, 'to')!;
    expect(list.children.map((one) => [one.name, one.attributes['addressused'], one.text])).toEqual([
      ['party', 'orders@nordwind.example', `account:${A1}`],
      ['party', 'a&b@else.example', ''],
    ]);
    expect(await write('appointment', 'Create', { subject: 'x', to: `account:${A1}` })).toMatch(/^fault/);
  });
});
