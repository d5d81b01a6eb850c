import { describe, expect, it } from 'vitest';
import { A1, A2, C1, DATA, child, testResco, tree } from './resco-world.ts';

const names = (rows: Record<string, string>[]): (string | undefined)[] => rows.map((row) => row['name']);
const by = (attribute: string, operator: string, value: string): string =>
  `<condition attribute="${attribute}" operator="${operator}" value="${value}"/>`;

describe('Resco Cloud: Fetch', () => {
  it('RC-12: Fetch is posted to the service itself, or to Fetch when switched', async () => {
    const { post, control } = testResco();
    const query = '<fetch><entity name="account"><attribute name="id"/></entity></fetch>';
    expect((await post('', query)).status).toBe(200);
    expect((await post('Fetch', query)).status).toBe(404);
    control.setSwitches({ fetchPath: 'Fetch' });
    expect((await post('', query)).status).toBe(404);
    expect((await post('Fetch', query)).status).toBe(200);
  });

  it('RC-13: metadata, entities, more; nulls are absent, and the order of attributes is not kept', async () => {
    const { parsed } = testResco();
    const asked = ['id', 'name', 'telephone1', 'creditlimit', 'createdon', 'ownerid', 'versionnumber'];
    const orders = new Set<string>();
    for (let n = 0; n < 10; n++) {
      const root = await parsed(
        '',
        `<fetch><entity name="account">${asked.map((name) => `<attribute name="${name}"/>`).join('')}<filter>${by('id', 'eq', A1)}</filter></entity></fetch>`,
      );
      expect(root.children.map((one) => one.name)).toEqual([
        'Metadata',
        'Entities',
        'MoreRecords',
        'PagingCookie',
      ]);
      const columns = child(root.children[0]!, 'Attributes')!.children.map((one) => one.attributes);
      expect(columns).toContainEqual({ Name: 'id', Type: 'PrimaryKey', EntityName: 'account' });
      expect(columns).toContainEqual({ Name: 'versionnumber', Type: 'RowVersion', EntityName: 'account' });
      const row = root.children[1]!.children[0]!;
      expect(row.attributes['EntityName']).toBe('account');
      expect(child(row, 'telephone1')).toBeUndefined();
      orders.add(row.children.map((one) => one.name).join());
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  it('RC-14: pages from 1; more is true exactly when a further page has rows', async () => {
    const { parsed, write } = testResco();
    for (let n = 1; n <= 4; n++) await write('account', 'Create', { name: `N${n}` });
    const page = async (count: number, number: number) => {
      const root = await parsed(
        '',
        `<fetch count="${count}" page="${number}"><entity name="account"><attribute name="name"/><order attribute="name"/></entity></fetch>`,
      );
      return [child(root, 'Entities')!.children.length, child(root, 'MoreRecords')!.text];
    };
    expect([await page(2, 1), await page(2, 2), await page(2, 3), await page(2, 4)]).toEqual([
      [2, 'true'],
      [2, 'true'],
      [2, 'false'],
      [0, 'false'],
    ]);
    expect(await page(4, 2)).toEqual([2, 'false']);
    const root = await parsed(
      '',
      '<fetch count="2" page="2"><entity name="account"><attribute name="name"/><order attribute="versionnumber"/></entity></fetch>',
    );
    expect(child(root, 'Entities')!.children.map((row) => row.children[0]!.text)).toEqual(['N1', 'N2']);
  });

  it('RC-15: a count above the maximum is capped, not refused', async () => {
    const { parsed } = testResco({ switches: { fetchMax: 1 } });
    const root = await parsed(
      '',
      '<fetch count="9000"><entity name="account"><attribute name="id"/></entity></fetch>',
    );
    expect(child(root, 'Entities')!.children).toHaveLength(1);
    expect(child(root, 'MoreRecords')!.text).toBe('true');
  });

  it('RC-16: without order, another order for each call', async () => {
    const { rows, write } = testResco();
    for (let n = 1; n <= 6; n++) await write('account', 'Create', { name: `N${n}` });
    const seen = new Set<string>();
    for (let n = 0; n < 5; n++) seen.add(names(await rows('account', '<attribute name="name"/>')).join());
    expect(seen.size).toBeGreaterThan(1);
    const sorted = names(
      await rows('account', '<attribute name="name"/><order attribute="name" descending="1"/>'),
    );
    expect([sorted[0], sorted.at(-1)]).toEqual(['Südwind', 'N1']);
  });

  it('RC-17: operators, nested filters, in with values, joins both ways, conditions on what is joined', async () => {
    const { rows, write, max } = testResco();
    const start = await max();
    await write('account', 'Create', { name: 'Westwind', creditlimit: '99.9', numberofemployees: '9' });
    await write('account', 'Create', { name: 'Ostwind', creditlimit: '100.10', numberofemployees: '10' });
    const named = async (filter: string) =>
      names(await rows('account', `<attribute name="name"/><order attribute="name"/>${filter}`));
    const where = (inner: string, type = 'and') => `<filter type="${type}">${inner}</filter>`;
    expect(await named(where(by('name', 'eq', 'ostwind')))).toEqual(['Ostwind']);
    expect(await named(where(by('creditlimit', 'ge', '100.1') + by('creditlimit', 'lt', '1000')))).toEqual([
      'Ostwind',
    ]);
    expect(await named(where(by('numberofemployees', 'gt', '9')))).toEqual(['Ostwind']);
    expect(await named(where(by('numberofemployees', 'le', '9')))).toEqual(['Westwind']);
    expect(await named(where(by('versionnumber', 'gt', String(start))))).toEqual(['Ostwind', 'Westwind']);
    expect(await named(where('<condition attribute="numberofemployees" operator="null"/>'))).toEqual([
      'Nordwind: Tools',
      'Südwind',
    ]);
    expect(
      await named(
        where(
          '<condition attribute="numberofemployees" operator="not-null"/>' +
            where(by('name', 'eq', 'Westwind') + by('name', 'eq', 'Südwind'), 'or'),
        ),
      ),
    ).toEqual(['Westwind']);
    const list = [A1, A2.toUpperCase()].map((id) => `<value>${id}</value>`).join('');
    expect(await named(where(`<condition attribute="id" operator="in">${list}</condition>`))).toHaveLength(2);
    expect(await named(where(by('parentid', 'eq', A1)))).toEqual(['Südwind']);
    expect(await named(where(by('name', 'ne', 'Südwind') + by('name', 'like', '%wind')))).toEqual([
      'Ostwind',
      'Westwind',
    ]);

    const link = (type: string) =>
      `<attribute name="name"/><order attribute="name"/><link-entity name="contact" from="parentcustomerid" to="id" alias="person"${type}><attribute name="fullname"/></link-entity>`;
    expect(await rows('account', link(''))).toEqual([
      { name: 'Nordwind: Tools', 'person.fullname': 'Jan Novák' },
    ]);
    expect(await rows('account', link(' link-type="outer"'))).toHaveLength(4);
    const without = '<filter><condition entityname="person" attribute="id" operator="null"/></filter>';
    expect(await rows('account', link(' link-type="outer"') + without)).toHaveLength(3);
    const up =
      '<attribute name="fullname"/><link-entity name="account" from="id" to="parentcustomerid" alias="a"><filter><condition attribute="name" operator="like" value="Nord%"/></filter><attribute name="name"/></link-entity>';
    expect(await rows('contact', up)).toEqual([{ fullname: 'Jan Novák', 'a.name': 'Nordwind: Tools' }]);
    const count =
      '<attribute name="id" aggregate="count" alias="n"/><attribute name="creditlimit" aggregate="avg" alias="m"/>';
    expect(
      await rows('account', `${count}<filter>${by('name', 'like', '%stwind')}</filter>`, 'aggregate="true"'),
    ).toEqual([{ n: '2', m: '100' }]);
  });

  it('RC-18: what is unknown or not of the type is a fault of the whole call', async () => {
    const { post } = testResco();
    const wrong = [
      '<entity name="nothing"/>',
      '<entity name="Account"><attribute name="id"/></entity>',
      '<entity name="account"><attribute name="Name"/></entity>',
      '<entity name="account"><attribute name="accountid"/></entity>',
      `<entity name="account"><filter>${by('nothing', 'eq', '1')}</filter></entity>`,
      `<entity name="account"><filter>${by('name', 'sounds-like', 'x')}</filter></entity>`,
      `<entity name="account"><filter>${by('creditlimit', 'gt', '1,5')}</filter></entity>`,
      `<entity name="account"><filter>${by('parentid', 'eq', `account:${A1}`)}</filter></entity>`,
      `<entity name="account"><filter>${by('createdon', 'ge', '@@TODAY')}</filter></entity>`,
      `<entity name="product"><filter>${by('thumbnail', 'eq', 'AA==')}</filter></entity>`,
      '<entity name="account"><order attribute="nothing"/></entity>',
      '<entity name="account"><columns/></entity>',
    ];
    for (const inner of wrong) {
      const answer = await post('', `<fetch>${inner}</fetch>`);
      expect([inner, answer.status]).toEqual([inner, 500]);
      expect(tree(await answer.text()).name).toBe('Fault');
    }
    expect((await post('', '<fetch><entity')).status).toBe(500);
    expect((await post('', '<!DOCTYPE fetch><fetch><entity name="account"/></fetch>')).status).toBe(500);
  });

  it('RC-19: the lowest row version of an open transaction, or the next one; absent or -1 when switched', async () => {
    const { parsed, max, control } = testResco();
    const lowest = async () => {
      const query =
        '<fetch min-active-row-version="1"><entity name="account"><attribute name="id"/></entity></fetch>';
      return child(await parsed('', query), 'MinActiveRowVersion')?.text;
    };
    expect(await lowest()).toBe(String((await max()) + 1n));
    const open = control.openTransaction();
    open.write({ action: 'Update', entity: 'account', id: A1, values: { name: 'late' } });
    const version = await max();
    control.write({ action: 'Update', entity: 'account', id: A2, values: { name: 'soon' } });
    expect(await lowest()).toBe(String(version));
    open.commit();
    expect(await lowest()).toBe(String((await max()) + 1n));
    control.setSwitches({ minActive: 'minusOne' });
    expect(await lowest()).toBe('-1');
    control.setSwitches({ minActive: 'off' });
    expect(await lowest()).toBeUndefined();
  });

  it('RC-20: a record committed late appears with its low row version', async () => {
    const { row, max, control, write } = testResco();
    const open = control.openTransaction();
    const id = open.write({ action: 'Create', entity: 'account', values: { name: 'late' } });
    open.write({ action: 'Update', entity: 'contact', id: C1, values: { fullname: 'Late too' } });
    await write('account', 'Update', { id: A1, name: 'between' });
    const seen = await max();
    expect(await row('account', id)).toBeUndefined();
    expect((await row('contact', C1))!['fullname']).toBe('Jan Novák');
    expect(await write('contact', 'Update', { id: C1, fullname: 'x' })).toMatch(/locked/);
    open.commit();
    expect(BigInt((await row('account', id))!['versionnumber']!)).toBeLessThan(seen);
    expect((await row('contact', C1))!['fullname']).toBe('Late too');
    expect(await max()).toBe(seen);
    const other = control.openTransaction();
    other.write({ action: 'Delete', entity: 'contact', id: C1 });
    other.rollback();
    expect(await row('contact', C1)).toBeDefined();
  });

  it('RC-17: Select and GetRecordCount give what Fetch gives', async () => {
    const { call, parsed } = testResco();
    const answer = await call(
      `${DATA}/account?$select=id,name&$filter=name LIKE 'Nord%' AND creditlimit > 1000`,
    );
    expect(child(tree(await answer.text()), 'Entities')!.children).toHaveLength(1);
    const count = await parsed('GetRecordCount', '<fetch><entity name="account"/></fetch>');
    expect(count.children[0]!.text).toBe('2');
  });
});
