import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine } from './replay.ts';
import { errorOf, rows, sql } from './two-sessions.ts';

let a: SqlSession;

beforeEach(() => {
  a = connect(newEngine());
});

const PAGES: readonly (readonly [string, number])[] = [
  ['Latin1_General_CI_AS', 1252],
  ['SQL_Latin1_General_CP1_CI_AS', 1252],
  ['Cyrillic_General_CI_AS', 1251],
  ['SQL_Latin1_General_CP1251_CI_AS', 1251],
  ['Greek_CI_AS', 1253],
  ['Polish_CI_AS', 1250],
  ['Czech_100_CI_AS', 1250],
  ['Croatian_CI_AS', 1250],
  ['SQL_Latin1_General_CP1250_CI_AS', 1250],
  ['Turkish_CI_AS', 1254],
  ['Hebrew_CI_AS', 1255],
  ['Arabic_CI_AS', 1256],
  ['Lithuanian_CI_AS', 1257],
  ['Vietnamese_CI_AS', 1258],
  ['Thai_CI_AS', 874],
  ['Latin1_General_100_CI_AS_SC_UTF8', 65001],
  ['Japanese_CI_AS', 932],
  ['Chinese_PRC_CI_AS', 936],
  ['Korean_Wansung_CI_AS', 949],
  ['Chinese_Taiwan_Stroke_CI_AS', 950],
];

describe('code pages of collations', () => {
  it.each(PAGES)('%s is %i', async (name, page) => {
    expect(await rows(a, `SELECT COLLATIONPROPERTY(N'${name}', 'CodePage') AS n`)).toEqual([[page]]);
  });

  it('a name of no family has none', async () => {
    expect(await rows(a, "SELECT COLLATIONPROPERTY(N'Nonsense_CI_AS', 'CodePage') AS n")).toEqual([[null]]);
  });

  it.each([
    ['Cyrillic_General_CI_AS', 'Привет ąé', 'Привет ??', 9],
    ['Polish_CI_AS', 'Łódź я', 'Łódź ?', 6],
    ['Greek_CI_AS', 'Αθήνα é', 'Αθήνα ?', 7],
    ['Turkish_CI_AS', 'ığüş я', 'ığüş ?', 6],
    ['Hebrew_CI_AS', 'שלום я', 'שלום ?', 6],
    ['Arabic_CI_AS', 'سلام я', 'سلام ?', 6],
    ['Lithuanian_CI_AS', 'ąčęė я', 'ąčęė ?', 6],
    ['Thai_CI_AS', 'ไทย é', 'ไทย ?', 5],
    ['Japanese_CI_AS', '日本 é', '日本 ?', 6],
    ['Chinese_PRC_CI_AS', '中文 ﬁ', '中文 ?', 6],
    ['Korean_Wansung_CI_AS', '한국 é', '한국 ?', 6],
    ['Chinese_Taiwan_Stroke_CI_AS', '臺灣 é', '臺灣 ?', 6],
    ['Latin1_General_CI_AS', 'é я 😀', 'é ? ??', 6],
    ['Latin1_General_100_CI_AS_SC_UTF8', 'é я 😀', 'é я 😀', 10],
  ])('%s keeps what it has and turns the rest into question marks', async (collation, text, kept, bytes) => {
    await sql(
      a,
      `CREATE TABLE t (id int NOT NULL PRIMARY KEY, v varchar(30) COLLATE ${collation} NOT NULL); INSERT INTO t VALUES (1, N'${text}'); INSERT INTO t SELECT 2, CAST(N'${text}' AS nvarchar(30)); UPDATE t SET v = N'${text}' WHERE id = 2`,
    );
    expect(
      await rows(a, 'SELECT v, CAST(v AS nvarchar(30)) AS n, DATALENGTH(v) AS l FROM t ORDER BY id'),
    ).toEqual([
      [kept, kept, bytes],
      [kept, kept, bytes],
    ]);
    expect(await rows(a, "SELECT collation_name FROM sys.columns WHERE name = N'v'")).toEqual([[collation]]);
  });

  it('from one page to another through what both have', async () => {
    await sql(
      a,
      "CREATE TABLE t (c varchar(20) COLLATE Cyrillic_General_CI_AS, l varchar(20)); INSERT INTO t VALUES (N'abc я', N''); UPDATE t SET l = c",
    );
    expect(await rows(a, 'SELECT c, l FROM t')).toEqual([['abc я', 'abc ?']]);
    expect(await rows(a, 'SELECT c COLLATE Latin1_General_CI_AS AS x FROM t')).toEqual([['abc ?']]);
    expect(await rows(a, "SELECT COUNT(*) AS n FROM t WHERE c = N'ABC Я'")).toEqual([[1]]);
  });

  it('lengths are counted in bytes', async () => {
    await sql(a, 'CREATE TABLE t (v varchar(4) COLLATE Japanese_CI_AS NOT NULL)');
    expect(await errorOf(a, "INSERT INTO t VALUES (N'日本')")).toBeUndefined();
    expect(await errorOf(a, "INSERT INTO t VALUES (N'日本a')")).toBe(2628);
  });

  it('casts are cut between characters, not within', async () => {
    await sql(
      a,
      "CREATE TABLE t (v varchar(30) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NOT NULL); INSERT INTO t VALUES (N'aяя')",
    );
    expect(await rows(a, 'SELECT CAST(v AS varchar(4)) FROM t')).toEqual([['aя']]);
  });
});
