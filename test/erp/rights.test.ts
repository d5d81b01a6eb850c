import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CatalogueReader } from '../../main/adapters/erp-mssql/catalogue.ts';
import { Definitions } from '../../main/adapters/erp-mssql/definitions.ts';
import { knownFiles } from '../../main/adapters/erp-mssql/feeds/known-files.ts';
import { SqlFeed } from '../../main/adapters/erp-mssql/feeds/sql-feed.ts';
import { compareRights, type RightsVerdict } from '../../main/adapters/erp-mssql/grants/compare-rights.ts';
import { readHeldRights } from '../../main/adapters/erp-mssql/grants/held-rights.ts';
import type { NeededRight } from '../../main/adapters/erp-mssql/grants/rights.ts';
import { siteRights } from '../../main/adapters/erp-mssql/grants/site-rights.ts';
import { grantRight } from '../../main/adapters/erp-mssql/queries/grants.ts';
import { MssqlServer } from '../../main/adapters/erp-mssql/mssql-connection.ts';
import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import type { SqlOutcome } from '../../main/adapters/erp-mssql/sql-connection.ts';
import { SqlSessions } from '../../main/adapters/erp-mssql/sql-sessions.ts';
import type { ReadRequest, WriteDocument } from '../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../main/core/runtime/body-stream-error.ts';
import type { SyncFailure } from '../../shared/model/failure.ts';
import { sourceId } from '../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';
import { ERP_OBJECTS, openBench, type Bench, type RawSession } from '../integration/erp/bench.ts';
import { createForgetfulDisk } from '../support/forgetful-disk.ts';
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
  ...['Sales Order Line', 'Customers', 'Staged'].map(
    (name) => `CREATE TRIGGER dbo.[${name} gone] ON dbo.[${name}] AFTER DELETE AS SET NOCOUNT ON`,
  ),
];
const WRITTEN = ['Sales Order', 'Sales Order Line', 'Customers', 'Staged'];
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
  await setup.query(`ALTER DATABASE [${bench.settings.database}] SET CHANGE_TRACKING = ON`);
  await setup.query('ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING');
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
    () => withSessions((sessions, server) => changesOf(sessions, server)),
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

async function withSessions<T>(use: (sessions: SqlSessions, server: MssqlServer) => Promise<T>): Promise<T> {
  const server = new MssqlServer(settings, () => Promise.resolve(login.password));
  const sessions = new SqlSessions(server, 1);
  try {
    return await use(sessions, server);
  } finally {
    await sessions.close();
  }
}

/** What changed in a tracked table since just now. */
async function changesOf(sessions: SqlSessions, server: MssqlServer): Promise<Result<void>> {
  const feed = new SqlFeed({
    server,
    sessions,
    endpoint: 'erp:main',
    table: { table: dbo('Items') },
    wall: () => Date.now(),
    newId: () => randomUUID(),
    known: knownFiles(createForgetfulDisk(), '/feeds/Items'),
  });
  const cursor = await feed.start('change-tracking', signal);
  if (!cursor.ok) return cursor;
  for await (const part of feed.since(cursor.value, signal)) expect(part.kind).toBe('end');
  return ok(undefined);
}

/** The objects of which the catalogue tells a text, defaults or triggers: without a right it refuses nothing, and tells less. */
const told = (): Promise<readonly string[]> =>
  withSessions(async (sessions) => {
    const at = { sessions, endpoint: 'erp:main' } as const;
    const views = await new Definitions(sessions, at.endpoint).read([dbo('PriceList')], signal);
    const names = [...WRITTEN, 'PostPayment'].map(dbo);
    const found = await new CatalogueReader(at).read({ names, selects: [] }, signal);
    if (!views.ok || !found.ok) throw new Error(JSON.stringify([views, found]));
    return [
      ...views.value.filter((one) => one.kind === 'view' && one.text !== undefined),
      ...found.value.objects.filter(({ triggers }) => triggers.length > 0),
      ...found.value.procedures.filter(({ parameters }) =>
        parameters.every(({ hasDefault }) => hasDefault !== undefined),
      ),
    ].map(({ schema, name }) => `${schema}.${name}`);
  });

const check = (): Promise<RightsVerdict> =>
  withSessions(async (sessions) => {
    const held = await readHeldRights(sessions, 'erp:main', signal);
    if (!held.ok) throw new Error(JSON.stringify(held.failure));
    return compareRights(rights, held.value);
  });

const objectOf = ({ on }: NeededRight): string => `${on.schema}.${on.name}`;
const nameOf = (right: NeededRight): string => `${right.right} ${objectOf(right)}`;

/** A refusal of the server by its number and words, or our own words for a ledger or changes that cannot be seen. */
const saysWhat = (failure: SyncFailure | undefined): boolean =>
  (failure?.kind === 'rejected' &&
    failure.code === 'no-such-feed' &&
    failure.message.includes('VIEW CHANGE TRACKING')) ||
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
    const all = await told();
    expect(all.toSorted()).toEqual(
      ['PriceList', ...WRITTEN, 'PostPayment'].map((name) => `dbo.${name}`).toSorted(),
    );
    for (const right of rights) {
      const columns =
        right.columns === undefined
          ? ''
          : ` (${right.columns.map((one) => `[${one.replaceAll(']', ']]')}]`).join(', ')})`;
      await setup.query(
        `REVOKE ${right.right} ON [${right.on.schema}].[${right.on.name}]${columns} FROM [${login.role}]`,
      );
      const failure = await work();
      const left = await told();
      const { missing, tooMuch } = await check();
      await setup.query(grantRight(login.role, right));
      const checked = missing.map((one) => `${one.right} ${one.on.schema}.${one.on.name}`);
      // What is no view, or not tracked, was never given it.
      const given =
        right.onlyFor === undefined || right.on.name === (right.onlyFor === 'view' ? 'PriceList' : 'Items');
      if (checked.join() !== (given ? nameOf(right) : '') || tooMuch.length > 0)
        wrong.push(`${nameOf(right)}: the check says ${JSON.stringify({ checked, tooMuch })}`);
      const untold = all.filter((name) => !left.includes(name));
      const noticed =
        right.right === 'VIEW DEFINITION' ? untold.join() === objectOf(right) : saysWhat(failure);
      if (given ? !noticed : failure !== undefined || untold.length > 0)
        wrong.push(`${nameOf(right)}: ${JSON.stringify({ failure, untold })}`);
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('changes of a tracked table are refused without the right to view them', async () => {
    const changes = (): Promise<SqlOutcome> =>
      withSessions((sessions) =>
        sessions.run(
          {
            text: 'SELECT c.No FROM CHANGETABLE(CHANGES dbo.Items, 0) AS c',
            parameters: [],
            timeoutMs: 10_000,
          },
          signal,
        ),
      );
    expect((await changes()).kind).toBe('answered');
    await setup.query(`REVOKE VIEW CHANGE TRACKING ON dbo.Items FROM [${login.role}]`);
    try {
      expect(await changes()).toMatchObject({ kind: 'refused', number: 229 });
    } finally {
      await setup.query(`GRANT VIEW CHANGE TRACKING ON dbo.Items TO [${login.role}]`);
    }
  });

  it.each([
    [
      'GRANT DELETE ON ferry.ledger TO {user}',
      { kind: 'object-right', name: 'DELETE', on: { schema: 'ferry', name: 'ledger' } },
    ],
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
