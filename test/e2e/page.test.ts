import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
    const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
  };

  it('says in one sentence what is stuck', async () => {
    site.seed();
    await open();
    expect(await page.locator('[data-site-sentence]').innerText()).toContain('1 item needs a person.');
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
      expect(await light.locator('[data-shape]').count()).toBe(1);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(wide).toBe(false);
  });

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    site.seed();
    await open();
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
    expect(await page.locator('[data-site-sentence]').innerText()).toContain(
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
    await page.getByText('Sync started.').first().waitFor();
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
    site.tell({});
    await page.getByText('Everything is carried over.').first().waitFor();
    expect(await page.getByRole('progressbar').count()).toBe(0);
    await picture('fine');
  });

  it('opens the list a number counts, with as many rows', async () => {
    site.seed();
    await open();
    const number = page.locator('[data-link="field-sales"] [data-count="pendingIn"]');
    expect(await number.getAttribute('data-value')).toBe('2');
    await number.click();
    await expect.poll(() => page.locator('[data-item]').count()).toBe(2);
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
