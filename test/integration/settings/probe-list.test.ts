import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProbePoint } from '../../../main/core/probe/judge-answers.ts';
import { runCli } from '../../../main/sandbox/program/child.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { KEY, SettingsSite } from './settings-bench.ts';

const CLI = new URL('../../../main/cli.ts', import.meta.url);

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

interface Probed {
  readonly points: readonly ProbePoint[];
  readonly file: string;
}

const SIGNED_IN = {
  ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: SAMPLE.password,
  ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY: KEY,
};

async function probed(site: SettingsSite): Promise<Probed> {
  const args = ['--data-dir', site.dataDir, '--json', 'probe', SAMPLE.linkId, '--list'];
  const { code, stdout, stderr } = await runCli(CLI, args, SIGNED_IN);
  expect(code, `${stdout} ${stderr}`).toBe(0);
  return JSON.parse(stdout) as Probed;
}

/** No packet of the mapping: it is kept, and the ERP gets nothing. */
const xml = (user: string): string =>
  `<NavMobileSync salesmancode="${user}"><table tablename="Unheard" name="Unheard"></table></NavMobileSync>`;

test.each(['none', 'agent'] as const)(
  'probe --list pulls once and loses nothing; runs: %s',
  async (runs) => {
    const site = SettingsSite.joined(world);
    site.signIn();
    if (runs === 'agent') await site.start();
    const [user] = world.users;
    const { control } = world.cloud;
    const queue = (): ReturnType<typeof control.queueState> => control.queueState({ area: site.area });
    control.deliver({ area: site.area, user, company: 'ACME_LIVE', xml: xml(user) });
    const { points, file } = await probed(site);
    const valueOf = (name: string): string => points.find(({ point }) => point === name)?.value ?? '';
    expect(points.filter(({ point }) => point === 'list')).toHaveLength(1);
    expect(valueOf('list')).toMatch(/^(XML|JSON), .*at most 1 entries/);
    expect(valueOf('handle')).toMatch(/characters/);
    expect(queue()).toMatchObject({ waiting: [], vanished: [] });
    const kept = readFileSync(file, 'utf8');
    expect(kept).toContain('[handle]');
    expect(kept).not.toContain(KEY);
    // Nothing but a pull was run.
    expect(control.syncLog({ area: site.area })).toEqual([]);
  },
  60_000,
);
