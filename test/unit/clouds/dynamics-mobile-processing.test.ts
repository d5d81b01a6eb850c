import { describe, expect, it } from 'vitest';
import { readSnapshot } from '../../../main/sandbox/clouds/dynamics-mobile/snapshot.ts';
import type { SnapshotRow } from '../../../main/sandbox/clouds/dynamics-mobile/snapshot.ts';
import { MINIMAL, snapshot, testCloud } from './dynamics-mobile-world.ts';

const XML = snapshot(MINIMAL);
const ANNA = { area: 'ACME', user: 'anna' };

describe('processing a push', () => {
  it('rule 21: validates after the PUT was answered; the outcome is in the sync log only', async () => {
    const { pushLink, put, control } = testCloud({ switches: { processing: 'hold' } });
    const { uploadPath } = await pushLink(7);
    const answer = await put(uploadPath, '<wrong>');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('uploaded');
    await control.settled();
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('uploaded');
    await control.process();
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('rejected');
  });

  const bad: [what: string, xml: string, reason: RegExp][] = [
    ['mis-nested', XML.replace('</NavMobileSync>', '</table></NavMobileSync>'), /not well-formed/],
    ['cut short', XML.slice(0, -20), /not well-formed/],
    ['empty', ' ', /not well-formed/],
    ['another root', '<Sync salesmancode="anna"/>', /the root is Sync/],
    ['no user', '<NavMobileSync/>', /names no user/],
    ['table without name', '<NavMobileSync salesmancode="anna"><table/></NavMobileSync>', /no name/],
    [
      'table twice',
      snapshot(MINIMAL).replace('</NavMobileSync>', '<table tablename="Customer"/></NavMobileSync>'),
      /Customer occurs twice/,
    ],
    ['document type', `<!DOCTYPE x [<!ENTITY e "e">]>${XML.slice(XML.indexOf('<Nav'))}`, /document type/],
    ['other encoding', XML.replace('UTF-8', 'UTF-16'), /encoding/],
    ['unknown row status', snapshot(MINIMAL, { status: 'upsert' }), /unknown status upsert/],
    ['field in a field', XML.replace('<No>C1</No>', '<No><b>C1</b></No>'), /inside a field/],
    ['control character', XML.replace('Corner', 'Cor\u0001ner'), /not well-formed/],
  ];
  it.each(bad)(
    'rule 22: rejects a packet that is %s and keeps the old snapshot',
    async (_what, xml, reason) => {
      const { push, control } = testCloud();
      const good = await push(XML);
      const entry = await push(xml);
      expect(entry.status).toBe('rejected');
      expect(entry.reason).toMatch(reason);
      expect(control.deviceSnapshot(ANNA)!.syncLogId).toBe(good.syncLogId);
    },
  );

  it('rule 22: rejects bytes that are not UTF-8', async () => {
    const { pushLink, put, control } = testCloud();
    const bytes = new TextEncoder().encode(XML);
    bytes[bytes.indexOf(0x43)] = 0xff;
    await put((await pushLink(bytes.length)).uploadPath, bytes);
    await control.settled();
    expect(control.syncLog({ area: 'ACME' })[0]!.reason).toBe('the bytes are not UTF-8');
  });

  it('rule 22: reads the user attribute whatever its case', async () => {
    const { push } = testCloud();
    expect((await push(XML.replace('salesmancode', 'salesmanCode'))).status).toBe('accepted');
  });

  it('rule 23: rejects a packet for another user than the address', async () => {
    const { push } = testCloud();
    const entry = await push(snapshot(MINIMAL, { user: 'ben.o-k@x' }));
    expect(entry).toMatchObject({
      status: 'rejected',
      reason: 'the packet is for ben.o-k@x, the address was for anna',
    });
  });

  it.each(['DeviceSetup', 'CompanyInfo', 'Customer'] as const)(
    'rule 24: rejects a Field Sales packet without %s',
    async (table) => {
      const { push } = testCloud();
      const { [table]: _left, ...rest } = MINIMAL;
      expect(await push(snapshot(rest))).toMatchObject({
        status: 'rejected',
        reason: `required tables are missing: ${table}`,
      });
    },
  );

  it('rule 24: asks nothing of other applications', async () => {
    const { push } = testCloud({ application: 'WHS' });
    expect((await push(snapshot({ Bin: [{ Code: 'A' }] }))).status).toBe('accepted');
  });

  const modelBreaches: [string, Record<string, Record<string, string>[]>, string][] = [
    ['CompanyInfo.Code', { CompanyInfo: [{ Name: 'Acme' }] }, 'CompanyInfo.Code is missing'],
    ['CompanyInfo.Name', { CompanyInfo: [{ Code: 'A', Name: ' ' }] }, 'CompanyInfo.Name is missing'],
    ['Customer.No', { Customer: [{ Name: 'x' }] }, 'Customer.No is missing'],
    ['Customer.Name', { Customer: [{ No: 'x' }] }, 'Customer.Name is missing'],
    [
      'a short City',
      { Customer: [{ No: 'x', Name: 'y', City: 'z'.repeat(31) }] },
      'Customer.City is longer than 30',
    ],
    [
      'one company',
      { CompanyInfo: [...MINIMAL.CompanyInfo, ...MINIMAL.CompanyInfo] },
      'CompanyInfo has more than one row',
    ],
  ];
  it.each(modelBreaches)(
    'rule 25: insists on %s with the strict model, else only warns',
    async (_what, tables, reason) => {
      const { push, control } = testCloud();
      const xml = snapshot({ ...MINIMAL, ...tables });
      expect(await push(xml)).toMatchObject({ status: 'rejected', reason });
      control.setSwitches({ strictModel: false });
      expect(await push(xml)).toMatchObject({ status: 'accepted', warnings: [reason] });
    },
  );

  it('rule 25: accepts values of exactly their size', async () => {
    const { push } = testCloud();
    const Customer = [{ No: 'x', Name: 'y'.repeat(100), City: 'ž'.repeat(30) }];
    expect((await push(snapshot({ ...MINIMAL, Customer }))).status).toBe('accepted');
  });

  it('rule 26: loads insert, inserted and none, loads update with a warning, leaves delete out', async () => {
    const { push, control } = testCloud();
    const row = (status: string, no: string) => `<r${status}><No>${no}</No><Name>n</Name></r>`;
    const rows = [
      row(' status="insert"', '1'),
      row(' status="inserted"', '2'),
      row('', '3'),
      row(' status="update"', '4'),
      row(' status="delete"', '5'),
    ];
    const { Customer: _customer, ...rest } = MINIMAL;
    const xml = snapshot(rest).replace(
      '</NavMobileSync>',
      `<table tablename="Customer">${rows.join('')}</table></NavMobileSync>`,
    );
    const entry = await push(xml);
    expect(entry.status).toBe('accepted');
    expect(entry.warnings).toEqual([
      'rows of Customer have the status update',
      'rows of Customer with status delete were left out',
    ]);
    expect(entry.tables!.find((table) => table.name === 'Customer')).toEqual({
      name: 'Customer',
      rows: 4,
      leftOut: 1,
    });
    const loaded: SnapshotRow[] = [];
    await readSnapshot(control.deviceSnapshot(ANNA)!.read(), {
      row: (r) => {
        if (r.table === 'Customer') loaded.push(r);
      },
    });
    expect(loaded.map((r) => r.fields[0]![1])).toEqual(['1', '2', '3', '4']);
  });

  it('rule 27: replaces the whole snapshot: a table that does not come again is gone', async () => {
    const { push, control } = testCloud();
    await push(snapshot({ ...MINIMAL, Item: [{ No: 'I1' }] }));
    await push(XML);
    const names = control.synchronize(ANNA)!.tables.map((table) => table.name);
    expect(names).toEqual(['DeviceSetup', 'CompanyInfo', 'Customer']);
  });

  it("rule 28: does not touch other users' snapshots", async () => {
    const { push, control } = testCloud();
    const ben = await push(snapshot(MINIMAL, { user: 'ben.o-k@x' }), 'ben.o-k@x');
    await push(XML);
    expect(control.deviceSnapshot({ area: 'ACME', user: 'ben.o-k@x' })!.syncLogId).toBe(ben.syncLogId);
    expect(control.deviceSnapshot({ area: 'OTHER', user: 'anna' })).toBeUndefined();
  });

  it('rule 29: the device keeps its data until its user synchronizes, and never sees a superseded snapshot', async () => {
    const { push, control } = testCloud();
    const first = await push(XML);
    expect(control.device(ANNA)).toBeUndefined();
    expect(control.synchronize(ANNA)!.syncLogId).toBe(first.syncLogId);
    await push(snapshot({ ...MINIMAL, Item: [{ No: 'I2' }] }));
    const third = await push(snapshot({ ...MINIMAL, Item: [{ No: 'I3' }] }));
    const before = control.device(ANNA)!;
    expect(before.syncLogId).toBe(first.syncLogId);
    let text = '';
    for await (const chunk of before.read()) text += new TextDecoder().decode(chunk);
    expect(text).toBe(XML);
    expect(control.synchronize(ANNA)!.syncLogId).toBe(third.syncLogId);
    expect(control.device(ANNA)!.syncLogId).toBe(third.syncLogId);
  });

  it('rule 30: notifies per accepted packet and not for a rejected one', async () => {
    const { push, control, time } = testCloud();
    const entry = await push(XML);
    await push('<wrong>');
    expect(control.notifications({ area: 'ACME' })).toEqual([
      { user: 'anna', syncLogId: entry.syncLogId, at: time.ms },
    ]);
  });
});
