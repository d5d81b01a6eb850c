import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { driftOf, questionOf } from '../../../main/core/drift/drift-of.ts';
import { planPacket } from '../../../main/core/mapping/plan-packet.ts';
import type { PacketPlan } from '../../../main/core/mapping/plan.ts';
import type { LookupQuestion } from '../../../main/core/packets/erp.ts';
import { withLookups } from '../../../main/core/packets/apply/lookups.ts';
import { between, pick, seededRandom, type Random } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { sha256, type Sha256 } from '../../../shared/model/ids.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Result } from '../../../shared/model/result.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';
import { mappingOf, packetOf } from '../mapped.ts';

const hash = (text: string): Sha256 => sha256(createHash('sha256').update(text).digest('hex'));

type Make = (random: Random) => string | null;

interface Column {
  readonly name: string;
  readonly sql: string;
  readonly type: string;
  readonly make: Make;
  /** What stands there by SQL Server's rules when this was sent. */
  readonly stored?: ((value: string) => string) | undefined;
}

/** What fits, what nearly fits, and what only looks as if it did. */
const PIECES = [
  'a',
  'Z9',
  ' ',
  "'",
  '–€™',
  'é',
  'ÿ',
  'ž',
  'ł',
  'ā',
  'Ж',
  'ß',
  'Ａ',
  '商',
  '\u{1F600}',
  'e\u0301',
  '\u0081',
  '\u00a0',
  '\t',
  '∞',
  '\u2212',
];
const text =
  (most: number): Make =>
  (random) => {
    if (random() < 0.1) return null;
    let made = '';
    const wanted = between(random, 0, most);
    // Most texts are plain: a test that refuses everything shows nothing.
    const pieces = random() < 0.6 ? PIECES.slice(0, 7) : PIECES;
    while (made.length < wanted) made += pick(random, pieces);
    return made;
  };
const two = (value: number): string => String(value).padStart(2, '0');
const moment: Make = (random) => {
  if (random() < 0.1) return null;
  const year = pick(random, ['1752', '1753', '1899', '1900', '2025', '2079', '2080', '9999']);
  const [month, day] = pick(random, [
    ['01', '01'],
    ['06', '06'],
    ['06', '07'],
    ['12', '31'],
  ]);
  const time =
    random() < 0.3 ? '23:59:59' : `${two(between(random, 0, 23))}:08:${two(between(random, 0, 59))}`;
  return `${year}-${month}-${day}T${time}.${String(random() < 0.2 ? 999 : between(random, 0, 998)).padStart(3, '0')}`;
};
const day: Make = (random) => moment(random)?.slice(0, 10) ?? null;
const number =
  (digits: number): Make =>
  (random) =>
    random() < 0.1 ? null : String(between(random, -(10 ** digits), 10 ** digits));
const bytes =
  (most: number): Make =>
  (random) =>
    Buffer.from(Array.from({ length: between(random, 1, most) }, () => between(random, 0, 255))).toString(
      'base64',
    );

const COLUMNS: readonly Column[] = [
  { name: 'narrow', sql: 'varchar(20) NULL', type: 'text(20)', make: text(22) },
  { name: 'free', sql: 'varchar(20) NULL', type: 'text', make: text(22) },
  { name: 'fixed', sql: 'char(10) NULL', type: 'text(10)', make: text(11), stored: (v) => v.padEnd(10) },
  { name: 'long', sql: 'varchar(max) NULL', type: 'text', make: text(60) },
  { name: 'wide', sql: 'nvarchar(20) NULL', type: 'text', make: text(22) },
  { name: 'must', sql: 'nvarchar(30) NOT NULL', type: 'text(30)', make: text(25) },
  { name: 'old', sql: 'datetime NULL', type: 'datetime', make: moment },
  { name: 'small', sql: 'smalldatetime NULL', type: 'date', make: day },
  { name: 'seconds', sql: 'datetime2(0) NULL', type: 'datetime', make: moment },
  {
    name: 'tiny',
    sql: 'tinyint NULL',
    type: 'decimal(2,0)',
    make: (r) => (r() < 0.1 ? null : String(between(r, 0, 120))),
  },
  { name: 'short', sql: 'smallint NULL', type: 'decimal(4,0)', make: number(4) },
  { name: 'cash', sql: 'money NULL', type: 'decimal(18,4)', make: number(15) },
  { name: 'picture', sql: 'varbinary(12) NULL', type: 'binary', make: bytes(13) },
];

