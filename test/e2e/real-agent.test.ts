import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synchronize } from '../../main/sandbox/day.ts';
import { PAGE, browserPath } from './browser.ts';
import { startRealSite, type RealSite } from './real-site.ts';

const executablePath = browserPath();
/** Longer than the agent's beat towards the ERP (10 s) and the page's silence (15 s). */
const SOON = { timeout: 25_000, interval: 100 };

/** What a person sees, with nothing behind the page replaced: agent, store, console, wires, ERP and cloud are the real ones. */
describe.skipIf(executablePath === undefined)('the page of a running agent', () => {
  let browser: Browser;
  let site: RealSite;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
    [browser, site] = await Promise.all([
      chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] }),
      startRealSite('1h'),
    ]);
    page = await browser.newPage({ viewport: { width: 1280, height: 720 }, locale: 'en-GB' });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await site?.end();
  }, 60_000);

  const light = (side: 'erp' | 'cloud') => page.locator(`[data-light="${side}"]`);
  const state = (side: 'erp' | 'cloud') => light(side).getAttribute('data-state');
  const sentence = () => page.locator('.sentence').innerText();
  const syncNow = () => page.getByRole('button', { name: 'Sync now: field-sales' }).click();
  const newestRun = () => page.locator('.runs tbody tr').first().innerText();
  const tile = (label: string) =>
    page.locator('.tile', { hasText: label }).first().locator('.tile-value').innerText();
  /** How many settled items are about this order. */
  const carriedOver = async (number: string): Promise<number> => {
    const reply = await site.agent.handlers.queueList({
      states: ['settled'],
      text: number,
      limit: 5,
      offset: 0,
    });
    return reply.ok ? reply.value.total : -1;
  };

  const snapshotsAccepted = async (): Promise<number> => {
    const reply = await site.agent.handlers.queueList({
      direction: 'out',
      states: ['settled'],
      limit: 20,
      offset: 0,
    });
    return reply.ok ? reply.value.total : -1;
  };

  it('opens with its address, and both lights become fine once both sides have answered', async () => {
    await page.goto(site.openUrl);
    await expect.poll(() => state('erp'), SOON).toBe('fine');
    await expect.poll(() => state('cloud'), SOON).toBe('fine');
    await expect.poll(newestRun, SOON).toMatch(/6 users, 6 built/);
    await expect.poll(snapshotsAccepted, SOON).toBe(6);
    await expect.poll(() => tile('Pending out'), SOON).toBe('0');
    expect(await light('erp').innerText()).toMatch(/Fine\s+Answered/);
    expect(page.url()).not.toContain('token');
  });

  it('shows an order carried over after Sync now', async () => {
    const [phone] = site.world.phones;
    await synchronize(site.world.cloud, phone!);
    const order = phone!.order();
    await phone!.send();
    await syncNow();
    await page.getByText('Sync started.').waitFor();
    await expect.poll(() => page.locator('.runs').innerText(), SOON).toMatch(/[1-9]\d* applied/);
    await expect.poll(sentence, SOON).toMatch(/documents? of today (is|are) carried over/);
    expect(await carriedOver(order.number)).toBe(1);
  });

  it('shows what the mapping refuses with cause, who acts and the next step, and other orders go on', async () => {
    const [, , second, third] = site.world.phones;
    const odd = await site.oddPhone(second!.user);
    const refused = odd.order();
    await odd.send();
    await synchronize(site.world.cloud, third!);
    const good = third!.order();
    await third!.send();
    await syncNow();
    const row = page.getByRole('row', { name: new RegExp(`Sales Order.*${second!.user}`) });
    await row.waitFor({ timeout: SOON.timeout });
    const words = await row.innerText();
    expect(words).toContain('77');
    expect(words).toContain('documentType');
    expect(words).toContain('Integrator');
    expect(words).toContain('Correct the data or the mapping');
    await expect.poll(sentence, SOON).toContain('1 item needs a person.');
    expect(await tile('Parked')).toBe('1');
    await row.getByText('Details').click();
    await expect.poll(() => page.locator('pre').first().innerText(), SOON).toContain(refused.number);
    expect(await carriedOver(good.number)).toBe(1);
  });

  it('turns the ERP light to attention while the ERP is away, keeps the order, and goes back by itself', async () => {
    await site.erp('stop');
    await site.erp('close');
    await expect.poll(() => state('erp'), SOON).toBe('attention');
    const failing = await light('erp').innerText();
    expect(failing).toContain('The ERP database does not answer');
    expect(failing).toContain('ERP administrator: Check that SQL Server runs');
    await expect.poll(() => sentence(), SOON).toContain('Orders may be waiting');
    expect(await state('cloud')).not.toBe('attention');

    const [phone] = site.world.phones;
    const order = phone!.order();
    await phone!.send();
    await syncNow();
    await expect.poll(() => tile('Pending in'), SOON).not.toBe('0');

    await site.erp('start');
    await expect.poll(() => state('erp'), SOON).toBe('fine');
    await expect.poll(() => tile('Pending in'), SOON).toBe('0');
    expect(await carriedOver(order.number)).toBe(1);
  });

  it('made the browser complain about nothing', () => {
    expect(complaints).toEqual([]);
  });
});
