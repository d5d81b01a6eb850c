import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPipe, type PipeServer } from '../../../main/console/pipe-server.ts';
import { Autostart } from '../../../main/desktop/autostart.ts';
import { readPlace, readStartOptions } from '../../../main/desktop/start-options.ts';
import type { MenuItem } from '../../../main/desktop/shell.ts';
import { windowPlace } from '../../../main/desktop/window/window-place.ts';
import { CHANNELS } from '../../../shared/contract/bridge.ts';
import type { Alert } from '../../../shared/contract/alert.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { NOW, SiteDouble, emptyStatus } from '../console/site-double.ts';
import { MemoryShell } from '../../desktop/memory-shell.ts';
import { startProgram } from '../../desktop/start-program.ts';
import { sampleLink } from '../../support/sample-link.ts';

let folder: string;
let site: SiteDouble;
let pipe: PipeServer;
let shell: MemoryShell;
let page: string;

const begin = (...args: string[]): MemoryShell => {
  shell = new MemoryShell();
  startProgram(shell, folder, args, {
    files: { page, preload: '/p.cjs', icons: '/icons', agent: '/cli.js', packed: true },
  });
  return shell;
};
const LINKS = ['field-sales', 'gone'].map((id) => sampleLink(id));
const emit = async (over: Parameters<SiteDouble['emit']>[0] = {}): Promise<void> => {
  await site.untilListening(1);
  site.emit({ links: LINKS, ...over });
  await expect.poll(() => shell.tray?.icon).not.toMatch(/unknown/);
};
const alert: Alert = {
  id: 4,
  code: 'erp-unreachable' as Alert['code'],
  severity: 'critical',
  about: 'erp:main',
  since: NOW,
  raisedAt: NOW,
  times: 1,
  title: { key: 'Orders are waiting', params: {} },
  body: { key: 'Nothing is lost.', params: {} },
  owner: 'erp-administrator',
  next: { key: 'Next.', params: {} },
  place: { screen: 'notifications', alert: 4 },
  consequences: [],
  toast: true,
};
const click = (label: RegExp): void => {
  const all = (items: readonly MenuItem[]): readonly MenuItem[] =>
    items.flatMap((item) => (item.kind === 'submenu' ? all(item.items) : [item]));
  const found = all(shell.tray?.menu ?? []).find((item) => item.kind === 'action' && label.test(item.label));
  if (found?.kind !== 'action') throw new Error(`no ${String(label)}`);
  found.onClick();
};
const places = (): readonly unknown[] =>
  (shell.window?.sent ?? []).filter(({ channel }) => channel === CHANNELS.place).map(({ value }) => value);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-tray-'));
  page = mkdtempSync(join(tmpdir(), 'ferry-tray-page-'));
  writeFileSync(join(page, 'index.html'), '<p>');
  site = new SiteDouble();
  pipe = await startPipe({
    dataDir: folder,
    events: site.events,
    handlers: site.handlers({
      sync: async ({ links }) =>
        links?.includes('gone') ? refuse('not-found', 'No such link.') : answer({ flows: [] }),
    }),
  });
});
afterEach(async () => {
  shell.askToEnd();
  await shell.ended;
  await pipe.stop();
  for (const one of [folder, page]) rmSync(one, { recursive: true, force: true });
});

