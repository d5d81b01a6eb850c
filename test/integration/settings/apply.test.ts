import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConsoleAccess } from '../../../main/console/access-file.ts';
import { connectPipe } from '../../../main/console/pipe-client.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { SettingsSite, type RawSite } from './settings-bench.ts';

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function joined(): Promise<SettingsSite> {
  const site = SettingsSite.joined(world);
  site.signIn();
  await site.start();
  return site;
}

describe('settings of a running site', () => {
  test('are read as they run, with the names of secrets and the revision of the text', async () => {
    const site = await joined();
    const read = await site.ask('settingsRead', {});
    expect(read.settings).toEqual(JSON.parse(site.text));
    expect(read.revision).toBe(sha256(site.text));
    expect(read.mappings).toEqual([SAMPLE.mapping]);
    expect(read.onDisk).toEqual([]);
    expect(read.secrets).toEqual([
      { name: 'erp.main.password', source: 'environment' },
      { name: 'link.field-sales.apiKey', source: 'environment' },
      { name: 'alerts.mail.password', source: 'none' },
      { name: 'alerts.webhook.url', source: 'none' },
    ]);
  });

  test('take effect at once: the connection stays, sequence goes on rising, the file is the new one', async () => {
    const site = await joined();
    await site.until(async () => (site.events.length > 0 ? true : undefined));
    const before = site.events.at(-1)!.sequence;
    const applied = await site.apply((draft) => {
      draft.site['name'] = 'Renamed';
      draft.links[0]!.pull['every'] = '12h';
    });
    expect(applied).toEqual({ applied: true, revision: sha256(site.text), problems: [] });
    expect((JSON.parse(site.text) as RawSite).site['name']).toBe('Renamed');
    await site.until(async () => (site.events.at(-1)!.status.site.name === 'Renamed' ? true : undefined));
    const sequence = site.events.map((event) => event.sequence);
    expect(sequence).toEqual([...new Set(sequence)].sort((a, b) => a - b));
    expect(sequence.at(-1)).toBeGreaterThan(before);
    expect((await site.ask('settingsRead', {})).settings).toEqual(JSON.parse(site.text));
    expect((await site.status()).site.name).toBe('Renamed');
    expect(site.logged('settings applied')).toEqual([{ sections: ['links', 'site'] }]);
    // Nothing beside the file is left over, and the store was given back cleanly in between.
    expect(readdirSync(site.dataDir).filter((name) => name.includes('.tmp'))).toEqual([]);
    expect((await site.status()).notices).toEqual([]);
  });

  test('that do not check change nothing, and each problem is named with its place', async () => {
    const site = await joined();
    const text = site.text;
    const twice = await site.apply((draft) => {
      draft.links.push({ ...structuredClone(draft.links[0]!), id: 'again' });
    });
    expect(twice).toMatchObject({ applied: false, revision: sha256(text) });
    expect(twice.problems.map(({ path }) => path)).toContain('links[1]');
    const cases: [(draft: RawSite) => void, string][] = [
      [(draft) => Object.assign(draft.site, { tineZone: 'UTC' }), 'site.tineZone'],
      [(draft) => Object.assign(draft.erps[0]!, { port: '1433' }), 'erps[0].port'],
      [(draft) => Object.assign(draft.links[0]!, { mapping: 'absent.json' }), 'links[0].mapping'],
    ];
    for (const [change, path] of cases) {
      const { applied, problems } = await site.apply(change);
      expect(applied).toBe(false);
      expect(problems).toContainEqual(expect.objectContaining({ file: 'site.json', path }));
    }
    const draft = JSON.parse(text) as RawSite;
    draft.links[0]!.mapping = 'absent.json';
    const { problems } = await site.ask('settingsCheck', { settings: draft });
    expect(problems).toMatchObject([{ reason: 'mappings/absent.json does not exist' }]);
    expect(site.text).toBe(text);
    expect((await site.status()).links).toHaveLength(1);
  });

  test('are refused when the file was changed after they were read', async () => {
    const site = await joined();
    const { settings, revision } = await site.ask('settingsRead', {});
    const other = JSON.parse(site.text) as RawSite;
    other.site['name'] = 'By hand';
    site.write(other);
    expect(await site.reply('settingsApply', { settings, revision })).toMatchObject({
      ok: false,
      error: { code: 'not-now' },
    });
    expect((JSON.parse(site.text) as RawSite).site['name']).toBe('By hand');
    const again = await site.ask('settingsRead', {});
    expect(again.onDisk).toMatchObject([{ file: 'site.json', path: '' }]);
    expect((again.settings as RawSite).site['name']).not.toBe('By hand');
  });

  test('two that are applied at once: one is taken, the other is refused', async () => {
    const site = await joined();
    const { settings, revision } = await site.ask('settingsRead', {});
    const named = (name: string): RawSite => ({ ...(settings as RawSite), site: { name, timeZone: 'UTC' } });
    const replies = await Promise.all(
      ['One', 'Two'].map((name) => site.reply('settingsApply', { settings: named(name), revision })),
    );
    expect(replies).toMatchObject([
      { ok: true, value: { applied: true } },
      { ok: false, error: { code: 'not-now' } },
    ]);
    expect((await site.status()).site.name).toBe('One');
  });

  test('that do not start are taken back: the old file and the old settings, and the answer says why', async () => {
    const site = SettingsSite.joined(world);
    site.signIn();
    await site.start(
      {},
      {
        sqlServer: (erp) => {
          if (erp.database === 'Refused') throw new Error('no such engine');
          return {
            sessionsOpened: () => 0,
            connect: async () => ({ kind: 'not-applied', why: 'network', cause: 'away' }),
          };
        },
      },
    );
    const text = site.text;
    const end = await site.apply((draft) => Object.assign(draft.erps[0]!, { database: 'Refused' }));
    expect(end).toMatchObject({ applied: false, revision: sha256(text) });
    expect(end.problems[0]?.reason).toContain('no such engine');
    expect(site.text).toBe(text);
    expect((await site.status()).links).toHaveLength(1);
    expect((await site.ask('settingsRead', {})).onDisk).toEqual([]);
    expect((await site.apply((draft) => Object.assign(draft.site, { name: 'After' }))).applied).toBe(true);
  });

  test('that lose their mapping between check and start leave everything as it was', async () => {
    const site = await joined();
    const { settings, revision } = await site.ask('settingsRead', {});
    const mapping = join(site.dataDir, 'mappings', SAMPLE.mapping);
    renameSync(mapping, `${mapping}.away`);
    const end = await site.ask('settingsApply', { settings, revision });
    expect(end.applied).toBe(false);
    expect((await site.status()).links).toHaveLength(1);
    renameSync(`${mapping}.away`, mapping);
  });

  test('a shutdown asked for while they are taken over is not lost', async () => {
    const site = await joined();
    const { settings, revision } = await site.ask('settingsRead', {});
    const applying = site.reply('settingsApply', { settings, revision });
    expect(await site.reply('shutdown', {})).toEqual({ ok: true, value: { stopping: true } });
    await site.handle.finished;
    await applying;
    expect(existsSync(join(site.dataDir, 'agent.json'))).toBe(false);
    expect((await connectPipe(site.dataDir)).ok).toBe(false);
  });
});

