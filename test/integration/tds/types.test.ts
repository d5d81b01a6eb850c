import sql from 'mssql';
import { expect, test } from 'vitest';
import type { SqlEvent, SqlType, SqlValue } from '../../../main/sandbox/tsql/face.ts';
import { ScriptedEngine, column, result } from '../../unit/tds/scripted-engine.ts';
import { bench } from './client.ts';

/** Sends the last parameter back as a column and as an output. */
const echo = () =>
  new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (request.kind !== 'procedure') return;
    const { type, value, name } = request.parameters.at(-1)!;
    yield* result([column('v', type)], [[value]]);
    if (request.name === 'echo') yield { kind: 'output', name, type, value };
  });

const when = new Date('2024-02-29T10:11:12.123Z');
const days = 738_944;
const ticks = ((10 * 60 + 11) * 60 + 12) * 10_000_000 + 1_230_000;
const guid = '6F9619FF-8B86-D011-B42D-00CF4FC964FF';

type Case = readonly [string, sql.ISqlType | (() => sql.ISqlType), unknown, SqlValue, unknown?];

// Name, declaration, what the client sends, what the engine must see, what comes back (the same where left out).
const cases: Case[] = [
  ['bit', sql.Bit, true, true],
  ['tinyint', sql.TinyInt, 255, 255],
  ['smallint', sql.SmallInt, -32_768, -32_768],
  ['int', sql.Int, -2_147_483_648, -2_147_483_648],
  ['bigint', sql.BigInt, '9223372036854775807', 9_223_372_036_854_775_807n],
  ['bigint below zero', sql.BigInt, '-9223372036854775808', -9_223_372_036_854_775_808n],
  ['decimal', sql.Decimal(18, 4), -1234.5678, '-1234.5678'],
  ['decimal below one', sql.Decimal(5, 5), 0.00012, '0.00012'],
  ['numeric', sql.Numeric(9, 0), 123_456_789, '123456789'],
  ['money', sql.Money, -922.3372, '-922.3372'],
  ['smallmoney', sql.SmallMoney, 214.7483, '214.7483'],
  ['float', sql.Float, 0.1, 0.1],
  ['real', sql.Real, 0.5, 0.5],
  ['char', sql.Char(5), 'ab€', 'ab€'],
  ['varchar', sql.VarChar(20), 'zażółć', 'za?ó??', 'za?ó??'],
  ['varchar empty', sql.VarChar(20), '', ''],
  ['varchar(max)', sql.VarChar(sql.MAX), 'é'.repeat(10_000), 'é'.repeat(10_000)],
  ['text', sql.Text, 'tëxt', 'tëxt'],
  ['nchar', sql.NChar(5), 'жz', 'жz'],
  ['nvarchar', sql.NVarChar(20), 'zażółć 😀', 'zażółć 😀'],
  ['nvarchar(max)', sql.NVarChar(sql.MAX), '😀'.repeat(50_000), '😀'.repeat(50_000)],
  ['nvarchar(max) empty', sql.NVarChar(sql.MAX), '', ''],
  ['binary', sql.Binary, Buffer.from([1, 2, 3, 4]), Uint8Array.of(1, 2, 3, 4), Buffer.from([1, 2, 3, 4])],
  ['varbinary', sql.VarBinary(8), Buffer.from([0, 255]), Uint8Array.of(0, 255), Buffer.from([0, 255])],
  [
    'varbinary(max)',
    sql.VarBinary(sql.MAX),
    Buffer.alloc(70_000, 9),
    new Uint8Array(70_000).fill(9),
    Buffer.alloc(70_000, 9),
  ],
  ['image', sql.Image, Buffer.from([7]), Uint8Array.of(7), Buffer.from([7])],
  ['uniqueidentifier', sql.UniqueIdentifier, guid.toLowerCase(), guid, guid],
  ['date', sql.Date, new Date('0001-01-01T00:00:00Z'), { days: 0, ticks: 0 }],
  ['time', sql.Time(3), when, { days: 0, ticks }, new Date('1970-01-01T10:11:12.123Z')],
  [
    'smalldatetime',
    sql.SmallDateTime,
    new Date('2024-02-29T10:11:00Z'),
    { days, ticks: ticks - 121_230_000 },
  ],
  ['datetime', sql.DateTime, new Date('2024-02-29T10:11:12.997Z'), { days, ticks: ticks + 8_740_000 }],
  ['datetime2', sql.DateTime2(7), when, { days, ticks }],
  [
    'datetime2(0)',
    sql.DateTime2(0),
    new Date('9999-12-31T23:59:59Z'),
    { days: 3_652_058, ticks: 863_990_000_000 },
  ],
  ['datetimeoffset', sql.DateTimeOffset(3), when, { days, ticks, offset: 0 }],
];