describe('the tray program', () => {
  it('shows a toast once, also after it was started again, and opens its place', async () => {
    begin('--hidden');
    await emit({ alerts: [alert] });
    site.emit({ alerts: [alert] });
    await expect
      .poll(() => shell.toasts.map(({ title, urgent }) => [title, urgent]))
      .toEqual([['Orders are waiting', true]]);
    shell.toasts[0]?.onClick();
    await shell.invoke(CHANNELS.ready, shell.sender());
    expect(places()).toEqual([{ screen: 'notifications', alert: 4 }]);
    shell.askToEnd();
    await shell.ended;
    await site.untilListening(0);

    begin('--hidden');
    await emit({ alerts: [alert] });
    expect(shell.toasts).toEqual([]);
    site.emit({ alerts: [{ ...alert, times: 2 }] });
    await expect.poll(() => shell.toasts.length).toBe(1);
  });

  it('is unknown after the computer slept, until the agent is heard', async () => {
    begin('--hidden');
    await emit();
    expect(shell.tray?.icon).toBe('/icons/tray-fine-24.png');
    shell.power('suspend');
    shell.power('resume');
    expect(shell.tray?.icon).toBe('/icons/tray-unknown-24.png');
    site.emit({ links: LINKS });
    await expect.poll(() => shell.tray?.icon).toBe('/icons/tray-fine-24.png');
  });

  it('tells the window that nothing is heard any more, and why', async () => {
    begin('--place', 'status');
    await emit();
    await shell.invoke(CHANNELS.ready, shell.sender());
    shell.power('resume');
    expect(shell.window?.sent.at(-1)).toEqual({
      channel: CHANNELS.event,
      value: {
        kind: 'connection',
        state: 'lost',
        reason: 'The computer slept. The agent has not been heard since.',
      },
    });
  });

  it('asks the agent what the menu says, and tells a refusal', async () => {
    begin('--hidden');
    await emit();
    for (const label of [/^Sync now/, /^field-sales/, /^For 30/, /^gone/]) click(label);
    await expect
      .poll(() => site.calls.filter(({ name }) => name === 'sync' || name === 'pause'))
      .toEqual([
        { name: 'sync', args: {} },
        { name: 'sync', args: { links: ['field-sales'] } },
        { name: 'pause', args: { forMs: 1_800_000, reason: 'Paused from the tray' } },
        { name: 'sync', args: { links: ['gone'] } },
      ]);
    await expect.poll(() => shell.toasts.map(({ body }) => body)).toEqual(['No such link.']);
  });

  it('remembers where its window stood, and makes a new one when its page is gone', async () => {
    begin('--place', 'status');
    const first = shell.window!;
    expect(first.options).toMatchObject({ size: { width: 1200, height: 660 }, devTools: false });
    first.place = { bounds: { x: 40, y: 30, width: 900, height: 600 }, maximized: false };
    first.closeByHand();
    expect(shell.window).toBeUndefined();
    expect(JSON.parse(readFileSync(join(folder, 'desktop.json'), 'utf8'))).toMatchObject({
      window: { bounds: { x: 40, y: 30, width: 900, height: 600 } },
    });
    shell.tray?.open();
    expect(shell.window?.options).toMatchObject({ size: { width: 900, height: 600 }, at: { x: 40, y: 30 } });
    shell.window?.loseItsPage('crashed');
    expect(shell.window).toBeUndefined();
    shell.tray?.open();
    expect(shell.windows).toHaveLength(3);
  });

  it('starts with the session as the site says, set once', async () => {
    begin('--hidden', '--data-dir', folder);
    await emit();
    site.emit();
    const { site: named } = emptyStatus();
    site.emit({ site: { ...named, startAtLogon: false } });
    await expect
      .poll(() => shell.atLogonSet)
      .toEqual([
        { on: true, args: ['--hidden', '--data-dir', folder] },
        { on: false, args: ['--hidden', '--data-dir', folder] },
      ]);
  });

  it('goes again when the session starts it and nobody wants it; a person who starts it keeps it', async () => {
    const { site: named } = emptyStatus();
    const unwanted = { site: { ...named, startAtLogon: false } };
    begin('--hidden');
    await site.untilListening(1);
    site.emit(unwanted);
    await shell.ended;
    expect(shell.tray).toBeUndefined();
    await site.untilListening(0);

    begin();
    await emit(unwanted);
    site.emit(unwanted);
    expect(shell.tray).toBeDefined();
    expect(shell.window).toBeDefined();
  });

  it('writes nothing into the system from a checkout', () => {
    begin('--hidden');
    new Autostart(shell, undefined, false).follow(true);
    expect(shell.atLogonSet).toEqual([]);
  });
});

describe('arguments of a start', () => {
  it('are read, and what is not known is passed over', () => {
    begin('--hidden');
    expect(readStartOptions(['erp-ferry', '--data-dir=/d', '--place', 'runs', '--original', 'x'])).toEqual({
      dataDir: '/d',
      hidden: false,
      place: { screen: 'runs' },
      endWithInput: false,
    });
  });

  it.each([
    ['status', { screen: 'status' }],
    ['queue?view=in&link=a&item=7', { screen: 'queue', view: 'in', link: 'a', item: 7 }],
    ['notifications?alert=3', { screen: 'notifications', alert: 3 }],
    ['settings?section=alerts', { screen: 'settings', section: 'alerts' }],
    ['queue?view=everything', undefined],
    ['https://example.com', undefined],
    ['__proto__', undefined],
    ['', undefined],
  ])('name the place %s', (text, place) => {
    begin('--hidden');
    expect(readPlace(text)).toEqual(place);
  });
});

describe('the place of a window', () => {
  const saved = { bounds: { x: 2_000, y: 50, width: 900, height: 600 }, maximized: false };
  const area = { x: 0, y: 0, width: 1280, height: 720 };

  it('is where it stood, unless that screen is gone', () => {
    begin('--hidden');
    expect(windowPlace(saved, [area, { ...area, x: 1280, width: 1920 }]).at).toEqual({ x: 2_000, y: 50 });
    expect(windowPlace(saved, [area])).toMatchObject({ at: undefined, size: { width: 1200, height: 660 } });
    expect(windowPlace({ ...saved, bounds: { ...saved.bounds, x: 10, width: 5 } }, [area]).size.width).toBe(
      640,
    );
  });
});
