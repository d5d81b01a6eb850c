import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sqlTexts } from './sql-text.ts';

/** The sandbox is no part of the product: it has an ERP of its own to make. */
const PRODUCT = ['main', 'preload', 'renderer', 'shared'];
const files = PRODUCT.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (file) => `${folder}/${file.replaceAll('\\', '/')}`,
  ),
).filter((file) => /\.tsx?$/.test(file) && !file.startsWith('main/sandbox/'));

const PLACE = /\/(queries|statements|migrations)\/[^/]+\.ts$/;

/** Each with its reason. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // Never sent: settings want a query of users, and here only the way to the cloud is tried.
  'main/agent/settings/tested-part.ts': ['SELECT 1'],
};

describe('SQL text', () => {
  it('stands in queries/, statements/ and migrations/ only', () => {
    const elsewhere = files
      .filter((file) => !PLACE.test(file))
      .flatMap((file) =>
        sqlTexts(file, readFileSync(file, 'utf8'))
          .filter(({ text }) => EXCEPTIONS[file]?.includes(text) !== true)
          .map(({ line, text }) => `${file}:${line} ${text.slice(0, 80)}`),
      );
    expect(elsewhere).toEqual([]);
  });

  it('is found where it may stand: the check sees statements', () => {
    const seen = files.filter(
      (file) => PLACE.test(file) && sqlTexts(file, readFileSync(file, 'utf8')).length > 0,
    );
    expect(seen.length).toBeGreaterThan(15);
    expect(seen.some((file) => file.includes('erp-mssql/queries/'))).toBe(true);
    expect(seen.some((file) => file.includes('sqlite/statements/'))).toBe(true);
  });

  it('no exception outlives its text', () => {
    for (const [file, texts] of Object.entries(EXCEPTIONS)) {
      const there = sqlTexts(file, readFileSync(file, 'utf8')).map((one) => one.text);
      expect(there).toEqual(expect.arrayContaining([...texts]));
    }
  });

  it.each([
    "run('SELECT a FROM b WHERE c = 1')",
    'run(`select ${columns} from ${table}`)',
    "run('SELECT 1')",
    "const text = 'INSERT INTO ' + table + ' (a) VALUES (1)';",
    "const text = 'UPDATE ' + table + ' SET a = 1';",
    'run(`UPDATE ${table} SET a = 1`)',
    "run('DELETE FROM dbo.Orders')",
    "run('IF 1 = 1 DROP TABLE x')",
    'run(`CREATE UNIQUE INDEX ${name} ON x (y)`)',
    "run('ALTER TABLE x ADD y int')",
    'run(`EXEC ${procedure} @a = 1`)',
    "run('EXECUTE [dbo].[Post]')",
    'say(`rows: ${count(`SELECT COUNT(*) FROM ${table}`)}`)',
  ])('is noticed elsewhere: %s', (source) => {
    expect(sqlTexts('planted.ts', source)).toHaveLength(1);
  });

  it.each([
    "say('Choose from the list.')",
    "say('a packet holds each table once: join the two in one SELECT')",
    "pragma('journal_mode = DELETE')",
    "const method = 'DELETE';",
    "say('Update the program')",
    "// SELECT a FROM b\nconst x = 'none';",
  ])('is not seen where there is none: %s', (source) => {
    expect(sqlTexts('plain.ts', source)).toEqual([]);
  });
});