const kindOf = (type: string): FieldType => {
  const parsed = parseFieldType(type);
  assert.ok(parsed);
  return parsed;
};

const quoted = (name: string): string => `N'${name.replaceAll("'", "''")}'`;

function mappingFor(
  table: string,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  more: object = {},
): Mapping {
  return mappingOf({
    mappingVersion: 1,
    name: 'values',
    push: {
      entities: [
        {
          entity: 'B',
          from: { table: { name: table } },
          fields: { K: { column: 'K', type: 'int' } },
          orderBy: ['K'],
        },
      ],
    },
    pull: {
      documents: [
        {
          document: 'row',
          entity: 'Rows',
          write: {
            to: { table: { name: table }, rawInsert: true },
            values: {
              K: { field: 'K', type: 'int', required: true },
              ...Object.fromEntries(
                // An expression is not held to be empty before it is: the column's own rule decides.
                columns.map(({ name, type }) => [
                  name,
                  name === 'must' ? { cel: 'row.must', type } : { field: name, type },
                ]),
              ),
              ...more,
            },
          },
        },
      ],
    },
  });
}

async function planned(
  world: ErpWorld,
  mapping: Mapping,
  row: Readonly<Record<string, string | null>>,
): Promise<Result<PacketPlan>> {
  await world.login.grantFor(mapping);
  const catalogue = await world.erp.catalogue(questionOf(mapping), signal);
  assert.ok(catalogue.ok, JSON.stringify(catalogue));
  assert.deepEqual(
    driftOf(mapping, catalogue.value).filter((one) => one.severity === 'breaking'),
    [],
  );
  return planPacket({
    packet: packetOf('Rows', [{ DMS_ROWID: world.fresh('row'), ...row }]),
    mapping,
    mappingHash: hash('mapping'),
    packetId: world.fresh('packet'),
    user: 'ANNA',
    company: 'ACME_LIVE',
    source: SOURCE,
    revision: 0,
    payloadHash: hash(world.fresh('payload')),
    zones: { area: 'Europe/Sofia', erp: 'Europe/Sofia' },
    catalogue: catalogue.value,
    hash,
  });
}

/** As the server's own conversion shows it. */
function seen({ name, sql }: Column): string {
  if (sql.startsWith('varbinary')) return `CONVERT(nvarchar(max), ${name}, 2)`;
  if (/^(datetime|smalldatetime)/.test(sql)) return `CONVERT(nvarchar(40), ${name}, 121)`;
  if (sql.startsWith('money')) return `CONVERT(nvarchar(40), ${name}, 2)`;
  return `CAST(${name} AS nvarchar(max))`;
}

function plain(value: string, { sql }: Column): string {
  if (/^(datetime|smalldatetime)/.test(sql)) {
    const bare = value.replace('T', ' ');
    return bare.length === 10
      ? `${bare} 00:00:00.000`
      : `${bare}${bare.includes('.') ? '' : '.000'}`.slice(0, 23);
  }
  if (sql.startsWith('money'))
    return value.replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros));
  return value;
}

const question = (
  table: string,
  column: string,
  value: string | null,
  take = 'Name',
  types: readonly [string, string] = ['text(20)', 'text(40)'],
): LookupQuestion => ({
  table: { schema: 'dbo', name: table },
  where: [{ column, type: kindOf(types[0]), value }],
  take: { column: take, type: kindOf(types[1]) },
});

const group = 'values before the ERP sees them';

