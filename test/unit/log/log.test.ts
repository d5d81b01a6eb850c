import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, type Log, type LogOptions } from '../../../main/adapters/log/create-log.ts';
import { followLog, tailLog } from '../../../main/adapters/log/read-log.ts';
import { createRedactor } from '../../../main/adapters/log/redactor.ts';
import type { LogEntry } from '../../../shared/contract/site-requests.ts';

const AT = Date.UTC(2026, 10, 20, 9, 30);
const all = { level: 'debug' } as const;
let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'ferry-log-')), 'logs');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const open = (options: Partial<LogOptions> = {}): Log =>
  createLog({ folder, redact: createRedactor(), now: () => AT, ...options });
const raw = (): string => readFileSync(join(folder, 'ferry.log'), 'utf8');

describe('log', () => {
  it('writes one JSON line per call, with level, time and fields', () => {
    const log = open();
    log.info('run ended', { applied: 3 });
    log.child({ link: 'field-sales' }).warn('100% %s %d %c full');
    expect(
      raw()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { at: '2026-11-20T09:30:00.000Z', level: 'info', message: 'run ended', fields: { applied: 3 } },
      {
        at: '2026-11-20T09:30:00.000Z',
        level: 'warn',
        message: '100% %s %d %c full',
        fields: { link: 'field-sales' },
      },
    ]);
  });

  it('leaves lower levels out', () => {
    const log = open({ level: 'warn' });
    log.info('no');
    log.error('yes');
    expect(tailLog(folder, 10, all).map((entry) => entry.message)).toEqual(['yes']);
  });

  it.skipIf(process.platform === 'win32')('is readable by its owner only', () => {
    open().info('x');
    expect(statSync(join(folder, 'ferry.log')).mode & 0o777).toBe(0o600);
  });

  it('keeps a bounded number of files and loses no newest line in rotation', () => {
    const log = open({ maxBytes: 2_000, files: 3 });
    for (let i = 0; i < 200; i += 1) log.info(`line ${i}`);
    expect(readdirSync(folder).sort()).toEqual(['ferry.1.log', 'ferry.2.log', 'ferry.log']);
    for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).size).toBeLessThan(2_200);
    const messages = tailLog(folder, 40, all).map((entry) => entry.message);
    expect(messages).toEqual(Array.from({ length: 40 }, (_, i) => `line ${160 + i}`));
  });

  it('does not throw when a value resists being logged', () => {
    const log = open();
    const nasty = {
      get boom(): string {
        throw new Error('no');
      },
    };
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => log.info('a', nasty)).not.toThrow();
    expect(() => log.info('b', circle)).not.toThrow();
    expect(tailLog(folder, 10, all).map((entry) => entry.message)).toContain('b');
  });

  it('finds entries by level and text', () => {
    const log = open();
    log.info('packet stored', { id: 'P-17' });
    log.error('ERP away');
    expect(tailLog(folder, 10, { level: 'error' })).toHaveLength(1);
    expect(tailLog(folder, 10, { level: 'debug', text: 'p-17' }).map((e) => e.message)).toEqual([
      'packet stored',
    ]);
    expect(tailLog(folder, 1, all).map((e) => e.message)).toEqual(['ERP away']);
  });

  it('shows a line cut by a crash instead of hiding it', () => {
    const log = open();
    log.info('one');
    appendFileSync(join(folder, 'ferry.log'), '{"at":"2026-11-20T09:3\n');
    log.info('two');
    const entries = tailLog(folder, 10, all);
    expect(entries.map((e) => e.message)).toEqual(['one', expect.stringContaining('unreadable line'), 'two']);
  });

  it('is empty before the first line', () => {
    expect(tailLog(folder, 10, all)).toEqual([]);
  });

  it('follows new entries across a rotation', async () => {
    const log = open({ maxBytes: 600, files: 4 });
    log.info('before');
    const ended = new AbortController();
    const seen: LogEntry[] = [];
    const enough = new Promise<void>((resolve) => {
      void followLog(
        folder,
        all,
        (entry) => {
          seen.push(entry);
          if (entry.message === 'new 11') resolve();
        },
        ended.signal,
      );
    });
    for (let i = 0; i < 12; i += 1) {
      log.info(`new ${i}`);
      // Lets the watcher see each step, as it would between real events.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await enough;
    ended.abort();
    const messages = seen.map((entry) => entry.message);
    expect(messages).not.toContain('before');
    expect(messages.at(-1)).toBe('new 11');
    expect(new Set(messages).size).toBe(messages.length);
  });
});

