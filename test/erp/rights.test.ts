import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRights, type RightsVerdict } from '../../main/adapters/erp-mssql/grants/compare-rights.ts';
import { readHeldRights } from '../../main/adapters/erp-mssql/grants/held-rights.ts';
import type { NeededRight } from '../../main/adapters/erp-mssql/grants/rights.ts';
import { siteRights } from '../../main/adapters/erp-mssql/grants/site-rights.ts';
import { grantRight } from '../../main/adapters/erp-mssql/queries/grants.ts';
import { MssqlServer } from '../../main/adapters/erp-mssql/mssql-connection.ts';
import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import { SqlSessions } from '../../main/adapters/erp-mssql/sql-sessions.ts';
import type { ReadRequest, WriteDocument } from '../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../main/core/runtime/body-stream-error.ts';
import type { SyncFailure } from '../../shared/model/failure.ts';
import { sourceId } from '../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';
import { ERP_OBJECTS, openBench, type Bench, type RawSession } from '../integration/erp/bench.ts';
import { document, hash, type, unit } from '../unit/erp-mssql/units.ts';
import { makeDailyLogin, type DailyLogin } from './daily-login.ts';
import { mappingOf } from './mapped.ts';

const signal = new AbortController().signal;
const OBJECTS = [
  ...ERP_OBJECTS,
  `CREATE TABLE dbo.MobileUsers (UserName nvarchar(20) NOT NULL PRIMARY KEY); INSERT INTO dbo.MobileUsers VALUES (N'ANNA')`,
  `CREATE TABLE dbo.Items (No nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(40) NULL); INSERT INTO dbo.Items VALUES (N'I-1', N'Item')`,
  `CREATE TABLE dbo.Prices (No nvarchar(20) NOT NULL PRIMARY KEY, Price decimal(18,4) NULL)`,
  `CREATE TABLE dbo.Names (No nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(40) NULL, Salary int NULL); INSERT INTO dbo.Names VALUES (N'C-1', N'Anna', 1)`,
  `CREATE TABLE dbo.Customers (No nvarchar(20) NOT NULL PRIMARY KEY, Name nvarchar(40) NULL)`,
  `CREATE TABLE dbo.Staged (Id int IDENTITY(1,1) NOT NULL PRIMARY KEY, Visit nvarchar(40) NULL, Status nvarchar(10) NULL, ErpNo nvarchar(20) NULL, Why nvarchar(40) NULL)`,
  `CREATE VIEW dbo.PriceList AS SELECT No, Price FROM dbo.Prices`,
];
const USERS = 'SELECT UserName FROM dbo.MobileUsers';
const PRICES = 'SELECT No, Price FROM dbo.PriceList';
const OUTCOME = 'SELECT packet_id, state FROM ferry.outcome WHERE source = @source';
const field = (text: string): object => ({ field: 'f', type: text });
const MAPPING = mappingOf({
  mappingVersion: 1,
  name: 'all of it',
  push: {
    entities: [
      {
        entity: 'Items',
        from: { table: { name: 'Items' } },
        fields: { No: { column: 'No', type: 'text(20)' } },
        orderBy: ['No'],
      },
      {
        entity: 'Prices',
        from: { select: PRICES },
        fields: { No: { column: 'No', type: 'text(20)' } },
        orderBy: ['No'],
      },
      {
        entity: 'Outcome',
        from: { select: OUTCOME },
        fields: { S: { column: 'state', type: 'text(20)' } },
        orderBy: ['packet_id'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'order',
        entity: 'SalesHeader',
        write: {
          to: { table: { name: 'Sales Order' }, rawInsert: true },
          values: {
            'Customer]No': field('text(20)'),
            Amount: field('decimal(18,4)'),
            Ordered: field('datetime'),
          },
        },
        returns: { key: { name: 'Id', type: 'int' }, number: { name: 'No', type: 'text(20)' } },
        lines: [
          {
            entity: 'SalesLine',
            join: { line: 'h', header: 'h' },
            write: {
              to: { table: { name: 'Sales Order Line' }, rawInsert: true },
              values: {
                OrderId: { header: 'key' },
                Item: field('text(20)'),
                Quantity: field('decimal(18,3)'),
              },
            },
          },
        ],
        references: [{ field: 'item', to: { table: { name: 'Items' }, column: 'No' } }],
      },
      {
        document: 'payment',
        entity: 'Payment',
        write: {
          to: { procedure: { name: 'PostPayment' } },
          values: { Amount: field('decimal(19,4)'), Note: field('text(50)') },
        },
        returns: { key: { name: 'Id', type: 'int' } },
      },
      {
        document: 'customer',
        entity: 'Customer',
        write: {
          to: { table: { name: 'Customers' }, upsert: { key: ['No'] } },
          values: {
            No: { field: 'f', type: 'text(20)', required: true },
            Name: {
              lookup: { table: { name: 'Names' }, match: { No: field('text(20)') }, take: 'Name' },
              type: 'text(40)',
            },
          },
        },
      },
      {
        document: 'visit',
        entity: 'Visit',
        write: { to: { staging: { name: 'Staged' } }, values: { Visit: field('text(40)') } },
        returns: { key: { name: 'Id', type: 'int' } },
        erpStatus: { column: 'Status', accepted: ['done'], refused: ['no'], number: 'ErpNo', reason: 'Why' },
      },
    ],
  },
});
const text = type('text(40)');
const dbo = (name: string): { schema: string; name: string } => ({ schema: 'dbo', name });
const HANDOVER = {
  document: 'visit',
  staging: dbo('Staged'),
  key: { name: 'Id', type: type('int') },
  column: 'Status',
  accepted: ['done'],
  refused: ['no'],
  number: 'ErpNo',
  reason: 'Why',
};

let bench: Bench;
let setup: RawSession;
let login: DailyLogin;
let settings: Bench['settings'];
let rights: readonly NeededRight[];

beforeAll(async () => {
  bench = await openBench();
  setup = await bench.raw();
  for (const batch of OBJECTS) await setup.query(batch);
  login = await makeDailyLogin(bench, setup);
  settings = { ...bench.settings, user: login.user };
  const link = { id: 'sales', push: { users: { query: USERS } } };
  const found = siteRights(settings, [{ settings: link, mapping: MAPPING }]);
  expect(found.byHand).toEqual([]);
  rights = found.needed;
  for (const right of rights) await setup.query(grantRight(login.role, right));
}, 30_000);
afterAll(async () => {
  await login?.drop().catch(() => undefined);
  await bench?.close();
});

const documentOf = (kind: 'payment' | 'customer' | 'visit', value: string): WriteDocument => {
  const one = (name: string, of: string, as = text): WriteDocument['header']['values'][number] => ({
    name,
    type: as,
    value: of,
  });
  const header: Record<typeof kind, WriteDocument['header']> = {
    payment: {
      kind: 'procedure',
      target: dbo('PostPayment'),
      values: [one('Amount', '1.5000', type('decimal(19,4)')), one('Note', value)],
      returnsKey: { name: 'Id', type: type('int') },
    },
    customer: {
      kind: 'upsert',
      target: dbo('Customers'),
      values: [one('No', 'C-1'), one('Name', value)],
      upsert: { key: ['No'], onExisting: 'update' },
    },
    visit: {
      kind: 'insert',
      target: dbo('Staged'),
      values: [one('Visit', value)],
      returnsKey: { name: 'Id', type: type('int') },
    },
  };
  return document(`row-${randomUUID()}`, {
    document: kind,
    header: header[kind],
    lines: [],
    ...(kind === 'visit' ? { handover: HANDOVER } : {}),
  });
};

/** Everything the program does in an ERP, once; the first failure ends it. */
async function work(): Promise<SyncFailure | undefined> {
  await setup.query('DELETE FROM ferry.site; DELETE FROM dbo.Customers');
  const source = sourceId('dynamics-mobile', 'cloud.example', randomUUID());
  const erp = signedIn(source);
  try {
    for (const step of steps(erp, source)) {
      const done = await step();
      if (!done.ok) return done.failure;
    }
    return undefined;
  } finally {
    await erp.close();
  }
}

const signedIn = (source: ReadRequest['source']): ClosablePacketErp =>
  bench.erp({ settings, source, password: () => Promise.resolve(login.password) });

function steps(
  erp: ClosablePacketErp,
  source: ReadRequest['source'],
): readonly (() => Promise<Result<unknown>>)[] {
  const apply = (more: Parameters<typeof unit>[0]) => () =>
    erp.writer.apply(unit({ source, packetId: randomUUID(), ...more }), signal);
  const only = (kind: Parameters<typeof documentOf>[0], value: string) =>
    apply({ documents: [documentOf(kind, value)] });
  const notice = { packetId: 'n', user: 'ANNA', reason: 'why' };
  return [
    () => erp.ready(signal),
    () => erp.rebind(signal),
    () => erp.reader.users(USERS, signal),
    () =>
      readAll(
        erp,
        { from: { table: dbo('Items') }, columns: [{ column: 'No', type: text }], orderBy: ['No'] },
        source,
      ),
    () =>
      readAll(
        erp,
        { from: { select: PRICES }, columns: [{ column: 'No', type: text }], orderBy: ['No'] },
        source,
      ),
    () =>
      readAll(
        erp,
        { from: { select: OUTCOME }, columns: [{ column: 'state', type: text }], orderBy: ['packet_id'] },
        source,
      ),
    () => erp.reader.exists(dbo('Items'), 'No', 'I-1', signal),
    () =>
      erp.reader.lookups(
        [
          {
            table: dbo('Names'),
            where: [{ column: 'No', type: text, value: 'C-1' }],
            take: { column: 'Name', type: text },
          },
        ],
        signal,
      ),
    apply({ documents: [document(randomUUID())], series: [{ user: 'ANNA', series: 's', current: '1' }] }),
    apply({ documents: [], series: [{ user: 'ANNA', series: 's', current: '2' }] }),
    only('payment', 'p'),
    only('customer', 'one'),
    only('customer', 'two'),
    only('visit', 'v'),
    () => erp.writer.verdicts(source, [HANDOVER], signal),
    () => erp.writer.notify(source, [{ ...notice, state: 'parked' }], signal),
    () => erp.writer.notify(source, [{ ...notice, state: 'none' }], signal),
    () => erp.writer.voidPacket(source, randomUUID(), 0, hash('a'), signal),
    async () => {
      // Somebody else's turn: the row of the lease is there.
      await setup.query(
        `UPDATE ferry.lease SET expires_at = DATEADD(second, -1, SYSUTCDATETIME()) WHERE source = N'${source}'`,
      );
      const other = signedIn(source);
      try {
        return await other.ready(signal);
      } finally {
        await other.close();
      }
    },
  ];
}

async function readAll(
  erp: ClosablePacketErp,
  request: Pick<ReadRequest, 'from' | 'columns' | 'orderBy'>,
  source: ReadRequest['source'],
): Promise<Result<void>> {
  const view = await erp.reader.openView(signal);
  if (!view.ok) return view;
  try {
    const user = { name: 'ANNA', values: new Map<string, string>() };
    for await (const chunk of view.value.read({ where: [], user, source, ...request }, signal)) void chunk;
    return ok(undefined);
  } catch (error) {
    if (error instanceof BodyStreamError) return fail(error.failure);
    throw error;
  } finally {
    await view.value.close();
  }
}

async function check(): Promise<RightsVerdict> {
  const sessions = new SqlSessions(new MssqlServer(settings, () => Promise.resolve(login.password)), 1);
  try {
    const held = await readHeldRights(sessions, 'erp:main', signal);
    if (!held.ok) throw new Error(JSON.stringify(held.failure));
    return compareRights(rights, held.value);
  } finally {
    await sessions.close();
  }
}

const nameOf = ({ right, on }: NeededRight): string => `${right} ${on.schema}.${on.name}`;

/** Held for a use that the work above has not: how a table is defined, and rows of the ledger that nobody deletes. */
const UNUSED = /^(VIEW DEFINITION |DELETE ferry\.(?!notice$))/;

/** A refusal of the server by its number and words, or our own words for a ledger that cannot be seen. */
const saysWhat = (failure: SyncFailure | undefined): boolean =>
  (failure?.kind === 'rejected' &&
    ['229', '230'].includes(failure.code) &&
    failure.message.includes('permission')) ||
  (failure?.kind === 'fenced' &&
    failure.reason === 'ledger-missing' &&
    failure.detail.includes('erp-ferry erp script'));

describe('the generated rights', () => {
  it('are enough for all of it, and the check finds nothing', async () => {
    expect(await work()).toBeUndefined();
    expect(await check()).toEqual({ missing: [], tooMuch: [] });
  });

  it('each taken away once: the work fails in words, and the check names it', async () => {
    const wrong: string[] = [];
    for (const right of rights) {
      if (right.onlyFor === 'tracked') continue;
      const columns =
        right.columns === undefined
          ? ''
          : ` (${right.columns.map((one) => `[${one.replaceAll(']', ']]')}]`).join(', ')})`;
      await setup.query(
        `REVOKE ${right.right} ON [${right.on.schema}].[${right.on.name}]${columns} FROM [${login.role}]`,
      );
      const failure = await work();
      const { missing, tooMuch } = await check();
      await setup.query(grantRight(login.role, right));
      const told = missing.map((one) => `${one.right} ${one.on.schema}.${one.on.name}`);
      const view = right.onlyFor !== 'view' || right.on.name === 'PriceList';
      if (told.join() !== (view ? nameOf(right) : '') || tooMuch.length > 0)
        wrong.push(`${nameOf(right)}: the check says ${JSON.stringify({ told, tooMuch })}`);
      const inWords = saysWhat(failure);
      if (UNUSED.test(nameOf(right)) ? failure !== undefined : !inWords)
        wrong.push(`${nameOf(right)}: ${JSON.stringify(failure)}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it.each([
    ['GRANT SELECT ON dbo.Prices TO {user}', { kind: 'object-right', name: 'SELECT', on: dbo('Prices') }],
    [
      'GRANT SELECT ON dbo.Names (Salary) TO {user}',
      { kind: 'object-right', name: 'SELECT', on: dbo('Names'), columns: ['salary'] },
    ],
    ['GRANT DELETE ON dbo.Items TO {user}', { kind: 'object-right', name: 'DELETE', on: dbo('Items') }],
    ['GRANT ALTER ON dbo.Items TO {user}', { kind: 'object-right', name: 'ALTER', on: dbo('Items') }],
    ['GRANT CONTROL ON dbo.Items TO {user}', { kind: 'object-right', name: 'CONTROL', on: dbo('Items') }],
    ['GRANT EXECUTE ON dbo.Refuse TO {user}', { kind: 'object-right', name: 'EXECUTE', on: dbo('Refuse') }],
    ['GRANT INSERT ON SCHEMA::dbo TO {user}', { kind: 'schema-right', name: 'INSERT', schema: 'dbo' }],
    ['GRANT CREATE TABLE TO {user}', { kind: 'database-right', name: 'CREATE TABLE' }],
    ['GRANT CONTROL TO {user}', { kind: 'database-right', name: 'CONTROL' }],
    ['ALTER ROLE db_datareader ADD MEMBER {user}', { kind: 'database-role', name: 'db_datareader' }],
    ['ALTER ROLE db_owner ADD MEMBER {user}', { kind: 'database-role', name: 'db_owner' }],
  ])('%s: the check finds it', async (statement, found) => {
    const named = statement.replace('{user}', `[${login.user}]`);
    await setup.query(named);
    try {
      const { missing, tooMuch } = await check();
      expect(missing).toEqual([]);
      expect(tooMuch).toContainEqual(found);
      expect(tooMuch.every((one) => one.kind === found.kind)).toBe(true);
    } finally {
      await setup.query(
        named.startsWith('GRANT')
          ? named.replace('GRANT', 'REVOKE').replace(' TO ', ' FROM ')
          : named.replace('ADD MEMBER', 'DROP MEMBER'),
      );
    }
    expect((await check()).tooMuch).toEqual([]);
  });
});