describe('the console follows its settings', () => {
  const call = (site: SettingsSite, name: string, args: object = {}): Promise<Response> => {
    const { url, token } = readConsoleAccess(site.dataDir)!;
    return fetch(`${url}api/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(args),
    });
  };

  test.runIf(existsSync('dist/renderer/index.html'))(
    'a changed right counts for the next request; the address stays',
    async () => {
      const site = SettingsSite.joined(world);
      site.signIn();
      await site.start({ console: true });
      const { url } = readConsoleAccess(site.dataDir)!;
      const answers = (status: number) => async () =>
        (await call(site, 'settingsCheck', { settings: {} })).status === status ? true : undefined;
      await site.apply((draft) => Object.assign(draft, { console: { right: 'operate' } }));
      await site.until(answers(403));
      await site.apply((draft) => Object.assign(draft, { console: { right: 'administer' } }));
      await site.until(answers(200));
      expect(readConsoleAccess(site.dataDir)!.url).toBe(url);
    },
  );

  test.runIf(existsSync('dist/renderer/index.html'))(
    'it is started, moved and ended by settings; one that moves itself is still answered',
    async () => {
      const site = await joined();
      await site.apply((draft) => Object.assign(draft, { console: { enabled: true, right: 'administer' } }));
      const first = await site.until(async () => readConsoleAccess(site.dataDir));
      const free = createServer();
      await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
      const { port } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      const { settings, revision } = await site.ask('settingsRead', {});
      const moved = { ...(settings as RawSite), console: { enabled: true, port, right: 'administer' } };
      const answered = await call(site, 'settingsApply', { settings: moved, revision });
      expect(answered.status).toBe(200);
      expect(await answered.json()).toMatchObject({ ok: true, value: { applied: true } });
      const second = await site.until(async () => {
        const access = readConsoleAccess(site.dataDir);
        return access === undefined || access.url === first.url ? undefined : access;
      });
      expect(second.url).toBe(`http://127.0.0.1:${port}/`);
      expect(second.token).not.toBe(first.token);
      expect((await call(site, 'settingsRead')).status).toBe(200);
      await site.apply((draft) => Object.assign(draft, { console: { enabled: false } }));
      await site.until(async () => (readConsoleAccess(site.dataDir) === undefined ? true : undefined));
      await expect(fetch(second.url)).rejects.toThrow();
    },
  );

  test('a port in use is a problem of the settings, told before anything is written', async () => {
    const site = await joined();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const text = site.text;
      const end = await site.apply((draft) => Object.assign(draft, { console: { enabled: true, port } }));
      expect(end.problems).toMatchObject([
        { path: 'console.port', reason: `port ${port} is used by another program` },
      ]);
      expect(site.text).toBe(text);
    } finally {
      other.close();
    }
  });
});

