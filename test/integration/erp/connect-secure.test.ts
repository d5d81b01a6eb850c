import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { TdsServer } from '../../../main/sandbox/tds/server.ts';
import {
  afterHandshake,
  endAll,
  listenIn,
  PASSWORD,
  serve,
  server,
  tried,
  WINDOWS,
} from './connect-bench.ts';

afterEach(endAll);

const fingerprintOf = (tds: TdsServer): string => new X509Certificate(tds.certificate).fingerprint256;

describe('a pinned certificate', () => {
  it.each(['as it is shown', 'lower case, without colons'])(
    'is accepted, %s, whatever its name',
    async (how) => {
      const { tds } = await serve({ certificateName: 'sql01.acme.example' });
      const shown = fingerprintOf(tds);
      const sha256 = how === 'as it is shown' ? shown : shown.replaceAll(':', '').toLowerCase();
      const outcome = await tried(server({ port: tds.port, certificate: { sha256 } }));
      expect(outcome.kind).toBe('connected');
    },
  );

  it('keeps the login from whoever shows another one: not a byte of it leaves', async () => {
    const real = await serve();
    const between = await serve();
    const wire = await listenIn(between.tds.port);
    const pinned = fingerprintOf(real.tds);
    for (const auth of [{}, { auth: 'ntlm', domain: WINDOWS.domain, user: WINDOWS.user }] as const) {
      const outcome = await tried(server({ ...auth, port: wire.port, certificate: { sha256: pinned } }));
      expect(outcome).toEqual({
        kind: 'not-applied',
        why: 'certificate',
        cause: `pinned ${pinned}, shown ${fingerprintOf(between.tds)}`,
      });
    }
    expect(wire.sent().length).toBeGreaterThan(100);
    expect(afterHandshake(wire.sent())).toHaveLength(0);
    await between.tds.close();
    expect(between.log.map((entry) => entry.event)).not.toContain('login');
    expect(between.log.map((entry) => entry.event)).not.toContain('login-refused');
  });

  it('sends the login after the handshake with the right one: the proof above can fail', async () => {
    const { tds } = await serve();
    const wire = await listenIn(tds.port);
    const outcome = await tried(server({ port: wire.port, certificate: { sha256: fingerprintOf(tds) } }));
    expect(outcome.kind).toBe('connected');
    expect(afterHandshake(wire.sent())[0]).toBe(0x17);
  });
});

describe('without a pin', () => {
  it('a certificate nobody vouches for is refused before the login', async () => {
    const { tds } = await serve();
    const wire = await listenIn(tds.port);
    const outcome = await tried(server({ port: wire.port }));
    expect(outcome).toMatchObject({ kind: 'not-applied', why: 'tls' });
    // A handshake that is broken off may end with an alert (21), never with data (23).
    expect(afterHandshake(wire.sent())[0]).not.toBe(0x17);
  });

  it('a trusted one needs the right name as well', async () => {
    const good = await serve();
    const other = await serve({ certificateName: 'sql02.acme.example' });
    const before = tls.getCACertificates('default');
    tls.setDefaultCACertificates([...before, good.tds.certificate, other.tds.certificate]);
    try {
      expect((await tried(server({ port: good.tds.port }))).kind).toBe('connected');
      expect(await tried(server({ port: other.tds.port }))).toMatchObject({ why: 'tls' });
    } finally {
      tls.setDefaultCACertificates(before);
    }
  });
});

describe('a server that speaks only old TLS', () => {
  it('is refused, unless the settings allow it', async () => {
    const { tds } = await serve({ oldTls: true });
    const pin = { port: tds.port, certificate: { sha256: fingerprintOf(tds) } };
    expect(await tried(server(pin))).toMatchObject({ kind: 'not-applied', why: 'tls' });
    expect((await tried(server({ ...pin, legacyTls: true }))).kind).toBe('connected');
  });
});

describe('a Windows account', () => {
  const account = { auth: 'ntlm', domain: WINDOWS.domain, user: WINDOWS.user } as const;
  const signIn = async (more: object, password: string): Promise<unknown> => {
    const { tds } = await serve();
    return tried(
      server({ ...account, port: tds.port, trustServerCertificate: true, ...more }, () => password),
    );
  };

  it('signs in with its password, whatever the case of its name', async () => {
    expect(await signIn({}, WINDOWS.password)).toMatchObject({ kind: 'connected' });
    expect(await signIn({ domain: 'acme', user: 'SVC-Ferry' }, WINDOWS.password)).toMatchObject({
      kind: 'connected',
    });
    expect(await signIn({ encrypt: false }, WINDOWS.password)).toMatchObject({ kind: 'connected' });
  });

  it.each([
    ['a wrong password', {}, 'Canary-windows-3'],
    ['no password', {}, ''],
    ['another domain', { domain: 'OTHER' }, WINDOWS.password],
    ['another user', { user: 'ferry' }, PASSWORD],
  ])('%s is refused', async (_what, more, password) => {
    const outcome = await signIn(more, password);
    expect(outcome).toMatchObject({ kind: 'not-applied', why: 'login-refused' });
    expect(JSON.stringify(outcome)).toContain('18452');
    if (password !== '') expect(JSON.stringify(outcome)).not.toContain(password);
  });

  it('never sends its password, encrypted or not', async () => {
    const { tds } = await serve();
    const wire = await listenIn(tds.port);
    await tried(server({ ...account, port: wire.port, encrypt: false }, () => WINDOWS.password));
    expect(wire.sent().toString('utf16le')).not.toContain(WINDOWS.password);
    expect(wire.sent().includes(Buffer.from(WINDOWS.password, 'utf16le'))).toBe(false);
    expect(wire.sent().includes('NTLMSSP')).toBe(true);
  });
});
