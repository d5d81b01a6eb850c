import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectionCut } from '../../../main/sandbox/clouds/connection-cut.ts';
import { serveFetch } from '../../../main/sandbox/clouds/serve.ts';
import type { FetchHandler, LoopbackServer } from '../../../main/sandbox/clouds/serve.ts';
import { call } from './loopback-client.ts';

const servers: LoopbackServer[] = [];
const defects: unknown[] = [];

async function serve(handler: FetchHandler): Promise<string> {
  const server = await serveFetch(handler, { onDefect: (error) => defects.push(error) });
  servers.push(server);
  return server.url;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  expect(defects.splice(0)).toEqual([]);
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('serving a handler on loopback', () => {
  it('hands method, address, headers and body over and the answer back', async () => {
    const url = await serve(async (request) => {
      const seen = [request.method, new URL(request.url).pathname, request.headers.get('x-a')];
      return new Response(`${seen.join(' ')} ${await request.text()}`, {
        status: 201,
        headers: { 'x-b': 'c' },
      });
    });
    const answer = await call(`${url}/p?q=1`, {
      method: 'POST',
      headers: { 'x-a': 'b' },
      body: [bytes('hello')],
    });
    expect([answer.status, answer.headers['x-b'], answer.body.toString()]).toEqual([
      201,
      'c',
      'POST /p b hello',
    ]);
  });

  it('refuses any address but loopback', async () => {
    await expect(serveFetch(async () => new Response(), { host: '0.0.0.0' })).rejects.toThrow(
      'loopback only',
    );
  });

  it('streams a request: the handler reads the first piece before the last was sent', async () => {
    const firstRead = Promise.withResolvers<string>();
    const url = await serve(async (request) => {
      const reader = request.body!.getReader();
      const { value } = await reader.read();
      firstRead.resolve(new TextDecoder().decode(value));
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return new Response(rest);
        rest += new TextDecoder().decode(value);
      }
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\nconnection: close\r\n\r\none');
    expect(await firstRead.promise).toBe('one');
    socket.write('two');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await once(socket, 'close');
    expect(answer).toContain('two');
  });

  it('streams an answer: the client has the first piece before the last was made', async () => {
    const more = Promise.withResolvers<void>();
    const url = await serve(() =>
      Promise.resolve(
        new Response(
          new ReadableStream<Uint8Array>({
            async start(controller) {
              controller.enqueue(bytes('one'));
              await more.promise;
              controller.enqueue(bytes('two'));
              controller.close();
            },
          }),
        ),
      ),
    );
    const reader = (await fetch(url)).body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('one');
    more.resolve();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('two');
  });

  it('destroys the socket when the handler cuts', async () => {
    const url = await serve(() => Promise.reject(new ConnectionCut()));
    await expect(call(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('delivers what came before a cut in the body, and no end', async () => {
    const url = await serve(() => {
      let pulled = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulled++ === 0) controller.enqueue(bytes('half'));
          else controller.error(new ConnectionCut());
        },
      });
      return Promise.resolve(new Response(body, { headers: { 'content-length': '8' } }));
    });
    const answer = await call(url);
    expect([answer.body.toString(), answer.complete]).toEqual(['half', false]);
  });

  it.each([
    [3, 'hel', true],
    [9, 'hello', false],
  ])('sends a declared length of %d with a body of 5', async (declared, got, complete) => {
    const url = await serve(() =>
      Promise.resolve(new Response('hello', { headers: { 'content-length': String(declared) } })),
    );
    const answer = await call(url);
    expect([answer.headers['content-length'], answer.body.toString(), answer.complete]).toEqual([
      String(declared),
      got,
      complete,
    ]);
  });

  it('answers without reading the body and lets the client finish sending', async () => {
    const url = await serve(() => Promise.resolve(new Response('no', { status: 413 })));
    const piece = new Uint8Array(64 * 1024);
    const answer = await call(url, {
      method: 'PUT',
      headers: { 'content-length': piece.length * 64 },
      body: Array.from({ length: 64 }, () => piece),
    });
    expect([answer.status, answer.body.toString()]).toEqual([413, 'no']);
  });

  it('answers after a part of the body and keeps the connection for the next call', async () => {
    const url = await serve(async (request) => {
      if (request.body === null) return new Response('next');
      await request.body.getReader().read();
      return new Response('enough', { status: 400, headers: { 'content-length': '6' } });
    });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const length = 3_000_000;
    socket.write(`PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
    socket.write(Buffer.alloc(length));
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*enoughHTTP\/1.1 200 [^]*next/);
  });

  it('tells the handler that the client went away', async () => {
    const aborted = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const url = await serve(async (request) => {
      reached.resolve();
      await new Promise<void>((resolve) => {
        request.signal.addEventListener('abort', () => resolve());
      });
      aborted.resolve();
      throw new ConnectionCut();
    });
    const controller = new AbortController();
    const answer = fetch(url, { signal: controller.signal }).catch(() => 'gone');
    await reached.promise;
    controller.abort();
    expect(await answer).toBe('gone');
    await aborted.promise;
  });

  it('reports a defect of the handler and breaks the connection', async () => {
    const url = await serve(() => Promise.reject(new Error('a bug')));
    await expect(call(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(defects.splice(0)).toMatchObject([{ message: 'a bug' }]);
  });
});