export const valueCases = (rows: number, seed: string): readonly ContractCase[] => [
  {
    group,
    name: `${rows} hostile rows: each value arrives as it was sent or was refused here, seed ${seed}`,
    documented:
      'characters outside of a code page become others, texts too long are errors, moments are rounded',
    async run(world) {
      const random = seededRandom(seed);
      await world.beside.query(
        `CREATE TABLE dbo.[V judged] (K int NOT NULL PRIMARY KEY, ${COLUMNS.map(({ name, sql }) => `${name} ${sql}`).join(', ')})`,
      );
      const mapping = mappingFor('V judged', COLUMNS);
      const counts = { written: 0, refused: 0 };
      for (let key = 1; key <= rows; key += 1) {
        // Three columns at a time, so that one value does not hide what becomes of the others.
        const used = new Set(Array.from({ length: 3 }, () => pick(random, COLUMNS).name));
        const row = Object.fromEntries(
          COLUMNS.map(({ name, make }) => [
            name,
            used.has(name) ? make(random) : name === 'must' ? 'there' : null,
          ]),
        );
        const plan = await planned(world, mapping, { K: String(key), ...row });
        if (!plan.ok) {
          assert.equal(plan.failure.kind, 'rejected');
          assert.match(JSON.stringify(plan.failure), /Rows row 1/);
          counts.refused += 1;
          continue;
        }
        const done = await world.erp.writer.apply(plan.value.unit, signal);
        assert.equal(
          done.ok && done.value.kind,
          'applied',
          `${JSON.stringify(row)}: ${JSON.stringify(done)}`,
        );
        counts.written += 1;
        const [found] = await world.beside.query(
          `SELECT ${COLUMNS.map((one) => `${seen(one)} AS ${one.name}`).join(', ')} FROM dbo.[V judged] WHERE K = ${key}`,
        );
        const sent = plan.value.unit.documents[0]?.header.values ?? [];
        for (const column of COLUMNS) {
          const value = sent.find(({ name }) => name === column.name)?.value ?? null;
          const noted: string | undefined = plan.value.notes.find(({ field }) => field === column.name)?.kept;
          const expected: string | null =
            value === null || typeof value !== 'string'
              ? null
              : column.type === 'binary'
                ? Buffer.from(value, 'base64').toString('hex').toUpperCase()
                : (column.stored ?? ((one: string) => one))(noted ?? value);
          const stored = found?.[column.name] as string | null;
          assert.equal(
            stored === null ? null : plain(stored, column),
            expected === null ? null : plain(expected, column),
            `${column.name} ${column.sql}: ${JSON.stringify(row[column.name])}`,
          );
        }
      }
      assert.ok(counts.written > rows / 5 && counts.refused > rows / 5, JSON.stringify(counts));
    },
  },
  {
    group,
    name: 'lookups: found, none, ambiguous, nothing, of every type, and more than one statement takes',
    documented: 'a parameter is compared as the type it is cast to; UNION ALL gives one answer for each part',
    async run(world) {
      await world.beside.query(
        `CREATE TABLE dbo.[V customers] (No nvarchar(20) NOT NULL PRIMARY KEY, Code varchar(20) NULL, Name nvarchar(40) NULL, Price decimal(19,4) NULL, Cash money NULL, Day date NULL, Moment datetime NULL, Small int NULL, Yes bit NULL, Gid uniqueidentifier NULL, Bytes varbinary(8) NULL, Long nvarchar(max) NULL)`,
      );
      const long = 'x'.repeat(5_000);
      await world.beside.query(
        `INSERT INTO dbo.[V customers] (No, Code, Name, Price, Cash, Day, Moment, Small, Yes, Gid, Bytes, Long) VALUES (N'C-1', 'A', N'Želka', 12345678901234.5678, 1.5, '2025-03-10', '2025-03-10T08:15:30.120', -7, 1, '0E984725-C51C-4BF4-9960-E1C80E27ABA0', 0x00FF10, N'${long}'), (N'C-2', 'A', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
      );
      const ask = async (questions: readonly LookupQuestion[]): Promise<unknown> => {
        const answer = await world.erp.reader.lookups(questions, signal);
        assert.ok(answer.ok, JSON.stringify(answer));
        return answer.value.map((one) => (one.kind === 'found' ? one.value : one.kind));
      };
      const of = (take: string, type: string): LookupQuestion =>
        question('V customers', 'No', 'C-1', take, ['text(20)', type]);
      assert.deepEqual(
        await ask([
          of('Name', 'text(40)'),
          question('V customers', 'No', "C-9'; --"),
          question('V customers', 'Code', 'A'),
          question('V customers', 'Code', null),
          question('V customers', 'No', 'C-2'),
          of('Price', 'decimal(19,4)'),
          of('Cash', 'decimal(19,4)'),
          of('Day', 'date'),
          of('Moment', 'datetime'),
          of('Small', 'int'),
          of('Yes', 'bool'),
          of('Gid', 'guid'),
          of('Bytes', 'binary'),
          of('Long', 'text'),
          question('V customers', 'Price', '12345678901234.5678', 'No', ['decimal(19,4)', 'text(20)']),
          question('V customers', 'Day', '2025-03-10', 'No', ['date', 'text(20)']),
        ]),
        [
          'Želka',
          'none',
          'ambiguous',
          'none',
          null,
          '12345678901234.5678',
          '1.5000',
          '2025-03-10',
          '2025-03-10T08:15:30.120',
          '-7',
          '1',
          '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
          'AP8Q',
          long,
          'C-1',
          'C-1',
        ],
      );
      const many = Array.from({ length: 250 }, (_, index) =>
        question('V customers', 'No', index % 50 === 0 ? 'C-1' : `C-${index + 10}`),
      );
      assert.deepEqual(
        await ask(many),
        many.map((_, index) => (index % 50 === 0 ? 'Želka' : 'none')),
      );
      const missing = await world.erp.reader.lookups([question('V nobody', 'No', 'x')], signal);
      assert.equal(!missing.ok && missing.failure.kind === 'rejected' && missing.failure.code, '208');
      const unread = await world.erp.reader.lookups([of('Name', 'int')], signal);
      assert.equal(
        !unread.ok && unread.failure.kind === 'rejected' && unread.failure.code,
        'not-of-its-type',
      );
    },
  },
  {
    group,
    name: 'a looked-up value is asked for once, written, and judged by its column like any other',
    documented: 'a value read from one table is written into another',
    async run(world) {
      await world.beside.query(
        `CREATE TABLE dbo.[V orders] (K int NOT NULL PRIMARY KEY, CustomerName varchar(40) NULL)`,
      );
      await world.beside.query(
        `CREATE TABLE dbo.[V names] (No nvarchar(20) NOT NULL, Name nvarchar(40) NULL)`,
      );
      await world.beside.query(
        `INSERT INTO dbo.[V names] (No, Name) VALUES (N'1', N'Müller'), (N'2', N'Žižek-Ł'), (N'3', N'x'), (N'3', N'y')`,
      );
      const mapping = mappingFor('V orders', [], {
        CustomerName: {
          lookup: {
            table: { name: 'V names' },
            match: { No: { field: 'customer', type: 'text(20)' } },
            take: 'Name',
          },
          type: 'text(40)',
        },
      });
      const run = async (key: string, customer: string): Promise<string> => {
        const plan = await planned(world, mapping, { K: key, customer });
        assert.ok(plan.ok, JSON.stringify(plan));
        const unit = await withLookups(world.erp, plan.value.unit, plan.value.lookups, signal);
        if (!unit.ok)
          return unit.failure.kind === 'rejected' ? `${unit.failure.code}: ${unit.failure.message}` : '?';
        const done = await world.erp.writer.apply(unit.value, signal);
        assert.equal(done.ok && done.value.kind, 'applied', JSON.stringify(done));
        const [row] = await world.beside.query(
          `SELECT CustomerName AS name FROM dbo.[V orders] WHERE K = CAST(${quoted(key)} AS int)`,
        );
        return String(row?.['name']);
      };
      assert.equal(await run('1', '1'), 'Müller');
      assert.match(await run('2', '2'), /^not-in-code-page: the character "Ł" \(U\+0141\)/);
      assert.match(await run('3', '3'), /^lookup-ambiguous: more than one row of dbo\.V names has No "3"/);
      assert.match(await run('4', "9'; --"), /^lookup-none: no row of dbo\.V names has No "9'; --"/);
      assert.equal(await world.count('dbo.[V orders]'), 1);
    },
  },
];
