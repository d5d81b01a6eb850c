import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CHANNELS } from '../../../shared/contract/bridge.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BUILT = join(ROOT, 'dist/main/electron.js');
const HOOKS = join(ROOT, 'test/desktop/stand-in-hooks.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-built-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The program as it is shipped, from its first line to its end; only the module `electron` is another one. */
it('runs as built: page, channels, tray, agent, and an end in order', async () => {
  if (!existsSync(BUILT)) throw new Error('the program is not built: node .ci/setup.mjs');
  const data = join(folder, 'data');
  const program = spawn(
    process.execPath,
    ['--import', pathToFileURL(HOOKS).href, BUILT, '--data-dir', data, '--place', 'status'],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, STAND_IN_PROFILE: folder } },
  );
  const did: (readonly [string, ...unknown[]])[] = [];
  const lines = createInterface({ input: program.stdout });
  lines.on('line', (line) => {
    if (line.startsWith('[')) did.push(JSON.parse(line) as [string]);
  });
  const ended = once(program, 'exit');
  try {
    const all = (what: string) => did.filter(([name]) => name === what).map(([, ...rest]) => rest);
    await expect
      .poll(() => all('tooltip').flat(), { timeout: 25_000 })
      .toContain('ERP Ferry: No link is set up yet.');
    expect(existsSync(join(data, 'ferry.sqlite'))).toBe(true);
    // Every channel there is: S5.
    expect(new Set(all('channel').flat())).toEqual(new Set([CHANNELS.call, CHANNELS.ready]));
    expect(all('guard')).toHaveLength(3);
    expect(all('window')).toHaveLength(1);
    expect(all('window')[0]?.[0]).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
    });
    const [status, policy, length] = all('page')[0] ?? [];
    expect([status, Number(length) > 100]).toEqual([200, true]);
    expect(policy).toContain("connect-src 'none'");
    const preferences = all('window')[0]?.[0] as { readonly preload: string } | undefined;
    for (const path of [...all('tray').flat(), preferences?.preload])
      expect(existsSync(path as string), String(path)).toBe(true);
    expect(all('fork')).toHaveLength(1);

    program.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(all('exit')).toEqual([[0]]);
    // It was asked to end, not killed: it took its access back.
    expect(existsSync(join(data, 'agent.json'))).toBe(false);
  } finally {
    program.kill('SIGKILL');
  }
}, 60_000);
