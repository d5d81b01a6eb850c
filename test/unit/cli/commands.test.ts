import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../main/adapters/log/create-log.ts';
import { createRedactor } from '../../../main/adapters/log/redactor.ts';
import { acquireSiteLock } from '../../../main/adapters/sqlite/site-lock.ts';
import { openStore, type SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { StartRefused, type StartOptions } from '../../../main/cli/program.ts';
import { startPipe, type PipeServer } from '../../../main/console/pipe-server.ts';
import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer } from '../../../shared/contract/reply.ts';
import type { RunView, SiteStatus } from '../../../shared/contract/status.ts';
import type { ItemId } from '../../../shared/model/ids.ts';
import { NOW, SiteDouble, emptyStatus } from '../console/site-double.ts';
import { CliBench, siteJson } from './cli-world.ts';
import { seedParked } from './seed-store.ts';

let bench: CliBench;
const ends: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  bench = new CliBench();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  bench.remove();
});

async function agent(site: SiteDouble, overrides: Partial<Handlers> = {}): Promise<PipeServer> {
  const pipe = await startPipe({
    dataDir: bench.dataDir,
    handlers: site.handlers(overrides),
    events: site.events,
  });
  ends.push(() => pipe.stop());
  return pipe;
}

function withStore<T>(use: (store: SqliteStore) => T): T {
  const store = openStore({ file: join(bench.dataDir, 'ferry.sqlite'), zone: 'Europe/Sofia' });
  try {
    return use(store);
  } finally {
    store.close();
  }
}

const run = (over: Partial<RunView>): RunView => ({
  id: 7,
  link: 'field-sales',
  flow: 'pull',
  trigger: 'manual',
  startedAt: NOW,
  endedAt: NOW + 3_000,
  outcome: 'ok',
  counts: { applied: 14, parked: 0 },
  ...over,
});
const failure = (key: string): RunView['failure'] => ({
  owner: 'nobody',
  what: { key, params: {} },
  next: { key, params: {} },
});

describe('usage', () => {
  it('prints one document even for a wrong command line', async () => {
    const { code, value } = await bench.json('stats');
    expect(code).toBe(2);
    expect(value).toEqual({
      error: { code: 'usage', message: '"stats" is no command.', hint: 'Did you mean "status"?' },
    });
  });

  it('helps and tells its version', async () => {
    expect((await bench.run('--help')).out).toContain('Exit codes');
    expect(await bench.run('--version')).toMatchObject({ code: 0, out: '0.1.0\n' });
    expect((await bench.json('--version')).value).toEqual({ version: '0.1.0' });
    expect((await bench.run('queue', '--help')).out).toMatch(/queue list[\s\S]*queue park/);
  });

  it('starts the sandbox with the arguments and gives its exit code', async () => {
    expect((await bench.run('sandbox', '--fast')).code).toBe(7);
    expect(bench.sandbox).toEqual([['--fast']]);
  });
});

describe('config check', () => {
  it('is fine with a fine configuration', async () => {
    bench.configure();
    expect(await bench.run('config', 'check')).toMatchObject({ code: 0, err: '' });
    expect((await bench.json('config', 'check')).value).toEqual({ problems: [] });
  });

  it('names file, path, reason and the key that was meant', async () => {
    const site = siteJson() as { links: [{ pull: Record<string, string> }] };
    site.links[0].pull = { evry: '5m' };
    bench.configure(site);
    const { code, value } = await bench.json('config', 'check');
    expect(code).toBe(2);
    expect(value['problems']).toEqual([
      {
        file: 'site.json',
        path: 'links[0].pull.evry',
        reason: 'this key is not known',
        hint: 'did you mean "every"?',
      },
    ]);
    const people = await bench.run('config', 'check');
    expect(people.out).toContain(
      'site.json links[0].pull.evry: this key is not known\n  did you mean "every"?',
    );
  });

  it('refuses to send the area’s key over plain http, unless it stays on this computer', async () => {
    const site = siteJson() as { links: [{ cloud: Record<string, string> }] };
    site.links[0].cloud['baseUrl'] = 'http://cloud.example';
    bench.configure(site);
    const { code, value } = await bench.json('config', 'check');
    expect(code).toBe(2);
    expect(value['problems']).toMatchObject([
      {
        path: 'links[0].cloud.baseUrl',
        reason: 'expected https; plain http only to this computer (127.0.0.1)',
      },
    ]);
    site.links[0].cloud['baseUrl'] = 'http://127.0.0.1:8080';
    bench.configure(site);
    expect((await bench.json('config', 'check')).code).toBe(0);
  });

  it('does not run a command on a configuration that does not check', async () => {
    bench.configure('{ "schemaVersion": 2 }');
    const { code, value } = await bench.json('status');
    expect(code).toBe(2);
    expect(value).toMatchObject({ error: { code: 'configuration' } });
  });
});

