import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectPipe } from '../../../main/console/pipe-client.ts';
import { runCli } from '../../../main/sandbox/program/child.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { SettingsSite, type RawSite } from './settings-bench.ts';

const CLI = new URL('../../../main/cli.ts', import.meta.url);

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Ran {
  readonly code: number;
  readonly value: Record<string, unknown>;
}

async function json(site: SettingsSite, ...args: string[]): Promise<Ran> {
  const { code, stdout } = await runCli(CLI, ['--data-dir', site.dataDir, '--json', ...args], {});
  return { code: code ?? -1, value: JSON.parse(stdout) as Record<string, unknown> };
}

function draftFile(site: SettingsSite, content: object | string): string {
  const path = join(site.dataDir, 'draft.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('config apply and export', () => {
  test('without an agent: checked, written, kept when it does not check', async () => {
    const site = SettingsSite.joined(world);
    const good = JSON.parse(site.text) as RawSite;
    const renamed = { ...good, site: { ...good.site, name: 'From a file' } };
    expect(await json(site, 'config', 'apply', draftFile(site, renamed))).toMatchObject({
      code: 0,
      value: { applied: true, running: false, problems: [] },
    });
    expect(JSON.parse(site.text)).toEqual(renamed);
    expect(await json(site, 'config', 'export')).toEqual({ code: 0, value: renamed });

    const text = site.text;
    for (const [content, place] of [
      [{ ...good, extra: 1 }, 'extra'],
      ['{ not json', ''],
    ] as const) {
      const { code, value } = await json(site, 'config', 'apply', draftFile(site, content));
      expect({ code, applied: value['applied'] }).toEqual({ code: 2, applied: false });
      expect(value['problems']).toMatchObject([{ path: place }]);
    }
    expect(site.text).toBe(text);
    const missing = await json(site, 'config', 'apply', join(site.dataDir, 'none.json'));
    expect(missing).toMatchObject({ code: 2, value: { problems: [{ reason: 'the file does not exist' }] } });
    expect((await json(site, 'config', 'apply')).code).toBe(2);
    site.write('broken');
    expect(await json(site, 'config', 'export')).toMatchObject({
      code: 2,
      value: { error: { code: 'configuration' } },
    });
  });

  test('with an agent: it goes on with them at once; what people read says so', async () => {
    const site = SettingsSite.joined(world);
    site.signIn();
    await site.start();
    const renamed = JSON.parse(site.text) as RawSite;
    renamed.site['name'] = 'Through the agent';
    const { code, stdout } = await runCli(
      CLI,
      ['--data-dir', site.dataDir, 'config', 'apply', draftFile(site, renamed)],
      {},
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Applied: the site goes on with these settings.\n' });
    expect((await site.status()).site.name).toBe('Through the agent');
    expect(await json(site, 'config', 'export')).toEqual({ code: 0, value: renamed });
    const wrong = structuredClone(renamed);
    wrong.links.push({ ...wrong.links[0]!, id: 'twice' });
    expect(await json(site, 'config', 'apply', draftFile(site, wrong))).toMatchObject({
      code: 2,
      value: { applied: false, running: true, problems: [{ path: 'links[1]' }] },
    });
    expect((await site.status()).links).toHaveLength(1);
  });
});

/** The program as the desktop starts it. */
function program(site: SettingsSite, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(CLI), '--data-dir', site.dataDir, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('run --set-up', () => {
  test('an empty folder: exit code 2 without the flag and nothing made; with it a site that answers', async () => {
    const site = new SettingsSite();
    const dataDir = join(site.dataDir, 'fresh');
    const refused = await runCli(CLI, ['--data-dir', dataDir, 'run'], {});
    expect(refused.code).toBe(2);
    expect(existsSync(dataDir)).toBe(false);
    mkdirSync(dataDir);
    const child = program(site, '--data-dir', dataDir, 'run', '--set-up');
    await once(child.stderr!, 'data');
    const connected = await connectPipe(dataDir);
    if (!connected.ok) throw new Error(connected.failure.message);
    const read = await connected.value.call('settingsRead', {});
    expect(read).toMatchObject({ ok: true, value: { settings: { erps: [], links: [] }, onDisk: [] } });
    expect(await connected.value.call('shutdown', {})).toMatchObject({ ok: true });
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(readdirSync(dataDir)).toContain('site.json');
  });
});
