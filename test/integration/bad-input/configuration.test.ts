import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartRefused } from '../../../main/cli/program.ts';
import { runCli } from '../../../main/sandbox/program/child.ts';
import { openWorld, TestSite, type BadInputWorld } from './bad-input-bench.ts';
import { inErp, ONCE, orderPacket } from './order-packet.ts';

const CLI = new URL('../../../main/cli.ts', import.meta.url);

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A key one letter beside the one that was meant. */
function misspell(site: TestSite): void {
  const { settings } = site;
  const { companies, ...rest } = settings.links[0].cloud as { companies: unknown };
  Object.assign(settings.links[0], { cloud: { ...rest, companys: companies } });
  site.writeSettings(settings);
}

test('a configuration with an unknown key does not start: file, path, reason and the key that was meant', async () => {
  const site = new TestSite(world);
  misspell(site);
  const error = await site.start().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StartRefused);
  expect(error).toMatchObject({ reason: 'configuration' });
  const people = await runCli(CLI, ['--data-dir', site.dataDir, 'config', 'check'], {});
  expect(people.code).toBe(2);
  expect(people.stdout + people.stderr).toMatch(
    /site\.json.*links\[0\]\.cloud\.companys[^]*not known[^]*did you mean "companies"\?/,
  );
  const machine = await runCli(CLI, ['--data-dir', site.dataDir, '--json', 'config', 'check'], {});
  expect(machine.code).toBe(2);
  expect(JSON.stringify(JSON.parse(machine.stdout))).toContain('links[0].cloud.companys');
});

test('a configuration that becomes wrong is told and not applied: the running site goes on', async () => {
  const site = new TestSite(world);
  await site.start();
  expect(await site.checkConfig()).toEqual([]);
  misspell(site);
  const problems = await site.checkConfig();
  expect(problems).toContainEqual({
    file: 'site.json',
    path: 'links[0].cloud.companys',
    reason: 'this key is not known',
    hint: 'did you mean "companies"?',
  });
  const order = orderPacket(world);
  site.deliver(order.xml);
  expect((await site.run('pull')).outcome).toBe('ok');
  expect(await inErp(world, order)).toEqual(ONCE);
});

test('a secret in a file is refused with the command that keeps it', async () => {
  const site = new TestSite(world);
  const { settings } = site;
  settings.erps[0]['password'] = 'Never-in-a-file-9';
  site.writeSettings(settings);
  const { code, stdout, stderr } = await runCli(CLI, ['--data-dir', site.dataDir, 'config', 'check'], {});
  expect(code).toBe(2);
  expect(stdout + stderr).toMatch(/erps\[0\]\.password[^]*erp-ferry secret set/);
  expect(stdout + stderr).not.toContain('Never-in-a-file-9');
});