describe('erp script', () => {
  it('prints what creates the ledger, once per ERP, and touches nothing', async () => {
    bench.configure();
    const { code, value } = await bench.json('erp', 'script');
    expect(code).toBe(0);
    const [script] = (value as { scripts: { erp: string; sql: string }[] }).scripts;
    expect(script?.erp).toBe('main');
    for (const table of ['site', 'lease', 'ledger', 'ledger_document', 'series'])
      expect(script?.sql).toContain(`[ferry].[${table}]`);
    expect((await bench.run('erp', 'script')).out).toContain('GO');
  });

  it('names the ERPs there are when another one is asked for', async () => {
    bench.configure();
    const { code, value } = await bench.json('erp', 'script', 'other');
    expect(code).toBe(2);
    expect(value).toMatchObject({ error: { code: 'not-found', hint: 'ERPs: main' } });
  });
});

describe('secrets', () => {
  it('are set from standard input and listed without value', async () => {
    bench.stdin = 'canary-value\n';
    const set = await bench.run('secret', 'set', 'link.field-sales.apiKey');
    expect(set).toMatchObject({ code: 0 });
    const list = await bench.json('secret', 'list');
    expect(list.value).toEqual({
      secrets: [{ name: 'link.field-sales.apiKey', setAt: NOW, overridden: false }],
    });
    const people = await bench.run('secret', 'list');
    expect(set.out + set.err + people.out + people.err + JSON.stringify(list)).not.toContain('canary');
  });

  it.each([
    ['an unknown name', 'link.Sales.apiKey', 'x'],
    ['a name that is a path', '../../x', 'x'],
    ['no value', 'erp.main.password', '\n'],
    ['a value of several lines', 'erp.main.password', 'a\nb\n'],
  ])('refuse %s', async (_what, name, value) => {
    bench.stdin = value;
    expect((await bench.run('secret', 'set', name)).code).toBe(2);
    expect(existsSync(join(bench.dataDir, 'secrets'))).toBe(false);
  });

  it('say that the environment wins', async () => {
    bench.env = { ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: 'other' };
    bench.stdin = 'x1';
    expect((await bench.run('secret', 'set', 'erp.main.password')).err).toContain(
      'ERP_FERRY_SECRET_ERP_MAIN_PASSWORD',
    );
  });
});

describe('logs', () => {
  it('are shown without letting a line steer the terminal', async () => {
    const folder = join(bench.dataDir, 'logs');
    createLog({ folder, redact: createRedactor(), now: () => NOW }).warn('packet parked', { user: 'ANNA' });
    writeFileSync(
      join(folder, 'ferry.log'),
      `${JSON.stringify({ at: new Date(NOW).toISOString(), level: 'error', message: '\u001b[2Jx', fields: { '\u001b[1m': '\u202e' } })}\n`,
      { flag: 'a' },
    );
    const shown = await bench.run('logs', '--level', 'warn');
    expect(shown.out).toContain('2026-11-20T09:30:00.000Z WARN  packet parked user=ANNA');
    expect(shown.out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect((await bench.json('logs', '-n', '1')).value['entries']).toHaveLength(1);
  });

  it('follow until the end, as JSON lines', async () => {
    const folder = join(bench.dataDir, 'logs');
    const log = createLog({ folder, redact: createRedactor(), now: () => NOW });
    log.info('old');
    bench.ending.abort();
    const { out, code } = await bench.run('--json', 'logs', '--follow');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ message: 'old' });
  });
});

