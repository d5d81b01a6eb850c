import { beforeEach, describe, expect, it } from 'vitest';
import { createSqlEngine, type SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { perform } from '../tsql/replay.ts';

let engine: SandboxSqlEngine;
let daily: SqlSession;

const PASSWORD = 'Daily-1';
const OBJECTS = [
  `CREATE TABLE dbo.Orders (Id int IDENTITY(1,1) NOT NULL PRIMARY KEY, No nvarchar(20) NULL, Amount int NULL)`,
  `CREATE TABLE dbo.Secrets (Id int NOT NULL PRIMARY KEY, Word nvarchar(20) NULL CONSTRAINT word_d DEFAULT N'x')`,
  `INSERT INTO dbo.Orders (No, Amount) VALUES (N'a', 1), (N'b', 2); INSERT INTO dbo.Secrets VALUES (1, N's')`,
  `CREATE VIEW dbo.Words AS SELECT Id, Word FROM dbo.Secrets`,
  `CREATE PROCEDURE dbo.AddSecret @Id int, @Word nvarchar(20) = N'none' AS BEGIN SET NOCOUNT ON; INSERT INTO dbo.Secrets VALUES (@Id, @Word); SELECT COUNT(*) AS n FROM dbo.Secrets; END`,
  `CREATE PROCEDURE dbo.Dynamic AS BEGIN SET NOCOUNT ON; EXEC (N'SELECT Word FROM dbo.Secrets'); END`,
  `CREATE TRIGGER dbo.Copied ON dbo.Orders AFTER INSERT AS BEGIN SET NOCOUNT ON; INSERT INTO dbo.Secrets SELECT 100 + Id, No FROM inserted; END`,
  `CREATE SCHEMA sales`,
  `CREATE TABLE sales.Lines (Id int NOT NULL PRIMARY KEY, Quantity int NULL)`,
  `CREATE LOGIN [daily] WITH PASSWORD = N'${PASSWORD}', CHECK_POLICY = OFF`,
  `CREATE USER [daily] FOR LOGIN [daily]; CREATE ROLE ferry; ALTER ROLE ferry ADD MEMBER daily`,
];

const admin = (text: string, database = 'erp'): Promise<unknown[][][]> => engine.script(database, text);
const signIn = (
  password = PASSWORD,
  database = 'erp',
  user = 'daily',
): ReturnType<SandboxSqlEngine['login']> => engine.login({ user, password, database });

/** Rows of the last result set; throws the first error as `number: text`. */
async function ask(text: string, session = daily): Promise<unknown[][]> {
  const answer = await perform(session, { sql: text, via: 'batch' });
  const [error] = answer.errors;
  if (error) throw new Error(`${error.number}/${error.class}: ${error.text}`);
  return answer.recordsets.at(-1)?.rows ?? [];
}

beforeEach(async () => {
  engine = createSqlEngine({
    serverName: 'SANDBOX',
    clock: { now: () => 1_700_000_000_000, sleep: () => Promise.resolve() },
    logins: [{ user: 'sa', password: 'Admin-1' }],
    databases: ['erp', 'other'],
  });
  for (const batch of OBJECTS) await admin(batch);
  const login = signIn();
  if (!login.ok) throw new Error(login.message.message);
  daily = login.session;
});

describe('signing in', () => {
  it.each([
    ['a wrong password', 'wrong', 'erp', 18456],
    ['a database without a user for it', PASSWORD, 'other', 4060],
    ['a database that is not there', PASSWORD, 'nowhere', 4060],
  ])('is refused with %s', (_what, password, database, number) => {
    const login = signIn(password, database);
    expect(login.ok ? 0 : login.message.number).toBe(number);
  });

  it('knows who came, and takes a login away that nobody uses', async () => {
    expect(await ask('SELECT SUSER_SNAME(), USER_NAME(), CURRENT_USER')).toEqual([
      ['daily', 'daily', 'daily'],
    ]);
    await expect(admin('DROP LOGIN daily')).rejects.toThrow(/15434/);
    daily.close();
    await admin('DROP USER daily; DROP LOGIN daily');
    const login = signIn();
    expect(login.ok ? 0 : login.message.number).toBe(18456);
  });

  it('refuses a login that was switched off', async () => {
    await admin('ALTER LOGIN daily DISABLE');
    expect(signIn().ok).toBe(false);
    await admin('ALTER LOGIN daily ENABLE');
    expect(signIn().ok).toBe(true);
  });
});

describe('rows', () => {
  it.each([
    ['SELECT No FROM dbo.Orders', 'SELECT', 'GRANT SELECT ON dbo.Orders TO ferry'],
    ['SELECT COUNT(*) FROM dbo.Orders', 'SELECT', 'GRANT SELECT ON OBJECT::dbo.Orders (No) TO ferry'],
    ['SELECT 1 WHERE EXISTS (SELECT 1 FROM dbo.Orders)', 'SELECT', 'GRANT SELECT ON SCHEMA::dbo TO ferry'],
    [`INSERT INTO dbo.Orders (No) VALUES (N'c')`, 'INSERT', 'GRANT INSERT ON dbo.Orders TO daily'],
    ["UPDATE dbo.Orders SET No = N'd'", 'UPDATE', 'GRANT UPDATE ON dbo.Orders (No) TO ferry'],
    ['DELETE FROM dbo.Orders', 'DELETE', 'GRANT DELETE ON dbo.Orders TO public'],
    ['EXEC dbo.AddSecret @Id = 7', 'EXECUTE', 'GRANT EXECUTE ON dbo.AddSecret TO ferry'],
  ])('%s is refused with 229 until it is granted, and after it is revoked', async (text, right, grant) => {
    await expect(ask(text)).rejects.toThrow(
      new RegExp(`^229/14: The ${right} permission was denied on the object`),
    );
    await admin(grant);
    await ask(text);
    await admin(grant.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM '));
    await expect(ask(text)).rejects.toThrow(/^229/);
  });

  it('a plan made for an administrator is no way around', async () => {
    const text = 'SELECT Word FROM dbo.Secrets';
    await admin(text);
    await expect(ask(text)).rejects.toThrow(/^229/);
  });

  it('columns: 230 names the one, * wants all, INSERT is not given by column', async () => {
    await admin('GRANT SELECT ON dbo.Orders (Id, No) TO ferry');
    expect(await ask('SELECT No FROM dbo.Orders WHERE Id = 1')).toEqual([['a']]);
    for (const text of ['SELECT * FROM dbo.Orders', 'SELECT No FROM dbo.Orders ORDER BY Amount'])
      await expect(ask(text)).rejects.toThrow(/^230\/14: .*column 'Amount' of the object 'Orders'/);
    await expect(admin('GRANT INSERT ON dbo.Orders (No) TO ferry')).rejects.toThrow(/1020/);
    await expect(admin('GRANT SELECT ON dbo.Orders (Nope) TO ferry')).rejects.toThrow(/1911/);
  });

  it('DENY wins over every grant but one on the column', async () => {
    await admin('GRANT SELECT ON SCHEMA::dbo TO ferry; DENY SELECT ON dbo.Orders TO daily');
    await expect(ask('SELECT No FROM dbo.Orders')).rejects.toThrow(/^229/);
    await admin('GRANT SELECT ON dbo.Orders (No) TO daily');
    expect(await ask("SELECT No FROM dbo.Orders WHERE No = N'a'")).toEqual([['a']]);
    await admin('REVOKE SELECT ON dbo.Orders FROM daily; DENY SELECT ON dbo.Orders (Amount) TO daily');
    await expect(ask('SELECT Amount FROM dbo.Orders')).rejects.toThrow(/^230/);
  });

  it('UPDATE and DELETE read what their WHERE names, OUTPUT what it gives', async () => {
    await admin('GRANT INSERT, UPDATE, DELETE ON dbo.Orders TO ferry');
    for (const text of [
      "UPDATE dbo.Orders SET No = N'x' WHERE Id = 1",
      'UPDATE dbo.Orders SET Amount = Amount + 1',
      'DELETE FROM dbo.Orders WHERE Id = 1',
      "DECLARE @t TABLE (k int); INSERT INTO dbo.Orders (No) OUTPUT INSERTED.Id INTO @t (k) VALUES (N'x')",
    ])
      await expect(ask(text), text).rejects.toThrow(/^229\/14: The SELECT/);
    await admin('GRANT SELECT ON dbo.Orders (Id) TO ferry');
    await ask("UPDATE dbo.Orders SET No = N'x' WHERE Id = 1");
    await ask(
      "DECLARE @t TABLE (k int); INSERT INTO dbo.Orders (No) OUTPUT INSERTED.Id INTO @t (k) VALUES (N'x')",
    );
  });

  it('CATCH gets it, and XACT_ABORT rolls back', async () => {
    await admin('GRANT INSERT, SELECT ON sales.Lines TO ferry');
    expect(
      await ask(`SET XACT_ABORT ON; DECLARE @n int; BEGIN TRY BEGIN TRAN; INSERT INTO sales.Lines VALUES (1, 1);
        INSERT INTO dbo.Secrets VALUES (2, N'x'); COMMIT; END TRY BEGIN CATCH SET @n = ERROR_NUMBER(); ROLLBACK; END CATCH;
        SELECT @n, (SELECT COUNT(*) FROM sales.Lines)`),
    ).toEqual([[229, 0]]);
  });
});

describe('one owner', () => {
  it('a view, a procedure and a trigger reach their tables; text run by a procedure does not', async () => {
    await admin(
      'GRANT SELECT ON dbo.Words TO ferry; GRANT EXECUTE ON SCHEMA::dbo TO ferry; GRANT INSERT ON dbo.Orders TO ferry',
    );
    expect(await ask('SELECT Word FROM dbo.Words')).toEqual([['s']]);
    expect(await ask('EXEC dbo.AddSecret @Id = 9')).toEqual([[2]]);
    await ask("INSERT INTO dbo.Orders (No) VALUES (N'q')");
    expect(await admin('SELECT COUNT(*) FROM dbo.Secrets')).toEqual([[[3]]]);
    await expect(ask('EXEC dbo.Dynamic')).rejects.toThrow(/^229/);
  });

  it('does not reach into another database', async () => {
    await admin('CREATE TABLE dbo.T (A int)', 'other');
    await admin('CREATE VIEW dbo.Away AS SELECT A FROM other.dbo.T');
    await admin('GRANT SELECT ON dbo.Away TO ferry');
    await expect(ask('SELECT A FROM dbo.Away')).rejects.toThrow(/^916/);
    await expect(ask('USE other')).rejects.toThrow(/^916/);
  });
});

describe('the schema', () => {
  it.each([
    ['CREATE TABLE dbo.New (A int)', 262],
    ['CREATE VIEW dbo.V AS SELECT 1 AS a', 262],
    ['CREATE SCHEMA mine', 262],
    ['CREATE DATABASE mine', 262],
    ['ALTER TABLE dbo.Orders ADD More int NULL', 1088],
    ['CREATE INDEX i ON dbo.Orders (No)', 1088],
    ['TRUNCATE TABLE dbo.Orders', 1088],
    ['DROP TABLE dbo.Orders', 3701],
    ['DROP PROCEDURE dbo.AddSecret', 3701],
    ['SET IDENTITY_INSERT dbo.Orders ON', 1088],
    ['GRANT SELECT ON dbo.Orders TO daily', 15151],
    ['GRANT CONTROL TO daily', 15247],
    ['ALTER ROLE db_owner ADD MEMBER daily', 15247],
    [`EXEC sp_addrolemember N'db_owner', N'daily'`, 15247],
    [`CREATE LOGIN more WITH PASSWORD = N'x'`, 15247],
    ['GRANT VIEW SERVER STATE TO daily', 4613],
  ])('%s is refused with %i', async (text, number) => {
    await expect(ask(text)).rejects.toThrow(new RegExp(`^${number}/`));
  });

  it('temporary tables are free to everybody', async () => {
    expect(
      await ask('CREATE TABLE #t (a int); INSERT INTO #t VALUES (1); SELECT a FROM #t; DROP TABLE #t'),
    ).toEqual([[1]]);
  });

  it.each([
    [`EXEC sp_addrolemember N'db_owner', N'daily'`, 'DROP TABLE dbo.Orders'],
    ['ALTER ROLE db_datareader ADD MEMBER daily', 'SELECT Word FROM dbo.Secrets'],
    ['GRANT CREATE TABLE TO daily; GRANT ALTER ON SCHEMA::sales TO daily', 'CREATE TABLE sales.T (a int)'],
    ['GRANT CONTROL ON dbo.Orders TO ferry', 'DROP TABLE dbo.Orders'],
  ])('%s allows %s', async (grant, text) => {
    await expect(ask(text)).rejects.toThrow();
    await admin(grant);
    await ask(text);
  });

  it('a grant that is rolled back was never given', async () => {
    await admin('BEGIN TRAN; GRANT SELECT ON dbo.Orders TO daily; ROLLBACK');
    await expect(ask('SELECT No FROM dbo.Orders')).rejects.toThrow(/^229/);
  });
});

describe('the catalogue', () => {
  const seen = (): Promise<unknown[][]> =>
    ask(`SELECT o.name FROM sys.objects AS o WHERE o.type IN ('U', 'V', 'P', 'TR') ORDER BY o.name`);

  it('shows what there is a right on, and nothing else', async () => {
    expect(await seen()).toEqual([]);
    expect(await ask(`SELECT OBJECT_ID(N'dbo.Orders')`)).toEqual([[null]]);
    await admin('GRANT SELECT ON dbo.Orders (No) TO ferry; GRANT EXECUTE ON dbo.AddSecret TO ferry');
    expect(await seen()).toEqual([['AddSecret'], ['Orders']]);
    expect(await ask(`SELECT COUNT(*) FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.Orders')`)).toEqual([
      [3],
    ]);
    expect(await ask('SELECT COUNT(*) FROM sys.parameters')).toEqual([[2]]);
    expect(await ask('SELECT definition FROM sys.sql_modules')).toEqual([[null]]);
    await admin(
      'GRANT VIEW DEFINITION ON dbo.AddSecret TO ferry; GRANT VIEW DEFINITION ON dbo.Orders TO ferry',
    );
    expect(
      String(
        (
          await ask(`SELECT definition FROM sys.sql_modules WHERE object_id = OBJECT_ID(N'dbo.AddSecret')`)
        )[0],
      ),
    ).toContain("= N'none'");
    expect(await seen()).toEqual([['AddSecret'], ['Copied'], ['Orders']]);
  });

  it('HAS_PERMS_BY_NAME and IS_MEMBER tell what holds', async () => {
    await admin(
      'GRANT SELECT ON dbo.Orders (No) TO ferry; GRANT UPDATE ON SCHEMA::sales TO ferry; GRANT VIEW SERVER STATE TO daily',
    );
    expect(
      await ask(`SELECT HAS_PERMS_BY_NAME(N'dbo.Orders', N'OBJECT', N'SELECT'), HAS_PERMS_BY_NAME(N'dbo.Orders', N'OBJECT', N'SELECT', N'No', N'COLUMN'),
        HAS_PERMS_BY_NAME(N'[sales].[Lines]', N'OBJECT', N'UPDATE'), HAS_PERMS_BY_NAME(N'erp', N'DATABASE', N'CONTROL'),
        HAS_PERMS_BY_NAME(N'sales', N'SCHEMA', N'UPDATE'), HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE'),
        HAS_PERMS_BY_NAME(N'dbo.Nope', N'OBJECT', N'SELECT'), IS_MEMBER(N'ferry'), IS_MEMBER(N'db_owner'), IS_MEMBER(N'nope'), IS_SRVROLEMEMBER(N'sysadmin')`),
    ).toEqual([[0, 1, 1, 0, 1, 1, null, 1, 0, null, 0]]);
    expect(
      (
        await admin(
          `SELECT IS_MEMBER(N'db_owner'), IS_SRVROLEMEMBER(N'sysadmin'), HAS_PERMS_BY_NAME(N'dbo.Orders', N'OBJECT', N'DELETE'), USER_NAME()`,
        )
      )[0],
    ).toEqual([[1, 1, 1, 'dbo']]);
  });
});

describe('dependencies', () => {
  it('are for owners of the database', async () => {
    const question = 'SELECT COUNT(*) AS n FROM sys.sql_expression_dependencies';
    await admin('GRANT VIEW DEFINITION TO daily');
    await expect(ask(question)).rejects.toThrow('229/14');
    await admin('ALTER ROLE db_owner ADD MEMBER daily');
    expect(await ask(question)).toEqual([[3]]);
  });
});
