import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RecordErp } from '../../../main/adapters/erp-mssql/records/record-erp.ts';
import type { RecordTable } from '../../../main/adapters/erp-mssql/records/record-table.ts';
import type {
  ChangePart,
  NamedRecord,
  RecordWrite,
  WriteOutcome,
} from '../../../main/core/records/record-store.ts';
import { startId } from '../../../shared/model/ids.ts';
import { openWire, tableOf, type RecordBench } from './record-bench.ts';

const signal = new AbortController().signal;

const OBJECTS = [
  `CREATE TABLE dbo.Goods (
    Id int IDENTITY(1,1) NOT NULL CONSTRAINT goods_pk PRIMARY KEY,
    Name nvarchar(20) NULL, Fixed char(6) NULL, Price decimal(18,4) NULL, Cost money NULL, Weight float NULL,
    Sold bit NULL, Made datetime NULL, Seen datetime2(7) NULL, Day date NULL, Tag uniqueidentifier NULL,
    Photo varbinary(50) NULL, Twice AS Id * 2, Big bigint NULL, Ver rowversion NOT NULL,
    Grams int NULL CONSTRAINT goods_grams CHECK (Grams > 0), Form real NULL
  )`,
  `CREATE TABLE dbo.Loud (No nvarchar(10) NOT NULL CONSTRAINT loud_pk PRIMARY KEY, Name nvarchar(20) NULL, Number int NULL)`,
  `CREATE TRIGGER dbo.LoudTrigger ON dbo.Loud AFTER INSERT, UPDATE AS
   BEGIN SET NOCOUNT ON; UPDATE dbo.Loud SET Name = UPPER(Name) WHERE No IN (SELECT No FROM inserted); SELECT N'noise' AS Noise; END`,
  `CREATE TABLE dbo.Ending (No nvarchar(10) NOT NULL CONSTRAINT ending_pk PRIMARY KEY, Name nvarchar(20) NULL)`,
  `CREATE TRIGGER dbo.EndingTrigger ON dbo.Ending AFTER INSERT AS
   BEGIN SET NOCOUNT ON; IF EXISTS (SELECT 1 FROM inserted WHERE Name = N'back') ROLLBACK TRANSACTION; IF EXISTS (SELECT 1 FROM inserted WHERE Name = N'kept') COMMIT TRANSACTION; END`,
  `CREATE TABLE dbo.Stamped (No nvarchar(10) NOT NULL CONSTRAINT stamped_pk PRIMARY KEY, Name nvarchar(20) NULL, At datetime NOT NULL)`,
  `CREATE TABLE dbo.Keyless (No nvarchar(10) NOT NULL, Name nvarchar(20) NULL)`,
];
const GOODS = tableOf(
  'Goods',
  ['Id'],
  {
    Name: 'text(20)',
    Fixed: 'text(6)',
    Price: 'decimal(18,4)',
    Cost: 'decimal(19,4)',
    Weight: 'decimal(18,3)',
    Sold: 'bool',
    Made: 'datetime',
    Seen: 'datetime',
    Day: 'date',
    Tag: 'guid',
    Photo: 'binary',
    Big: 'bigint',
    Grams: 'int',
  },
  { assigned: ['Big'] },
);
const TABLES: readonly RecordTable[] = [
  GOODS,
  tableOf('Loud', ['No'], { No: 'text(10)', Name: 'text(20)' }),
  tableOf('Ending', ['No'], { No: 'text(10)', Name: 'text(20)' }),
  tableOf(
    'Stamped',
    ['No'],
    { No: 'text(10)', Name: 'text(20)' },
    { changedAt: { column: 'At', clock: 'local' } },
  ),
  tableOf('Keyless', ['No'], { No: 'text(10)', Name: 'text(20)' }),
];

let bench: RecordBench;
let store: RecordErp;
beforeAll(async () => {
  bench = await openWire();
  for (const text of OBJECTS) await bench.query(text);
  store = bench.store(TABLES);
});
beforeEach(async () => {
  expect(await store.identity(signal)).toMatchObject({ ok: true });
});
afterAll(async () => {
  await store?.close();
  await bench?.close();
});

const must = <T>(result: { ok: true; value: T } | { ok: false; failure: unknown }): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};
const count = async (from: string): Promise<number> =>
  Number((await bench.query(`SELECT COUNT(*) AS n FROM ${from}`))[0]?.['n']);
