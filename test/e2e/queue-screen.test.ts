import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Download, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answer, refuse } from '../../shared/contract/reply.ts';
import { itemId } from '../../shared/model/ids.ts';
import { refusedCustomer, seedPacket } from '../unit/cli/seed-store.ts';
import { PAGE, browserPath } from './browser.ts';
import { QueueSite } from './queue-site.ts';

const executablePath = browserPath();
const MINUTE = 60_000;
const LABEL = 'Order SO-1042, Corner & Co';

describe.skipIf(executablePath === undefined)('queue screen', () => {
  let browser: Browser;
  let site: QueueSite;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    site = new QueueSite();
    complaints = [];
    context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    page = await context.newPage();
    page.on('console', (message) => {
      // A refusal is told to the page by a status of its own, which the browser notes as an error.
      const told = /status of (403|404|409|503)/.test(message.text());
      if (!told && (message.type() === 'error' || message.type() === 'warning'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await site.remove();
  });

  const rows = () => page.locator('[data-item]');
  const row = (label: string) => page.locator('[data-item]', { hasText: label });
  const grid = () => page.getByRole('grid');
  const detail = () => page.locator('[data-detail]');
  const button = (name: string) => detail().getByRole('button', { name, exact: true });
  const dialog = () => page.getByRole('dialog');
  const count = () => page.getByText(/^[\d,]+ items?$/);
  const axe = async (): Promise<unknown[]> => {
    const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
  };
  const openParked = async (
    ...more: Parameters<QueueSite['open']> extends [unknown, unknown, ...infer R] ? R : never
  ) => {
    site.base.seed();
    await site.open(page, '#/queue?view=parked', ...more);
    await row(LABEL).click();
    await button('Retry').waitFor();
  };
  const saved = async (act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> => {
    const [download] = await Promise.all([page.waitForEvent('download'), act()]);
    return { name: (download as Download).suggestedFilename(), bytes: readFileSync(await download.path()) };
  };

  it('has as many rows behind each number as the number says', async () => {
    site.base.seed();
    const dayOf = (at: number): string =>
      new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Sofia', dateStyle: 'short' }).format(at);
    const today = site.store
      .list({ limit: 10, offset: 0 })
      .filter((item) => dayOf(item.createdAt) === dayOf(Date.now())).length;
    await site.open(page, '#/queue');
    for (const [view, many] of [
      ['parked', 1],
      ['in', 2],
      ['all', 3],
      ['today', today],
    ] as const) {
      const tab = page.locator(`[data-view="${view}"]`);
      await tab.click();
      await expect.poll(() => rows().count()).toBe(many);
      expect(await tab.innerText()).toContain(String(many));
      if (many > 0) expect(await grid().getAttribute('aria-rowcount')).toBe(String(many + 1));
    }
    await page.locator('[data-view="out"]').click();
    await page.getByText('No phone waits for a snapshot').waitFor();
    expect(complaints).toEqual([]);
  });

  it('opens what must be acted on, with cause, owner and next step beside it', async () => {
    site.base.seed();
    await site.open(page, '#/queue');
    expect(await page.locator('[data-view="parked"]').getAttribute('aria-selected')).toBe('true');
    await row(LABEL).click();
    const cause = page.locator('[data-cause="parked"]');
    await expect.poll(() => cause.innerText()).toContain('customer C-7 does not exist');
    expect(await cause.innerText()).toContain('Correct the data or the mapping');
    expect(await cause.innerText()).toContain('Who acts: Integrator');
    expect(await detail().getByRole('listitem').first().innerText()).toContain('Stored');
    const box = await button('Retry').boundingBox();
    expect(box!.y + box!.height).toBeLessThan(720);
  });

  it('is moved through by keyboard alone; the focus stays in the list', async () => {
    site.base.seed();
    await site.open(page, '#/queue?link=field-sales');
    await rows().nth(2).waitFor();
    const active = () =>
      page.evaluate(() => {
        const id = document.activeElement?.getAttribute('aria-activedescendant') ?? '';
        return document.getElementById(id)?.getAttribute('aria-rowindex');
      });
    await grid().focus();
    expect(await active()).toBe('2');
    await page.keyboard.press('End');
    await expect.poll(active).toBe('4');
    await page.keyboard.press('ArrowUp');
    await expect.poll(active).toBe('3');
    await page.keyboard.press('Enter');
    await detail().getByText('Order SO-1043').first().waitFor();
    expect(await page.locator('[role="row"][aria-selected="true"]').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => detail().innerText()).toContain(LABEL);
    await page.keyboard.press('Escape');
    await expect.poll(() => detail().count()).toBe(0);
    expect(await active()).toBe('4');
  });

  it('finds by text, user and state, and tells how many in words', async () => {
    site.base.seed();
    await site.open(page, '#/queue?link=field-sales');
    await page.getByRole('searchbox').fill('so-104');
    await expect.poll(() => count().innerText()).toBe('2 items');
    await page.getByRole('searchbox').fill('P-3');
    await expect.poll(() => count().innerText()).toBe('1 item');
    expect(await rows().innerText()).toContain('Payment PM-77');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect.poll(() => count().innerText()).toBe('3 items');
    await page.getByRole('button', { name: 'State', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Parked' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => count().innerText()).toBe('1 item');
    await page.locator('[data-view="all"]').click();
    await page.getByRole('button', { name: 'Phone user' }).click();
    await page.getByRole('textbox', { name: 'Phone user' }).fill('boris');
    await page.keyboard.press('Enter');
    await expect.poll(() => count().innerText()).toBe('2 items');
    await page.getByRole('button', { name: 'Age' }).click();
    await page.getByRole('menuitemradio', { name: 'Older than 15 min' }).click();
    await page.getByText('No item matches').waitFor();
  });

  it('retries: the item leaves the list and the numbers, and is shown as it is now', async () => {
    await openParked();
    await button('Retry').click();
    await page.getByText(`${LABEL} goes on now.`).first().waitFor();
    await page.getByText('Nothing is parked').waitFor();
    await expect.poll(() => detail().innerText()).toContain('Ready');
    await expect.poll(() => page.locator('[data-view="parked"]').innerText()).toMatch(/0$/);
    expect(site.store.list({ states: ['parked'], limit: 10, offset: 0 })).toEqual([]);
  });

  it('discards only what was named by its packet id, and says before what will happen', async () => {
    await openParked();
    await button('Discard').click();
    const sure = dialog().getByRole('button', { name: 'Discard' });
    expect(await dialog().innerText()).toContain(`${LABEL} of ANNA will never be written to the ERP.`);
    expect(await axe()).toEqual([]);
    // The focus goes round within the dialog.
    for (let n = 0; n < 6; n += 1) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)).toBe(
        true,
      );
    }
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    expect(await button('Discard').evaluate((node) => node === document.activeElement)).toBe(true);

    await button('Discard').click();
    const [typed, note] = [dialog().getByRole('textbox').first(), dialog().getByRole('textbox').last()];
    for (const wrong of ['P-', 'p-1', ' P-1', 'P-1 ']) {
      await typed.fill(wrong);
      expect(await sure.isDisabled(), wrong).toBe(true);
    }
    await typed.fill('P-1');
    await note.fill('entered by hand');
    await sure.click();
    await page.getByText(`${LABEL} is discarded.`).first().waitFor();
    const [gone] = site.store.list({ states: ['discarded'], limit: 5, offset: 0 });
    expect(gone?.externalId).toBe('P-1');
    expect(JSON.stringify(site.store.timeline(gone!.id))).toContain('entered by hand');
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('INPUT');
  });

  it('shows a refusal in the dialog, and leaves everything as it was', async () => {
    await openParked({
      queueDiscard: async () =>
        refuse('unavailable', 'The ERP did not prove that item 1 is not there.', 'later'),
    });
    await button('Discard').click();
    await dialog().getByRole('textbox').first().fill('P-1');
    await dialog().getByRole('button', { name: 'Discard' }).click();
    const told = dialog().getByRole('alert');
    expect(await told.innerText()).toContain('Nothing changed. Try again when both sides answer.');
    expect(await told.innerText()).toContain('The ERP did not prove');
    expect(site.store.list({ states: ['parked'], limit: 5, offset: 0 })).toHaveLength(1);
  });

  it('sets aside with a note that the next reader sees', async () => {
    site.base.seed();
    await site.open(page, '#/queue?view=in');
    await row('Payment PM-77').click();
    await button('Set aside').click();
    await dialog().getByRole('textbox').fill('wait for Maria');
    await dialog().getByRole('button', { name: 'Set aside' }).click();
    await expect.poll(() => page.locator('[data-cause="parked"]').innerText()).toContain('wait for Maria');
    await expect.poll(() => count().innerText()).toBe('1 item');
  });

  it('tells who may only look what to do', async () => {
    await openParked({}, 'view');
    await button('Retry').click();
    const told = detail().getByRole('alert');
    expect(await told.innerText()).toContain('You may look at the queue but not change it.');
    expect(await told.innerText()).toContain('ask the administrator');
    expect(site.store.list({ states: ['parked'], limit: 5, offset: 0 })).toHaveLength(1);
  });

  it('keeps the list and offers nothing while the agent does not answer', async () => {
    await openParked();
    await site.stopConsole();
    await page.getByText('The agent does not answer.').first().waitFor();
    expect(await button('Retry').isDisabled()).toBe(true);
    expect(await button('Discard').isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Export' }).isDisabled()).toBe(true);
    expect(await page.getByText(/^As of \d\d:\d\d$/).count()).toBe(1);
    expect(await row(LABEL).count()).toBe(1);
  });

  it('shows hostile text as text, everywhere', async () => {
    const label = '<img src=x onerror=document.title="owned"> \u202eevil';
    const text =
      '<S><table tablename="&lt;b&gt;T"><r><v>&lt;script&gt;document.title=1&lt;/script&gt;</v></r></table></S>';
    seedPacket(
      site.store,
      { id: 'P-9', label, user: '<b>X</b>', text, park: refusedCustomer },
      site.base.now - MINUTE,
    );
    await site.open(page, '#/queue?view=parked');
    await rows().first().click();
    await detail().getByText('<script>document.title=1</script>').waitFor();
    expect(await detail().innerText()).toContain('<b>T');
    await page.getByRole('tab', { name: 'Raw packet' }).click();
    expect(await page.locator('pre').innerText()).toBe(text);
    expect(await page.title()).toBe('ERP Ferry');
    expect(await page.locator('main img, main b, main script').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('saves exactly the bytes of a packet of which only the beginning is shown', async () => {
    const text = `<S>${'<table tablename="T"><r><v>ä€ 7</v></r></table>'.repeat(4_000)}</S>`;
    seedPacket(
      site.store,
      { id: 'P/8', label: 'Big one', user: 'ANNA', text, park: refusedCustomer },
      site.base.now,
    );
    await site.open(page, '#/queue?view=parked');
    await rows().first().click();
    await page.getByRole('tab', { name: 'Raw packet' }).click();
    await detail()
      .getByText(/^The first 64 KB of \d+ KB$/)
      .waitFor();
    const file = await saved(() => button('Save all').click());
    expect(file.name).toBe('P_8.xml');
    expect(file.bytes.equals(Buffer.from(text))).toBe(true);
  });

  it('exports the list that is shown, and nothing in it runs', async () => {
    site.base.seed();
    seedPacket(
      site.store,
      { id: 'P-5', label: '=HYPERLINK("http://x")', user: '@x', park: refusedCustomer },
      site.base.now,
    );
    await site.open(page, '#/queue?view=parked');
    await expect.poll(() => rows().count()).toBe(2);
    const file = await saved(() => page.getByRole('button', { name: 'Export' }).click());
    const text = file.bytes.toString('utf8');
    expect(file.name).toMatch(/^erp-ferry-queue-\d{4}-\d\d-\d\d\.csv$/);
    expect(text.startsWith('\uFEFFItem,State')).toBe(true);
    expect(text.trimEnd().split('\r\n')).toHaveLength(3);
    expect(text).toContain(`"'=HYPERLINK(""http://x"")"`);
    expect(text).toContain(`"'@x"`);
  });

  it('does not move under the reader when something comes or goes', async () => {
    const { store, base } = site;
    for (let n = 0; n < 120; n += 1)
      seedPacket(store, { id: `P-${n}`, label: `Order ${n}`, user: 'ANNA' }, base.now - (500 - n) * MINUTE);
    await site.open(page, '#/queue?view=in');
    await row('Order 119').waitFor();
    await grid().evaluate((node) => (node.scrollTop = 1_440));
    await row('Order 85').waitFor();
    const place = async (label: string) => (await row(label).boundingBox())?.y;
    const before = await place('Order 85');
    for (let n = 0; n < 7; n += 1)
      seedPacket(store, { id: `N-${n}`, label: `New ${n}`, user: 'BORIS' }, base.now + n);
    base.tell();
    await expect.poll(() => count().innerText()).toBe('127 items');
    await expect.poll(() => place('Order 85')).toBe(before);
    await page.getByRole('button', { name: 'Newer items above' }).click();
    await row('New 6').waitFor();
  });

  it.each(['light', 'dark'] as const)('is accessible in %s, wide and narrow', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    site.base.seed();
    await site.open(page, '#/queue?link=field-sales');
    await rows().first().waitFor();
    expect(await axe()).toEqual([]);
    await row(LABEL).click();
    for (const tab of ['Document', 'Raw packet', 'Technical']) {
      await page.getByRole('tab', { name: tab }).click();
      expect(await axe(), tab).toEqual([]);
    }
    await page.setViewportSize({ width: 720, height: 720 });
    expect(await axe()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false);
    expect(complaints).toEqual([]);
  });

  it('shows a list of 1,200,000 with a few rows in the page, from the first to the last', async () => {
    const total = 1_200_000;
    seedPacket(site.store, { id: 'P-1', label: 'model', user: 'ANNA' }, site.base.now);
    const seen = site.store.get(itemId(1));
    if (seen === undefined) throw new Error('not seeded');
    const offsets: number[] = [];
    await site.open(page, '#/queue?link=field-sales', {
      // The store's own speed is measured elsewhere: here the page has to bear the length.
      queueList: async ({ offset, limit }) => {
        offsets.push(offset);
        const items = Array.from({ length: Math.max(0, Math.min(limit, total - offset)) }, (_, n) => ({
          id: total - offset - n,
          link: 'field-sales',
          direction: 'in' as const,
          externalId: `P-${offset + n}`,
          user: 'ANNA',
          company: '',
          label: `Order number ${offset + n + 1}`,
          state: 'ready' as const,
          size: seen.body.size,
          createdAt: seen.createdAt,
          dueAt: seen.dueAt,
          attempts: 0,
          revision: 0,
        }));
        return answer({ items, total });
      },
    });
    await row('Order number 1').first().waitFor();
    expect(await count().innerText()).toBe('1,200,000 items');
    await grid().focus();
    await page.keyboard.press('End');
    await row(`Order number ${total}`).waitFor();
    expect(await rows().count()).toBeLessThan(40);
    // Somewhere in the middle, by the scroll bar; a wheel from there moves by its own pixels.
    await grid().evaluate((node) => (node.scrollTop = node.scrollHeight / 2));
    await expect
      .poll(async () => Number(/\d+/.exec(await rows().nth(8).innerText())?.[0]))
      .toBeGreaterThan(500_000);
    await page.keyboard.press('Home');
    await row('Order number 1').first().waitFor();
    expect(Math.max(...offsets)).toBe(total - 100);
    expect(offsets.length).toBeLessThan(25);
  });
});
