import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  chmodSync,
  copyFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  isKnownSecretName,
  openSecrets,
  overrideNames,
} from '../../../main/adapters/secrets/open-secrets.ts';

const CANARY = 'canary-Zürich-7f3a "quoted"';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (env: Record<string, string> = {}, now = 1_000) => openSecrets(folder, { env, now: () => now });
const fileOf = (name: string): string => join(folder, 'secrets', `${name}.json`);

describe('secrets of a site', () => {
  it('gives back what was set, to another program too', () => {
    open().set('erp.main.password', CANARY);
    expect(open().get('erp.main.password')).toEqual({ ok: true, value: CANARY });
  });

  it('knows nothing before the first set and creates no file by asking', () => {
    expect(open().get('erp.main.password')).toEqual({ ok: true, value: undefined });
    expect(open().list()).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('lists names and dates and no value, and no file holds one', () => {
    open({}, 5_000).set('link.field-sales.apiKey', CANARY);
    open({}, 7_000).set('erp.main.password', CANARY);
    const list = open().list();
    expect(list).toEqual([
      { name: 'erp.main.password', setAt: 7_000, overridden: false },
      { name: 'link.field-sales.apiKey', setAt: 5_000, overridden: false },
    ]);
    for (const file of readdirSync(join(folder, 'secrets')))
      expect(readFileSync(join(folder, 'secrets', file)).includes('canary')).toBe(false);
  });

  it.skipIf(process.platform === 'win32')(
    'keeps its files to their owner, and narrows a key that was widened',
    () => {
      open().set('erp.main.password', CANARY);
      const mode = (file: string): number => statSync(join(folder, 'secrets', file)).mode & 0o777;
      expect(mode('site.key')).toBe(0o600);
      expect(mode('erp.main.password.json')).toBe(0o600);
      chmodSync(join(folder, 'secrets', 'site.key'), 0o644);
      open().get('erp.main.password');
      expect(mode('site.key')).toBe(0o600);
    },
  );

  it('encrypts the same value differently each time', () => {
    open().set('erp.main.password', CANARY);
    const first = readFileSync(fileOf('erp.main.password'), 'utf8');
    open().set('erp.main.password', CANARY);
    expect(readFileSync(fileOf('erp.main.password'), 'utf8')).not.toBe(first);
  });

  it('refuses a file that was moved to another name', () => {
    open().set('link.a.apiKey', CANARY);
    copyFileSync(fileOf('link.a.apiKey'), fileOf('link.b.apiKey'));
    const moved = open().get('link.b.apiKey');
    expect(moved).toMatchObject({ ok: false, failure: { kind: 'damaged', name: 'link.b.apiKey' } });
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, 40)],
    ['emptied', () => ''],
    [
      'with a changed byte',
      (text: string) => text.replace(/"data":"(.)/, (_m, c: string) => `"data":"${c === 'A' ? 'B' : 'A'}`),
    ],
    ['with a short tag', (text: string) => text.replace(/"tag":"[^"]+"/, '"tag":"AAAAAA=="')],
  ])('asks to enter a secret again when its file is %s', (_how, damage) => {
    open().set('erp.main.password', CANARY);
    const path = fileOf('erp.main.password');
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const got = open().get('erp.main.password');
    expect(got).toMatchObject({ ok: false, failure: { kind: 'damaged' } });
    expect(JSON.stringify(got)).toContain('erp-ferry secret set erp.main.password');
    open().set('erp.main.password', 'new');
    expect(open().get('erp.main.password')).toEqual({ ok: true, value: 'new' });
  });

  it('says so when the key is another one or gone', () => {
    open().set('erp.main.password', CANARY);
    rmSync(join(folder, 'secrets', 'site.key'));
    expect(open().get('erp.main.password')).toMatchObject({ ok: false, failure: { kind: 'other-key' } });
    open().set('link.a.apiKey', 'x1');
    expect(open().get('erp.main.password')).toMatchObject({ ok: false, failure: { kind: 'other-key' } });
    expect(open().get('link.a.apiKey')).toEqual({ ok: true, value: 'x1' });
  });

  it('replaces a key that cannot be opened here when a secret is entered again', () => {
    open().set('erp.main.password', CANARY);
    writeFileSync(join(folder, 'secrets', 'site.key'), 'from another computer');
    expect(open().get('erp.main.password')).toMatchObject({ ok: false, failure: { kind: 'other-key' } });
    open().set('erp.main.password', 'again');
    expect(open().get('erp.main.password')).toEqual({ ok: true, value: 'again' });
  });

  it('wraps the key where the platform can, and unwraps it once for many reads', () => {
    const calls: string[] = [];
    const flip = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => byte ^ 0x5a));
    const wrapping = {
      wrap: (key: Buffer): Buffer => {
        calls.push('wrap');
        return flip(key);
      },
      unwrap: (wrapped: Buffer): Buffer => {
        calls.push('unwrap');
        return flip(wrapped);
      },
    };
    const secrets = openSecrets(folder, { env: {}, now: () => 1, wrapping });
    secrets.set('erp.main.password', CANARY);
    secrets.set('link.a.apiKey', CANARY);
    for (let i = 0; i < 5; i += 1)
      expect(secrets.get('erp.main.password')).toEqual({ ok: true, value: CANARY });
    expect(calls).toEqual(['wrap', 'unwrap']);
    expect(open().get('erp.main.password')).toMatchObject({ ok: false, failure: { kind: 'other-key' } });
  });

  it('prefers the environment, also over a damaged file', () => {
    open().set('erp.main.password', 'stored');
    writeFileSync(fileOf('erp.main.password'), '{');
    const env = { ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: 'from outside' };
    expect(open(env).get('erp.main.password')).toEqual({ ok: true, value: 'from outside' });
    expect(open(env).list()).toEqual([{ name: 'erp.main.password', setAt: undefined, overridden: true }]);
  });

  it('takes hyphens of an id as they are or as underscores in the environment', () => {
    expect(overrideNames('link.field-sales.apiKey')).toEqual([
      'ERP_FERRY_SECRET_LINK_FIELD-SALES_APIKEY',
      'ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY',
    ]);
    const env = { ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY: 'k' };
    expect(open(env).get('link.field-sales.apiKey')).toEqual({ ok: true, value: 'k' });
  });

  it.each(['../x', 'a/b', '', '.hidden', 'a..b', 'x'.repeat(200)])(
    'never makes a path of the name %j',
    (name) => {
      expect(() => open().set(name, 'v')).toThrow('not a name');
      expect(() => open().get(name)).toThrow('not a name');
    },
  );

  it('knows the names settings can ask for', () => {
    expect(isKnownSecretName('erp.main.password')).toBe(true);
    expect(isKnownSecretName('link.field-sales.apiKey')).toBe(true);
    expect(isKnownSecretName('erp.main.apiKey')).toBe(false);
    expect(isKnownSecretName('link.Main.apiKey')).toBe(false);
  });
});