describe('canary secrets', () => {
  const CANARY = 'Zx9"canary&7/+ü';

  it('never reach the file, in any spelling, whatever carries them', () => {
    const redact = createRedactor([CANARY]);
    const log = open({ redact });
    log.info(`plain ${CANARY}`);
    log.info(`url ${encodeURIComponent(CANARY)} b64 ${Buffer.from(CANARY).toString('base64')}`);
    log.info('fields', { note: CANARY, deep: { list: [CANARY] }, [CANARY]: 1 });
    log.info('json in text', { body: JSON.stringify({ p: CANARY }) });
    log.error('error', { error: new Error(`login failed for ${CANARY}`, { cause: new Error(CANARY) }) });
    log.info('map', { headers: new Map([['a', CANARY]]) });
    const written = raw();
    expect(written.trimEnd().split('\n')).toHaveLength(6);
    expect(written).not.toContain('canary');
    expect(written).not.toContain(encodeURIComponent(CANARY));
    expect(written).not.toContain(Buffer.from(CANARY).toString('base64').slice(0, 12));
  });

  it('are hidden from the moment they are known', () => {
    const redact = createRedactor();
    redact.add('later-canary');
    expect(redact.text('x later-canary y')).toBe('x [secret] y');
  });

  it.each([
    ['x-api-key: canary1234', 'header'],
    ['{"x-api-key":"canary1234"}', 'header as JSON'],
    ['Authorization: Bearer canary1234.abc', 'bearer'],
    ['sent Basic Y2FuYXJ5MTIzNA==', 'basic'],
    ['https://store.example/box/file.zip?sig=canary1234&se=2026', 'signed link'],
    ['https://store.example/box#canary1234', 'fragment'],
    ['https://user:canary1234@host/x', 'user in an address'],
    ['Server=sql01;User Id=ferry;Password=canary1234;Encrypt=true', 'connection string'],
    ['Server=sql01;Pwd="canary;1234";Encrypt=true', 'quoted connection string'],
    ['DefaultEndpointsProtocol=https;AccountKey=canary1234==;', 'storage account'],
    ['api_key=canary1234', 'key in text'],
  ])('unknown ones go by their place: %s (%s)', (text) => {
    const shown = createRedactor().text(text);
    expect(shown).not.toMatch(/canary|Y2FuYXJ5|1234/);
    expect(shown).toMatch(/\[(secret|query)\]/);
  });

  it.each(['x-api-key', 'Authorization', 'password', 'apiKey', 'token', 'connectionString'])(
    'a field named %s is never shown',
    (name) => {
      expect(JSON.stringify(createRedactor().value({ [name]: 'canary' }))).not.toContain('canary');
    },
  );

  it('leaves ordinary words alone', () => {
    const text = 'Order SO-1042 for Corner & Co: token count 3, path /mobile/erp/pull';
    expect(createRedactor().text(text)).toBe(text);
  });

  it('does not bare half a secret at the cut of a long text', () => {
    const secret = 's'.repeat(3) + 'q'.repeat(60);
    const shown = createRedactor([secret]).text('a'.repeat(8 * 1024 - 10) + secret);
    expect(shown).not.toContain('qq');
  });
});

describe('hostile text', () => {
  it('cannot make a line of its own or steer a terminal', () => {
    const attack =
      'x\n{"level":"info","message":"all fine"}\r\u001b[2J\u001b]0;t\u0007\u202egnp\u2066\u200b\u0085\u2028';
    const log = open();
    log.info(attack, { [attack]: attack });
    expect(raw().trimEnd().split('\n')).toHaveLength(1);
    const [entry] = tailLog(folder, 10, all);
    const texts = [
      entry?.message ?? '',
      ...Object.entries(entry?.fields ?? {})
        .flat()
        .map(String),
    ];
    expect(texts).toHaveLength(3);
    for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(entry?.message).toContain('\\u001b');
  });

  it('named __proto__ is data', () => {
    const log = open();
    log.info('x', JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>);
    expect(raw()).toContain('polluted');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
