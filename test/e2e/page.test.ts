import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seedPacket, refusedCustomer } from '../unit/cli/seed-store.ts';
import { PAGE, browserPath } from './browser.ts';
import { SeededSite } from './seeded-site.ts';

const executablePath = browserPath();
/** Where to leave pictures, when somebody wants to look at them. */
const pictures = process.env['FERRY_SCREENSHOTS'];

describe.skipIf(executablePath === undefined)('status page', () => {
  let browser: Browser;
  let site: SeededSite;
  let context: BrowserContext;
  let page: Page;
  /** Whatever the browser complains about, policy violations among it. */
  let complaints: string[];

  beforeAll(async () => {
    if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    site = new SeededSite();
    complaints = [];
    context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
    });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await context.close();
    await site.remove();
  });

  const open = async (): Promise<void> => {
    await page.goto(await site.serve());
    await page.locator('[data-link="field-sales"]').waitFor();
  };
  const picture = async (name: string): Promise<void> => {
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const accessibility = async (): Promise<unknown[]> => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
  };

  it('says in one sentence what is stuck, and beside it who must do what', async () => {
    site.seed();
    await open();
    expect(await page.locator('.sentence').innerText()).toContain('1 item needs a person.');
    const row = page.getByRole('row', { name: /SO-1042/ });
    await row.waitFor();
    expect(await row.innerText()).toContain('customer C-7 does not exist');
    expect(await row.innerText()).toContain('Integrator');
    expect(await row.innerText()).toContain('Correct the data or the mapping');
    expect(await row.innerText()).toContain('26 min ago');
    await picture('parked-light');
    expect(complaints).toEqual([]);
  });

  it('shows both lights with word, shape and age, and fits a small remote desktop', async () => {
    site.seed();
    await open();
    for (const side of ['erp', 'cloud']) {
      const light = page.locator(`[data-light="${side}"]`);
      expect(await light.getAttribute('data-state')).toBe('fine');
      expect(await light.innerText()).toMatch(/Fine\s+Answered \d+ s ago/);
      expect(await light.locator('svg').count()).toBe(1);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(wide).toBe(false);
    const retry = await page.getByRole('button', { name: 'Retry Order SO-1042, Corner & Co' }).boundingBox();
    expect(retry!.y + retry!.height).toBeLessThan(720);
  });

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    site.seed();
    await open();
    await page.getByRole('row', { name: /SO-1042/ }).waitFor();
    expect(await accessibility()).toEqual([]);
    await page.getByText('Details').first().click();
    await page.locator('pre').first().waitFor();
    expect(await accessibility()).toEqual([]);
    site.tell({
      light: 'attention',
      lights: {
        erp: {
          state: 'attention',
          since: site.now - 600_000,
          fact: { key: 'failure.erpUnreachable.what', params: { cause: 'ECONNREFUSED' } },
        },
        cloud: { state: 'unknown', fact: { key: 'light.neverAsked', params: {} } },
      },
      paused: { by: 'person', since: site.now, reason: 'stocktaking' },
    });
    await page.locator('[data-light="erp"][data-state="attention"]').waitFor();
    expect(await page.locator('.sentence').innerText()).toContain(
      'Orders may be waiting: The ERP database does not answer',
    );
    expect(await accessibility()).toEqual([]);
    await picture(`failing-${colorScheme}`);
  });

  it('takes the token out of the address and survives a reload', async () => {
    await open();
    expect(page.url()).not.toContain('token');
    await page.reload();
    await page.locator('[data-link="field-sales"]').waitFor();
    expect(complaints).toEqual([]);
  });

  it('refuses an address with an old token in words', async () => {
    const url = await site.serve();
    await page.goto(url.replace(/token=.*/, 'token=old'));
    await page.getByText('not valid any more').waitFor();
    expect(await page.locator('[data-state="fine"]').count()).toBe(0);
  });

  it('starts a sync, shows its stage, and is quiet again when it ends', async () => {
    await open();
    await page.getByRole('button', { name: 'Sync now: field-sales' }).click();
    await page.getByText('Sync started.').waitFor();
    expect(site.double.calls).toContainEqual({ name: 'sync', args: { links: ['field-sales'] } });
    const since = Date.now();
    site.tell({
      light: 'working',
      flows: [
        {
          flow: 'pull',
          enabled: true,
          running: { run: 42, since, stage: { key: 'stage.apply', params: {} } },
        },
        { flow: 'push', enabled: true, nextRun: since + 60_000 },
      ],
    });
    await page.getByRole('progressbar', { name: 'Writing to the ERP' }).waitFor();
    await picture('syncing');
    expect(await page.getByRole('button', { name: 'Syncing' }).first().isDisabled()).toBe(true);
    site.tell({});
    await page.getByRole('button', { name: 'Sync now: field-sales' }).waitFor();
    expect(await page.locator('.sentence').innerText()).toContain('Everything is carried over.');
    await picture('fine');
  });

  it('retries a parked item: it leaves the list and the numbers', async () => {
    site.seed();
    await open();
    await page.getByRole('button', { name: 'Retry Order SO-1042, Corner & Co' }).click();
    await page.getByText('Order SO-1042, Corner & Co goes on now.').waitFor();
    await page.getByText('Nothing is parked.').waitFor();
    expect(site.store.list({ states: ['parked'], limit: 10, offset: 0 })).toEqual([]);
  });

  it('opens the list a number counts, with as many rows', async () => {
    site.seed();
    await open();
    await page.locator('.tile', { hasText: 'Pending in' }).click();
    await page.getByRole('row', { name: /SO-1043/ }).waitFor();
    expect(await page.locator('.items tbody tr').count()).toBe(2);
    expect(await page.locator('.tile', { hasText: 'Pending in' }).locator('.tile-value').innerText()).toBe(
      '2',
    );
  });

  it('shows timeline and raw text one click deeper', async () => {
    site.seed();
    await open();
    await page
      .getByRole('row', { name: /SO-1042/ })
      .getByText('Details')
      .click();
    const raw = page.locator('pre').first();
    await raw.waitFor();
    expect(await raw.innerText()).toBe('<PACKET><ORDER><NO>P-1</NO></ORDER></PACKET>');
    expect(await page.locator('.timeline li').count()).toBeGreaterThan(0);
  });

  it('never shows a green light of an agent that is gone', async () => {
    await open();
    expect(await page.locator('[data-state="fine"]').count()).toBeGreaterThan(0);
    await site.stopConsole();
    await page.getByText('The agent does not answer any more.').waitFor();
    expect(await page.locator('[data-state="fine"]').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Sync now: field-sales' }).isDisabled()).toBe(true);
    await picture('lost');
  });

  it('shows hostile text as text', async () => {
    const label = '<img src=x onerror=document.title="owned"> \u202eevil';
    seedPacket(
      site.store,
      { id: 'P-9', label, user: '<b>X</b>', text: '<script>1</script>', park: refusedCustomer },
      site.now,
    );
    await open();
    await page.getByText('<b>X</b>').waitFor();
    expect(await page.title()).toBe('ERP Ferry');
    expect(await page.locator('.items img, .items b').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('may load nothing from elsewhere and run nothing inline', async () => {
    await open();
    const ran = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'document.documentElement.dataset.owned = "yes"';
      document.body.append(script);
      const reached = await fetch('http://127.0.0.1:9/').then(
        () => 'reached',
        () => 'blocked',
      );
      return [document.documentElement.dataset['owned'], reached];
    });
    expect(ran).toEqual([undefined, 'blocked']);
    expect(complaints.some((text) => text.includes('Content Security Policy'))).toBe(true);
  });
});
