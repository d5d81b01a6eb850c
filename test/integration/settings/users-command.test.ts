import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../../main/sandbox/program/child.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { SettingsSite } from './settings-bench.ts';

const CLI = new URL('../../../main/cli.ts', import.meta.url);
const LINK = SAMPLE.linkId;

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the command prints
async function json<T>(site: SettingsSite, ...args: string[]): Promise<{ code: number; value: T }> {
  const { code, stdout } = await runCli(CLI, ['--data-dir', site.dataDir, '--json', ...args], {});
  return { code: code ?? -1, value: JSON.parse(stdout) as T };
}
const text = (site: SettingsSite, ...args: string[]): ReturnType<typeof runCli> =>
  runCli(CLI, ['--data-dir', site.dataDir, ...args], {});

test('as a script runs it: preview saves the bytes that are then sent, users tell what was, also at rest', async () => {
  const site = SettingsSite.joined(world);
  site.signIn();
  const [user, other] = world.users;
  expect(await json(site, 'users', 'list')).toEqual({ code: 0, value: { users: [], total: 0 } });
  await site.start();

  const file = join(site.dataDir, 'packet.xml');
  const first = await json<ResultOf<'preview'>>(site, 'preview', LINK, '--user', user, '--out', file);
  expect(first.code).toBe(0);
  expect(first.value).toMatchObject({ link: LINK, user, same: false });
  const bytes = readFileSync(file);
  expect(bytes.length).toBe(first.value.size);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(first.value.hash);
  expect(bytes.toString('utf8')).toContain(`salesmancode="${user}"`);

  const pushed = (await site.reply('userPush', { link: LINK, user })) as { ok: boolean };
  expect(pushed).toMatchObject({ ok: true, value: { outcome: 'started', user } });
  const accepted = async (): Promise<number | undefined> => {
    const reply = (await site.reply('userShow', { link: LINK, user })) as
      { ok: true; value: ResultOf<'userShow'> } | { ok: false };
    return reply.ok ? reply.value.user.accepted?.size : undefined;
  };
  await expect.poll(accepted, { timeout: 30_000 }).toBe(first.value.size);
  const second = await json<ResultOf<'preview'>>(site, 'preview', LINK, '--user', user);
  expect(second).toMatchObject({ code: 0, value: { same: true, more: 0, hash: first.value.hash } });
  const said = await text(site, 'preview', LINK, '--user', user);
  expect(said.code).toBe(0);
  expect(said.stdout).toMatch(/Byte for byte what was accepted/);
  expect(said.stdout).toMatch(/Table\s+Rows\s+Bytes\s+Added/);

  const unknown = await json(site, 'preview', LINK, '--user', `o'neil"; --`);
  expect(unknown).toMatchObject({ code: 1, value: { error: { code: 'not-found' } } });
  const missing = await json(site, 'preview', LINK, '--user', other, '--out', join(site.dataDir, 'no', 'x'));
  expect(missing).toMatchObject({ code: 1, value: { error: { code: 'unavailable' } } });
  expect(existsSync(join(site.dataDir, 'no'))).toBe(false);

  await site.stop();
  const rest = await json<ResultOf<'usersList'>>(site, 'users', 'list', '--text', user);
  expect(rest).toMatchObject({ code: 0, value: { total: 1, users: [{ user, named: true }] } });
  const shown = await json<ResultOf<'userShow'>>(site, 'users', 'show', LINK, '--user', user);
  expect(shown.code).toBe(0);
  expect(shown.value.history).toHaveLength(1);
  expect(shown.value.tables.reduce((sum, one) => sum + one.rows, 0)).toBe(shown.value.history[0]?.rows);
  const table = await text(site, 'users', 'show', LINK, '--user', user);
  expect(table.stdout).toMatch(/Table\s+Rows\s+Before/);
  expect((await json(site, 'users', 'show', LINK, '--user', 'nobody')).code).toBe(1);
}, 120_000);