type Values = Readonly<Record<string, string | null>>;
const map = (values: Values): Map<string, string | null> => new Map(Object.entries(values));
const create = (table: string, values: Values, intent = randomUUID()): RecordWrite => ({
  kind: 'create',
  intent,
  entity: `dbo.${table}`,
  values: map(values),
});
const update = (table: string, id: string, values: Values, expected: Values): RecordWrite => ({
  kind: 'update',
  intent: randomUUID(),
  entity: `dbo.${table}`,
  id,
  values: map(values),
  expected: map(expected),
});
const write = async (one: RecordWrite, by = store): Promise<WriteOutcome> => {
  const [outcome] = await by.write([one], signal);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
};
const idOf = (outcome: WriteOutcome): string => {
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  return outcome.id;
};
const fieldsOf = async (table: string, id: string, fields: readonly string[]): Promise<Values> => {
  const [record] = must(await store.read({ entity: `dbo.${table}`, ids: [id], fields }, signal));
  return Object.fromEntries(record?.fields ?? []);
};
const changes = async (
  entity: string,
  cursor?: string,
  by = store,
): Promise<{ records: NamedRecord[]; last: ChangePart | undefined; cursor: string }> => {
  const parts: ChangePart[] = [];
  for await (const part of by.changes({ entity, filter: { all: [] }, fields: [], cursor }, signal))
    parts.push(part);
  const last = parts.at(-1);
  return {
    records: parts.flatMap((part) => (part.kind === 'named' ? part.records : [])),
    last,
    cursor: last?.kind === 'end' ? last.cursor : '',
  };
};

const FULL: Values = {
  Name: 'Äpfel',
  Fixed: 'ab',
  Price: '12345678901234.5678',
  Cost: '922337203685477.5807',
  Weight: '1.5',
  Sold: 'true',
  Made: '2026-07-01T06:30:15Z',
  Seen: '2026-01-15T06:30:15Z',
  Day: '2026-02-28',
  Tag: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  Photo: 'AAEC/w==',
  Grams: '2147483647',
};

describe('what the ERP has', () => {
  it('is told as it is: types, lengths, what must be and what cannot be written', async () => {
    const [shape] = must(await store.describe(['dbo.Goods'], signal));
    const field = (name: string): unknown => shape?.fields.find((one) => one.name === name);
    expect(shape?.key).toEqual(['Id']);
    expect(field('Id')).toMatchObject({ type: 'int', can: { read: true, create: false, update: false } });
    expect(field('Name')).toMatchObject({ type: 'text', length: 20, required: false });
    expect(field('Price')).toMatchObject({ type: 'decimal', precision: 18, scale: 4 });
    expect(field('Made')).toMatchObject({ type: 'instant', can: { create: true, update: true } });
    expect(field('Day')).toMatchObject({ type: 'date' });
    for (const name of ['Twice', 'Ver', 'Big'])
      expect(field(name), name).toMatchObject({ can: { create: false, update: false } });
    expect(field('Form')).toBeUndefined();
    expect(shape?.remarks.join('\n')).toContain('Form');
    expect(shape?.remarks.join('\n')).toContain('change-tracking: Change Tracking is off');
    const [stamped] = must(await store.describe(['dbo.Stamped', 'dbo.Nowhere'], signal));
    expect(stamped?.fields.find(({ name }) => name === 'No')).toMatchObject({ required: true });
  });

  it('has a table without a key described, and its changes refused', async () => {
    const [shape] = must(await store.describe(['dbo.Keyless'], signal));
    expect(shape?.remarks.join('\n')).toContain('No unique key');
    expect((await changes('dbo.Keyless')).last).toMatchObject({
      kind: 'failed',
      failure: { kind: 'rejected', code: 'no-such-feed' },
    });
  });

  it('has a clock that can be compared only where each table stamps its rows', () => {
    expect(store.capabilities.clock).toBe('unknown');
    expect(bench.store(TABLES.filter(({ changedAt }) => changedAt)).capabilities.clock).toBe('known');
  });

  it('gives its stamp as a moment', async () => {
    await bench.query(`INSERT INTO dbo.Stamped (No, At) VALUES (N'S1', '2026-07-01T09:30:00')`);
    const [record] = must(await store.read({ entity: 'dbo.Stamped', ids: ['S1'], fields: [] }, signal));
    expect(record?.changedAt).toBe(Date.UTC(2026, 6, 1, 6, 30));
  });
});

