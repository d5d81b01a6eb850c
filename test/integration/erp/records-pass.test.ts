import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scriptBatches } from '../../../main/adapters/erp-mssql/grants/script.ts';
import { siteRights } from '../../../main/adapters/erp-mssql/grants/site-rights.ts';
import { recordTables } from '../../../main/adapters/erp-mssql/records/record-table.ts';
import { recordPass } from '../../../main/core/records/pass/record-pass.ts';
import { recordMappingSchema } from '../../../shared/model/record-mapping.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { MemoryRecords } from '../../support/memory-records.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { store as sqlite } from '../../unit/sqlite/sample.ts';
import { openInside, type RecordBench } from './record-bench.ts';

const mapping = recordMappingSchema.parse({
  mappingVersion: 1,
  name: 'accounts',
  kind: 'records',
  entities: [
    {
      entity: 'customer',
      erp: {
        table: { name: 'Customer' },
        key: ['Id'],
        assigned: ['Balance'],
        mark: { Blocked: { type: 'bool', value: '1' } },
      },
      cloud: { entity: 'account', mark: { state: '1' } },
      match: { by: ['code'] },
      owner: 'erp',
      fields: [
        { name: 'code', erp: 'Code', cloud: 'code', type: 'text(20)' },
        { name: 'name', erp: 'Name', cloud: 'name', type: 'text(40)' },
        { name: 'limit', erp: 'Credit', cloud: 'limit', type: 'decimal(18,2)' },
        { name: 'balance', erp: 'Balance', cloud: 'balance', type: 'decimal(18,2)', direction: 'to-cloud' },
        { name: 'seen', erp: 'Seen', cloud: 'seen', type: 'datetime' },
      ],
    },
  ],
});

const can = { read: true, create: true, update: true, find: true };
let bench: RecordBench;
beforeAll(async () => {
  bench = await openInside();
  await bench.query(
    `CREATE TABLE dbo.Customer (Id int IDENTITY(1,1) NOT NULL CONSTRAINT customer_pk PRIMARY KEY, Code nvarchar(20) NOT NULL CONSTRAINT customer_code UNIQUE, Name nvarchar(40) NULL, Credit decimal(18,2) NULL, Balance decimal(18,2) NOT NULL CONSTRAINT customer_balance DEFAULT 0, Seen datetime NULL, Blocked bit NOT NULL CONSTRAINT customer_blocked DEFAULT 0, Ver rowversion NOT NULL)`,
  );
});
afterAll(() => bench?.close());

