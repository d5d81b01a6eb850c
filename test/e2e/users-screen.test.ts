import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Handlers } from '../../shared/contract/contract.ts';
import { answer, refuse, type Right } from '../../shared/contract/reply.ts';
import { browserPath } from './browser.ts';
import { PACKET, mobileUsers, previewOf, userHandlers } from './mobile-users.ts';
import { QueueSite } from './queue-site.ts';
import { WatchedPage, launchBrowser } from './watched-page.ts';

/** Each look for barriers takes seconds on a busy computer. */
const SLOW = { timeout: 90_000 };

describe.skipIf(browserPath() === undefined)('mobile users screen', () => {
  let browser: Browser;
  let site: QueueSite;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    site = new QueueSite();
    site.base.seed();
    watched = await WatchedPage.open(browser);
    page = watched.page;
  });
  afterEach(async () => {
    await watched.close();
    await site.remove();
  });

  const open = async (over: Partial<Handlers> = {}, right: Right = 'operate'): Promise<void> => {
    await page.goto(await site.serve({ ...userHandlers(site.base.now), ...over }, right));
    await page.getByRole('link', { name: 'Mobile users' }).click();
    await page.getByRole('heading', { level: 1, name: 'Mobile users' }).waitFor();
  };
  const row = (name: string) => page.locator(`[data-user="${name}"]`);
  const rows = () => page.locator('[data-user]');
  const detail = () => page.locator('[data-detail]');
  const dialog = () => page.getByRole('dialog');
  const button = (name: string) => detail().getByRole('button', { name, exact: true });
  const asked = (name: string) => site.base.double.calls.filter((call) => call.name === name);

  it('says of each user what the phone got last and what it waits for, with owner and next step', async () => {
    await open();
    await row('ANNA').waitFor();
    expect(await page.getByText('3 of 7 mobile users wait').count()).toBe(1);
    const anna = await row('ANNA').innerText();
    for (const part of [
      '34 min ago',
      '1.4 MB',
      '5,214',
      'customer C-7 does not exist',
      'Integrator: Correct',
    ])
      expect(anna).toContain(part);
    expect(anna).toContain('Order SO-1042, Corner & Co');
    expect(await row('CARLA').innerText()).toContain('You: Add the user to the pilot');
    expect(await row('ELENA').innerText()).toContain('None yet');
    const standings = await rows().evaluateAll((all) =>
      all.map((one) => one.querySelector('[data-standing]')?.getAttribute('data-standing')),
    );
    // Not proven, and not named any more, is nobody's green.
    expect(standings).toEqual(['attention', 'fine', 'waiting', 'unknown', 'unknown', 'unknown', 'waiting']);
    expect(watched.complaints).toEqual([]);
  });

  it('finds by name and shows only who needs a look', async () => {
    await open();
    await row('ANNA').waitFor();
    await page.getByRole('searchbox').fill('bor');
    await expect.poll(() => rows().count()).toBe(1);
    expect(await page.getByText('1 user', { exact: true }).count()).toBe(1);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('button', { name: 'Needs a look' }).click();
    await expect.poll(() => rows().count()).toBe(3);
    expect(asked('usersList').at(-1)?.args).toMatchObject({ open: true });
    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('No user matches').waitFor();
    await page.getByRole('button', { name: 'Show all users' }).click();
    await expect.poll(() => rows().count()).toBe(7);
  });

  it('goes through many users page by page', async () => {
    const [, known] = mobileUsers(site.base.now);
    await open({
      usersList: async ({ limit, offset }) => {
        const users = Array.from({ length: Math.max(0, Math.min(limit, 250 - offset)) }, (_, n) => ({
          ...known!,
          user: `U${offset + n + 1}`,
        }));
        return answer({ users, total: 250 });
      },
    });
    await page.getByText('1 to 100 of 250').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await row('U101').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('201 to 250 of 250').waitFor();
    expect(await rows().count()).toBe(50);
    await page.getByRole('button', { name: 'Previous page' }).click();
    await row('U200').waitFor();
  });

  it('shows tables with differences and the history with where to look, by keyboard alone', async () => {
    await open();
    await row('ANNA').getByRole('link').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await detail().locator('[data-part="history"]').waitFor();
    expect(await detail().locator('[data-cause="attention"]').innerText()).toContain('Who acts: Integrator');
    const tables = await detail().locator('[data-part="tables"]').innerText();
    expect(tables).toMatch(/Customer\s+212\s+209\s+3 more/);
    expect(tables).toMatch(/Item\s+4,210\s+4,216\s+6 fewer/);
    expect(tables).toMatch(/Promotion\s+3\s+new/);
    const history = await detail().locator('[data-part="history"]').innerText();
    expect(history).toContain('sync log, in the portal');
    expect(history).toContain('5be0c1aa-9f02');
    expect(await button('Copy 5be0c1aa-9f02').count()).toBe(1);
    await detail().getByRole('button', { name: 'Close the detail' }).focus();
    await page.keyboard.press('Escape');
    await detail().waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('ANNA');
  });

  it('shows what a user would get, field by field, and saves exactly those bytes', async () => {
    await open();
    await row('ANNA').click();
    await button('Preview').click();
    const changes = dialog().locator('[data-part="changes"]');
    await changes.waitFor();
    const words = await dialog().innerText();
    expect(words).toContain('5,215 rows in 4 tables');
    expect(words).toContain('It would not leave now');
    expect(words).toContain('1 table unknown to the model of the app');
    expect(words).toMatch(/Customer\s+212\s+86 KB\s+Differs\s+1\s+1\s+1/);
    expect(await changes.locator('[data-row="10007"]').first().innerText()).toMatch(
      /Changed\s+Name\s+Corner & Co\s+Corner & Sons <b>/,
    );
    expect(await changes.innerText()).toContain('3 more rows differ');
    const file = await watched.saved(() => dialog().getByRole('button', { name: 'Save packet' }).click());
    expect(file.name).toBe('ANNA-preview.xml');
    expect(file.bytes.equals(PACKET)).toBe(true);
    // More than one part, and nothing was sent.
    expect(asked('previewBody').length).toBeGreaterThan(1);
    expect(asked('userPush')).toEqual([]);
    await dialog().getByRole('button', { name: 'Read again' }).click();
    await expect.poll(() => asked('preview').length).toBe(2);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(watched.complaints).toEqual([]);
  });

  it('says which row keeps a packet from being built, and that a kept preview is gone', async () => {
    let refusing = true;
    await open({
      preview: async () =>
        refusing
          ? refuse('bad-arguments', 'Customer row 10007: Name is longer than 50')
          : answer(previewOf(site.base.now)),
      previewBody: async () => refuse('not-found', 'no such preview'),
    });
    await row('ANNA').click();
    await button('Preview').click();
    await dialog().getByText('The packet cannot be built.').waitFor();
    expect(await dialog().innerText()).toContain('Customer row 10007: Name is longer than 50');
    refusing = false;
    await dialog().getByRole('button', { name: 'Read again' }).click();
    await dialog().getByRole('button', { name: 'Save packet' }).click();
    await dialog().getByText('This preview is not kept any more.').waitFor();
  });

  it('pushes to one user and says what came of it', async () => {
    const until = site.base.now + 10 * 60_000;
    let waits = false;
    await open({
      userPush: async ({ link, user }) =>
        answer(
          waits
            ? {
                link,
                user,
                outcome: 'refused',
                reason: {
                  owner: 'user',
                  what: { key: 'reason.pushHeld.pilot.what', params: {} },
                  next: { key: 'reason.pushHeld.pilot.next', params: {} },
                },
                when: until,
              }
            : { link, user, outcome: 'started', run: 8 },
        ),
    });
    await row('BORIS').click();
    await button('Push now').click();
    await page.getByText('A snapshot for BORIS is being built.').first().waitFor();
    expect(asked('userPush')).toEqual([{ name: 'userPush', args: { link: 'field-sales', user: 'BORIS' } }]);
    waits = true;
    await button('Push now').click();
    await page.getByText('BORIS: not started. Held back').first().waitFor();
    expect(await page.getByText('confirm the link for all users').count()).toBeGreaterThan(0);
  });

  it('lets somebody who may only look do nothing, and says why', async () => {
    await open({}, 'view');
    await row('BORIS').click();
    await button('Push now').click();
    await detail().getByText('You may look at users but not do this.').waitFor();
  });

  it('says in words when the users cannot be told', async () => {
    await open({ usersList: async () => refuse('unavailable', 'the store is busy') });
    await page.getByText('The users cannot be shown').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('the store is busy');
    expect(await watched.axe()).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('is accessible in %s, wide and narrow', SLOW, async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open();
    await row('ANNA').waitFor();
    expect(await watched.axe()).toEqual([]);
    await row('ANNA').click();
    await detail().locator('[data-part="history"]').waitFor();
    expect(await watched.axe()).toEqual([]);
    await button('Preview').click();
    await dialog().locator('[data-part="changes"]').waitFor();
    expect(await watched.axe()).toEqual([]);
    await page.setViewportSize({ width: 720, height: 720 });
    expect(await watched.axe()).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await watched.axe()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    expect(watched.complaints).toEqual([]);
  });
});
