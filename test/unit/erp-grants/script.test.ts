import { describe, expect, it } from 'vitest';
import { scriptBatches, scriptText } from '../../../main/adapters/erp-mssql/grants/script.ts';
import { siteRights } from '../../../main/adapters/erp-mssql/grants/site-rights.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import { HOSTILE_TEXTS } from '../../erp/hostile-texts.ts';
import { mappingOf } from '../../erp/mapped.ts';

const ERP = {
  id: 'main',
  database: 'ERP',
  auth: 'sql',
  user: 'ferry',
  domain: undefined,
  ledger: { schema: 'ferry' },
} as const;

const mapping = (more: object, push?: object): Mapping =>
  mappingOf({
    mappingVersion: 1,
    name: 'm',
    push: {
      entities: [
        {
          entity: 'Items',
          from: { table: { name: 'Items' } },
          fields: { No: { column: 'No', type: 'text(20)' } },
          orderBy: ['No'],
          ...push,
        },
      ],
    },
    pull: {
      documents: [
        {
          document: 'order',
          entity: 'Rows',
          write: {
            to: { table: { name: 'Orders' }, rawInsert: true },
            values: { A: { constant: '1', type: 'int' } },
          },
          ...more,
        },
      ],
    },
  });

const rightsFor = (one: Mapping, query = 'SELECT UserName FROM dbo.Users'): ReturnType<typeof siteRights> =>
  siteRights(ERP, [{ settings: { id: 'sales', push: { users: { query } } }, mapping: one }]);

/** Of the ERP's own objects, as `right schema.name(columns)`. */
const told = (one: Mapping, query?: string): readonly string[] =>
  rightsFor(one, query)
    .needed.filter(({ on, onlyFor }) => on.schema !== 'ferry' && onlyFor === undefined)
    .map(
      ({ right, on, columns }) =>
        `${right} ${on.schema}.${on.name}${columns === undefined ? '' : `(${columns.join(',')})`}`,
    );

describe('rights of a mapping', () => {
  it('a plain insert that returns nothing is not read', () => {
    expect(told(mapping({}))).toEqual([
      'SELECT dbo.Users',
      'SELECT dbo.Items',
      'INSERT dbo.Orders',
      'VIEW DEFINITION dbo.Orders',
    ]);
  });

  it('key and number are read, and the row as it was stored', () => {
    const returns = { key: { name: 'Id', type: 'int' }, number: { name: 'No', type: 'text(20)' } };
    expect(told(mapping({ returns }))).toContain('SELECT dbo.Orders(Id,A,No)');
  });

  it('an upsert changes what is no key, and nothing where the row stays as it is', () => {
    const write = (onExisting: string): object => ({
      write: {
        to: { table: { name: 'Customers' }, upsert: { key: ['No'], onExisting } },
        values: { No: { constant: '1', type: 'int' }, Name: { constant: 'x', type: 'text(9)' } },
      },
    });
    expect(told(mapping(write('update')))).toEqual(
      expect.arrayContaining([
        'INSERT dbo.Customers',
        'UPDATE dbo.Customers(Name)',
        'SELECT dbo.Customers(No)',
      ]),
    );
    expect(told(mapping(write('keep'))).join()).not.toContain('UPDATE');
  });

  it('a procedure is run and its definition read, and nothing of its tables', () => {
    const write = { to: { procedure: { name: 'Post' } }, values: { A: { constant: '1', type: 'int' } } };
    expect(told(mapping({ write })).filter((one) => one.endsWith('Post'))).toEqual([
      'EXECUTE dbo.Post',
      'VIEW DEFINITION dbo.Post',
    ]);
  });

  it('a SELECT gives the objects it names; one that is not understood is for the administrator', () => {
    const select = (text: string): Mapping => mapping({}, { from: { select: text } });
    expect(told(select('SELECT i.No FROM sales.Items AS i JOIN Prices AS p ON p.No = i.No'))).toEqual(
      expect.arrayContaining(['SELECT sales.Items', 'SELECT dbo.Prices']),
    );
    const { byHand } = rightsFor(select("SELECT No FROM OPENQUERY(x, N'y')"));
    expect(byHand).toHaveLength(1);
    expect(scriptText(ERP, { needed: [], byHand })).toContain('-- By hand: GRANT SELECT for Items of sales');
  });
});

describe('the script', () => {
  it('holds no password, names the login, ends every batch with GO', () => {
    const text = scriptText(ERP, rightsFor(mapping({})));
    expect(text).toContain("-- CREATE LOGIN [ferry] WITH PASSWORD = N'...', CHECK_POLICY = ON;");
    expect(text).toContain('CREATE USER [ferry] FOR LOGIN [ferry];');
    expect(text).toContain('GRANT INSERT ON [dbo].[Orders] TO [ferry_daily];');
    expect(text.split('\n').filter((line) => line === 'GO').length).toBe(
      scriptBatches(ERP, rightsFor(mapping({}))).length + 1,
    );
    const windows = { ...ERP, auth: 'ntlm', domain: 'ACME' } as const;
    expect(scriptText(windows, rightsFor(mapping({})))).toContain(
      '-- CREATE LOGIN [ACME\\ferry] FROM WINDOWS;',
    );
  });

  it.each(HOSTILE_TEXTS.map((text) => [text]))(
    'a name such as %j breaks out of nothing, in no tool',
    async (name) => {
      const rights = rightsFor(
        mapping({
          document: name,
          write: {
            to: { table: { schema: name, name }, rawInsert: true },
            values: { [name]: { constant: '1', type: 'int' } },
          },
          returns: { key: { name, type: 'int' } },
        }),
      );
      const erp = { ...ERP, user: name, ledger: { schema: 'ferry' } };
      const lines = scriptText(erp, rights).split('\n');
      expect(lines.filter((line) => line.trim().toUpperCase() === 'GO').every((line) => line === 'GO')).toBe(
        true,
      );
      expect(lines.filter((line) => line === 'GO').length).toBe(scriptBatches(erp, rights).length + 1);
      const engine = createSqlEngine({
        serverName: 'S',
        clock: { now: () => 1_700_000_000_000, sleep: () => Promise.resolve() },
        logins: [],
        databases: ['ERP'],
      });
      const quoted = (text: string): string => `[${text.replaceAll(']', ']]')}]`;
      await engine.script(
        'ERP',
        'CREATE TABLE dbo.Items (No int); CREATE TABLE dbo.Users (UserName int); CREATE TABLE dbo.Bystander (a int)',
      );
      await engine.script('ERP', `EXEC (N'${`CREATE SCHEMA ${quoted(name)}`.replaceAll("'", "''")}')`);
      await engine.script('ERP', `CREATE TABLE ${quoted(name)}.${quoted(name)} (${quoted(name)} int)`);
      await engine.script('ERP', `CREATE LOGIN ${quoted(name)} WITH PASSWORD = N'x'`);
      // As an administrator's tool runs it, twice.
      for (const batch of [...lines.join('\n').split(/^GO$/m), ...lines.join('\n').split(/^GO$/m)])
        if (batch.replaceAll(/^--.*$/gm, '').trim() !== '') await engine.script('ERP', batch);
      expect(await engine.script('ERP', `SELECT COUNT(*) FROM sys.tables WHERE name = N'Bystander'`)).toEqual(
        [[[1]]],
      );
      const login = engine.login({ user: name, password: 'x', database: 'ERP' });
      expect(login.ok).toBe(true);
    },
  );
});
