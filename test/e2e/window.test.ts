import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { synchronize } from '../../main/sandbox/day.ts';
import { openBridged } from './bridge.ts';
import { PAGE, browserPath } from './browser.ts';
import { startRealSite, type RealSite } from './real-site.ts';

const executablePath = browserPath();
/** Longer than the agent's own back-off after a few failures, and the page's silence (15 s). */
const SOON = { timeout: 30_000, interval: 100 };
const DIALOG = { timeout: SOON.timeout };

interface Opened {
  readonly page: Page;
  readonly complaints: readonly string[];
  end(): Promise<void>;
}

type Open = (browser: Browser, site: RealSite) => Promise<Opened>;

/** The two ways a person has to a site: the program's window through its own preload, and the console in a browser. */
const SURFACES: Readonly<Record<string, Open>> = {
  'the window': (browser, site) => openBridged({ browser, dataDir: site.world.dataDir }),
  'a browser': async (browser, site) => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(site.openUrl);
    return { page, complaints, end: () => context.close() };
  },
};

/** Nothing behind the page is replaced: agent, store, pipe, console, wires, ERP and cloud are the real ones. */
describe.skipIf(executablePath === undefined).each(Object.entries(SURFACES))(
  'a running agent, seen through %s',
  { timeout: 90_000 },
  (_name, open) => {
    let browser: Browser;
    let site: RealSite;
    let opened: Opened;
    let page: Page;

    beforeAll(async () => {
      if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
      [browser, site] = await Promise.all([
        chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] }),
        startRealSite('1h'),
      ]);
      opened = await open(browser, site);
      page = opened.page;
    }, 60_000);
    afterAll(async () => {
      await opened?.end();
      await browser?.close();
      await site?.end();
    }, 60_000);

    beforeEach(async () => {
      // One test's room is not the next one's.
      await goTo('Status');
    });

    const goTo = (screen: string) => page.getByRole('link', { name: new RegExp(`^${screen}`) }).click();
    const light = (side: 'erp' | 'cloud') => page.locator(`[data-link="field-sales"] [data-light="${side}"]`);
    const state = (side: 'erp' | 'cloud') => light(side).getAttribute('data-state');
    const sentence = () => page.locator('[data-site-sentence]').innerText();
    const siteState = () => page.locator('[data-site-sentence]').getAttribute('data-state');
    const count = (name: string) =>
      page.locator(`[data-link="field-sales"] [data-count="${name}"]`).getAttribute('data-value');
    const syncNow = () => page.getByRole('button', { name: 'Sync now', exact: true }).click();
    const inErp = async (number: string): Promise<number> => {
      const [row] = await site.ask(
        `SELECT COUNT(*) AS n FROM dbo.SalesOrders WHERE MobileNo = '${number.replaceAll("'", "''")}'`,
      );
      return Number(row?.['n']);
    };

    it('opens on the status, and both lights become fine once both sides have answered', async () => {
      await expect.poll(() => state('erp'), SOON).toBe('fine');
      await expect.poll(() => state('cloud'), SOON).toBe('fine');
      await expect.poll(() => count('pendingOut'), SOON).toBe('0');
      await expect.poll(siteState, SOON).toBe('fine');
      expect(page.url()).not.toContain('token');
    });

    it('carries an order over after Sync now, and says so', async () => {
      const phone = site.world.phones[0]!;
      await synchronize(site.world.cloud, phone);
      const order = phone.order();
      await phone.send();
      await syncNow();
      await page.getByText('Sync started.').first().waitFor();
      await expect.poll(() => inErp(order.number), SOON).toBe(1);
      await expect.poll(sentence, SOON).toMatch(/documents? of today (is|are) carried over/);
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('turns the ERP light within ten seconds of its end, keeps the order, and heals by itself', async () => {
      await site.erp('stop');
      await site.erp('close');
      const gone = performance.now();
      await expect.poll(() => state('erp'), SOON).not.toBe('fine');
      expect(performance.now() - gone).toBeLessThan(12_000);
      await expect.poll(() => state('erp'), SOON).toBe('attention');
      const failing = await light('erp').innerText();
      expect(failing).toContain('The ERP database does not answer');
      expect(failing).toContain('Check that SQL Server runs');
      await expect.poll(sentence, SOON).toContain('Orders may be waiting');
      const phone = site.world.phones[0]!;
      const order = phone.order();
      await phone.send();
      await syncNow();
      await expect.poll(() => count('pendingIn'), SOON).not.toBe('0');
      await site.erp('start');
      await expect.poll(() => state('erp'), SOON).toBe('fine');
      await expect.poll(() => count('pendingIn'), SOON).toBe('0');
      expect(await inErp(order.number)).toBe(1);
    });

    it('turns the cloud light when it does not answer, and back when it does', async () => {
      await site.cloud('stop');
      await syncNow();
      await expect.poll(() => state('cloud'), SOON).toBe('attention');
      expect(await light('cloud').innerText()).toContain('The cloud does not answer');
      expect(await siteState()).toBe('attention');
      await site.cloud('start');
      await syncNow();
      await expect.poll(() => state('cloud'), SOON).toBe('fine');
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('leads from the number to the parked order, its cause and its owner; fixed in the ERP it goes on', async () => {
      const odd = await site.alteredPhone(site.world.phones[1]!.user, (xml) =>
        xml.replace(/(<lineNo>\d+<\/lineNo>\s*<no>)[^<]*/, '$1NEW-ITEM'),
      );
      const order = odd.order();
      await odd.send();
      await syncNow();
      await expect.poll(() => count('parked'), SOON).toBe('1');
      expect(await siteState()).toBe('attention');
      await page.locator('[data-link="field-sales"] [data-count="parked"]').click();
      await page.locator('[data-item]', { hasText: odd.user }).click(DIALOG);
      const detail = page.locator('[data-detail]');
      await expect.poll(() => detail.innerText(), SOON).toMatch(/SalesOrderLine_Items|NEW-ITEM/);
      expect(await detail.innerText()).toMatch(/Integrator|ERP administrator|You/);
      expect(await inErp(order.number)).toBe(0);

      await site.ask(
        `INSERT INTO dbo.Items (ItemNo, Description, BaseUnit, UnitPrice, VatPercent, Inventory, PriceIncludesVat, ModifiedAt)
         VALUES (N'NEW-ITEM', N'Item entered afterwards', N'PCS', 1, 20, 0, 0, SYSUTCDATETIME())`,
      );
      await detail.getByRole('button', { name: 'Retry', exact: true }).click();
      await expect.poll(() => inErp(order.number), SOON).toBe(1);
      await goTo('Status');
      await expect.poll(() => count('parked'), SOON).toBe('0');
    });

    it('discards only what was named, and the ERP never gets it', async () => {
      const odd = await site.alteredPhone(site.world.phones[2]!.user, (xml) =>
        xml.replace(/<documentType>\d/, '<documentType>77'),
      );
      odd.order();
      await odd.send();
      await syncNow();
      await expect.poll(() => count('parked'), SOON).toBe('1');
      await page.locator('[data-link="field-sales"] [data-count="parked"]').click();
      await page.locator('[data-item]').first().click(DIALOG);
      const detail = page.locator('[data-detail]');
      await detail.getByRole('button', { name: 'Discard' }).click();
      const dialog = page.getByRole('dialog');
      const sure = dialog.getByRole('button', { name: 'Discard' });
      expect(await sure.isDisabled()).toBe(true);
      const parked = await site.agent.handlers.queueList({ states: ['parked'], limit: 1, offset: 0 });
      const packet = parked.ok ? (parked.value.items[0]?.externalId ?? '') : '';
      await dialog.getByRole('textbox').first().fill(packet.slice(0, -1));
      expect(await sure.isDisabled()).toBe(true);
      await dialog.getByRole('textbox').first().fill(packet);
      await sure.click();
      await expect
        .poll(async () => {
          const reply = await site.agent.handlers.queueList({
            states: ['discarded'],
            direction: 'in',
            limit: 5,
            offset: 0,
          });
          return reply.ok ? reply.value.items.map((item) => item.externalId) : [];
        }, SOON)
        .toEqual([packet]);
      await goTo('Status');
      await expect.poll(() => count('parked'), SOON).toBe('0');
      // The snapshot that was held back for it goes out.
      await syncNow();
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('shows a pause with its reason and end, and goes on by itself', async () => {
      const paused = await site.agent.handlers.pause({ forMs: 4_000, reason: 'Stock-taking' });
      expect(paused.ok).toBe(true);
      const card = page.locator('[data-link="field-sales"]');
      await card.getByText('Stock-taking').waitFor(DIALOG);
      expect(await siteState()).not.toBe('fine');
      await card.getByText('Stock-taking').waitFor({ state: 'detached', ...DIALOG });
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('takes a wrong key, says that the cloud refuses it, and heals with the right one', async () => {
      const enter = async (value: string): Promise<void> => {
        await goTo('Settings');
        await page.locator('[data-section="clouds"]').click();
        const field = page.locator('[data-secret="link.field-sales.apiKey"]');
        await field.getByRole('button', { name: 'Replace' }).click();
        await field.locator('input').fill(value);
        await field.getByRole('button', { name: 'Store' }).click();
        await field.getByRole('button', { name: 'Replace' }).waitFor();
        await goTo('Status');
      };
      await enter('not-the-key');
      await syncNow();
      await expect.poll(() => state('cloud'), SOON).toBe('attention');
      expect(await light('cloud').innerText()).toContain('refuses the key');
      await enter(site.key);
      await syncNow();
      await expect.poll(() => state('cloud'), SOON).toBe('fine');
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('tests each way without taking a packet from the queue', async () => {
      const phone = site.world.phones[0]!;
      phone.order();
      await phone.send();
      const waiting = () => site.world.cloud.call<{ waiting: string[] }>('queueState', { area: 'MERIDIAN' });
      const before = (await waiting()).waiting;
      expect(before.length).toBeGreaterThan(0);
      await goTo('Settings');
      for (const section of ['erps', 'clouds']) {
        await page.locator(`[data-section="${section}"]`).click();
        await page.getByRole('button', { name: 'Test', exact: true }).click();
        await page.locator('[data-hop-result="ok"]').waitFor(DIALOG);
        expect(await page.locator('[data-hop][data-outcome="ok"]').count()).toBeGreaterThan(1);
      }
      expect((await waiting()).waiting).toEqual(before);
      await goTo('Status');
      await syncNow();
      await expect.poll(async () => (await waiting()).waiting, SOON).toEqual([]);
    });

    it('pins the certificate a test shows, by a person’s click, and works with it', async () => {
      await goTo('Settings');
      await page.locator('[data-section="erps"]').click();
      await page.locator('input[name="erps[0].encrypt"]').check();
      const test = page.getByRole('button', { name: 'Test', exact: true });
      const pin = page.locator('[data-pin]');
      await test.click();
      await page.locator('[data-hop="hop.encryption"][data-outcome="failed"]').waitFor(DIALOG);
      const shown = await pin.getAttribute('data-pin');
      expect(shown).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      await pin.click();
      expect(await page.locator('input[name="erps[0].certificate.sha256"]').inputValue()).toBe(shown);
      await test.click();
      await page.locator('[data-hop-result="ok"]').waitFor(DIALOG);
      expect(await pin.count()).toBe(0);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. The new settings hold now.').first().waitFor(DIALOG);
      expect(JSON.parse(site.settings())).toMatchObject({
        erps: [{ encrypt: true, certificate: { sha256: shown } }],
      });
      const phone = site.world.phones[0]!;
      const order = phone.order();
      await phone.send();
      expect((await site.agent.handlers.sync({})).ok).toBe(true);
      await expect.poll(() => inErp(order.number), SOON).toBe(1);
    });

    it('refuses settings with the place of the mistake; the old ones keep running', async () => {
      const before = site.settings();
      await goTo('Settings');
      await page.locator('[data-section="schedule"]').click();
      const every = page.locator('input[name="links[0].pull.every"]');
      await every.fill('often');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('[data-problem="links[0].pull.every"]').waitFor(DIALOG);
      expect(await page.locator('[data-problems]').innerText()).toMatch(
        /site\.json links\[0\]\.pull\.every.*expected a duration/s,
      );
      expect(site.settings()).toBe(before);
      const phone = site.world.phones[0]!;
      const order = phone.order();
      await phone.send();
      expect((await site.agent.handlers.sync({})).ok).toBe(true);
      await expect.poll(() => inErp(order.number), SOON).toBe(1);

      await every.fill('2h');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Saved. The new settings hold now.').first().waitFor(DIALOG);
      expect(JSON.parse(site.settings())).toMatchObject({ links: [{ pull: { every: '2h' } }] });
      await goTo('Status');
      await expect.poll(siteState, SOON).toBe('fine');
    });

    it('made the browser complain about nothing but cut connections', () => {
      expect(opened.complaints.filter((text) => !/Failed to load resource|net::ERR/.test(text))).toEqual([]);
    });
  },
);
