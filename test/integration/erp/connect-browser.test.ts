import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { erpHops } from '../../../main/adapters/hop-test/erp-hops.ts';
import {
  startSqlBrowser,
  type BrowsedInstance,
  type SqlBrowser,
} from '../../../main/sandbox/tds/sql-browser.ts';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import { endAll, later, PASSWORD, serve, server, tried } from './connect-bench.ts';

afterEach(endAll);

const triesMs = [150, 150];
const plain = { encrypt: false, server: '127.0.0.1\\sales' } as const;

async function browse(...instances: readonly BrowsedInstance[]): Promise<SqlBrowser> {
  const browser = await startSqlBrowser({ serverName: 'SQL01', instances });
  later(() => browser.close());
  return browser;
}

/** A UDP port that takes everything and answers with `answer`, or not at all. */
async function udp(answer?: Buffer): Promise<number> {
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => {
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  later(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  return socket.address().port;
}

describe('a named instance', () => {
  it('is found by SQL Server Browser, whatever the case, and again at another port', async () => {
    const first = await serve();
    const browser = await browse({ name: 'OTHER', tcp: 1 }, { name: 'SALES', tcp: first.tds.port });
    const one = server(plain, undefined, { port: browser.port });
    expect((await tried(one)).kind).toBe('connected');
    const second = await serve();
    await first.tds.close();
    browser.show([{ name: 'SALES', tcp: second.tds.port }]);
    expect((await tried(one)).kind).toBe('connected');
    expect(second.log.map((entry) => entry.event)).toContain('login');
  });

  it('is only a label where a port is given: nobody is asked', async () => {
    const { tds } = await serve();
    const one = server({ ...plain, port: tds.port }, undefined, { port: await udp(), triesMs });
    expect((await tried(one)).kind).toBe('connected');
  });

  it('that is unknown is told with those there are', async () => {
    const browser = await browse({ name: 'MSSQLSERVER', tcp: 1433 }, { name: 'ACCOUNTS', tcp: 1435 });
    expect(await tried(server(plain, undefined, { port: browser.port }))).toEqual({
      kind: 'not-applied',
      why: 'instance-unknown',
      cause: '127.0.0.1 has ACCOUNTS, MSSQLSERVER',
    });
  });

  it('without TCP is told apart from one that is not there', async () => {
    const browser = await browse({ name: 'SALES' });
    expect(await tried(server(plain, undefined, { port: browser.port }))).toMatchObject({
      why: 'instance-no-tcp',
    });
  });

  it.each([
    ['says nothing', undefined],
    ['talks nonsense', Buffer.from('hello')],
    ['declares more than it sends', Buffer.from([5, 0xff, 0xff, 65])],
  ])('with a browser that %s is given up in time', async (_how, answer) => {
    const port = await udp(answer);
    expect(await tried(server(plain, undefined, { port, triesMs }))).toEqual({
      kind: 'not-applied',
      why: 'browser-silent',
      cause: `no answer from UDP port ${port}`,
    });
  });

  it('with a browser that is stopped, too, and a stop does not wait for it', async () => {
    const browser = await browse();
    await browser.close();
    const one = server(plain, undefined, { port: browser.port, triesMs });
    expect(await tried(one)).toMatchObject({ why: 'browser-silent' });
    const abort = new AbortController();
    const connecting = server(plain, undefined, { port: await udp(), triesMs: [60_000] }).connect(
      abort.signal,
    );
    abort.abort();
    expect(await connecting).toMatchObject({ why: 'cancelled' });
  });
});

describe('the test of the way', () => {
  const settings = (more: Partial<ErpSettings>): ErpSettings => ({
    id: 'main',
    ...plain,
    database: 'ERP',
    auth: 'sql',
    user: 'ferry',
    timeZone: 'UTC',
    trustServerCertificate: false,
    ledger: { schema: 'ferry' },
    ...more,
  });
  const way = async (more: Partial<ErpSettings>, port: number): Promise<readonly string[]> => {
    const hops = await erpHops(settings(more), PASSWORD, () => 0, new AbortController().signal, {
      port,
      triesMs,
    });
    return hops
      .slice(1, 4)
      .map((hop) => `${hop.name.key} ${hop.address} ${hop.failure?.what.key ?? hop.outcome}`);
  };

  it('says which instance was found where', async () => {
    const { tds } = await serve();
    const browser = await browse({ name: 'SALES', tcp: tds.port });
    expect(await way({}, browser.port)).toEqual([
      'hop.instance 127.0.0.1\\sales ok',
      `hop.connect 127.0.0.1:${tds.port} ok`,
      `hop.encryption 127.0.0.1:${tds.port} ok`,
    ]);
  });

  it('names the first suspect', async () => {
    const browser = await browse({ name: 'ACCOUNTS', tcp: 1 }, { name: 'DUMB' });
    const first = async (more: Partial<ErpSettings>, port: number): Promise<string | undefined> =>
      (await way(more, port))[0];
    expect(await first({}, browser.port)).toBe('hop.instance 127.0.0.1\\sales hop.instanceUnknown.what');
    expect(await first({ server: '127.0.0.1\\DUMB' }, browser.port)).toContain('hop.instanceNoTcp.what');
    expect(await first({}, await udp())).toContain('hop.browserSilent.what');
  });
});