describe('values', () => {
  it('come and go exactly', async () => {
    const outcome = await write(create('Goods', FULL));
    expect(outcome).toMatchObject({ kind: 'done' });
    const id = idOf(outcome);
    expect(await fieldsOf('Goods', id, Object.keys(FULL))).toEqual(FULL);
    expect(
      (
        await bench.query(`SELECT CONVERT(nvarchar(30), Made, 126) AS made FROM dbo.Goods WHERE Id = ${id}`)
      )[0],
    ).toEqual({ made: '2026-07-01T09:30:15' });
    expect(outcome.kind === 'done' && Object.fromEntries(outcome.stored?.fields ?? [])).toMatchObject(FULL);
    expect(await write(update('Goods', id, { Name: 'next' }, FULL))).toMatchObject({ kind: 'done', id });
  });

  it.each(Object.entries(FULL))('a guard sees that %s is another', async (name, value) => {
    const id = idOf(await write(create('Goods', FULL)));
    const others: Values = {
      Name: 'äpfel',
      Fixed: 'aB',
      Price: '12345678901234.5679',
      Cost: '922337203685477.5806',
      Weight: '1.501',
      Sold: 'false',
      Made: '2026-07-01T06:30:16Z',
      Seen: '2026-01-15T07:30:15Z',
      Day: '2026-03-01',
      Tag: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeef',
      Photo: 'AAEC/wA=',
      Grams: '2147483646',
    };
    for (const wrong of [others[name] ?? '', null])
      expect(await write(update('Goods', id, { Grams: '5' }, { [name]: wrong }))).toMatchObject({
        kind: 'moved',
      });
    expect(await write(update('Goods', id, { Grams: '5' }, { [name]: value }))).toMatchObject({
      kind: 'done',
    });
  });

  it('a moment of a night when the clock was put forward can still be decided upon', async () => {
    await bench.query(`INSERT INTO dbo.Goods (Name, Made) VALUES (N'gap', '2026-03-29T03:30:00')`);
    const [found] = must(
      await store.find({ entity: 'dbo.Goods', by: ['Name'], values: [['GAP']], fields: ['Made'] }, signal),
    );
    const made = found?.fields.get('Made') ?? null;
    expect(made).not.toBeNull();
    expect(await write(update('Goods', found?.id ?? '', { Name: 'g' }, { Made: made }))).toMatchObject({
      kind: 'done',
    });
  });

  it.each([
    ['Name', 'x'.repeat(21), 'text-too-long'],
    ['Price', '1.00001', 'decimal-does-not-fit'],
    ['Grams', '2147483648', 'not-an-int'],
    ['Made', 'yesterday', 'not-a-moment'],
    ['Big', '1', 'assigned-column'],
    ['Twice', '1', 'assigned-column'],
    ['Nowhere', '1', 'no-such-column'],
  ])('%s = %s is refused, and nothing is sent', async (field, value, code) => {
    const before = await count('ferry.record_ledger');
    expect(await write(create('Goods', { [field]: value }))).toMatchObject({
      kind: 'refused',
      failure: { kind: 'rejected', code, field },
    });
    expect(await count('ferry.record_ledger')).toBe(before);
  });

  it('what a constraint refuses is refused, alone', async () => {
    const rows = await count('dbo.Goods');
    const outcomes = await store.write(
      [
        create('Goods', { Name: 'a' }),
        create('Goods', { Grams: '-1' }),
        create('Loud', { Name: 'no key' }),
        create('Goods', { Name: 'b' }),
      ],
      signal,
    );
    expect(outcomes).toMatchObject([
      { kind: 'done' },
      { kind: 'refused', failure: { kind: 'rejected', code: '547' } },
      { kind: 'refused', failure: { kind: 'rejected', code: '515' } },
      { kind: 'done' },
    ]);
    expect(await count('dbo.Goods')).toBe(rows + 2);
  });
});

