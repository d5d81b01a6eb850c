import { execFileSync } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { readText } from '../../../main/adapters/http/read-text.ts';
import { trustSystemRoots } from '../../../main/adapters/http/system-roots.ts';
import type { HttpOutcome, HttpRequest, HttpResponse } from '../../../main/core/runtime/http-transport.ts';
import { ManualTimers, onRequest, rawServer, type RawServer } from './http-support.ts';

const HEAD_MS = 60_000;
const IDLE_MS = 30_000;

let timers = new ManualTimers();
const servers: RawServer[] = [];
const never = new AbortController().signal;

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  expect(timers.sleeping, 'watchdogs left over').toEqual([]);
  timers = new ManualTimers();
});

async function serve(talk: (socket: Socket) => void): Promise<RawServer> {
  const server = await rawServer(talk);
  servers.push(server);
  return server;
}

const send = (url: string, more: Partial<HttpRequest> = {}, signal = never): Promise<HttpOutcome> =>
  createNodeHttpTransport(timers).send(
    { method: 'GET', url, headers: {}, headTimeoutMs: HEAD_MS, idleTimeoutMs: IDLE_MS, ...more },
    signal,
  );

function answered(outcome: HttpOutcome): HttpResponse {
  if (outcome.kind !== 'answered') throw new Error(`${outcome.kind}: ${outcome.cause}`);
  return outcome.response;
}

const text = async (outcome: HttpOutcome): Promise<unknown> => readText(answered(outcome), 1_000_000);

const body = (chunks: readonly (string | Buffer)[], size?: number): HttpRequest['body'] => ({
  size: size ?? chunks.reduce((sum, chunk) => sum + Buffer.byteLength(chunk), 0),
  // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
  open: async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk);
  },
});

