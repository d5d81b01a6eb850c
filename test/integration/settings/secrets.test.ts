import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { inErp, NEVER, ONCE, orderPacket, type OrderText } from '../bad-input/order-packet.ts';
import { CLOUD_KEY, ERP_PASSWORD, KEY, SettingsSite, type RawSite } from './settings-bench.ts';

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const CLI = resolve('main/cli.ts');

/** Every file of the data folder but the encrypted secrets themselves, as text. */
function files(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => [path, readFileSync(path).toString('latin1')] as const);
}

describe('a secret that is set', () => {
  test('is stored, listed by name and date, and what failed for want of it goes on at once', async () => {
    const site = SettingsSite.joined(world);
    const order = orderPacket(world);
    world.cloud.control.deliver({
      area: site.area,
      user: world.users[0],
      company: SAMPLE.company,
      xml: order.xml,
    });
    await site.start();
    const light = async (side: 'erp' | 'cloud', state: string): Promise<true | undefined> => {
      const { links } = await site.status();
      return links[0]!.lights[side].state === state ? true : undefined;
    };
    await site.until(() => light('cloud', 'attention'));
    // The next run by the schedule is a day away: only the secret can bring these in.
    const key = await site.ask('secretSet', { name: CLOUD_KEY, value: KEY });
    expect(key.secret).toMatchObject({ name: CLOUD_KEY, source: 'stored' });
    expect(key.secret.setAt).toBeGreaterThan(0);
    await site.until(() => light('erp', 'attention'));
    await site.ask('secretSet', { name: ERP_PASSWORD, value: SAMPLE.password });
    await site.until(async () => ((await inErp(world, order)).orders > 0 ? true : undefined));
    expect(await inErp(world, order)).toEqual(ONCE);
    const { secrets } = await site.ask('settingsRead', {});
    expect(secrets.map(({ name, source }) => `${name} ${source}`)).toEqual([
      'erp.main.password stored',
      'link.field-sales.apiKey stored',
      'alerts.mail.password none',
      'alerts.webhook.url none',
    ]);
  });

  test('is refused under a name nobody asks for, and in a form that is no line of text', async () => {
    const site = SettingsSite.joined(world);
    await site.start();
    for (const [name, value] of [
      ['erp.main.user', 'x'],
      ['../site', 'x'],
      ['alerts.mail.password', 'two\nlines'],
    ] as const)
      expect(await site.reply('secretSet', { name, value })).toMatchObject({
        ok: false,
        error: { code: 'bad-arguments' },
      });
    expect((await site.ask('settingsRead', {})).secrets.every(({ source }) => source === 'none')).toBe(true);
  });

  test('no session of the old ERP password is used again', async () => {
    const site = SettingsSite.joined(world);
    site.env = { ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY: KEY };
    await site.start();
    await site.ask('secretSet', { name: ERP_PASSWORD, value: SAMPLE.password });
    const deliver = (): OrderText => {
      const order = orderPacket(world);
      const { area } = site;
      world.cloud.control.deliver({ area, user: world.users[0], company: SAMPLE.company, xml: order.xml });
      return order;
    };
    const first = deliver();
    await site.ask('sync', { flow: 'pull' });
    await site.until(async () => ((await inErp(world, first)).orders > 0 ? true : undefined));
    await site.ask('secretSet', { name: ERP_PASSWORD, value: 'not the password any more' });
    const second = deliver();
    await site.until(async () => {
      await site.ask('sync', { flow: 'pull' });
      return (await site.status()).links[0]!.lights.erp.state === 'attention' ? true : undefined;
    });
    expect(await inErp(world, second)).toEqual(NEVER);
    await site.ask('secretSet', { name: ERP_PASSWORD, value: SAMPLE.password });
    await site.until(async () => ((await inErp(world, second)).orders > 0 ? true : undefined));
    expect(await inErp(world, second)).toEqual(ONCE);
  });
});

