import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { SqlEvent, SqlValue } from '../../../main/sandbox/tsql/face.ts';
import {
  INT,
  NVARCHAR,
  ScriptedEngine,
  column,
  message,
  result,
  text,
} from '../../unit/tds/scripted-engine.ts';
import { PASSWORD, bench } from './client.ts';
import { sandbox } from './sandbox.ts';

const present = spawnSync('tsql', ['-C']).status === 0;
if (!present)
  console.warn('SKIPPED: FreeTDS is not installed (Debian: freetds-bin), so only one driver is tested');

/** A folder with a configuration of its own, so that the machine's does not matter. */
async function configured(
  port: number,
  encryption: 'off' | 'require',
): Promise<{ folder: string; env: NodeJS.ProcessEnv }> {
  const folder = await mkdtemp(join(tmpdir(), 'freetds-'));
  const server = `[sandbox]\n\thost = 127.0.0.1\n\tport = ${port}\n\ttds version = 7.4\n\tclient charset = UTF-8\n`;
  await writeFile(join(folder, 'freetds.conf'), `[global]\n\tencryption = ${encryption}\n${server}`);
  return { folder, env: { ...process.env, LC_ALL: 'C.UTF-8', FREETDSCONF: join(folder, 'freetds.conf') } };
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv, input = ''): Promise<string> {
  const child = spawn(command, args, { env });
  child.stdin.end(input);
  const [out, err] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  return out + err;
}

test.skipIf(!present).each(['off', 'require'] as const)(
  'a second client, FreeTDS with encryption %s, reads rows, messages and errors',
  async (encryption) => {
    const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
      if (text(request).includes('broken')) {
        yield { kind: 'message', message: message(208, 16, "Invalid object name 'broken'.") };
      } else if (text(request).includes('SELECT')) {
        yield { kind: 'message', message: message(0, 0, 'hello from PRINT') };
        yield* result(
          [
            column('id', INT),
            column('name', NVARCHAR),
            column('price', { name: 'decimal', precision: 18, scale: 4 }),
            column('amount', { name: 'money' }),
            column('at', { name: 'datetime' }),
            column('guid', { name: 'uniqueidentifier' }),
            column('long', { name: 'nvarchar', length: 'max' }),
          ],
          [
            [
              7,
              'Žluťoučký',
              '12345678901234.5678',
              '-1.5000',
              { days: 738_944, ticks: 0 },
              '6F9619FF-8B86-D011-B42D-00CF4FC964FF',
              'ж'.repeat(3000),
            ],
            [null, null, null, null, null, null, null],
          ],
        );
      }
    });
    await using b = await bench({ engine });
    const { folder, env } = await configured(b.server.port, encryption);
    const args = ['-S', 'sandbox', '-U', 'sa', '-P', PASSWORD, '-D', 'erp'];
    const output = await run('tsql', args, env, 'SELECT everything\ngo\nSELECT broken\ngo\nexit\n');
    await rm(folder, { recursive: true });
    expect(b.log.some((line) => line.endsWith('encrypted'))).toBe(encryption === 'require');
    expect(output).toContain('hello from PRINT');
    expect(output).toContain('7\tŽluťoučký\t12345678901234.5678\t-1.5');
    expect(output).toContain('6F9619FF-8B86-D011-B42D-00CF4FC964FF');
    expect(output).toContain('NULL\tNULL\tNULL\tNULL\tNULL\tNULL\tNULL');
    expect(output).toContain('ж'.repeat(3000));
    expect(output).toContain("Invalid object name 'broken'.");
    expect(output).toMatch(/Msg 208 \(severity 16, state 7\)/);
  },
);

test.skipIf(!present)('FreeTDS loads rows in bulk, without a closing DONE', async () => {
  const rows: (readonly SqlValue[])[] = [];
  const engine = new ScriptedEngine(async function* ({ request }): AsyncIterable<SqlEvent> {
    if (request.kind === 'bulk') {
      for await (const row of request.rows) rows.push(row);
      yield { kind: 'done', count: rows.length, select: false, inProcedure: false };
    } else if (text(request).includes('FMTONLY')) {
      yield* result(
        [
          column('id', INT, false),
          column('name', NVARCHAR),
          column('price', { name: 'decimal', precision: 9, scale: 2 }),
          column('long', { name: 'nvarchar', length: 'max' }),
        ],
        [],
      );
    }
  });
  await using b = await bench({ engine });
  const { folder, env } = await configured(b.server.port, 'off');
  const file = join(folder, 'rows.txt');
  await writeFile(file, '1|Žlutý|12.50|жж\n2|||\n');
  const args = ['erp.dbo.t', 'in', file, '-S', 'sandbox', '-U', 'sa', '-P', PASSWORD, '-c', '-t', '|'];
  expect(await run('freebcp', args, env)).toContain('2 rows copied');
  await rm(folder, { recursive: true });
  expect(rows).toEqual([
    [1, 'Žlutý', '12.50', 'жж'],
    [2, null, null, null],
  ]);
});

test.skipIf(!present)('FreeTDS works with the real engine: table, rows, bulk load, error', async () => {
  await using b = await sandbox();
  const { folder, env } = await configured(b.server.port, 'require');
  const login = ['-S', 'sandbox', '-U', 'sa', '-P', PASSWORD];
  await run(
    'tsql',
    [...login, '-D', 'erp'],
    env,
    'CREATE TABLE t (id int NOT NULL PRIMARY KEY, name nvarchar(20) NULL, price decimal(9,2) NULL)\ngo\nexit\n',
  );
  const file = join(folder, 'rows.txt');
  await writeFile(file, '1|Žlutý|12.50\n2||\n');
  expect(await run('freebcp', ['erp.dbo.t', 'in', file, ...login, '-c', '-t', '|'], env)).toContain(
    '2 rows copied',
  );
  const input = 'SELECT id, name, price FROM t ORDER BY id\ngo\nINSERT INTO t (id) VALUES (1)\ngo\nexit\n';
  const output = await run('tsql', [...login, '-D', 'erp'], env, input);
  await rm(folder, { recursive: true });
  expect(output).toContain('1\tŽlutý\t12.50');
  expect(output).toContain('2\tNULL\tNULL');
  expect(output).toMatch(/Msg 2627 \(severity 14/);
});
