import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Handlers } from '../../shared/contract/contract.ts';
import { answer, refuse } from '../../shared/contract/reply.ts';
import { browserPath } from './browser.ts';
import { QueueSite } from './queue-site.ts';
import { WatchedPage, launchBrowser } from './watched-page.ts';

describe.skipIf(browserPath() === undefined)('the first look at a new link', () => {
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
    site.base.lights = { firstLook: { stored: 2 } };
    watched = await WatchedPage.open(browser);
    page = watched.page;
  });
  afterEach(async () => {
    await watched.close();
    await site.remove();
  });

  const dialog = () => page.getByRole('dialog');
  const start = () => dialog().getByRole('button', { name: 'Start applying' });
  const open = async (over: Partial<Handlers>): Promise<void> => {
    await page.goto(await site.serve(over));
    await page.getByText('field-sales: 2 packets are stored, none applied').first().waitFor();
  };

  it('leads to what is stored, and applies it once the name of the link is typed', async () => {
    await open({
      queueApply: async ({ link }) => {
        site.base.tell({});
        return answer({ link, stored: 2 });
      },
    });
    const look = page.getByRole('link', { name: 'Look at them' });
    expect(await look.getAttribute('href')).toBe('#/queue?view=in&link=field-sales');
    await page.getByRole('button', { name: 'Start applying what field-sales stored' }).press('Enter');
    await dialog().waitFor();
    expect(await start().isDisabled()).toBe(true);
    expect(await watched.axe()).toEqual([]);
    await dialog().getByRole('textbox').fill('field');
    await dialog().getByText('This is not the name of the link yet.').waitFor();
    await dialog().getByRole('textbox').fill('field-sales');
    await page.keyboard.press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await page.getByText('2 stored packets go on now').first().waitFor();
    const asked = site.base.double.calls.filter(({ name }) => name === 'queueApply');
    expect(asked.map(({ args }) => args)).toEqual([{ link: 'field-sales', confirm: 'field-sales', by: '' }]);
    await look.waitFor({ state: 'detached' });
    expect(watched.complaints).toEqual([]);
  });

  it('says why it was not done, and keeps what was typed', async () => {
    await open({ queueApply: async () => refuse('not-now', 'the link is not running') });
    await page.getByRole('button', { name: 'Start applying what field-sales stored' }).click();
    await dialog().getByRole('textbox').fill('field-sales');
    await start().click();
    await page.getByText('Not done: the link is not running').first().waitFor();
    expect(await dialog().getByRole('textbox').inputValue()).toBe('field-sales');
  });
});
