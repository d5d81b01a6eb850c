import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTdsServer, type TdsServer } from '../../main/sandbox/tds/server.ts';
import { createSqlEngine } from '../../main/sandbox/tsql/engine.ts';
import { databasesNamed } from './reach-target.ts';
import { parseTarget } from './target-url.ts';

/** A server that the command knows by its address only. */
let server: TdsServer;
const PASSWORD = 'Wäre/es:so@leicht?1';
beforeAll(async () => {
  const engine = createSqlEngine({
    serverName: 'ELSEWHERE',
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    },
    logins: [{ user: 'tester', password: PASSWORD }],
    databases: ['erp_of_somebody'],
  });
  server = await startTdsServer({ engine });
});
afterAll(() => server?.close());

const address = (more: string, password = PASSWORD, port = server.port): string =>
  `mssql://tester:${encodeURIComponent(password)}@127.0.0.1:${port}/${more}`;

async function run(url: string, ...more: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, ['test/erp/run-erp.ts', '--json', ...more], {
    env: { ...process.env, ERP_TEST_URL: url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out };
}

it('plays everything on a server named by an address, under TLS, and leaves nothing there', async () => {
  const url = address('master?encrypt=true');
  const { code, out } = await run(url, '--cuts', '20', '--rows', '40', '--seed', '7');
  const report = JSON.parse(out) as {
    readonly ok: boolean;
    readonly database: string;
    readonly left: number;
    readonly verdicts: readonly {
      readonly name: string;
      readonly verdict: string;
      readonly found?: string;
    }[];
  };
  expect(report.verdicts.filter((one) => one.verdict !== 'same')).toEqual([]);
  expect(report).toMatchObject({ ok: true, left: 0 });
  expect(report.verdicts.length).toBeGreaterThan(70);
  expect(code).toBe(0);
  expect(await databasesNamed(parseTarget(url), report.database)).toBe(0);
  expect(await databasesNamed(parseTarget(url), 'erp_of_somebody')).toBe(1);
}, 180_000);

it.each([
  ['a wrong password', () => address('master?encrypt=false', 'Wrong-1'), /cannot be reached as tester/],
  ['a port nobody listens on', () => address('master', PASSWORD, 1), /127\.0\.0\.1:1 cannot be reached/],
  ['no user', () => 'mssql://127.0.0.1/master', /lacks a host or a user/],
  ['no address', () => 'mssql://[', /no address/],
])('refuses in words: %s', async (_what, url, words) => {
  const { code, out } = await run(url());
  const report = JSON.parse(out) as { readonly ok: boolean; readonly refused: string };
  expect(code).toBe(1);
  expect(report.ok).toBe(false);
  expect(report.refused).toMatch(words);
  expect(out).not.toContain('Wrong-1');
  expect(out).not.toContain(PASSWORD);
});

it('refuses where the login may make no database, and says so', async () => {
  server.faults.arm({ kind: 'cut', at: 'before-execution', match: 'CREATE DATABASE' });
  const { code, out } = await run(address('master?encrypt=false'));
  expect(code).toBe(1);
  expect(out).toContain('lets tester make no database');
});

it('a server that does something else fails by name, with exit code 1, and its database is gone all the same', async () => {
  const armed = server.faults.arm({
    kind: 'cut',
    at: 'before-execution',
    match: (text) => text.includes('EXEC [dbo].[PostPayment]'),
    times: 'always',
  });
  const url = address('master?encrypt=false');
  const { code, out } = await run(url, '--cuts', '10', '--rows', '1');
  armed.disarm();
  const report = JSON.parse(out) as {
    readonly database: string;
    readonly verdicts: readonly { readonly name: string; readonly verdict: string }[];
  };
  expect(code).toBe(1);
  expect(report.verdicts.filter((one) => one.verdict === 'failed').map((one) => one.name)).toContain(
    'a procedure with a transaction of its own, a result set and an OUTPUT parameter',
  );
  expect(await databasesNamed(parseTarget(url), report.database)).toBe(0);
}, 60_000);
