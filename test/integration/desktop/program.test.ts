import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAgentAccess } from '../../../main/console/access-file.ts';
import { connectPipe } from '../../../main/console/pipe-client.ts';
import type { MenuItem } from '../../../main/desktop/shell.ts';
import { CHANNELS } from '../../../shared/contract/bridge.ts';
import { mappingJson, siteJson } from '../../unit/cli/cli-world.ts';
import { MemoryShell } from '../../desktop/memory-shell.ts';
import { forkNode, startProgram } from '../../desktop/start-program.ts';

const SOON = { timeout: 25_000, interval: 50 };

/** Two programs as in two Windows sessions, a real agent each may start, and the data folder they share. */
let folder: string;
let shells: MemoryShell[];

const session = (...args: string[]): MemoryShell => {
  const shell = new MemoryShell();
  shell.fork = forkNode;
  shells.push(shell);
  const state = join(folder, `desktop-${shells.length}.json`);
  const options = ['--data-dir', folder, ...(args.length === 0 ? ['--hidden'] : args)];
  startProgram(shell, folder, options, { stateFile: state });
  return shell;
};
const SILENT = /the agent (does not answer|is starting)/;
const live = (shell: MemoryShell) =>
  expect.poll(() => shell.tray?.tooltip ?? 'the agent is starting', SOON).not.toMatch(SILENT);
const unknown = async (shell: MemoryShell): Promise<void> => {
  await expect.poll(() => shell.tray?.tooltip ?? '', SOON).toMatch(SILENT);
  expect(shell.tray?.icon).toMatch(/tray-unknown/);
};
const click = (shell: MemoryShell, label: RegExp): void => {
  const all = (items: readonly MenuItem[]): readonly MenuItem[] =>
    items.flatMap((item) => (item.kind === 'submenu' ? [item, ...all(item.items)] : [item]));
  const found = all(shell.tray?.menu ?? []).find((item) => item.kind === 'action' && label.test(item.label));
  if (found?.kind !== 'action') throw new Error(`no ${String(label)} in the menu`);
  found.onClick();
};
const agentPid = (): number => readAgentAccess(folder)?.pid ?? -1;
const alive = (pid: number): boolean => {
  // To the system -1 is everybody.
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-program-'));
  shells = [];
  // Nobody answers at these addresses: what is tested is who runs, not what is carried.
  const site = siteJson();
  mkdirSync(join(folder, 'mappings'));
  writeFileSync(
    join(folder, 'site.json'),
    JSON.stringify(site).replace('sql01', '127.0.0.1').replace('cloud.example', '127.0.0.1:9'),
  );
  writeFileSync(join(folder, 'mappings', 'field-sales.json'), JSON.stringify(mappingJson()));
});
afterEach(async () => {
  for (const shell of shells) {
    shell.askToEnd();
    await shell.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('the tray program and its agent', () => {
  it('starts an agent where none runs, opens its window at a place, and ends the agent with itself', async () => {
    const shell = session('--place', 'queue?view=parked');
    await live(shell);
    const pid = agentPid();
    expect(alive(pid)).toBe(true);
    expect(existsSync(join(folder, 'ferry.sqlite'))).toBe(true);

    const window = shell.window!;
    expect(window.url).toBe('ferry://app/index.html');
    await shell.invoke(CHANNELS.ready, shell.sender());
    expect(window.sent.filter(({ channel }) => channel === CHANNELS.place)).toEqual([
      { channel: CHANNELS.place, value: { screen: 'queue', view: 'parked' } },
    ]);
    expect(window.sent.map(({ value }) => (value as { kind?: string }).kind).slice(0, 2)).toEqual([
      'status',
      'connection',
    ]);
    expect(await shell.invoke(CHANNELS.call, shell.sender(), 'queueList', {})).toMatchObject({
      ok: true,
      value: { total: 0 },
    });
    window.closeByHand();
    expect(alive(pid)).toBe(true);

    click(shell, /^Quit: nothing is carried/);
    expect(await shell.ended).toBe(0);
    expect(shell.questions).toHaveLength(1);
    expect([shell.kills, shell.tray, alive(pid)]).toEqual([0, undefined, false]);
  });

  it('starts one where nothing is set up yet', async () => {
    rmSync(join(folder, 'site.json'));
    const shell = session();
    await live(shell);
    expect(shell.tray?.tooltip).toContain('No link is set up yet');
  });

  it('keeps running when the answer is no', async () => {
    const shell = session();
    await live(shell);
    shell.answer = false;
    click(shell, /^Quit/);
    await expect.poll(() => shell.questions.length).toBe(1);
    click(shell, /^Open$/);
    expect(shell.window?.focused).toBe(1);
    expect(shell.exited).toBeUndefined();
  });

  it('shows unknown when its agent is killed, and starts it again by itself', async () => {
    const shell = session();
    await live(shell);
    const first = agentPid();
    process.kill(first, 'SIGKILL');
    await unknown(shell);
    await live(shell);
    expect(agentPid()).not.toBe(first);
    expect(shell.starts).toHaveLength(2);
  });

  it('joins the agent of another session, and takes over when that session ends', async () => {
    const first = session();
    await live(first);
    const second = session();
    await live(second);
    expect(second.starts).toHaveLength(0);
    expect(second.tray?.menu.at(-1)).toMatchObject({ label: 'Quit: the agent goes on without this icon' });

    const pid = agentPid();
    first.askToEnd();
    await first.ended;
    expect(alive(pid)).toBe(false);
    await expect.poll(() => second.starts.length, SOON).toBeGreaterThan(0);
    await expect.poll(() => alive(agentPid()), SOON).toBe(true);
    await live(second);
  });

  it('ends up with one agent when two sessions begin at the same instant', async () => {
    const both = [session(), session()];
    for (const shell of both) await live(shell);
    const agents = (): number =>
      spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' })
        .stdout.split('\n')
        .filter((line) => line.includes(`--data-dir ${folder} run`)).length;
    await expect.poll(agents, SOON).toBe(1);
    const connected = await connectPipe(folder);
    expect(connected.ok).toBe(true);
    if (connected.ok) connected.value.close();
    expect(new Set(both.map((shell) => shell.tray?.tooltip)).size).toBe(1);
  });

  it('leaves an agent that somebody else started alone', async () => {
    const owner = forkNode({
      script: join(import.meta.dirname, '../../../main/cli.ts'),
      args: ['--data-dir', folder, 'run'],
      env: process.env,
      onLine: () => undefined,
      onExit: () => undefined,
    });
    try {
      await expect.poll(() => alive(agentPid()), SOON).toBe(true);
      const shell = session();
      await live(shell);
      shell.askToEnd();
      expect(await shell.ended).toBe(0);
      expect([shell.starts.length, alive(agentPid())]).toEqual([0, true]);
    } finally {
      owner.kill();
    }
  });

  it('is told that a second start wants a place', async () => {
    const shell = session();
    expect(shell.window).toBeUndefined();
    shell.secondStart('erp-ferry', '--hidden');
    expect(shell.window).toBeUndefined();
    shell.secondStart('erp-ferry', '--place', 'notifications');
    await shell.invoke(CHANNELS.ready, shell.sender());
    expect(shell.window?.sent.filter(({ channel }) => channel === CHANNELS.place)).toEqual([
      { channel: CHANNELS.place, value: { screen: 'notifications' } },
    ]);
  });
});
