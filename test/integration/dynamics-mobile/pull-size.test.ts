import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createDynamicsMobileCloud } from '../../../main/adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import type { ListedEntry } from '../../../main/core/packets/packet-cloud.ts';
import { cloudSettings, failure, never, testRuntime, value } from './client-world.ts';

/** What the setting allows unless somebody says otherwise. */
const MOST = 100_000_000;
const CHUNK = Buffer.alloc(1_000_000, ' ');
const START = Buffer.from('<NavMobileSync>');
const entry: ListedEntry = {
  id: '00000000-0000-4000-8000-000000000001',
  path: 'push-done/xml/prod/ACME/20250310/anna/1.xml',
  user: 'anna',
  company: 'ACME_LIVE',
  kind: 'data',
  receiptHandle: 'handle',
  raw: '<message/>',
};

/** A storage of one body, which is made while it is sent; tells how much of it went out until the other side was gone. */
async function storage(send: (answer: ServerResponse, wrote: (bytes: number) => void) => Promise<void>) {
  let bytes = 0;
  const gone = Promise.withResolvers<void>();
  const server = createServer((request, answer) => {
    const { port } = server.address() as AddressInfo;
    if (request.url?.includes('/link') === true) {
      answer.end(JSON.stringify({ url: `http://127.0.0.1:${port}/body` }));
      return;
    }
    answer.on('close', () => gone.resolve());
    void send(answer, (more) => {
      bytes += more;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const runtime = testRuntime();
  const client = createDynamicsMobileCloud({
    settings: cloudSettings(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    apiKey: async () => 'key',
    http: createNodeHttpTransport(runtime),
    runtime,
    maxPacketBytes: MOST,
  });
  return { client, gone: gone.promise, sent: () => bytes };
}

test('100,000,001 bytes are refused by their declared length, before any of them is read', async () => {
  const from = await storage(async (answer) => {
    // Only the head goes out: whoever waits for the body waits for ever.
    answer.writeHead(200, { 'content-length': String(MOST + 1) });
    answer.flushHeaders();
  });
  expect(failure(await from.client.download(entry, never))).toMatchObject({
    kind: 'rejected',
    code: 'body-too-large',
  });
  // The connection is given up, not kept for a body that nobody wants.
  await from.gone;
});

test('a body whose length is not declared is stopped in the middle of its stream', async () => {
  const from = await storage(async (answer, wrote) => {
    answer.writeHead(200);
    answer.write(START);
    // Twice what is allowed: it is the reader who ends it.
    for (let sent = 0; sent < 2 * MOST && !answer.closed; sent += CHUNK.length) {
      wrote(CHUNK.length);
      if (!answer.write(CHUNK)) await Promise.race([once(answer, 'drain'), once(answer, 'close')]);
    }
    answer.end('</NavMobileSync>');
  });
  const body = value(await from.client.download(entry, never));
  let read = 0;
  const reading = async (): Promise<void> => {
    for await (const chunk of body) read += chunk.length;
  };
  const error: unknown = await reading().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BodyStreamError);
  expect((error as BodyStreamError).failure).toMatchObject({ kind: 'rejected', code: 'body-too-large' });
  expect(read).toBeLessThanOrEqual(MOST);
  await from.gone;
  // What lies in the buffers of both sides may have gone out besides.
  expect(from.sent()).toBeLessThan(1.2 * MOST);
});