describe('records of an ERP and a cloud', () => {
  it('go there and back, and an echo is nothing', async () => {
    const runtime = createTestRuntime({ seed: 1 });
    const erp = bench.store(recordTables(mapping));
    const field = (name: string, type: 'text' | 'decimal' | 'instant'): object => ({
      name,
      type,
      required: false,
      can,
    });
    const cloud = new MemoryRecords({
      side: 'cloud',
      shapes: [
        {
          entity: 'account',
          key: ['id'],
          fields: [
            ...['code', 'name', 'state'].map((name) => field(name, 'text')),
            ...['limit', 'balance'].map((name) => field(name, 'decimal')),
            field('seen', 'instant'),
          ] as never,
          remarks: [],
        },
      ],
      createIdentity: 'client-id',
      deletions: 'reported',
    });
    const parts = {
      link: linkId('crm'),
      mapping,
      stores: { erp, cloud },
      state: sqlite().records,
      runtime,
      log: { info: () => undefined, warn: () => undefined },
      zone: 'Europe/Sofia',
      skewMs: undefined,
      refusedRestMs: 60_000,
      sweepsUntilGone: 2,
    };
    parts.state.confirmFirst(parts.link, 'test', runtime.wall());
    const pass = () => recordPass(parts, { unlimited: false }, new AbortController().signal);
    await bench.query(
      `INSERT INTO dbo.Customer (Code, Name, Credit, Balance, Seen) VALUES (N'E-1', N'Ünal & Co', 1000.50, 12.30, '2026-07-01T09:30:00')`,
    );
    cloud.insert('account', 'c-2', {
      code: 'C-2',
      name: 'Cloud Ltd',
      limit: '7.5',
      balance: null,
      seen: '2026-07-02T06:00:00Z',
    });

    const first = await pass();
    expect(first).toMatchObject({ failure: undefined, stopped: [], counts: { created: 2 } });
    const there = [...cloud.rows('account').values()].find(({ fields }) => fields.get('code') === 'E-1');
    expect(Object.fromEntries(there?.fields ?? [])).toMatchObject({
      name: 'Ünal & Co',
      limit: '1000.5',
      balance: '12.3',
      seen: '2026-07-01T06:30:00Z',
    });
    expect(
      await bench.query(
        `SELECT Name AS name, CONVERT(nvarchar(30), Credit) AS credit, CONVERT(nvarchar(30), Seen, 126) AS seen FROM dbo.Customer WHERE Code = N'C-2'`,
      ),
    ).toEqual([{ name: 'Cloud Ltd', credit: '7.50', seen: '2026-07-02T09:00:00' }]);

    await bench.query(`UPDATE dbo.Customer SET Credit = 2000 WHERE Code = N'E-1'`);
    cloud.update('account', 'c-2', { name: 'Cloud GmbH' });
    // The third is what the ERP itself gave the row that was made in it.
    expect(await pass()).toMatchObject({ failure: undefined, counts: { updated: 3 } });
    expect(cloud.rows('account').get('c-2')?.fields.get('balance')).toBe('0');
    expect(there?.fields.get('limit')).toBe('2000');
    expect(await bench.query(`SELECT Name AS name FROM dbo.Customer WHERE Code = N'C-2'`)).toEqual([
      { name: 'Cloud GmbH' },
    ]);

    await pass();
    const before = cloud.history.length;
    expect(await pass()).toMatchObject({ failure: undefined, counts: { created: 0, updated: 0 } });
    expect(cloud.history.length).toBe(before);
    expect(await bench.query('SELECT COUNT(*) AS n FROM dbo.Customer')).toEqual([{ n: 2 }]);
    await erp.close();
  });
});

describe('the rights of a records mapping', () => {
  const erp = {
    id: 'main',
    database: 'Erp',
    auth: 'sql',
    user: 'ferry',
    ledger: { schema: 'ferry' },
  } as const;
  const rights = siteRights(erp, [], [{ link: 'crm', mapping }]);
  const told = rights.needed.map(
    ({ on, right, columns }) => `${right} ${on.name}${columns === undefined ? '' : `(${columns.join(',')})`}`,
  );

  it('are what it allows and nothing else', () => {
    expect(told.filter((line) => line.includes('Customer'))).toEqual([
      'SELECT Customer',
      'VIEW CHANGE TRACKING Customer',
      'INSERT Customer',
      'UPDATE Customer(Code,Name,Credit,Seen,Blocked)',
      'VIEW DEFINITION Customer',
    ]);
    const [entity] = mapping.entities;
    const readOnly = {
      ...mapping,
      entities: [
        {
          ...entity!,
          toErp: { create: false, update: false, delete: false },
          onDelete: { inErp: 'mark', inCloud: 'ignore' } as const,
        },
      ],
    };
    expect(
      siteRights(erp, [], [{ link: 'crm', mapping: readOnly }])
        .needed.filter(({ on }) => on.name === 'Customer')
        .map(({ right }) => right),
    ).toEqual(['SELECT', 'VIEW CHANGE TRACKING']);
    const deleting = {
      ...mapping,
      entities: [
        {
          ...entity!,
          toErp: { create: true, update: true, delete: true },
          onDelete: { inErp: 'mark', inCloud: 'delete' } as const,
        },
      ],
    };
    expect(
      siteRights(erp, [], [{ link: 'crm', mapping: deleting }]).needed.some(
        ({ on, right }) => on.name === 'Customer' && right === 'DELETE',
      ),
    ).toBe(true);
  });

  it('bring the ledger of records with them, only where there are records', () => {
    expect(told.filter((line) => line.endsWith('record_ledger'))).toEqual([
      'SELECT record_ledger',
      'INSERT record_ledger',
      'UPDATE record_ledger',
    ]);
    const makes = (given: Parameters<typeof scriptBatches>[1]): boolean =>
      scriptBatches(erp, given).some(({ statement }) =>
        statement.includes('CREATE TABLE [ferry].[record_ledger]'),
      );
    expect(makes(rights)).toBe(true);
    expect(makes(siteRights(erp, []))).toBe(false);
  });
});
