import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStaticFiles } from '../../../main/console/static-files.ts';
import { isPageAddress } from '../../../main/desktop/window/page-address.ts';
import { pageFiles } from '../../../main/desktop/window/page-files.ts';
import { mayOpenInBrowser, pageGuard } from '../../../main/desktop/window/page-guard.ts';

let root: string;
let get: (url: string, method?: string) => ReturnType<ReturnType<typeof pageFiles>>;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ferry-page-'));
  mkdirSync(join(root, 'page', 'assets'), { recursive: true });
  writeFileSync(join(root, 'secret.json'), '{"secret":1}');
  writeFileSync(join(root, 'page', 'index.html'), '<meta name="style-nonce" content="__STYLE_NONCE__" />');
  writeFileSync(join(root, 'page', 'assets', 'a.js'), 'const __STYLE_NONCE__ = 1;');
  writeFileSync(join(root, 'page', '.env'), 'SECRET=1');
  const answer = pageFiles(loadStaticFiles(join(root, 'page')));
  get = (url, method = 'GET') => answer({ method, url });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const words = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

describe('pages of the own scheme: S2, S3', () => {
  it('have the strict policy with the nonce of this load', () => {
    const first = get('ferry://app/index.html');
    const policy = first.headers['content-security-policy'] ?? '';
    const nonce = /'nonce-([A-Za-z0-9+/=]{24})'/.exec(policy)?.[1] ?? 'none';
    expect(policy).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self'; font-src 'self'; ` +
        "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(words(first.body)).toBe(`<meta name="style-nonce" content="${nonce}" />`);
    expect(get('ferry://app/index.html').headers['content-security-policy']).not.toBe(policy);
  });

  it('leave files that are no page as they are', () => {
    const script = get('ferry://app/assets/a.js');
    expect([script.status, script.headers['content-type'], words(script.body)]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'const __STYLE_NONCE__ = 1;',
    ]);
  });

  it('have the policy on refusals too', () => {
    for (const one of [get('ferry://app/none'), get('ferry://app/index.html', 'POST')])
      expect(one.headers['content-security-policy']).toContain("default-src 'none'");
    expect(get('ferry://app/index.html', 'POST').status).toBe(405);
  });

  const names = ['secret.json', 'page/../secret.json', 'etc/passwd', 'Windows/win.ini', '.env'];
  const ways = [
    '../',
    '../../../../../../',
    '..%2f',
    '..%5c',
    '%2e%2e/',
    '%2e%2e%2f',
    '%252e%252e%252f',
    '..\\',
    '....//',
    '..;/',
    './../',
    'assets/../../',
    'assets/%2e%2e/%2e%2e/',
    'assets/..%00/',
    '/',
    '//',
    '/C:/',
    'C:%5c',
    '%c0%ae%c0%ae/',
    '..%c0%af',
    '%uff0e%uff0e/',
    '\u2025/',
    'file:///',
    'assets/a.js/../../../',
    'index.html%00/../',
  ];
  it.each(names.flatMap((name) => ways.map((way) => `${way}${name}`)))('have no file at %s', (path) => {
    for (const url of [`ferry://app/${path}`, `ferry://app${path.startsWith('/') ? path : `/${path}`}`]) {
      const answer = get(url);
      expect(answer.status).toBe(404);
      expect(words(answer.body)).not.toMatch(/secret|root:/i);
    }
  });

  it.each([
    'ferry://other/index.html',
    'ferry://app.other/index.html',
    'ferry://app@other/index.html',
    'ferry://user@app/index.html',
    'ferry://app:80/index.html',
    'file:///index.html',
    'https://app/index.html',
    'ferry:/index.html',
    'not an address',
    '',
  ])('are not %s', (url) => {
    expect(isPageAddress(url)).toBe(false);
    expect(get(url).status).toBe(404);
  });
});

describe('what a page may do: S4', () => {
  it.each([
    'https://example.com/',
    'http://127.0.0.1:8080/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,<script>1</script>',
    'about:blank',
    'blob:ferry://app/1',
    'ferry://other/',
    'ms-settings:',
  ])('it may not go to %s, open it, download it or hand it to the browser', (url) => {
    expect(pageGuard.navigation(url)).toBe(false);
    expect(pageGuard.newWindow(url)).toBe(false);
    expect(mayOpenInBrowser(url)).toBe(false);
    if (!url.startsWith('blob:')) expect(pageGuard.download(url)).toBe(false);
  });

  it('opens no second window even of its own page, and saves only what it made itself', () => {
    expect(pageGuard.newWindow('ferry://app/index.html')).toBe(false);
    expect(pageGuard.download('blob:ferry://app/0b6e')).toBe(true);
    expect(pageGuard.download('blob:https://app/0b6e')).toBe(false);
    expect(pageGuard.download('ferry://app/index.html')).toBe(false);
  });

  it.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fullscreen', 'hid'])(
    'is not granted %s',
    (permission) => expect(pageGuard.permission(permission)).toBe(false),
  );

  it('reaches the browser only with https pages of a listed host', () => {
    const hosts = new Set(['docs.example.com']);
    expect(mayOpenInBrowser('https://docs.example.com/a?b#c', hosts)).toBe(true);
    for (const url of [
      'http://docs.example.com/',
      'https://docs.example.com.evil.net/',
      'https://evil.net/docs.example.com',
      'https://docs.example.com@evil.net/',
      'https://user@docs.example.com/',
      'https://docs.example.com:8443/',
    ])
      expect(mayOpenInBrowser(url, hosts), url).toBe(false);
  });
});