describe('canaries', () => {
  test('set through every path appear nowhere: files, log, answers, events, status', async () => {
    const site = SettingsSite.joined(world);
    const canaries: Record<string, string> = {
      [ERP_PASSWORD]: 'canary-erp-"quoted"-1ZqX',
      [CLOUD_KEY]: 'canary-key-2ZqX',
      'alerts.mail.password': 'canary-mail-3ZqX',
      'alerts.webhook.url': 'https://hooks.example.com/canary-hook-4ZqX',
    };
    await site.start({ setUp: true });
    for (const [name, value] of Object.entries(canaries)) await site.ask('secretSet', { name, value });
    const tested = [
      'canary-draft-erp-5ZqX',
      'canary-draft-key-6ZqX',
      'https://127.0.0.1:9/canary-draft-7ZqX',
    ];
    await site.reply('hopTest', { target: { kind: 'erp', erp: SAMPLE.erpId }, secret: tested[0]! });
    await site.reply('hopTest', { target: { kind: 'erp', erp: SAMPLE.erpId } });
    await site.reply('hopTest', { target: { kind: 'cloud', link: SAMPLE.linkId }, secret: tested[1]! });
    await site.reply('hopTest', { target: { kind: 'cloud', link: SAMPLE.linkId } });
    await site.reply('hopTest', { target: { kind: 'webhook' }, secret: tested[2]! });
    await site.ask('sync', {});
    await site.until(async () =>
      (await site.status()).links[0]!.lights.cloud.state === 'attention' ? true : undefined,
    );
    const draft = JSON.parse(site.text) as RawSite;
    await site.reply('settingsCheck', { settings: { ...draft, password: 'canary-in-a-draft-8ZqX' } });
    await site.apply((settings) => Object.assign(settings, { apiKey: 'canary-in-a-draft-9ZqX' }));
    expect((await site.apply((settings) => Object.assign(settings.site, { name: 'New' }))).applied).toBe(
      true,
    );
    await site.reply('logsTail', { lines: 2000 });
    await site.reply('settingsRead', {});
    await site.reply('runsList', {});
    await site.status();
    await site.until(async () => (site.events.at(-1)!.status.site.name === 'New' ? true : undefined));

    const values = [
      ...Object.values(canaries),
      ...tested,
      'canary-erp-',
      'canary-key-2',
      'canary-hook-4',
      'canary-draft',
      'canary-in-a-draft',
    ];
    const base64 = values.map((value) => Buffer.from(value).toString('base64').replace(/=+$/, ''));
    const told = JSON.stringify([site.answers, site.events]);
    const found = [...values, ...base64].flatMap((value) => [
      ...(told.includes(value) || told.includes(JSON.stringify(value).slice(1, -1)) ? ['told'] : []),
      ...files(site.dataDir)
        .filter(([, text]) => text.includes(value))
        .map(([path]) => path),
    ]);
    expect(found).toEqual([]);
    expect(site.logged('secret set')).toHaveLength(4);
    // The search would have found something: the names are there.
    expect(told).toContain(CLOUD_KEY);
    expect(files(site.dataDir).some(([, text]) => text.includes(CLOUD_KEY))).toBe(true);
  });

  test('set from the command line while an agent runs: in use, and in no file or answer', async () => {
    const site = SettingsSite.joined(world);
    await site.start();
    const value = 'canary-command-line-1ZqX';
    const child = spawn(process.execPath, [CLI, '--data-dir', site.dataDir, 'secret', 'set', CLOUD_KEY], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.end(`${value}\n`);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part: Buffer) => (said += String(part)));
    const code = await new Promise((done) => child.once('close', done));
    expect({ code, said }).toEqual({ code: 0, said: `${CLOUD_KEY} is set.\n` });
    expect(site.logged('secret set')).toEqual([{ name: CLOUD_KEY }]);
    const { secrets } = await site.ask('settingsRead', {});
    expect(secrets.find(({ name }) => name === CLOUD_KEY)?.source).toBe('stored');
    expect(JSON.stringify([site.answers, site.events])).not.toContain(value);
    expect(files(site.dataDir).filter(([, text]) => text.includes(value))).toEqual([]);
  });
});