describe('triggers', () => {
  it('what one makes of a value is seen', async () => {
    const made = await write(create('Loud', { No: 'L1', Name: 'quiet' }));
    expect(made).toMatchObject({ kind: 'done', id: 'L1' });
    expect(made.kind === 'done' && made.stored?.fields.get('Name')).toBe('QUIET');
    const edited = await write(update('Loud', 'L1', { Name: 'hush' }, { Name: 'QUIET' }));
    expect(edited.kind === 'done' && edited.stored?.fields.get('Name')).toBe('HUSH');
  });

  it('one that rolls back refuses its record, and the rest of the batch is not begun or done', async () => {
    const outcomes = await store.write(
      [create('Ending', { No: 'E1', Name: 'back' }), create('Ending', { No: 'E2', Name: 'fine' })],
      signal,
    );
    expect(outcomes[0]).toMatchObject({ kind: 'refused', failure: { code: 'transaction-ended' } });
    expect(await count(`dbo.Ending WHERE No = N'E1'`)).toBe(0);
    expect(['done', 'not-sent']).toContain(outcomes[1]?.kind);
    expect(await count(`dbo.Ending WHERE No = N'E2'`)).toBe(outcomes[1]?.kind === 'done' ? 1 : 0);
  });

  it('one that commits leaves its write in doubt for good, never twice', async () => {
    const one = create('Ending', { No: 'E3', Name: 'kept' });
    expect(await write(one)).toMatchObject({ kind: 'unknown', failure: { kind: 'conflict' } });
    expect(await write(one)).toMatchObject({ kind: 'unknown', failure: { kind: 'conflict' } });
    expect(await count(`dbo.Ending WHERE No = N'E3'`)).toBe(1);
  });
});

describe('intents', () => {
  it('the same one with other contents is a conflict', async () => {
    const intent = randomUUID();
    await write(create('Loud', { No: 'C1' }, intent));
    expect(await write(create('Loud', { No: 'C2' }, intent))).toMatchObject({
      kind: 'refused',
      failure: { kind: 'conflict' },
    });
    expect(await count(`dbo.Loud WHERE No = N'C2'`)).toBe(0);
  });

  it('leave a finished row with the key and a hash', async () => {
    const one = create('Goods', { Name: 'proof' });
    const id = idOf(await write(one));
    expect(
      await bench.query(
        `SELECT record_key, operation, entity, CASE WHEN readback_hash IS NULL OR finished_at IS NULL THEN 0 ELSE 1 END AS whole FROM ferry.record_ledger WHERE intent = N'${one.intent}'`,
      ),
    ).toEqual([{ record_key: id, operation: 'create', entity: 'dbo.Goods', whole: 1 }]);
  });

  it('a batch whose answer is lost is done once', async () => {
    const batch = Array.from({ length: 5 }, (_, index) => create('Goods', { Name: `lost-${index}` }));
    for (const when of ['before', 'after'] as const) {
      bench.lose(when);
      expect((await store.write(batch, signal)).map(({ kind }) => kind)).toEqual(batch.map(() => 'unknown'));
    }
    expect((await store.write(batch, signal)).map(({ kind }) => kind)).toEqual(batch.map(() => 'done'));
    expect(await count(`dbo.Goods WHERE Name LIKE N'lost-%'`)).toBe(5);
  });
});

describe('two agents', () => {
  it('the one whose lease was taken over writes nothing', async () => {
    const id = idOf(await write(create('Goods', { Name: 'mine' })));
    await store.release(signal);
    const other = bench.store(TABLES, { startId: startId(randomUUID()) });
    expect(await store.identity(signal)).toMatchObject({ ok: true });
    expect(await other.identity(signal)).toMatchObject({ ok: false, failure: { kind: 'fenced' } });
    await bench.query(`UPDATE ferry.lease SET fence = fence + 1`);
    const outcomes = await store.write(
      [update('Goods', id, { Name: 'late' }, { Name: 'mine' }), create('Goods', { Name: 'later' })],
      signal,
    );
    expect(outcomes).toMatchObject([
      { kind: 'not-sent', failure: { kind: 'fenced' } },
      { kind: 'not-sent', failure: { kind: 'fenced' } },
    ]);
    expect(await count(`dbo.Goods WHERE Name IN (N'late', N'later')`)).toBe(0);
    await other.close();
    await bench.query(`DELETE FROM ferry.lease`);
  });
});

