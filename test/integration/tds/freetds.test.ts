import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { SqlEvent } from '../../../main/sandbox/tsql/face.ts';
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

const present = spawnSync('tsql', ['-C']).status === 0;
if (!present)
  console.warn('SKIPPED: FreeTDS is not installed (Debian: freetds-bin), so only one driver is tested');

/** Runs the client with a configuration of its own, so that the machine's does not matter. */
async function tsql(port: number, encryption: 'off' | 'require', input: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'freetds-'));
  const configuration = join(folder, 'freetds.conf');
  await writeFile(configuration, `[global]\n\tencryption = ${encryption}\n`);
  const child = spawn(
    'tsql',
    ['-H', '127.0.0.1', '-p', String(port), '-U', 'sa', '-P', PASSWORD, '-D', 'erp'],
    {
      env: { ...process.env, LC_ALL: 'C.UTF-8', TDSVER: '7.4', FREETDSCONF: configuration },
    },
  );
  child.stdin.end(input);
  const [out, err] = await Promise.all([readAll(child.stdout), readAll(child.stderr)]);
  await rm(folder, { recursive: true });
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
    const output = await tsql(b.server.port, encryption, 'SELECT everything\ngo\nSELECT broken\ngo\nexit\n');
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
