import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectPipe } from '../../main/console/pipe-client.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';
import { CliBench, siteJson } from '../unit/cli/cli-world.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let bench: CliBench;
const children: ChildProcess[] = [];

beforeEach(async () => {
  bench = new CliBench();
  const port = await closedPort();
  const site = siteJson() as {
    erps: [Record<string, unknown>];
    links: [{ cloud: Record<string, unknown>; push: Record<string, unknown> }];
  };
  site.erps[0] = { ...site.erps[0], server: '127.0.0.1', port, encrypt: false };
  site.links[0].cloud['baseUrl'] = `http://127.0.0.1:${port}`;
  bench.configure(site);
});
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
  bench.remove();
});

/** A port on which nobody answers. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function start(...argv: string[]): {
  child: ChildProcess;
  ended: Promise<Ended>;
  says: (words: string) => Promise<void>;
} {
  const child = spawn(process.execPath, ['main/cli.ts', '--data-dir', bench.dataDir, ...argv], {
    env: {
      ...process.env,
      ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: 'canary-password',
      ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY: 'canary-key',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let [out, err] = ['', ''];
  const heard = new Set<() => void>();
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
    for (const look of heard) look();
  });
  return {
    child,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err }))),
    says: (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (err.includes(words)) resolve();
        };
        heard.add(look);
        child.once('close', () => reject(new Error(`ended without saying "${words}": ${err}`)));
        look();
      }),
  };
}

describe('the program as a process', () => {
  it('runs, is one per site, answers the command line, and ends when told', async () => {
    const agent = start('run', '--console');
    await agent.says('End it with Ctrl+C');

    const second = await start('--json', 'run').ended;
    expect(second.code).toBe(4);
    expect(JSON.parse(second.out)).toMatchObject({ error: { code: 'site-owned' } });

    const status = await start('--json', 'status').ended;
    expect(status.err).toBe('');
    const seen = JSON.parse(status.out) as SiteStatus;
    expect(seen).toMatchObject({ agent: { state: 'running' }, links: [{ id: 'field-sales' }] });
    expect(seen.light).not.toBe('fine');

    const synced = await start('--json', 'sync').ended;
    expect(synced.code).toBe(5);
    expect(JSON.parse(synced.out)).toMatchObject({ runs: [{ outcome: 'failed' }] });

    const shown = await start('status').ended;
    expect(shown.code).toBe(5);
    expect(shown.out).toContain('does not answer');

    const client = await connectPipe(bench.dataDir);
    if (!client.ok) throw new Error(client.failure.message);
    expect(await client.value.call('shutdown', {})).toEqual({ ok: true, value: { stopping: true } });
    await client.value.closed;
    const ended = await agent.ended;
    expect(ended.code).toBe(0);
    expect([ended.out, ended.err, status.out, shown.out].join('')).not.toContain('canary');
    expect((await start('logs').ended).out).not.toContain('canary');
  });

  it('carries one round without an agent and says that nobody answered', async () => {
    const ended = await start('--json', 'sync', '--once').ended;
    expect(ended.code).toBe(5);
    expect(ended.err).toBe('');
    expect(JSON.parse(ended.out)).toMatchObject({ status: { links: [{ id: 'field-sales' }] } });
    const after = await start('--json', 'status').ended;
    expect(JSON.parse(after.out)).toMatchObject({ agent: { state: 'none' }, light: 'unknown' });
  });

  it.skipIf(process.platform === 'win32')(
    'ends at a signal, and leaves nothing that claims it still runs',
    async () => {
      const agent = start('run');
      await agent.says('End it with Ctrl+C');
      agent.child.kill('SIGTERM');
      expect((await agent.ended).code).toBe(0);
      expect(await connectPipe(bench.dataDir)).toMatchObject({ ok: false, failure: { kind: 'no-agent' } });
    },
  );

  it.skipIf(process.platform === 'win32')('starts again after being killed', async () => {
    const first = start('run');
    await first.says('End it with Ctrl+C');
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await connectPipe(bench.dataDir)).toMatchObject({ ok: false, failure: { kind: 'no-agent' } });
    const again = start('run');
    await again.says('End it with Ctrl+C');
    expect((await start('--json', 'status').ended).out).toContain('"running"');
    again.child.kill('SIGINT');
    expect((await again.ended).code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')(
    'looks through its store after being killed, and says what it finds',
    async () => {
      const killed = async (): Promise<void> => {
        const agent = start('run');
        await agent.says('End it with Ctrl+C');
        agent.child.kill('SIGKILL');
        await agent.ended;
      };
      const round = async (): Promise<SiteStatus> => {
        const { out } = await start('--json', 'sync', '--once').ended;
        return (JSON.parse(out) as { status: SiteStatus }).status;
      };
      const own = ({ notices }: SiteStatus): string[] => notices.map(({ what }) => what.key);
      await killed();
      expect(own(await round())).toEqual([]);
      expect((await start('logs').ended).out).toContain('the local store is sound');

      await killed();
      const file = join(bench.dataDir, 'ferry.sqlite');
      const raw = new Database(file);
      raw.pragma('wal_checkpoint(TRUNCATE)');
      const page = raw
        .prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'document_day'`)
        .pluck()
        .get();
      const size = Number(raw.pragma('page_size', { simple: true }));
      raw.close();
      const handle = openSync(file, 'r+');
      writeSync(handle, Buffer.alloc(size, 0xa5), 0, size, (Number(page) - 1) * size);
      closeSync(handle);
      const damaged = await round();
      expect(own(damaged)).toEqual(['site.damaged.what']);
      expect(damaged.light).toBe('attention');
    },
  );
});
