import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { PAGE } from './browser.ts';

const START = fileURLToPath(new URL('../../main/sandbox/start.ts', import.meta.url));

let started: ChildProcess | undefined;
afterEach(() => started?.kill('SIGKILL'));

/** The program as somebody starts it who has just read the README. */
function start(...argv: string[]) {
  const child = spawn(process.execPath, [START, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
  started = child;
  let said = '';
  const heard = new Set<() => void>();
  child.stderr.on('data', (data: Buffer) => {
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
  return { child, ended, says };
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
    const { child, ended, says } = start();
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

  it('says what it did not understand', async () => {
    const { ended, says } = start('--onse');
    expect(await says(/(--onse)/)).toBe('--onse');
    expect(await ended).toBe(2);
  });
});