describe('feeds', () => {
  it('a table without a usable feed is compared whole, and a row gone is unseen', async () => {
    await bench.query(`INSERT INTO dbo.Loud (No, Name) VALUES (N'F1', N'A'), (N'F2', N'B')`);
    const first = await changes('dbo.Loud');
    expect(first.records.map(({ id }) => id)).toEqual(expect.arrayContaining(['F1', 'F2']));
    expect((await changes('dbo.Loud', first.cursor)).records).toEqual([]);
    const quiet = await changes('dbo.Loud', first.cursor);
    await bench.query(
      `UPDATE dbo.Loud SET Number = 5 WHERE No = N'F1'; DELETE FROM dbo.Loud WHERE No = N'F2'`,
    );
    const second = await changes('dbo.Loud', quiet.cursor);
    expect(second.records).toEqual(expect.arrayContaining([{ id: 'F1' }, { id: 'F2', gone: 'unseen' }]));
    expect(second.records).toHaveLength(2);
  });

  it('without a place for what it knows there is no full compare', async () => {
    const bare = bench.store(TABLES, { known: undefined });
    expect((await changes('dbo.Loud', undefined, bare)).last).toMatchObject({ kind: 'failed' });
    const [shape] = must(await bare.describe(['dbo.Loud'], signal));
    expect(shape?.remarks.join('\n')).toContain('no place');
    await bare.close();
  });

  it('a cursor of another table is a reset', async () => {
    const { cursor } = await changes('dbo.Goods');
    expect((await changes('dbo.Loud', cursor)).last).toMatchObject({ kind: 'reset', reason: 'not-a-cursor' });
  });
});

describe('ids', () => {
  it('count capitals: a key in another spelling is another record', async () => {
    await bench.query(`INSERT INTO dbo.Loud (No, Name) VALUES (N'Abc', N'X')`);
    expect(must(await store.read({ entity: 'dbo.Loud', ids: ['abc'], fields: [] }, signal))).toEqual([]);
    expect(await write(update('Loud', 'abc', { Name: 'y' }, {}))).toEqual({ kind: 'missing' });
    expect(must(await store.read({ entity: 'dbo.Loud', ids: ['Abc'], fields: [] }, signal))).toHaveLength(1);
  });

  it('that no row can have are of no record', async () => {
    for (const id of ['x', '1.5', '', '99999999999'])
      expect(must(await store.read({ entity: 'dbo.Goods', ids: [id], fields: [] }, signal))).toEqual([]);
    expect(await write(update('Goods', 'x', { Name: 'y' }, {}))).toEqual({ kind: 'missing' });
  });

  it('filters hold as the server compares', async () => {
    const ids = async (all: Parameters<RecordErp['ids']>[0]['filter']['all']): Promise<number> =>
      must(await store.ids({ entity: 'dbo.Goods', filter: { all }, after: undefined }, signal)).ids.length;
    await bench.query(
      `INSERT INTO dbo.Goods (Name, Tag, Made, Grams) VALUES (N'flt', 'BBBBBBBB-BBBB-BBBB-BBBB-BBBBBBBBBBBB', '2026-07-01T09:30:15.500', 7), (N'flt', NULL, '2026-07-01T09:30:16', NULL)`,
    );
    const name = { field: 'Name', is: 'eq', values: ['FLT'] } as const;
    const at = '2026-07-01T06:30:15Z';
    expect(await ids([name])).toBe(2);
    expect(await ids([name, { field: 'Grams', is: 'ne', values: ['7'] }])).toBe(1);
    expect(await ids([name, { field: 'Grams', is: 'null', values: [] }])).toBe(1);
    expect(await ids([name, { field: 'Grams', is: 'not-null', values: [] }])).toBe(1);
    expect(await ids([name, { field: 'Grams', is: 'in', values: ['7', '8'] }])).toBe(1);
    expect(await ids([name, { field: 'Made', is: 'eq', values: [at] }])).toBe(1);
    expect(await ids([name, { field: 'Made', is: 'le', values: [at] }])).toBe(1);
    expect(await ids([name, { field: 'Made', is: 'gt', values: [at] }])).toBe(1);
    expect(await ids([name, { field: 'Made', is: 'ge', values: [at] }])).toBe(2);
    expect(await ids([name, { field: 'Made', is: 'lt', values: [at] }])).toBe(0);
    expect(
      await store.ids(
        {
          entity: 'dbo.Goods',
          filter: { all: [{ field: 'Grams', is: 'eq', values: ['x'] }] },
          after: undefined,
        },
        signal,
      ),
    ).toMatchObject({ ok: false, failure: { code: 'not-of-its-type', field: 'Grams' } });
  });
});
