import net, { type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createMailChannel, testMail } from '../../../main/adapters/alerts/mail-channel.ts';
import type { MailEdges, MailSettings } from '../../../main/adapters/alerts/mail-session.ts';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import type { AlertMessage } from '../../../main/core/alerts/alert-channel.ts';
import { ok } from '../../../shared/model/result.ts';
import { certificateFor, mailServer, PASSWORD, USER, type Certificate } from './mail-server.ts';

const never = new AbortController().signal;
let certificate: Certificate;
let other: Certificate;
beforeAll(async () => {
  certificate = await certificateFor('localhost', '127.0.0.1');
  other = await certificateFor('mail.example.com');
});

const settings = (port: number, over: Partial<MailSettings> = {}): MailSettings => ({
  enabled: true,
  host: '127.0.0.1',
  port,
  security: 'starttls',
  user: USER,
  from: USER,
  to: ['office@example.com', 'it@example.com'],
  ...over,
});
const edges = (over: Partial<MailEdges> = {}): MailEdges => ({
  runtime: systemRuntime(),
  ca: [certificate.cert],
  ...over,
});

const message: AlertMessage = {
  key: 'ferry-abc-1-1',
  state: 'raised',
  title: 'Orders are waiting: the ERP database does not answer – Größe',
  body: 'body',
  text: 'Orders are waiting\n\nSince 10:32.\n.\nSite: Acme HQ\n',
  severity: 'critical',
  code: 'erp-unreachable',
  about: 'erp:main',
  since: 0,
  site: 'Acme HQ',
  at: Date.UTC(2026, 10, 16, 8),
};

const send = (mail: MailSettings, password = PASSWORD, over: Partial<MailEdges> = {}, signal = never) =>
  createMailChannel({ settings: mail, password: async () => ok(password), edges: edges(over) }).send(
    message,
    signal,
  );

const hops = async (
  mail: MailSettings,
  password: string | undefined = PASSWORD,
  over: Partial<MailEdges> = {},
) => {
  const found = await testMail({ off: [], toasts: true, delays: {}, mail }, password, never, edges(over));
  return found.map((hop) => `${hop.name.key.slice('alertHop.'.length)} ${hop.outcome}`);
};
const causeOf = async (...args: Parameters<typeof send>): Promise<string> => {
  const sent = await send(...args);
  expect(sent.ok).toBe(false);
  return sent.ok ? '' : sent.failure;
};

