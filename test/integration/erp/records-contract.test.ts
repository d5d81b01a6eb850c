import { recordStoreSuite, type SuiteValues } from '../../contract/record-store-suite.ts';
import { openInside, openWire, tableOf, type RecordBench } from './record-bench.ts';

const FIELDS = { code: 'Code', name: 'Long Name', note: 'Note' };
const quoted = (value: string | null | undefined): string =>
  value === null || value === undefined ? 'NULL' : `N'${value.replaceAll("'", "''")}'`;
const column = (name: string): string => `[${FIELDS[name as keyof typeof FIELDS]}]`;

/** Kinds of keys and feeds the suite is run over. */
const KINDS = [
  [
    'a given key, full compare',
    '[Code] nvarchar(60) NOT NULL CONSTRAINT accounts_pk PRIMARY KEY',
    ['Code'],
    '',
  ],
  [
    'an identity, row versions',
    'Id int IDENTITY(1,1) NOT NULL CONSTRAINT accounts_pk PRIMARY KEY, [Code] nvarchar(60) NOT NULL, Ver rowversion NOT NULL',
    ['Id'],
    '',
  ],
  [
    'a key of two columns, Change Tracking',
    `Company nvarchar(10) NOT NULL CONSTRAINT accounts_company DEFAULT N'A|"\\', [Code] nvarchar(60) NOT NULL, CONSTRAINT accounts_pk PRIMARY KEY (Company, [Code])`,
    ['Company', 'Code'],
    'ALTER TABLE dbo.[Ac counts] ENABLE CHANGE_TRACKING',
  ],
] as const;

for (const [where, openBench] of [
  ['in process', openInside],
  ['over TDS', openWire],
] as const)
  for (const [what, columns, key, then] of KINDS)
    recordStoreSuite(`the ERP ${where}, ${what},`, async () => {
      const bench: RecordBench = await openBench();
      await bench.query(
        `CREATE TABLE dbo.[Ac counts] (${columns}, [Long Name] nvarchar(80) NULL, Note nvarchar(max) NULL)`,
      );
      if (then !== '') {
        const [row] = await bench.query('SELECT DB_NAME() AS name');
        await bench.query(
          `ALTER DATABASE [${String(row?.['name'])}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)`,
        );
        await bench.query(then);
      }
      const store = bench.store([
        tableOf('Ac counts', key, { Code: 'text(60)', 'Long Name': 'text(80)', Note: 'text' }),
      ]);
      const ready = await store.identity(new AbortController().signal);
      if (!ready.ok) throw new Error(JSON.stringify(ready.failure));
      const where = (id: string): string => {
        if (key.length === 1) return `[${key[0]}] = ${quoted(id)}`;
        const parts = JSON.parse(id) as string[];
        return key.map((name, at) => `[${name}] = ${quoted(parts[at])}`).join(' AND ');
      };
      return {
        store,
        entity: 'dbo.Ac counts',
        fields: FIELDS,
        insert: async (values: SuiteValues) => {
          const given = Object.entries(values);
          await bench.query(
            `INSERT INTO dbo.[Ac counts] (${given.map(([name]) => column(name)).join(', ')}) VALUES (${given.map(([, value]) => quoted(value)).join(', ')})`,
          );
          const [row] = await bench.query(
            `SELECT ${key.map((name) => `CONVERT(nvarchar(60), [${name}]) AS [${name}]`).join(', ')} FROM dbo.[Ac counts] WHERE [Code] = ${quoted(values.code)}`,
          );
          const parts = key.map((name) => String(row?.[name]));
          return parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts);
        },
        update: async (id, values) => {
          const set = Object.entries(values).map(([name, value]) => `${column(name)} = ${quoted(value)}`);
          await bench.query(`UPDATE dbo.[Ac counts] SET ${set.join(', ')} WHERE ${where(id)}`);
        },
        delete: async (id) => {
          await bench.query(`DELETE FROM dbo.[Ac counts] WHERE ${where(id)}`);
        },
        count: async (code) => {
          const [row] = await bench.query(
            `SELECT COUNT(*) AS n FROM dbo.[Ac counts] WHERE [Code] = ${quoted(code)}`,
          );
          return Number(row?.['n']);
        },
        newId: () => '',
        lose: (when) => bench.lose(when),
        close: async () => {
          await store.close();
          await bench.close();
        },
      };
    });
