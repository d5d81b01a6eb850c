import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDynamicsMobileCloud } from '../../../main/adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import type { PacketCloud } from '../../../main/core/packets/packet-cloud.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { bodyOf, cloudSettings, KEY, never, testRuntime } from './client-world.ts';

const SIGNATURE = 'CANARYSIGNATURE';
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

type Answer = (request: IncomingMessage, answer: ServerResponse, link: string) => void;

async function clientOf(answer: Answer): Promise<{ client: PacketCloud; link: string }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response, link));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const link = `${base}/bucket/x?X-Amz-Signature=${SIGNATURE}&key=${KEY}`;
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const runtime = testRuntime();
  const client = createDynamicsMobileCloud({
    settings: cloudSettings(base),
    apiKey: async () => KEY,
    http: createNodeHttpTransport(runtime),
    runtime,
    maxPacketBytes: 10_000,
  });
  return { client, link };
}

/** Everything a cloud may say that echoes what must not be repeated. */
const echoes = (request: IncomingMessage, link: string): readonly string[] => [
  JSON.stringify({ message: `no access for ${KEY} to ${link}` }),
  JSON.stringify({ success: false, message: `${KEY} ${link} key=${KEY}` }),
  JSON.stringify({ success: true, uploadPath: `ftp://x/?${SIGNATURE}`, syncLogId: 's' }),
  JSON.stringify({ success: true, uploadPath: `not a link ${SIGNATURE}`, syncLogId: 's' }),
  JSON.stringify({ url: `https://user:${KEY}@files.example/${SIGNATURE}` }),
  JSON.stringify({ url: `nonsense ${SIGNATURE}` }),
  `<Error><Code>${SIGNATURE}${KEY}xx</Code><StringToSign>${link}</StringToSign></Error>`,
  `<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>${SIGNATURE}</SignatureProvided></Error>`,
  `<html><body>${KEY} ${link} ${request.headers['x-api-key'] as string}</body></html>`,
  `<messages><message><id>${SIGNATURE}</id><url></url></message></messages>`,
  `[{"id":"${KEY}"}]`,
  `<messages>${link}`,
  `${KEY} ${link}`,
  '',
];

describe('rule 57: no failure names the key or a link', () => {
  const seen: string[] = [];
  const calls = async (client: PacketCloud, link: string): Promise<void> => {
    const entry = {
      id: 'p1',
      path: 'push-done/xml/p1.xml',
      user: 'anna',
      company: '',
      kind: 'data',
      receiptHandle: '',
      raw: '',
    };
    const note = (result: { ok: boolean; failure?: unknown }): void => {
      if (!result.ok) seen.push(JSON.stringify(result.failure));
    };
    note(await client.list('packet', never));
    const body = await client.download(entry, never);
    note(body);
    if (body.ok)
      try {
        for await (const chunk of body.value) expect(chunk).toBeDefined();
      } catch (error) {
        if (!(error instanceof BodyStreamError)) throw error;
        seen.push(JSON.stringify(error.failure), error.message, String(error.stack));
      }
    note(await client.reportDone({ queue: 'packet', format: 'xml', raw: '<messages/>' }, never));
    note(await client.requestUpload({ user: 'anna', packetUniqueId: 'p', size: 3 }, never));
    note(await client.upload({ url: link, syncLogId: 's', receivedAt: 0 }, bodyOf('abc'), never));
  };
  const check = (): void => {
    for (const text of seen) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(SIGNATURE);
      expect(text).not.toContain('X-Amz');
    }
  };

  it('over every status with every echo', { timeout: 60_000 }, async () => {
    for (const status of [200, 204, 302, 400, 401, 403, 404, 411, 413, 418, 422, 429, 500, 503])
      for (let i = 0; i < 14; i += 1) {
        const { client, link } = await clientOf((request, answer, own) => {
          answer.writeHead(status, {
            location: own,
            'x-echo': KEY,
            'retry-after': i % 2 === 0 ? 'soon' : '7',
          });
          answer.end(status === 204 ? undefined : echoes(request, own)[i]);
        });
        await calls(client, link);
        await closers.pop()?.();
      }
    expect(seen.length).toBeGreaterThan(500);
    check();
  });

  it('over links that are given and then fail', async () => {
    for (const fail of ['reset', 'refuse', 'half', 'huge', 'gzip', 'page'] as const) {
      const { client, link } = await clientOf((request, answer, own) => {
        if (request.url?.startsWith('/mobile') === true) {
          answer.end(JSON.stringify({ success: true, url: own, uploadPath: own, syncLogId: 's' }));
          return;
        }
        if (fail === 'reset') request.socket.resetAndDestroy();
        else if (fail === 'refuse')
          answer.writeHead(403).end(`<Error><Code>AccessDenied</Code><X>${own}</X></Error>`);
        else if (fail === 'half') {
          answer.writeHead(200, { 'content-length': '900' });
          answer.write('<NavMobileSync>', () => request.socket.destroy());
        } else if (fail === 'huge') answer.end('x'.repeat(20_000));
        else if (fail === 'gzip') answer.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
        else answer.end(`<html>${own}</html>`);
      });
      await calls(client, link);
    }
    check();
  });

  it('when the key cannot be read', async () => {
    const runtime = testRuntime();
    const client = createDynamicsMobileCloud({
      settings: cloudSettings('http://127.0.0.1:1'),
      apiKey: async () => {
        throw new Error(`cannot read ${KEY}`);
      },
      http: createNodeHttpTransport(runtime),
      runtime,
      maxPacketBytes: 10_000,
    });
    const result = await client.list('packet', never);
    expect(result).toMatchObject({
      ok: false,
      failure: { kind: 'unauthorized', cause: 'the key cannot be read' },
    });
    expect(JSON.stringify(result)).not.toContain(KEY);
  });
});