describe('mail', () => {
  test.each(['starttls', 'tls'] as const)(
    'goes out over %s to every recipient, signed in',
    async (security) => {
      const server = await mailServer(certificate, { secure: security === 'tls' });
      expect(await send(settings(server.port, { security }))).toEqual(ok(undefined));
      const [mail] = await server.received(1);
      expect(mail).toMatchObject({
        from: USER,
        to: ['office@example.com', 'it@example.com'],
        user: USER,
        secure: true,
      });
      expect(mail!.raw).toMatch(/^Message-ID: <ferry-abc-1-1@example.com>\r$/m);
      expect(mail!.raw).toMatch(/^Subject: =\?UTF-8\?Q\?Orders_are_waiting/m);
      expect(mail!.raw).toMatch(/^Date: Mon, 16 Nov 2026 08:00:00/m);
      expect(mail!.raw).toMatch(/^Content-Type: text\/plain/m);
      expect(mail!.raw).toMatch(/^Auto-Submitted: auto-generated/im);
      expect(mail!.raw).toContain('Since 10:32.');
    },
  );

  test('a test tells each step, with the certificate found', async () => {
    const server = await mailServer(certificate);
    const found = await testMail(
      { off: [], toasts: true, delays: {}, mail: settings(server.port) },
      PASSWORD,
      never,
      edges(),
    );
    expect(found.map((hop) => [hop.name.key, hop.outcome, hop.address])).toEqual(
      ['resolve', 'connect', 'tls', 'login', 'accept'].map((name) => [
        `alertHop.${name}`,
        'ok',
        `127.0.0.1:${String(server.port)}`,
      ]),
    );
    expect(found[2]?.detail?.params).toMatchObject({ holder: 'localhost' });
    await server.received(1);
  });

  test('without a login no password is asked for', async () => {
    const server = await mailServer(certificate, { authOptional: true });
    expect(await hops(settings(server.port, { user: undefined }), undefined)).toEqual([
      'resolve ok',
      'connect ok',
      'tls ok',
      'accept ok',
    ]);
  });

  test('a server without encryption gets nothing: no login, no message', async () => {
    const asked: string[] = [];
    const server = await mailServer(certificate, {
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        asked.push(String(auth.username));
        done(null, { user: 'x' });
      },
    });
    expect(await hops(settings(server.port))).toEqual([
      'resolve ok',
      'connect ok',
      'tls failed',
      'login skipped',
      'accept skipped',
    ]);
    expect([asked, server.mails]).toEqual([[], []]);
  });

  test('a certificate of nobody known, or for another name, ends the way', async () => {
    const server = await mailServer(certificate);
    expect(await causeOf(settings(server.port), PASSWORD, { ca: undefined })).toContain('self-signed');
    const wrong = await mailServer(other);
    expect(await causeOf(settings(wrong.port), PASSWORD, { ca: [other.cert] })).toContain(
      'another host name',
    );
    const implicit = await mailServer(other, { secure: true });
    const secured = settings(implicit.port, { security: 'tls' });
    expect(await causeOf(secured, PASSWORD, { ca: [other.cert] })).toContain('another host name');
    expect([...server.mails, ...wrong.mails, ...implicit.mails]).toEqual([]);
  });

  test('a wrong password is told in the words of the server, without the password', async () => {
    const server = await mailServer(certificate, {
      onAuth: ({ password }, _session, done) => done(new Error(`I do not like ${String(password)}`)),
    });
    const cause = await causeOf(settings(server.port), 'my-secret-word');
    expect(cause).toMatch(/^535 /);
    expect(cause).not.toContain('my-secret-word');
    expect(await hops(settings(server.port), 'my-secret-word')).toContain('login failed');
    expect(await causeOf(settings(server.port), '')).toContain('alerts.mail.password');
  });

  test('recipients the server refuses: some, then all', async () => {
    const server = await mailServer(certificate, {
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith('it@') ? done(new Error('no such user')) : done(),
    });
    const some = createMailChannel({
      settings: settings(server.port),
      password: async () => ok(PASSWORD),
      edges: edges(),
      onRefused: (count) => refused.push(count),
    });
    const refused: number[] = [];
    expect(await some.send(message, never)).toEqual(ok(undefined));
    expect(refused).toEqual([1]);
    expect(server.mails[0]?.to).toEqual(['office@example.com']);
    expect(await causeOf(settings(server.port, { to: ['it@example.com'] }))).toContain('no such user');
  });

  test('nobody there', async () => {
    const server = await mailServer(certificate);
    await server.stop();
    expect(await causeOf(settings(server.port))).toContain('ECONNREFUSED');
    expect(await hops(settings(25, { host: 'mail.invalid' }))).toEqual([
      'resolve failed',
      'connect skipped',
      'tls skipped',
      'login skipped',
      'accept skipped',
    ]);
  });

  test('a server that takes the connection and says nothing is left when asked to', async () => {
    const { promise: met, resolve } = Promise.withResolvers<void>();
    const silent = net.createServer((socket) => {
      socket.on('error', () => undefined);
      resolve();
    });
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', () => done()));
    onTestFinished(() => {
      silent.close();
    });
    const stop = new AbortController();
    const sending = causeOf(settings((silent.address() as AddressInfo).port), PASSWORD, {}, stop.signal);
    await met;
    stop.abort();
    expect(await sending).toContain('stopped');
  });

  test('a server that stays silent for good is given up by the clock', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', () => done()));
    onTestFinished(() => {
      silent.close();
    });
    // Time runs a thousand times as fast: the limit of the whole way is what ends it.
    const real = systemRuntime();
    const runtime = {
      monotonic: () => real.monotonic(),
      sleep: (ms: number, s: AbortSignal) => real.sleep(ms / 1000, s),
    };
    const { port } = silent.address() as AddressInfo;
    expect(await causeOf(settings(port), PASSWORD, { runtime })).toContain('too long');
  });
});
