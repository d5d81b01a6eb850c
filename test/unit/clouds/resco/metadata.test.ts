import { describe, expect, it } from 'vitest';
import { A1, JANA, child, testResco, tree } from './resco-world.ts';

const METADATA = '/rest/v1/metadata/nordwind/$entities';

describe('Resco Cloud: metadata and the deletion log', () => {
  const read = async (cloud: ReturnType<typeof testResco>) => {
    const root = tree(await (await cloud.call(METADATA)).text());
    const list = root.name === 'Metadata' ? root.children[0]! : root;
    const entities = list.children.map((one) => ({
      ...one.attributes,
      attributes: child(one, 'Attributes')!.children.map((attribute) => attribute.attributes),
    })) as ({ Name: string; attributes: Record<string, string>[] } & Record<string, unknown>)[];
    return { root, entities, of: (name: string) => entities.find((one) => one.Name === name)! };
  };

  it('RC-41: all entities with their attributes, hidden ones too; wrapped or flat', async () => {
    const cloud = testResco();
    const { root, of } = await read(cloud);
    expect([root.name, root.children[0]!.name, root.children[0]!.children[0]!.name]).toEqual([
      'Metadata',
      'Entities',
      'Entity',
    ]);
    expect(of('trackingdelete')).toMatchObject({ EntityAttributes: 'Hidden System' });
    expect(of('account')).toMatchObject({
      OwnershipType: 'User',
      Id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    });
    expect(of('product')).not.toHaveProperty('OwnershipType');
    const name = of('account').attributes.find((one) => one['Name'] === 'name');
    expect(name).toMatchObject({
      Type: 'String',
      Length: '160',
      Required: 'true',
      Permissions: 'Read Create Update',
    });
    const id = of('account').attributes.find((one) => one['Name'] === 'id');
    expect(id).toMatchObject({ Type: 'UniqueIdentifier', Permissions: 'Read Create' });
    cloud.control.setSwitches({ metaShape: 'flat' });
    const flat = await read(cloud);
    expect(flat.root.name).toBe('Entities');
    expect(flat.root.children[0]!.name).toBe('Entity');
    cloud.control.setPrivileges(JANA, { account: ['read'] });
    expect((await cloud.call(METADATA)).status).toBe(403);
    expect((await cloud.call(METADATA, { method: 'POST' })).status).toBe(405);
  });

  it('RC-42: the row version has the name that is set, once in each entity', async () => {
    for (const name of ['versionnumber', 'rv_stamp']) {
      const cloud = testResco({ switches: { rowVersionName: name } });
      for (const { attributes } of (await read(cloud)).entities)
        expect(attributes.filter((one) => one['Type'] === 'RowVersion').map((one) => one['Name'])).toEqual([
          name,
        ]);
      expect((await cloud.row('account', A1))![name]).toMatch(/^\d{16,}$/);
    }
    const strict = testResco({ switches: { rowVersionConditions: 'fault' } });
    await expect(
      strict.rows('account', '<attribute name="id"/><order attribute="versionnumber"/>'),
    ).rejects.toThrow();
  });

  it('RC-43: another key, inherited attributes, a lookup to several, a map of states', async () => {
    const cloud = testResco();
    const { of } = await read(cloud);
    expect(of('resco_questionnaire')).toMatchObject({
      PrimaryKeyName: 'resco_questionnaireid',
      PrimaryFieldName: 'resco_name',
    });
    expect(of('task')).toMatchObject({ EntityParent: 'activitypointer', EntityAttributes: 'Activity' });
    expect(of('task').attributes.map((one) => one['Name'])).not.toContain('subject');
    const id = await cloud.write('task', 'Create', { subject: 'Call back', percentcomplete: '10' });
    expect(await cloud.row('task', id)).toMatchObject({
      subject: 'Call back',
      percentcomplete: '10',
      statecode: '0',
    });
    const find = (entity: string, name: string) => of(entity).attributes.find((one) => one['Name'] === name);
    expect(find('contact', 'parentcustomerid')).toMatchObject({ LookupTargets: 'account;contact' });
    expect(find('account', 'parentid')).toMatchObject({ LookupDeleteConstraint: 'Cascade' });
    expect(find('account', 'statuscode')).toMatchObject({
      Type: 'PicklistMap',
      OptionSetValues: '0,1,5;1,2',
    });
    expect(of('account_product')).toMatchObject({ EntityAttributes: 'Intersect' });
    cloud.control.setSwitches({ inherited: 'listed' });
    const listed = (await read(cloud)).of('task').attributes.map((one) => one['Name']);
    expect(listed).toContain('subject');
  });

  it('RC-44: the deletion log is readable, hidden or forbidden, under whatever names', async () => {
    const cloud = testResco({ switches: { trackingColumns: { entityname: 'etn', recordid: 'oid' } } });
    await cloud.write('account', 'Delete', { id: A1 });
    const log = await cloud.rows('trackingdelete', '<all-attributes/><order attribute="versionnumber"/>');
    expect(log[0]).toMatchObject({
      etn: 'account',
      oid: A1,
      versionnumber: expect.stringMatching(/^\d+$/) as string,
    });
    expect((await read(cloud)).of('trackingdelete').attributes.map((one) => one['Name'])).toContain('oid');
    expect(await cloud.write('trackingdelete', 'Create', { etn: 'x' })).toMatch(/^fault/);
    cloud.control.setSwitches({ deleteTracking: 'noPrivilege' });
    expect(await cloud.rows('trackingdelete', '<all-attributes/>')).toEqual([]);
    cloud.control.setSwitches({ deleteTracking: 'off' });
    await expect(cloud.rows('trackingdelete', '<all-attributes/>')).rejects.toThrow('trackingdelete');
    expect((await read(cloud)).of('trackingdelete')).toBeUndefined();
  });

  it('RC-45: entries of the deletion log go at their age', async () => {
    const { write, rows, control } = testResco({ switches: { trackingAge: 3600 } });
    await write('account', 'Delete', { id: A1 });
    control.advance(3_600_000);
    expect(await rows('trackingdelete', '<attribute name="id"/>')).toHaveLength(2);
    control.advance(1000);
    expect(await rows('trackingdelete', '<attribute name="id"/>')).toEqual([]);
  });
});
