import { mkdtempSync, mkdirSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConsoleAccess } from '../../../main/console/access-file.ts';
import { startConsole, type HttpConsole } from '../../../main/console/http-console.ts';
import { contentSecurityPolicy } from '../../../main/console/page-policy.ts';
import { NOW, SiteDouble } from './site-double.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let folder: string;
let site: SiteDouble;
let served: HttpConsole;
let token: string;
const defects: unknown[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-console-'));
  const page = join(folder, 'page');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>t</title>');
  writeFileSync(join(page, 'assets', 'a.js'), 'void 0;');
  writeFileSync(join(folder, 'site.json'), '{"secret":"canary"}');
  site = new SiteDouble();
  defects.length = 0;
  served = await startConsole({
    dataDir: folder,
    page,
    port: 0,
    handlers: site.handlers({
      runsList: async () => {
        throw new Error('canary in a message');
      },
    }),
    events: site.events,
    onDefect: (name, error) => defects.push([name, error]),
  });
  token = readConsoleAccess(folder)?.token ?? '';
});
afterEach(async () => {
  await served.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const port = (): number => Number(new URL(served.url).port);

/** node:http, because fetch does not let Host and Origin be set. */
function ask({ method = 'GET', path = '/', headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: port(), method, path, headers, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(parts).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const api = (name: string, body = '{}', headers: Record<string, string> = {}): Promise<Answer> =>
  ask({
    method: 'POST',
    path: `/api/${name}`,
    body,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
  });

describe('console', () => {
  it('writes where it is and its token for the owner only, and takes that back when it stops', async () => {
    expect(readConsoleAccess(folder)).toEqual({ url: served.url, token });
    expect(served.openUrl).toBe(`${served.url}#token=${token}`);
    if (process.platform !== 'win32') expect(statSync(join(folder, 'console.json')).mode & 0o777).toBe(0o600);
    await served.stop();
    expect(existsSync(join(folder, 'console.json'))).toBe(false);
  });

  it('serves the page with the strict policy', async () => {
    const page = await ask({});
    expect(page.status).toBe(200);
    const policy = String(page.headers['content-security-policy']);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
    expect(policy).toBe(contentSecurityPolicy('self', nonce));
    expect(nonce).toHaveLength(24);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect((await ask({ path: '/assets/a.js' })).headers['content-type']).toContain('javascript');
  });

  it('listens on loopback only', () => {
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it.each([
    '/../site.json',
    '/..%2fsite.json',
    '/%2e%2e/site.json',
    '/assets/../../site.json',
    '//etc/passwd',
    '/assets',
  ])('has no file at %s', async (path) => {
    const got = await ask({ path });
    expect(got.status).toBe(404);
    expect(got.text).not.toContain('canary');
  });

  it('answers a request of the contract', async () => {
    const got = await api('sync', '{"links":["field-sales"]}');
    expect(got.status).toBe(200);
    expect(JSON.parse(got.text)).toEqual({
      ok: true,
      value: { flows: [{ link: 'field-sales', flow: 'pull', outcome: 'started', run: 7 }] },
    });
    expect(site.calls).toEqual([{ name: 'sync', args: { links: ['field-sales'] } }]);
  });

  it.each([
    ['none', {}],
    ['a wrong one', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['the beginning of it', { authorization: 'BEGINNING' }],
    ['another scheme', { authorization: 'SCHEME' }],
  ])('refuses without calling anything when the token is %s', async (_how, headers) => {
    const authorization: string | undefined = (headers as Record<string, string>)['authorization'];
    const real = authorization
      ?.replace('BEGINNING', `Bearer ${token.slice(0, -1)}`)
      .replace('SCHEME', `Basic ${token}`);
    const got = await ask({
      method: 'POST',
      path: '/api/status',
      body: '{}',
      headers: { 'content-type': 'application/json', ...(real === undefined ? {} : { authorization: real }) },
    });
    expect(got.status).toBe(401);
    expect(site.calls).toEqual([]);
  });

  it('does not take the token from the address', async () => {
    const got = await ask({ method: 'POST', path: `/api/status?token=${token}`, body: '{}' });
    expect(got.status).toBe(401);
  });

  it.each([
    'evil.example',
    'evil.example:PORT',
    '127.0.0.1',
    '127.0.0.1.evil.example:PORT',
    '[::1]:PORT',
    '0.0.0.0:PORT',
  ])('refuses the host name %s (DNS rebinding), page and requests alike', async (pattern) => {
    const host = pattern.replace('PORT', String(port()));
    expect((await ask({ headers: { host } })).status).toBe(403);
    expect((await api('status', '{}', { host })).status).toBe(403);
    expect(site.calls).toEqual([]);
  });

  it.each([
    'http://evil.example',
    'null',
    'https://127.0.0.1:PORT',
    'http://127.0.0.1',
    'http://localhost:PORT',
  ])('refuses the origin %s, even with the token', async (pattern) => {
    const origin = pattern.replace('PORT', String(port()));
    expect((await api('status', '{}', { origin })).status).toBe(403);
    expect(site.calls).toEqual([]);
  });

  it('takes its own origin', async () => {
    const origin = served.url.slice(0, -1);
    expect((await api('status', '{}', { origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('refuses what a browser marks as coming from another site', async () => {
    expect((await ask({ headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  });

  it('never allows another origin by answer header', async () => {
    const got = await ask({
      method: 'OPTIONS',
      path: '/api/status',
      headers: { origin: 'http://evil.example' },
    });
    expect(got.status).toBe(403);
    expect(got.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('refuses a form post: it needs no permission of this page', async () => {
    expect((await api('shutdown', '{}', { 'content-type': 'text/plain' })).status).toBe(415);
    expect(site.calls).toEqual([]);
  });

  it.each(['{', '', 'nul', '{"a":1}}'])('refuses the body %j', async (body) => {
    const got = await api('status', body);
    expect(got.status).toBe(400);
    expect(JSON.parse(got.text)).toMatchObject({ ok: false, error: { code: 'bad-arguments' } });
  });

  it('refuses a body that is too large, announced or not', async () => {
    const announced = await api('status', JSON.stringify({ x: 'a'.repeat(70_000) }));
    expect(announced.status).toBe(413);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: port(),
          method: 'POST',
          path: '/api/status',
          agent: false,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.on('error', reject);
      for (let i = 0; i < 70; i += 1) request.write('a'.repeat(1_024));
      request.end();
    });
    expect(status).toBe(413);
    expect(site.calls).toEqual([]);
  });

  it.each([
    ['queueList', '{"limit":100000}'],
    ['queueList', '{"link":7}'],
    ['queueShow', '{}'],
    ['status', '{"unknown":1}'],
    ['sync', '[]'],
  ])('parses arguments before the handler: %s %s', async (name, body) => {
    const got = await api(name, body);
    expect(got.status).toBe(400);
    expect(site.calls).toEqual([]);
  });

  it('fills in defaults', async () => {
    await api('queueList');
    expect(site.calls).toEqual([{ name: 'queueList', args: { limit: 50, offset: 0 } }]);
  });

  it.each(['nothing', 'constructor', '__proto__', 'toString', ''])('knows no request %j', async (name) => {
    const got = await api(name);
    expect(got.status).toBe(404);
    expect(JSON.parse(got.text)).toMatchObject({ ok: false, error: { code: 'unknown-request' } });
  });

  it('keeps the message of a bug to itself', async () => {
    const got = await api('runsList');
    expect(got.status).toBe(500);
    expect(got.text).not.toContain('canary');
    expect(defects).toEqual([['runsList', new Error('canary in a message')]]);
  });

  it('may be limited to looking', async () => {
    const looking = await startConsole({
      dataDir: folder,
      page: join(folder, 'page'),
      port: 0,
      handlers: site.handlers(),
      events: site.events,
      right: 'view',
    });
    try {
      const own = readConsoleAccess(folder)?.token ?? '';
      const post = (name: string): Promise<Response> =>
        fetch(`${looking.url}api/${name}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${own}`, 'content-type': 'application/json' },
          body: '{}',
        });
      expect((await post('sync')).status).toBe(403);
      expect((await post('status')).status).toBe(200);
      expect(site.calls.map((call) => call.name)).toEqual(['status']);
    } finally {
      await looking.stop();
    }
  });

  it('tells two pages of the same event, and stops when one leaves', async () => {
    const open = async (): Promise<{ next: () => Promise<string>; leave: () => void }> => {
      const leaving = new AbortController();
      const response = await fetch(`${served.url}api/events`, {
        headers: { authorization: `Bearer ${token}` },
        signal: leaving.signal,
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      return {
        next: async () => {
          for (;;) {
            const found = /data: (.*)\n\n/.exec(text);
            if (found !== null) {
              text = text.slice(found.index + found[0].length);
              return found[1]!;
            }
            const { value, done } = await reader.read();
            if (done) throw new Error('the events ended');
            text += value;
          }
        },
        leave: () => leaving.abort(),
      };
    };
    const [one, two] = [await open(), await open()];
    await site.untilListening(2);
    const sent = site.emit({ at: NOW + 1 });
    expect(JSON.parse(await one.next())).toEqual(sent);
    expect(JSON.parse(await two.next())).toEqual(sent);
    one.leave();
    await site.untilListening(1);
    site.emit({ at: NOW + 2 });
    expect(JSON.parse(await two.next())).toMatchObject({ sequence: 2 });
    two.leave();
    await site.untilListening(0);
  });

  it('does not tell events without the token', async () => {
    expect((await ask({ path: '/api/events' })).status).toBe(401);
    expect(site.listening).toBe(0);
  });

  it('survives a client that talks nonsense', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(port(), '127.0.0.1', () => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
      socket.on('error', () => resolve());
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect((await ask({})).status).toBe(200);
  });
});
