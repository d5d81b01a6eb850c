import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { _electron, type ElectronApplication } from 'playwright-core';
import { startWorld } from '../../main/sandbox/program/world.ts';
import { desktopRuntime } from '../../main/sandbox/program/desktop-runtime.ts';
import type { ViewerBridge } from '../../shared/contract/bridge.ts';

declare const erpFerry: ViewerBridge;

/**
 * `npm run smoke:desktop`: the real program on a real runtime, on the sandbox's ERP and cloud. Shows what no test without a
 * runtime can: that it starts, that its tray and window are there, that page, preload, program and agent speak with each
 * other, that the agent opens its store, that it all ends. Where no runtime can be had it says so and ends with 0.
 */
const ROOT = join(import.meta.dirname, '../..');
const PICTURE = join(ROOT, 'dist', 'smoke', 'window.png');
const SOON_MS = 60_000;

const say = (text: string): void => console.log(text);

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`NOT SO: ${what}`);
  say(`  ${what}`);
}

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + SOON_MS;
  while (!(await look()))
    if (performance.now() > deadline) throw new Error(`NOT SO within ${SOON_MS / 1000} s: ${what}`);
    else await delay(100);
  say(`  ${what}`);
}

async function main(): Promise<number> {
  const runtime = await desktopRuntime({
    root: ROOT,
    env: process.env,
    platform: process.platform,
    say,
    signal: new AbortController().signal,
  });
  const screen = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (runtime.kind === 'none' || !screen) {
    const why = runtime.kind === 'none' ? runtime.why : 'there is no screen (DISPLAY is not set)';
    const line = '*'.repeat(78);
    say(`${line}\nSKIPPED: the desktop program was not started: ${why}\n${line}`);
    return 0;
  }
  if (!existsSync(join(ROOT, 'dist', 'main', 'electron.js')))
    throw new Error('the desktop program is not built: node .ci/build.mjs');

  const world = await startWorld({ seed: 1, mode: 'sqs', now: () => Date.now(), settings: {} });
  const profile = mkdtempSync(join(tmpdir(), 'ferry-smoke-'));
  let program: ElectronApplication | undefined;
  try {
    say(`Starting ${runtime.program}`);
    program = await _electron.launch({
      executablePath: runtime.program,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        ROOT,
        '--data-dir',
        world.dataDir,
        '--place',
        'status',
      ],
      env: { ...textsOf(process.env), ...world.env, XDG_CONFIG_HOME: profile },
      timeout: SOON_MS,
    });
    await play(program, world.dataDir);
    const ended = new Promise<void>((resolve) => program?.process().once('exit', () => resolve()));
    const { exitCode } = program.process();
    check(exitCode === null, 'it runs until it is told to end');
    await program.evaluate(({ app }) => app.quit()).catch(() => undefined);
    await ended;
    check(program.process().exitCode === 0, 'it ended with code 0');
    check(!existsSync(join(world.dataDir, 'agent.json')), 'its agent has ended in order');
    say('The desktop program works here.');
    return 0;
  } finally {
    program?.process().kill('SIGKILL');
    await world.end();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function play(program: ElectronApplication, dataDir: string): Promise<void> {
  const page = await program.firstWindow({ timeout: SOON_MS });
  await page.waitForLoadState('domcontentloaded');
  check(page.url() === 'ferry://app/index.html', 'the window shows the page of the own scheme');
  const versions = await program.evaluate(({ app }) => ({
    ...process.versions,
    profile: app.getPath('userData'),
  }));
  say(`  Electron ${versions['electron']}, Chromium ${versions['chrome']}, Node ${versions['node']}`);
  // The tray has no handle to ask for; the program writes down that it was made and what it shows.
  const log = join(versions.profile, 'desktop.log');
  await until('the tray icon was made', () => existsSync(log) && /tray: /.test(readFileSync(log, 'utf8')));

  await until('a request crosses page, preload, program, pipe and agent, and comes back', async () => {
    const reply = await page.evaluate(() => erpFerry.call('status', {}));
    return reply.ok;
  });
  const refused = await page.evaluate(() => erpFerry.call('queueShow', { item: 'x' }));
  check(!refused.ok && refused.error.code === 'bad-arguments', 'arguments are checked on the other side');
  check(statSync(join(dataDir, 'ferry.sqlite')).size > 0, 'the agent opened its store');
  const bare = await page.evaluate(() =>
    ['require', 'process', 'module'].filter((name) => name in globalThis),
  );
  check(bare.length === 0, 'the page has nothing of Node');
  const opened = await page.evaluate(() => window.open('https://example.com/') === null);
  check(opened, 'a second window is denied');
  mkdirSync(join(PICTURE, '..'), { recursive: true });
  writeFileSync(PICTURE, await page.screenshot());
  check(statSync(PICTURE).size > 5_000, `the window was captured: ${PICTURE}`);
}

const textsOf = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || name === 'ELECTRON_RUN_AS_NODE' ? [] : [[name, value]],
    ),
  );

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