describe('without an agent', () => {
  it('status reads the store, and every light is unknown', async () => {
    bench.configure();
    withStore((store) => seedParked(store, NOW));
    const { code, value } = await bench.json('status');
    const status = value as unknown as SiteStatus;
    expect(code).toBe(3);
    expect(status.agent).toEqual({ state: 'none' });
    expect(status.links[0]).toMatchObject({
      parked: 1,
      lights: { erp: { state: 'unknown' }, cloud: { state: 'unknown' } },
    });
    const people = await bench.run('status');
    expect(people.out).toContain('No agent is running: nothing is carried.');
    expect(people.out).not.toContain('{');
  });

  it('status of a site that never ran invents nothing and creates no store', async () => {
    bench.configure();
    const { code, value } = await bench.json('status');
    expect(code).toBe(1);
    expect(value).toMatchObject({ light: 'unknown', links: [{ inCloud: { amount: 'unknown' }, parked: 0 }] });
    expect(existsSync(join(bench.dataDir, 'ferry.sqlite'))).toBe(false);
  });

  it('queue list and show read the store', async () => {
    bench.configure();
    const item = withStore((store) => seedParked(store, NOW));
    const list = await bench.json('queue', 'list', '--state', 'parked');
    expect(list.value).toMatchObject({
      total: 1,
      items: [{ id: item, state: 'parked', label: 'Order SO-1042' }],
    });
    const people = await bench.run('queue', 'list');
    expect(people.out).toMatch(/Order SO-1042.*Refused: customer C-7 does not exist/);
    const show = await bench.run('queue', 'show', String(item));
    expect(show).toMatchObject({ code: 0 });
    expect(show.out).toContain('<ORDER>');
    expect(show.out).toContain('Integrator: Correct the data or the mapping');
    expect((await bench.json('queue', 'show', '999')).value).toMatchObject({ error: { code: 'not-found' } });
  });

  it('queue retry changes the store under the site lock', async () => {
    bench.configure();
    const item = withStore((store) => seedParked(store, NOW));
    const { code, value } = await bench.json('queue', 'retry', String(item));
    expect(code).toBe(0);
    expect(value).toMatchObject({ item: { state: 'ready' } });
    expect(withStore((store) => store.get(item as ItemId)?.state)).toBe('ready');
    expect((await bench.run('queue', 'retry', '999')).code).toBe(1);
  });

  it('queue retry leaves a site alone that somebody owns', async () => {
    bench.configure();
    const item = withStore((store) => seedParked(store, NOW));
    const lock = acquireSiteLock(bench.dataDir);
    if (lock === 'held') throw new Error('the lock is free here');
    ends.push(() => lock.release());
    expect((await bench.json('queue', 'retry', String(item))).code).toBe(4);
  });

  it.each([[['sync']], [['pause']], [['resume']], [['queue', 'park', '1']]])(
    '%j needs an agent',
    async (argv) => {
      bench.configure();
      const { code, value } = await bench.json(...argv);
      expect(code).toBe(1);
      expect(value).toMatchObject({ error: { code: 'no-agent', hint: 'Start it with: erp-ferry run' } });
    },
  );

  it('a store that is none is refused in words', async () => {
    bench.configure();
    writeFileSync(
      join(bench.dataDir, 'ferry.sqlite'),
      'this is no database, but it is long enough to be looked at'.repeat(50),
    );
    const { code, value } = await bench.json('status');
    expect(code).toBe(1);
    expect(value).toMatchObject({ error: { message: expect.stringContaining('local store') as string } });
  });
});