test('every type a driver can send arrives exactly, and goes back as a column and as an output, NULL too', async () => {
  const engine = echo();
  await using b = await bench({ engine });
  const pool = await b.pool();
  for (const [name, declared, sent, seen, back = sent] of cases) {
    for (const value of [sent, null]) {
      const answer = await pool
        .request()
        .input('v', declared as sql.ISqlType, value)
        .query('SELECT @v AS v');
      const parameter = parameterSeen(engine);
      expect(parameter.value, `${name} seen`).toEqual(value === null ? null : seen);
      expect(answer.recordset[0].v, `${name} back`).toEqual(value === null ? null : back);
    }
    // The driver does not take these two as outputs.
    if (name === 'text' || name === 'image') continue;
    const called = await pool
      .request()
      .output('v', declared as sql.ISqlType, sent)
      .execute('echo');
    expect(called.output.v, `${name} out`).toEqual(back);
    expect(called.recordset[0].v, `${name} row`).toEqual(back);
    expect(called.returnValue).toBe(0);
  }
});

function parameterSeen(engine: ScriptedEngine) {
  const { request } = engine.calls.at(-1)!;
  if (request.kind !== 'procedure') throw new Error('a procedure was expected');
  return request.parameters.at(-1)!;
}

// What only the server can send: types no parameter has, and digits no JavaScript number holds.
const served: readonly (readonly [SqlType, SqlValue, unknown])[] = [
  [{ name: 'rowversion' }, Uint8Array.of(0, 0, 0, 0, 0, 0, 7, 209), Buffer.from([0, 0, 0, 0, 0, 0, 7, 209])],
  [{ name: 'ntext' }, 'ж', 'ж'],
  [{ name: 'decimal', precision: 38, scale: 0 }, '99999999999999999999999999999999999999', 1e38],
  [{ name: 'decimal', precision: 28, scale: 10 }, '-123456789012.2500000000', -123_456_789_012.25],
  [{ name: 'money' }, '922337203685477.5807', 922337203685477.6],
  [{ name: 'sql_variant' }, 'variant', 'variant'],
  [{ name: 'sql_variant' }, 42, 42],
  [{ name: 'sql_variant' }, 42n, '42'],
  [{ name: 'sql_variant' }, 0.5, 0.5],
  [{ name: 'sql_variant' }, true, true],
  [{ name: 'sql_variant' }, Uint8Array.of(1), Buffer.from([1])],
  [{ name: 'sql_variant' }, { days, ticks }, when],
  [{ name: 'sql_variant' }, null, null],
  [{ name: 'datetimeoffset', scale: 7 }, { days, ticks: 0, offset: 120 }, new Date('2024-02-28T22:00:00Z')],
  [{ name: 'varchar', length: 'max' }, '', ''],
  [{ name: 'varbinary', length: 'max' }, new Uint8Array(0), Buffer.alloc(0)],
];

test('types only a server sends', async () => {
  const engine = new ScriptedEngine(() =>
    result(
      served.map(([type], n) => column(`c${n}`, type)),
      [served.map(([, value]) => value)],
    ),
  );
  await using b = await bench({ engine });
  const pool = await b.pool();
  const { recordset } = await pool.request().query('everything');
  expect(Object.values(recordset[0] as object)).toEqual(served.map(([, , back]) => back));
});

test('a column tells its name, type, nullability and identity', async () => {
  const engine = new ScriptedEngine(() =>
    result(
      [
        { name: 'id', type: { name: 'int' }, nullable: false, identity: true },
        column('price', { name: 'decimal', precision: 18, scale: 4 }),
        column('at', { name: 'datetime2', scale: 3 }),
        column('no', { name: 'nvarchar', length: 20 }, false),
      ],
      [],
    ),
  );
  await using b = await bench({ engine });
  const pool = await b.pool();
  const { columns } = (await pool.request().query('x')).recordset;
  expect(columns).toMatchObject({
    id: { nullable: false, identity: true, type: sql.Int },
    price: { nullable: true, precision: 18, scale: 4, type: sql.Decimal },
    at: { scale: 3, type: sql.DateTime2 },
    no: { nullable: false, length: 40, type: sql.NVarChar },
  });
});

test('the hundred nanoseconds of datetime2(7) survive', async () => {
  const engine = new ScriptedEngine(() =>
    result([column('at', { name: 'datetime2', scale: 7 })], [[{ days, ticks: ticks + 4567 }]]),
  );
  await using b = await bench({ engine });
  const pool = await b.pool();
  const { at } = (await pool.request().query<{ at: Date & { nanosecondsDelta: number } }>('x')).recordset[0]!;
  expect(at.getTime()).toBe(when.getTime());
  expect(Math.round(at.nanosecondsDelta * 1e7)).toBe(4567);
});

test('a value longer than its declared type is error 8016, and the connection goes on', async () => {
  await using b = await bench({ engine: echo() });
  const pool = await b.pool();
  const request = () => pool.request();
  await expect(request().input('v', sql.NVarChar(2), 'four').query('x')).rejects.toMatchObject({
    number: 8016,
  });
  expect((await request().input('v', sql.NVarChar(4), 'four').query('x')).recordset).toEqual([{ v: 'four' }]);
});

test('a table-valued parameter is refused by number, and the connection goes on', async () => {
  await using b = await bench({ engine: echo() });
  const pool = await b.pool();
  const table = new sql.Table('dbo.list');
  table.columns.add('n', sql.Int);
  table.rows.add(1);
  await expect(pool.request().input('t', table).query('x')).rejects.toMatchObject({ number: 8009 });
  expect((await pool.request().input('v', sql.Int, 1).query('x')).recordset).toEqual([{ v: 1 }]);
});
