import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createWebhookChannel, testWebhook } from '../../../main/adapters/alerts/webhook-channel.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import type { AlertMessage } from '../../../main/core/alerts/alert-channel.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import { certificateFor, type Certificate } from './mail-server.ts';

const never = new AbortController().signal;
let certificate: Certificate;
beforeAll(async () => {
  certificate = await certificateFor('localhost', '127.0.0.1');
});

async function listen(server: http.Server | https.Server): Promise<number> {
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const hops = async (url: string, ca?: readonly string[]): Promise<readonly string[]> => {
  const found = await testWebhook(url, never, { ca });
  expect(JSON.stringify(found)).not.toContain('SECRET');
  return found.map((hop) => `${hop.name.key.slice('alertHop.'.length)} ${hop.outcome}`);
};

const message: AlertMessage = {
  key: 'k',
  state: 'raised',
  title: 't',
  body: 'b',
  text: 'x',
  severity: 'info',
  code: 'items-parked',
  about: 'link:a',
  since: 0,
  site: 's',
  at: 0,
};
const send = (url: string | undefined, signal = never) =>
  createWebhookChannel({ url: async () => ok(url), http: createNodeHttpTransport(systemRuntime()) }).send(
    message,
    signal,
  );

describe('trying the way', () => {
  test('to this computer over http: the last step is a message marked as a test', async () => {
    const bodies: string[] = [];
    const port = await listen(
      http.createServer((request, response) => {
        request.setEncoding('utf8');
        request.on('data', (part: string) => bodies.push(part));
        request.on('end', () => response.writeHead(202).end('x'.repeat(100_000)));
      }),
    );
    expect(await hops(`http://127.0.0.1:${String(port)}/SECRET`)).toEqual([
      'resolve ok',
      'connect ok',
      'accept ok',
    ]);
    expect(JSON.parse(bodies.join(''))).toMatchObject({ state: 'test', code: 'test' });
  });

  test('over https the certificate is checked', async () => {
    let asked = 0;
    const port = await listen(
      https.createServer({ ...certificate }, (_request, response) => {
        asked += 1;
        response.end();
      }),
    );
    const url = `https://localhost:${String(port)}/SECRET`;
    expect(await hops(url)).toEqual(['resolve ok', 'connect ok', 'tls failed', 'accept skipped']);
    expect(asked).toBe(0);
    const [, , secured] = await testWebhook(url, never, { ca: [certificate.cert] });
    expect(secured).toMatchObject({ outcome: 'ok', detail: { params: { holder: 'localhost' } } });
  });

  test('plain http off this computer, no address at all, nobody there, a refusal', async () => {
    expect(await hops('http://example.com/SECRET')).toEqual([
      'resolve failed',
      'connect skipped',
      'accept skipped',
    ]);
    expect(await hops('SECRET')).toEqual(['resolve failed', 'connect skipped', 'accept skipped']);
    const refusing = await listen(http.createServer((_request, response) => response.writeHead(403).end()));
    expect(await hops(`http://127.0.0.1:${String(refusing)}/`)).toEqual([
      'resolve ok',
      'connect ok',
      'accept failed',
    ]);
  });
});

describe('posting', () => {
  test('says why not, without the address', async () => {
    expect(await send(undefined)).toEqual(fail('no address is stored (alerts.webhook.url)'));
    expect(await send('http://example.com/SECRET')).toEqual(fail('the address is not https'));
    const port = await listen(
      http.createServer((_request, response) => response.writeHead(302, { location: '/SECRET' }).end()),
    );
    expect(await send(`http://127.0.0.1:${String(port)}/SECRET`)).toEqual(fail('the server answered 302'));
  });

  test('a server that never answers is left when asked to', async () => {
    const { promise: met, resolve } = Promise.withResolvers<void>();
    const port = await listen(http.createServer(() => resolve()));
    const stop = new AbortController();
    const sending = send(`http://127.0.0.1:${String(port)}/`, stop.signal);
    await met;
    stop.abort();
    expect(await sending).toEqual(fail('cancelled'));
  });
});