describe('an answered exchange', () => {
  it('sends the exact length, nothing chunked, and gives status, headers and body', async () => {
    let head = '';
    let received = '';
    const server = await serve((socket) =>
      onRequest(socket, (h, b) => {
        [head, received] = [h, b.toString()];
        socket.end('HTTP/1.1 201 Created\r\nX-One: a\r\nContent-Length: 4\r\n\r\nfine');
      }),
    );
    const outcome = await send(`${server.url}/p?q=1`, {
      method: 'PUT',
      headers: { 'content-type': 'application/xml' },
      body: body(['<a>', 'é', '</a>']),
    });
    expect(answered(outcome).status).toBe(201);
    expect(answered(outcome).headers['x-one']).toBe('a');
    expect(await text(outcome)).toEqual({ ok: true, value: 'fine' });
    expect(received).toBe('<a>é</a>');
    expect(head).toMatch(/^PUT \/p\?q=1 HTTP\/1\.1\r\n/);
    expect(head.toLowerCase()).toContain('content-length: 9');
    expect(head.toLowerCase()).not.toMatch(/transfer-encoding|expect:/);
  });

  it('gives a redirect as it is and does not follow it', async () => {
    const server = await serve((socket) =>
      onRequest(socket, () =>
        socket.end('HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n'),
      ),
    );
    const outcome = await send(server.url);
    expect(answered(outcome).status).toBe(302);
    expect(await text(outcome)).toEqual({ ok: true, value: '' });
    expect(server.connections()).toBe(1);
  });

  it('takes an answer that comes before the body is through, and sends no more', async () => {
    let asked = 0;
    const server = await serve((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    });
    const outcome = await send(server.url, {
      method: 'PUT',
      body: {
        size: 1e12,
        open: async function* () {
          for (;;) {
            asked += 1;
            yield Buffer.alloc(65_536);
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      },
    });
    expect(answered(outcome).status).toBe(403);
    expect(await text(outcome)).toEqual({ ok: true, value: 'no' });
    const before = asked;
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBeLessThanOrEqual(before + 1);
  });

  it('closes the connection when the body is abandoned', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const server = await serve((socket) => {
      socket.on('close', () => resolve());
      onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nsome'));
    });
    for await (const chunk of answered(await send(server.url)).body) {
      expect(Buffer.from(chunk).toString()).toBe('some');
      break;
    }
    await closed;
  });
});

describe('what is known about a request that failed', () => {
  it('not-sent: nobody listens', async () => {
    const server = await rawServer(() => {});
    await server.close();
    expect(await send(`${server.url}/secret-path`)).toEqual({
      kind: 'not-sent',
      cause: 'the connection was refused (ECONNREFUSED)',
    });
  });

  it.each([
    ['http://192.0.2.1/secret', 'the address is not https'],
    ['ftp://127.0.0.1/secret', 'the address is not https'],
    ['http://127.0.0.1.example.com/', 'the address is not https'],
    ['nonsense secret', 'the address is not valid'],
  ])('not-sent: %s is refused', async (url, cause) => {
    expect(await send(url)).toEqual({ kind: 'not-sent', cause });
  });

  it('not-sent: a header that cannot be sent, without its value in the words', async () => {
    const outcome = await send('http://127.0.0.1:1', { headers: { 'x-api-key': 'CANARY\nsecret' } });
    expect(outcome.kind).toBe('not-sent');
    expect(JSON.stringify(outcome)).not.toContain('CANARY');
  });

  it('not-sent: a certificate that is not trusted', async () => {
    const pem = selfSigned();
    const server = https.createServer({ key: pem, cert: pem }, (_, answer) => answer.end('x'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const outcome = await send(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(outcome.kind).toBe('not-sent');
    expect(outcome.kind === 'not-sent' && outcome.cause).toMatch(/certificate/);
    await new Promise((resolve) => server.close(resolve));
  });

  it('not-sent: cancelled before it began', async () => {
    expect(await send('http://127.0.0.1:1', {}, AbortSignal.abort())).toEqual({
      kind: 'not-sent',
      cause: 'cancelled',
    });
  });

  it('maybe-sent: reset after the head, before the body', async () => {
    const server = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const outcome = await send(server.url, { method: 'PUT', body: body(['x'.repeat(100)]) });
    expect(outcome.kind).toBe('maybe-sent');
  });

  it('maybe-sent: the body arrived whole and the connection closed without an answer', async () => {
    let received = 0;
    const server = await serve((socket) =>
      onRequest(socket, (_, bytes) => {
        received = bytes.length;
        socket.resetAndDestroy();
      }),
    );
    const outcome = await send(server.url, { method: 'PUT', body: body(['x'.repeat(1000)]) });
    expect(outcome.kind).toBe('maybe-sent');
    expect(received).toBe(1000);
  });

  it('maybe-sent: the answer is no HTTP', async () => {
    const server = await serve((socket) => onRequest(socket, () => socket.end('SSH-2.0-x\r\n')));
    expect((await send(server.url)).kind).toBe('maybe-sent');
  });

  it.each([
    ['fewer', ['abc'], 10],
    ['more', ['abc', 'defghijkl'], 5],
  ])('maybe-sent and never whole: the body has %s bytes than declared', async (word, chunks, size) => {
    const { promise: closed, resolve } = Promise.withResolvers<number>();
    const server = await serve((socket) => {
      let bytes = 0;
      socket.on('data', (data) => {
        const text = data.toString();
        bytes += text.length - (text.includes('\r\n\r\n') ? text.indexOf('\r\n\r\n') + 4 : 0);
      });
      socket.on('close', () => resolve(bytes));
    });
    const outcome = await send(server.url, { method: 'PUT', body: body(chunks, size) });
    expect(outcome).toEqual({ kind: 'maybe-sent', cause: `the body has ${word} bytes than were declared` });
    expect(await closed).toBeLessThan(size);
  });

  it('maybe-sent: the source of the body fails', async () => {
    const server = await serve((socket) => void socket.resume());
    const outcome = await send(server.url, {
      method: 'PUT',
      body: {
        size: 10,
        open: async function* () {
          yield Buffer.from('abc');
          throw new Error('CANARY in a path');
        },
      },
    });
    expect(outcome.kind).toBe('maybe-sent');
    expect(JSON.stringify(outcome)).not.toContain('CANARY');
  });

  it('maybe-sent: cancelled while waiting for the answer', async () => {
    const abort = new AbortController();
    const server = await serve((socket) => socket.once('data', () => abort.abort()));
    expect(await send(server.url, {}, abort.signal)).toEqual({ kind: 'maybe-sent', cause: 'cancelled' });
  });

  it('maybe-sent: no answer in time', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const server = await serve((socket) => socket.once('data', () => resolve()));
    const outcome = send(server.url);
    await asked;
    await timers.pass(HEAD_MS);
    expect(await outcome).toEqual({ kind: 'maybe-sent', cause: 'no answer within 60 s' });
  });

  it('maybe-sent: a head that trickles in is cut off by the deadline', async () => {
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const server = await serve((socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nX-Slow', () => resolve())),
    );
    const outcome = send(server.url);
    await begun;
    await timers.pass(HEAD_MS);
    expect((await outcome).kind).toBe('maybe-sent');
  });

  it('maybe-sent: the other side stops taking bytes', async () => {
    const server = await serve((socket) => socket.pause());
    const outcome = send(server.url, { method: 'PUT', body: body(Array(400).fill(Buffer.alloc(65_536))) });
    // One watch per chunk: only the last, stuck one is still there once the sockets' buffers are full.
    const stuck = async (): Promise<void> => {
      let before = -1;
      for (let same = 0; same < 50;) {
        await new Promise((resolve) => setImmediate(resolve));
        same = timers.sleeping.length === before ? same + 1 : 0;
        before = timers.sleeping.length;
      }
    };
    await stuck();
    await timers.pass(IDLE_MS);
    expect(await outcome).toEqual({ kind: 'maybe-sent', cause: 'the other side takes no more bytes' });
  });
});

describe('the body of an answer', () => {
  const answering = (raw: string, end = true): Promise<RawServer> =>
    serve((socket) => onRequest(socket, () => (end ? socket.end(raw) : socket.write(raw))));

  it.each([
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhalf'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['more than was declared', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf and more'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 9\r\n\r\nhalf'],
  ])('%s is an error, never a shorter body', async (_, raw) => {
    const server = await answering(raw);
    const outcome = await send(server.url);
    if (outcome.kind !== 'answered') expect(outcome.kind).toBe('maybe-sent');
    else expect(await text(outcome)).toMatchObject({ ok: false });
  });

  it('whole with chunks, whole with a length, whole to the end of the connection', async () => {
    for (const head of [
      'Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      'Content-Length: 2\r\n\r\nok',
      '\r\nok',
    ]) {
      const server = await answering(`HTTP/1.1 200 OK\r\n${head}`);
      expect(await text(await send(server.url))).toEqual({ ok: true, value: 'ok' });
    }
  });

  it('a silence ends it', async () => {
    const server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome', false);
    const response = answered(await send(server.url));
    const reading = readText(response, 100);
    await timers.pass(IDLE_MS);
    expect(await reading).toEqual({ ok: false, failure: 'silence for 30 s' });
  });

  it('one that nobody reads is given up', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const server = await serve((socket) => {
      socket.on('close', () => resolve());
      onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome'));
    });
    answered(await send(server.url));
    await timers.pass(IDLE_MS);
    await closed;
  });

  it('cancelling ends it', async () => {
    const abort = new AbortController();
    const server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome', false);
    const response = answered(await send(server.url, {}, abort.signal));
    const reading = readText(response, 100);
    abort.abort();
    expect(await reading).toEqual({ ok: false, failure: 'cancelled' });
  });

  it('is read up to the limit only, and only as UTF-8', async () => {
    const server = await answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789');
    expect(await readText(answered(await send(server.url)), 9)).toEqual({
      ok: false,
      failure: 'more than 9 bytes',
    });
    const bad = await answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\né'.slice(0, -1));
    expect(await readText(answered(await send(bad.url)), 9)).toMatchObject({ ok: false });
  });
});

describe('100 MB', () => {
  it('up and down in bounded memory', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    const count = 1_526;
    let received = 0;
    const server = http.createServer((request, answer) => {
      request.on('data', (data: Buffer) => (received += data.length));
      request.on('end', () => {
        answer.writeHead(200, { 'content-length': String(chunk.length * count) });
        let left = count;
        const more = (): void => {
          while (left > 0) {
            left -= 1;
            if (!answer.write(chunk)) return void answer.once('drain', more);
          }
          answer.end();
        };
        more();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const before = process.memoryUsage().rss;
    let peak = 0;
    let down = 0;
    const outcome = await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      method: 'PUT',
      body: {
        size: chunk.length * count,
        // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
        open: async function* () {
          for (let i = 0; i < count; i += 1) yield chunk;
        },
      },
    });
    for await (const part of answered(outcome).body) {
      down += part.length;
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect([received, down]).toEqual([chunk.length * count, chunk.length * count]);
    expect(peak).toBeLessThan(120 * 1024 * 1024);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('trusted roots', () => {
  it('are those of the runtime and those of the machine, and loading them twice adds nothing', () => {
    trustSystemRoots();
    expect(trustSystemRoots()).toBe(0);
  });
});

/** Key and certificate of a host nobody trusts. */
function selfSigned(): string {
  return execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=127.0.0.1',
      '-days',
      '1',
      '-keyout',
      '-',
      '-out',
      '-',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
}
