import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { erpHops } from '../../../main/adapters/hop-test/erp-hops.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import type { Hop } from '../../../shared/contract/settings-requests.ts';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import { endAll, PASSWORD, serve, WINDOWS, type Served } from './connect-bench.ts';

afterEach(endAll);

const speaker = new Speaker({ now: 0, timeZone: 'UTC', locale: 'en-GB' });

async function hop(
  name: string,
  { tds }: Served,
  more: Partial<ErpSettings>,
  password: string = PASSWORD,
): Promise<Hop> {
  const settings: ErpSettings = {
    id: 'main',
    server: '127.0.0.1',
    port: tds.port,
    database: 'ERP',
    auth: 'sql',
    user: 'ferry',
    timeZone: 'UTC',
    encrypt: true,
    trustServerCertificate: false,
    ledger: { schema: 'ferry' },
    ...more,
  };
  const hops = await erpHops(settings, password, () => 0, new AbortController().signal);
  const found = hops.find((one) => one.name.key === `hop.${name}`);
  if (found === undefined) throw new Error('no such hop');
  return found;
}

const fingerprintOf = ({ tds }: Served): string => new X509Certificate(tds.certificate).fingerprint256;

describe('the encryption step', () => {
  it('shows a certificate nobody vouches for, so that it can be pinned; then it is accepted', async () => {
    const served = await serve({ certificateName: 'sql01.acme.example' });
    const refused = await hop('encryption', served, {});
    const what = refused.failure?.what;
    expect(what).toMatchObject({
      key: 'hop.untrustedCertificate.what',
      params: {
        holder: 'sql01.acme.example',
        issuer: 'sql01.acme.example',
        until: '2049-12-31',
        fingerprint: fingerprintOf(served),
      },
    });
    // Looking at it signed nobody in.
    expect(served.log.some(({ event }) => event === 'login' || event === 'login-refused')).toBe(false);
    const certificate = { sha256: String(what?.params['fingerprint']) };
    const accepted = await hop('encryption', served, { certificate });
    expect(accepted).toMatchObject({ outcome: 'ok', detail: { key: 'hop.detail.certificatePinned' } });
    expect(speaker.say(accepted.detail!)).toContain(certificate.sha256);
    expect(await hop('login', served, { certificate })).toMatchObject({ outcome: 'ok' });
  });

  it('says that an allowed old version of TLS is weak', async () => {
    const served = await serve({ oldTls: true });
    const pin = { certificate: { sha256: fingerprintOf(served) } };
    expect(await hop('encryption', served, pin)).toMatchObject({ outcome: 'failed' });
    const old = await hop('encryption', served, { ...pin, legacyTls: true });
    expect(old).toMatchObject({ outcome: 'ok', detail: { key: 'hop.detail.certificateOldTls' } });
    expect(speaker.say(old.detail!)).toMatch(/^TLSv1(\.1)? is old and weak/);
  });

  it('names both fingerprints where another certificate is shown', async () => {
    const served = await serve();
    const pinned = 'AB'.repeat(32).match(/../g)!.join(':');
    const refused = await hop('encryption', served, { certificate: { sha256: pinned.toLowerCase() } });
    const said = speaker.say(refused.failure!.what);
    expect(refused.failure?.what.key).toBe('hop.otherCertificate.what');
    expect(said).toContain(pinned);
    expect(said).toContain(fingerprintOf(served));
    expect(said).not.toMatch(/[{}]/);
  });

  it.each([
    ['certificateUnchecked', { trustServerCertificate: true }],
    ['notEncrypted', { encrypt: false }],
  ])('says %s', async (key, more) => {
    const seen = await hop('encryption', await serve(), more);
    expect(seen.detail?.key).toBe(`hop.detail.${key}`);
  });

  it('of a server with old TLS offers no certificate to pin', async () => {
    const refused = await hop('encryption', await serve({ oldTls: true }), {});
    expect(refused.failure?.what.key).toBe('hop.noEncryption.what');
  });
});

describe('the login step', () => {
  const account = {
    auth: 'ntlm',
    domain: WINDOWS.domain,
    user: WINDOWS.user,
    trustServerCertificate: true,
  } as const;

  it('names the Windows account, and who must do what when it is refused', async () => {
    const served = await serve();
    const good = await hop('login', served, account, WINDOWS.password);
    expect(good).toMatchObject({ outcome: 'ok', address: `${WINDOWS.domain}\\${WINDOWS.user}` });
    const refused = await hop('login', served, account, 'Canary-wrong-4');
    expect(refused.failure).toMatchObject({
      owner: 'erp-administrator',
      what: { key: 'hop.windowsLoginRefused.what' },
    });
    expect(JSON.stringify(refused)).not.toContain('Canary-wrong-4');
  });
});