describe('with an agent', () => {
  it('status comes from it', async () => {
    await agent(new SiteDouble());
    const { code, value } = await bench.json('status');
    expect(code).toBe(0);
    expect(value).toEqual(JSON.parse(JSON.stringify(emptyStatus())));
  });

  it('passes filters on', async () => {
    const site = new SiteDouble();
    await agent(site);
    await bench.run('queue', 'list', '--user', 'ANNA', '--direction', 'in');
    expect(site.calls.at(-1)).toEqual({
      name: 'queueList',
      args: { user: 'ANNA', direction: 'in', limit: 50, offset: 0 },
    });
  });

  it.each([
    ['fine', run({}), 0],
    ['parked something', run({ outcome: 'attention' }), 3],
    ['ERP away', run({ outcome: 'failed', failure: failure('failure.erpUnreachable.what') }), 5],
    ['key refused', run({ outcome: 'failed', failure: failure('failure.cloudUnauthorized.what') }), 5],
    ['a bug', run({ outcome: 'failed', failure: failure('failure.defect.what') }), 1],
    ['interrupted', run({ outcome: 'interrupted' }), 1],
  ])('sync waits for the run it started: %s', async (_how, ended, code) => {
    const site = new SiteDouble();
    let asked = 0;
    await agent(site, {
      runsList: async () => {
        asked += 1;
        // Running at the first look; over once the agent told of a change.
        if (asked === 1) {
          setImmediate(() => void site.untilListening(1).then(() => site.emit()));
          return answer({ runs: [run({ outcome: 'running', endedAt: undefined })] });
        }
        return answer({ runs: [ended] });
      },
    });
    const got = await bench.json('sync', 'field-sales');
    expect(got.code).toBe(code);
    expect(got.value).toMatchObject({ runs: [{ id: 7, outcome: ended.outcome }] });
    expect(asked).toBeGreaterThan(1);
    expect(site.calls.find((call) => call.name === 'sync')).toEqual({
      name: 'sync',
      args: { links: ['field-sales'] },
    });
  });

  it('sync says when it may run again', async () => {
    await agent(new SiteDouble(), {
      sync: async () =>
        answer({ flows: [{ link: 'field-sales', flow: 'push', outcome: 'refused', when: NOW + 90_000 }] }),
    });
    const got = await bench.run('sync');
    expect(got.code).toBe(1);
    expect(got.err).toContain('field-sales: may run again in 90 s.');
  });

  it('sync does not wait for an agent that is gone', async () => {
    const site = new SiteDouble();
    const pipe = await agent(site, {
      runsList: async () => {
        setImmediate(() => void pipe.stop());
        return answer({ runs: [run({ outcome: 'running', endedAt: undefined })] });
      },
    });
    expect((await bench.json('sync')).value).toMatchObject({ error: { code: 'unavailable' } });
  });

  it('sync --once goes to the agent that runs', async () => {
    const site = new SiteDouble();
    await agent(site, { runsList: async () => answer({ runs: [run({})] }) });
    expect((await bench.json('sync', '--once')).code).toBe(0);
    expect(site.calls.map((call) => call.name)).toContain('sync');
  });
});

describe('run and sync --once', () => {
  const started = (exitCode: number, seen: StartOptions[]): void => {
    bench.startSite = async (options) => {
      seen.push(options);
      const site = new SiteDouble();
      return {
        handlers: site.handlers(),
        events: site.events,
        finished: Promise.resolve({ exitCode, report: { status: 'x' } }),
        stop: async () => undefined,
      };
    };
  };

  it.each([0, 1, 3, 5])('hand the exit code %i on, with the report as the document', async (exitCode) => {
    const seen: StartOptions[] = [];
    started(exitCode, seen);
    const got = await bench.json('sync', 'field-sales', '--once');
    expect(got).toEqual({ code: exitCode, value: { status: 'x' } });
    expect(seen).toEqual([{ dataDir: bench.dataDir, env: {}, mode: 'once', links: ['field-sales'] }]);
  });

  it.each([
    ['site-owned', 4],
    ['configuration', 2],
    ['store', 1],
  ] as const)('a start refused because of %s is exit code %i', async (reason, code) => {
    bench.startSite = async () => {
      throw new StartRefused(reason, 'why', 'what to do');
    };
    const got = await bench.json('run');
    expect(got).toEqual({ code, value: { error: { code: reason, message: 'why', hint: 'what to do' } } });
  });

  it('stop the site when the person ends the program, and wait for its end', async () => {
    let end = (_result: { exitCode: number; report: unknown }): void => undefined;
    const site = new SiteDouble();
    bench.startSite = async () => {
      setImmediate(() => bench.ending.abort());
      return {
        handlers: site.handlers(),
        events: site.events,
        finished: new Promise((resolve) => {
          end = resolve;
        }),
        stop: async () => end({ exitCode: 0, report: {} }),
      };
    };
    expect((await bench.run('run')).code).toBe(0);
  });

  it('says what did not start although it was asked for', async () => {
    const site = new SiteDouble();
    bench.startSite = async () => ({
      handlers: site.handlers(),
      events: site.events,
      notes: ['The page is not there.'],
      finished: Promise.resolve({ exitCode: 0, report: {} }),
      stop: async () => undefined,
    });
    expect((await bench.run('run', '--console')).err).toContain('The page is not there.\n');
  });

  it('a bug is said, not thrown', async () => {
    expect(await bench.json('run')).toMatchObject({ code: 1, value: { error: { code: 'defect' } } });
  });
});
