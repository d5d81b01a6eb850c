import { describe, expect, it } from 'vitest';
import { answerWindow } from '../../../main/desktop/ipc.ts';
import { CHANNELS } from '../../../shared/contract/bridge.ts';
import { answer, type Reply } from '../../../shared/contract/reply.ts';
import type { Sender } from '../../../main/desktop/shell.ts';
import { MemoryShell } from '../../desktop/memory-shell.ts';

const OURS: Sender = { window: 1, mainFrame: true, url: 'ferry://app/index.html' };

function set(agent = true) {
  const shell = new MemoryShell();
  const asked: { readonly name: string; readonly args: unknown }[] = [];
  const ready: number[] = [];
  answerWindow({
    shell,
    isOurWindow: (id) => id === 1,
    onReady: (id) => ready.push(id),
    client: () =>
      agent
        ? {
            call: async (name, args) => {
              asked.push({ name, args });
              return answer({}) as never;
            },
          }
        : undefined,
  });
  const call = (sender: Sender, ...args: unknown[]) =>
    shell.invoke(CHANNELS.call, sender, ...args) as Promise<Reply<unknown>>;
  const code = async (sender: Sender, ...args: unknown[]): Promise<string> => {
    const reply = await call(sender, ...args);
    return reply.ok ? 'ok' : reply.error.code;
  };
  return { shell, asked, ready, call, code };
}

describe('messages of the window: S5', () => {
  it('come in by a closed list of channels', async () => {
    const { shell } = set();
    expect([...shell.channels.keys()].sort()).toEqual([CHANNELS.call, CHANNELS.ready].sort());
    await expect(shell.invoke('ferry:event', OURS)).rejects.toThrow('No handler');
  });

  it.each([
    ['another window', { ...OURS, window: 2 }],
    ['no window', { ...OURS, window: undefined }],
    ['a frame in the page', { ...OURS, mainFrame: false }],
    ['a page from the disk', { ...OURS, url: 'file:///C:/ferry/index.html' }],
    ['a page of the web', { ...OURS, url: 'https://app/index.html' }],
    ['a host that begins like ours', { ...OURS, url: 'ferry://app.evil/index.html' }],
    ['a host that ends like ours', { ...OURS, url: 'ferry://evil.app/index.html' }],
    ['a name before the host', { ...OURS, url: 'ferry://app@evil/index.html' }],
    ['a blob of ours', { ...OURS, url: 'blob:ferry://app/1' }],
    ['an empty page', { ...OURS, url: 'about:blank' }],
    ['a frame that is gone', { ...OURS, url: '' }],
  ])('of %s reach nothing', async (_who, sender) => {
    const { code, asked, ready, shell } = set();
    expect(await code(sender, 'status', {})).toBe('forbidden');
    expect(await shell.invoke(CHANNELS.ready, sender)).toMatchObject({ error: { code: 'forbidden' } });
    expect([asked, ready]).toEqual([[], []]);
  });

  it.each([
    ['nothing at all', [], 'bad-arguments'],
    ['a number for a name', [7, {}], 'bad-arguments'],
    ['more than a name and arguments', ['status', {}, {}], 'bad-arguments'],
    ['an unknown name', ['statuses', {}], 'unknown-request'],
    ['an inherited name', ['constructor', {}], 'unknown-request'],
    ['a prototype for a name', ['__proto__', {}], 'unknown-request'],
    ['unknown fields', ['status', { verbose: true }], 'bad-arguments'],
    ['a wrong type', ['queueShow', { item: '7' }], 'bad-arguments'],
    ['a map', ['queueShow', new Map([['item', 7]])], 'bad-arguments'],
    ['a big integer', ['queueShow', { item: 7n }], 'bad-arguments'],
    ['not a number', ['queueShow', { item: NaN }], 'bad-arguments'],
    ['two megabytes', ['queueList', { text: 'x'.repeat(2_000_000) }], 'too-large'],
  ])('with %s reach nothing', async (_what, args, expected) => {
    const { code, asked } = set();
    expect(await code(OURS, ...args)).toBe(expected);
    expect(asked).toEqual([]);
  });

  it('in a circle or without a bottom reach nothing', async () => {
    const { code, asked } = set();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(await code(OURS, 'status', circle)).toBe('bad-arguments');
    let deep: unknown = {};
    for (let depth = 0; depth < 500; depth += 1) deep = { deep };
    expect(await code(OURS, 'status', deep)).toBe('bad-arguments');
    expect(asked).toEqual([]);
  });

  it('that are in order reach the agent, parsed', async () => {
    const { code, asked } = set();
    expect(await code(OURS, 'queueList', { text: 'SO-1' })).toBe('ok');
    expect(await code(OURS, 'status')).toBe('ok');
    expect(asked).toEqual([
      { name: 'queueList', args: { text: 'SO-1', limit: 50, offset: 0 } },
      { name: 'status', args: {} },
    ]);
  });

  it('are answered in words while no agent is there', async () => {
    expect(await set(false).code(OURS, 'status', {})).toBe('unavailable');
  });

  it('say when the page listens', async () => {
    const { shell, ready } = set();
    await shell.invoke(CHANNELS.ready, OURS);
    expect(ready).toEqual([1]);
    expect(await shell.invoke(CHANNELS.ready, OURS, 'more')).toMatchObject({ ok: false });
    expect(ready).toEqual([1]);
  });
});
