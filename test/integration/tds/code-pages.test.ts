import sql from 'mssql';
import { expect, test } from 'vitest';
import { sandbox } from './sandbox.ts';

test('the driver reads a varchar in the code page of its collation', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  const texts: readonly (readonly [string, string])[] = [
    ['Cyrillic_General_CI_AS', 'Привет'],
    ['Polish_CI_AS', 'Łódź'],
    ['Greek_CI_AS', 'Αθήνα'],
    ['Turkish_CI_AS', 'ığüş'],
    ['Hebrew_CI_AS', 'שלום'],
    ['Arabic_CI_AS', 'سلام'],
    ['Lithuanian_CI_AS', 'ąčęė'],
    ['Thai_CI_AS', 'ไทย'],
    ['Japanese_CI_AS', '日本'],
    ['Chinese_PRC_CI_AS', '中文'],
    ['Korean_Wansung_CI_AS', '한국'],
    ['Chinese_Taiwan_Stroke_CI_AS', '臺灣'],
    ['Latin1_General_100_CI_AS_SC_UTF8', 'é я 😀'],
    ['Latin1_General_CI_AS', 'é €'],
  ];
  await pool
    .request()
    .batch(
      `CREATE TABLE t (${texts.map(([collation], i) => `c${i} varchar(30) COLLATE ${collation} NOT NULL`).join(', ')})`,
    );
  const request = pool.request();
  texts.forEach(([, text], i) => request.input(`p${i}`, sql.NVarChar(30), text));
  await request.query(`INSERT INTO t VALUES (${texts.map((_, i) => `@p${i}`).join(', ')})`);
  const { recordset } = await pool.request().query('SELECT * FROM t');
  expect(Object.values(recordset[0] as object)).toEqual(texts.map(([, text]) => text));
});
