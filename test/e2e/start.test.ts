import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGE } from './browser.ts';

const START = fileURLToPath(new URL('../../main/sandbox/start.ts', import.meta.url));

let started: ChildProcess | undefined;
afterEach(() => started?.kill('SIGKILL'));

/** The program as somebody starts it who has just read the README. */
function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [START, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  started = child;
  return { child, ...listen(child) };
}

/** What a process says on its way to its end. */
function listen(child: ChildProcess) {
  let said = '';
  const heard = new Set<() => void>();
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString();
    for (const look of heard) look();
  });
  const ended = once(child, 'close').then(([code]) => Number(code));
  const says = (words: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = words.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      };
      heard.add(look);
      void ended.then(() => reject(new Error(`ended without saying ${String(words)}:\n${said}`)));
      look();
    });
  return { ended, says };
}

/** All processes below this one, whatever group or session they are in. */
function descendants(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const pairs = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const below = (of: number): readonly number[] =>
    pairs.flatMap(([child, parent]) =>
      child !== undefined && parent === of ? [child, ...below(child)] : [],
    );
  return below(pid);
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === 'win32')('npm start', () => {
  it('prints an address that opens, and Ctrl+C leaves nothing behind', async () => {
    if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
    const { child, ended, says } = start(['--headless']);
    const folder = await says(/Data folder: (\S+)/);
    const address = await says(/Page: (http:\S+)/);
    expect(existsSync(join(folder, 'site.json'))).toBe(true);

    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<div id="root">');
    const token = new URL(address).hash.replace('#token=', '');
    const status = await fetch(new URL('/api/status', address), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await status.json()).toMatchObject({ ok: true, value: { agent: { state: 'running' } } });

    const below = descendants(child.pid!);
    expect(below.length).toBeGreaterThanOrEqual(3);
    // As npm does it: the terminal tells the whole group, and npm hands the same on.
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(existsSync(folder)).toBe(false);
    expect(below.filter(alive)).toEqual([]);
  });

  it('leaves no agent behind when it is killed, or when npm above it is', async () => {
    // A shell between them, as npm has one; the shell hears nothing of it either.
    const above = spawn(
      process.execPath,
      [
        '-e',
        `require('node:child_process').spawn('sh', ['-c', ${JSON.stringify(`"${process.execPath}" "${START}" --headless; true`)}], { stdio: 'inherit' })`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, npm_lifecycle_event: 'start' } },
    );
    started = above;
    const { says } = listen(above);
    const folder = await says(/Data folder: (\S+)/);
    await says(/Page: (http:\S+)/);
    const below = descendants(above.pid!);
    expect(below.length).toBeGreaterThanOrEqual(5);
    above.kill('SIGKILL');
    await expect.poll(() => below.filter(alive), { timeout: 25_000 }).toEqual([]);
    expect(existsSync(folder)).toBe(false);

    const { child, says: saysToo } = start(['--headless']);
    const left = await saysToo(/Data folder: (\S+)/);
    await saysToo(/Page: (http:\S+)/);
    const children = descendants(child.pid!);
    child.kill('SIGKILL');
    await expect.poll(() => children.filter(alive), { timeout: 25_000 }).toEqual([]);
    rmSync(left, { recursive: true, force: true });
  }, 90_000);

  it('says what it did not understand', async () => {
    const { ended, says } = start(['--onse']);
    expect(await says(/(--onse)/)).toBe('--onse');
    expect(await ended).toBe(2);
  });

  describe('with an Electron runtime', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ferry-runtime-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));
    const runtime = (text: string, mode = 0o755): NodeJS.ProcessEnv => {
      writeFileSync(join(folder, 'electron'), text, { mode });
      return { ELECTRON_OVERRIDE_DIST_PATH: folder };
    };

    it('opens the desktop program on the sandbox, with the page off, and ends with it', async () => {
      const opened = runtime(
        '#!/bin/sh\necho "Opened: $*|" >&2\ntest -n "$ERP_FERRY_SECRET_ERP_MAIN_PASSWORD" && echo "Secrets: yes" >&2\nread line\nexit 0\n',
      );
      const { child, ended, says } = start([], opened);
      const data = await says(/Data folder: (\S+)/);
      expect(await says(/Opened: (.*)\|/)).toContain(`--data-dir ${data} --end-with-input`);
      await says(/Secrets: (yes)/);
      expect(existsSync(join(data, 'console.json'))).toBe(false);
      child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(existsSync(data)).toBe(false);
    });

    it('ends when the person quits the desktop program', async () => {
      const { ended, says } = start([], runtime('#!/bin/sh\necho "Opened: $*" >&2\nexit 0\n'));
      await says(/(Opened: )/);
      expect(await ended).toBe(0);
    });

    it('that starts and fails, fails, and nothing takes its place', async () => {
      const { ended, says } = start([], runtime('#!/bin/sh\nexit 1\n'));
      expect(await says(/desktop program ended with code (\d+)/)).toBe('1');
      expect(await ended).toBe(1);
      await expect(says(/(Page: )/)).rejects.toThrow('ended without');
    });

    it.each([
      ['is not there', () => ({ ELECTRON_OVERRIDE_DIST_PATH: folder })],
      ['cannot be executed', () => runtime('#!/bin/sh\nexit 0\n', 0o644)],
      ['cannot be executed', () => runtime('#!/nowhere/interpreter\n')],
      [
        'ELECTRON_SKIP_BINARY_DOWNLOAD',
        () => ({ ELECTRON_SKIP_BINARY_DOWNLOAD: '1', ELECTRON_OVERRIDE_DIST_PATH: '' }),
      ],
    ])('that cannot be had (%s), runs headless and says so', async (why, env) => {
      // A runtime that was fetched here would be used, and rightly.
      const fetched = existsSync(join(import.meta.dirname, '../../node_modules/electron/dist'));
      if (fetched && why.startsWith('ELECTRON')) return;
      const { child, ended, says } = start([], env());
      await says(/(NO DESKTOP PROGRAM)/);
      await says(new RegExp(`(${why})`));
      await says(/Page: (http:\S+)/);
      child.kill('SIGINT');
      expect(await ended).toBe(0);
    });
  });
});
