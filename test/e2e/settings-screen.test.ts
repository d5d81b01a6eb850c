import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { valueAt, withValue } from '../../renderer/screens/settings/draft.ts';
import type { ConfigProblem } from '../../shared/contract/settings-requests.ts';
import { answer } from '../../shared/contract/reply.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { siteJson } from '../unit/cli/cli-world.ts';
import { browserPath } from './browser.ts';
import { QueueSite } from './queue-site.ts';
import { WatchedPage, launchBrowser } from './watched-page.ts';

const PUSH = 'links[0].push';

/** What the file's own schema says, with the places the page knows. */
const problemsOf = (settings: unknown): readonly ConfigProblem[] =>
  (settingsSchema.safeParse(settings).error?.issues ?? []).map(({ path, message }) => ({
    file: 'site.json',
    path: path.reduce<string>(
      (at, step) =>
        typeof step === 'number' ? `${at}[${step}]` : at === '' ? String(step) : `${at}.${String(step)}`,
      '',
    ),
    reason: message,
  }));

describe.skipIf(browserPath() === undefined)('settings of a link', () => {
  let browser: Browser;
  let site: QueueSite;
  let watched: WatchedPage;
  let page: Page;
  let file: unknown;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    site = new QueueSite();
    file = siteJson();
    watched = await WatchedPage.open(browser);
    page = watched.page;
  });
  afterEach(async () => {
    await watched.close();
    await site.remove();
  });

  const open = async (section: string): Promise<void> => {
    const url = await site.serve(
      {
        settingsRead: async () =>
          answer({ settings: file, revision: '1', secrets: [], mappings: ['field-sales.json'], onDisk: [] }),
        settingsCheck: async ({ settings }) => answer({ problems: [...problemsOf(settings)] }),
        settingsApply: async ({ settings }) => {
          const problems = [...problemsOf(settings)];
          if (problems.length === 0) file = settings;
          return answer({ applied: problems.length === 0, revision: '1', problems });
        },
      },
      'administer',
    );
    await page.goto(url);
    await page.getByRole('navigation').waitFor();
    await page.evaluate((hash) => (location.hash = hash), `#/settings?section=${section}`);
    await page.locator(`[data-section="${section}"][aria-selected="true"]`).waitFor();
  };
  const field = (path: string) => page.locator(`[name="${path}"]`);
  const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const save = async (): Promise<void> => {
    await press('Save');
    await page.getByText('Saved. The new settings hold now.').first().waitFor();
  };

  it('names users with values, a pilot, paused ones and quiet hours', async () => {
    await open('links');
    await press('Name the users here instead');
    await field(`${PUSH}.users.list`).fill('ANNA; Route=12; Van\nBORIS\nanna');
    await field(`${PUSH}.users.list`).blur();
    // Capitals make no other user to the cloud.
    await page.locator(`[data-problem="${PUSH}.users.list[2]"]`).waitFor();
    await field(`${PUSH}.users.list`).fill('ANNA; Route=12; Van\nBORIS');
    await field(`${PUSH}.users.list`).blur();
    await field(`${PUSH}.confirmedAll`).click();
    await page.locator('[data-pilot="nobody"]').waitFor();
    await field(`${PUSH}.pilot`).fill('ANNA');
    await field(`${PUSH}.pausedUsers`).fill('BORIS');
    await field(`${PUSH}.minInterval`).fill('20m');
    await field(`${PUSH}.model`).fill('van-sales.json');
    await press('Set quiet hours for phones');
    await field(`${PUSH}.quietHours.from`).fill('18:30');
    await page.locator('[data-problem]').waitFor({ state: 'detached' });
    await page.locator('[data-pilot="nobody"]').waitFor({ state: 'detached' });
    expect(await watched.axe()).toEqual([]);
    await save();
    expect(valueAt(file, PUSH)).toEqual({
      every: '30m',
      users: { list: [{ name: 'ANNA', Route: '12', Van: null }, 'BORIS'] },
      confirmedAll: false,
      pilot: ['ANNA'],
      pausedUsers: ['BORIS'],
      minInterval: '20m',
      model: 'van-sales.json',
      quietHours: { from: '18:30', to: '18:00' },
    });
    expect(watched.complaints).toEqual([]);
  });

  it('leaves users to the file that a line cannot hold', async () => {
    file = withValue(siteJson(), `${PUSH}.users`, { list: [{ name: 'ANNA', Note: 'one; two' }] });
    await open('links');
    await page.getByText('The users of this link are listed with values. Edit them in site.json.').waitFor();
    await field('links[0].id').fill('van-sales');
    await save();
    expect(valueAt(file, `${PUSH}.users`)).toEqual({ list: [{ name: 'ANNA', Note: 'one; two' }] });
  });

  it('sets how a new link begins, how patiently others are looked for, and what the cloud allows', async () => {
    await open('links');
    await field('links[0].pull.firstLook').click();
    await field('links[0].guard.gapMinutes').fill('3');
    await page.locator('[data-problem="links[0].guard.gapMinutes"]').waitFor();
    await field('links[0].guard.gapMinutes').fill('45');
    await field('links[0].pull.parallelDownloads').fill('4');
    await page.locator('[data-section="clouds"]').click();
    await field('links[0].cloud.callsPerMinute').fill('60');
    await field('links[0].cloud.retention').fill('7d');
    await save();
    expect(valueAt(file, 'links[0]')).toMatchObject({
      pull: { firstLook: true, parallelDownloads: 4 },
      guard: { gapMinutes: 45 },
      cloud: { callsPerMinute: 60, retention: '7d' },
    });
    await page.locator('[data-section="links"]').click();
    await field('links[0].guard.enabled').click();
    expect(await field('links[0].guard.gapMinutes').count()).toBe(0);
  });
});
