import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath } from './browser.ts';
import { startRealSite, type RealSite } from './real-site.ts';
import { WatchedPage, launchBrowser } from './watched-page.ts';

const SOON = { timeout: 30_000, interval: 100 };
const DIALOG = { timeout: 30_000 };

/** Agent, store, ERP and cloud are the real ones: what the page says of a user is what the agent found. */
describe.skipIf(browserPath() === undefined)('mobile users of a running agent', { timeout: 90_000 }, () => {
  let browser: Browser;
  let site: RealSite;
  let watched: WatchedPage;
  let page: Page;
  let user: string;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchBrowser(), startRealSite('1h')]);
    user = site.world.phones[0]!.user;
    watched = await WatchedPage.open(browser);
    page = watched.page;
    await page.goto(site.openUrl);
    await page.getByRole('link', { name: 'Mobile users' }).click();
  }, 60_000);
  afterAll(async () => {
    await watched?.close();
    await browser?.close();
    await site?.end();
  }, 60_000);

  const row = () => page.locator(`[data-user="${user}"]`);
  const detail = () => page.locator('[data-detail]');
  const dialog = () => page.getByRole('dialog');
  const standing = () => row().locator('[data-standing]').getAttribute('data-standing');
  const history = () => detail().locator('[data-part="history"] tbody tr').count();

  it('lists everybody the ERP names, each with the snapshot the cloud accepted', async () => {
    await expect.poll(() => page.locator('[data-user]').count(), SOON).toBe(site.world.phones.length);
    await expect.poll(standing, SOON).toBe('fine');
    await row().click();
    await expect.poll(history, SOON).toBe(1);
    expect(await detail().locator('[data-part="tables"]').innerText()).toMatch(/Customer\s+\d/);
    expect(await detail().innerText()).toContain('All of one moment');
  });

  it('previews byte for byte what was accepted, saves it, and sends nothing', async () => {
    await detail().getByRole('button', { name: 'Preview' }).click();
    await dialog().getByText('Byte for byte what was accepted last.').waitFor(DIALOG);
    const file = await watched.saved(() => dialog().getByRole('button', { name: 'Save packet' }).click());
    const text = file.bytes.toString('utf8');
    expect(text).toContain('<NavMobileSync');
    expect(text).toContain(user);
    await dialog().getByRole('button', { name: 'Close' }).click();
    await dialog().waitFor({ state: 'detached' });
    expect(await history()).toBe(1);
  });

  it('shows what was changed in the ERP since, and sends it when a person asks', async () => {
    await site.ask(
      "UPDATE dbo.Items SET Description = N'Changed <b>here</b>' WHERE ItemNo = (SELECT MIN(ItemNo) FROM dbo.Items)",
    );
    await detail().getByRole('button', { name: 'Preview' }).click();
    await expect
      .poll(() => dialog().locator('[data-part="changes"]').innerText(), SOON)
      .toContain('Changed <b>here</b>');
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await detail().getByRole('button', { name: 'Push now' }).click();
    await expect.poll(history, SOON).toBe(2);
    await expect.poll(standing, SOON).toBe('fine');
    expect(watched.complaints).toEqual([]);
  });
});