describe('set-up', () => {
  test('a site that is not there is made, and its first settings are applied through it', async () => {
    const site = new SettingsSite();
    site.signIn();
    await site.start({ setUp: true });
    const read = await site.ask('settingsRead', {});
    expect(read).toMatchObject({
      settings: { schemaVersion: 1, erps: [], links: [] },
      mappings: [],
      onDisk: [],
    });
    expect(read.settings).toEqual(JSON.parse(site.text));
    expect(await site.status()).toMatchObject({ links: [], notices: [] });
    world.cloud.control.addArea({ code: site.area, keys: ['k'], users: world.users });
    const from = new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url);

    copyFileSync(from, join(site.dataDir, 'mappings', SAMPLE.mapping));
    const applied = await site.ask('settingsApply', {
      settings: site.joining(world),
      revision: read.revision,
    });
    expect(applied).toMatchObject({ applied: true, problems: [] });
    expect((await site.status()).links.map(({ id }) => id)).toEqual([SAMPLE.linkId]);
  });

  test('settings that do not check run nothing, are shown and repaired; a password in them is not shown', async () => {
    const site = SettingsSite.joined(world);
    site.signIn();
    const good = JSON.parse(site.text) as RawSite;
    const bad = structuredClone(good);
    Object.assign(bad.erps[0]!, { password: 'Typed-by-mistake-1' });
    site.write(bad);
    await site.start({ setUp: true });
    const { light, notices, links, site: named } = await site.status();
    expect({ light, links, name: named.name }).toEqual({
      light: 'attention',
      links: [],
      name: good.site['name'],
    });
    expect(notices).toMatchObject([
      {
        what: { key: 'config.broken.what', params: { place: 'site.json erps[0].password' } },
        next: { key: 'config.broken.nextHint' },
      },
    ]);
    const read = await site.ask('settingsRead', {});
    expect(read.onDisk).toMatchObject([{ path: 'erps[0].password', reason: 'this key is not known' }]);
    expect(read.settings).toEqual(good);
    expect(JSON.stringify(site.answers)).not.toContain('Typed-by-mistake-1');
    const end = await site.ask('settingsApply', { settings: good, revision: read.revision });
    expect(end.applied).toBe(true);
    const repaired = await site.status();
    expect(repaired.notices).toEqual([]);
    expect(repaired.links).toHaveLength(1);
  });

  test('a file that is not JSON is told without its text, and kept when it is repaired', async () => {
    const site = SettingsSite.joined(world);
    const good = JSON.parse(site.text) as RawSite;
    const broken = '{ "schemaVersion": 1, "password": hunter-22-secret }';
    site.write(broken);
    await site.start({ setUp: true });
    const read = await site.ask('settingsRead', {});
    expect(read.settings).toBeNull();
    expect(read.onDisk[0]?.reason).toMatch(/^the file is not JSON: see line 1, character \d+$/);
    expect(JSON.stringify([site.answers, await site.status()])).not.toContain('hunter');
    expect((await site.ask('settingsApply', { settings: good, revision: read.revision })).applied).toBe(true);
    const kept = readdirSync(site.dataDir).filter((name) => name.startsWith('site.json.broken-'));
    expect(kept).toHaveLength(1);

    expect(readFileSync(join(site.dataDir, kept[0]!), 'utf8')).toBe(broken);
  });

  test('a draft that does not start leaves a broken site as broken as it was', async () => {
    const site = SettingsSite.joined(world);
    const good = JSON.parse(site.text) as RawSite;
    site.write('not json');
    await site.start(
      { setUp: true },
      {
        sqlServer: () => {
          throw new Error('no engine');
        },
      },
    );
    const { revision } = await site.ask('settingsRead', {});
    expect((await site.ask('settingsApply', { settings: good, revision })).applied).toBe(false);
    expect(site.text).toBe('not json');
    expect((await site.status()).notices).toHaveLength(1);
  });
});
