import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startConsole } from '../../main/console/http-console.ts';
import { startPipe, type PipeServer } from '../../main/console/pipe-server.ts';
import type { ViewerBridge } from '../../shared/contract/bridge.ts';
import { refuse } from '../../shared/contract/reply.ts';
import { SiteDouble } from '../unit/console/site-double.ts';
import { openBridged, type BridgedWindow } from './bridge.ts';
import { PAGE, browserPath } from './browser.ts';

declare const erpFerry: ViewerBridge;
const executablePath = browserPath();

describe.skipIf(executablePath === undefined)('the window, its preload and the program behind them', () => {
  let browser: Browser;
  let site: SiteDouble;
  let pipe: PipeServer;
  let folder: string;
  let opened: BridgedWindow;

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ferry-bridge-'));
    site = new SiteDouble();
    pipe = await startPipe({
      dataDir: folder,
      events: site.events,
      handlers: site.handlers({ queueShow: async () => refuse('not-found', 'no such item') }),
    });
    opened = await openBridged({ browser, dataDir: folder, place: { screen: 'queue', view: 'parked' } });
  });
  afterEach(async () => {
    await opened?.end();
    await pipe?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lays exactly the bridge on the page, and it cannot be changed', async () => {
    const laid = await opened.page.evaluate(() => ({
      names: Object.keys(erpFerry).sort(),
      frozen: Object.isFrozen(erpFerry),
      node: ['require', 'process', 'module', 'ipcRenderer', '__invoke'].filter((name) => name in globalThis),
    }));
    expect(laid).toEqual({ names: ['call', 'onEvent', 'onPlace'], frozen: true, node: [] });
  });

  it('carries requests to the agent and refusals back', async () => {
    await site.untilListening(1);
    const replies = await opened.page.evaluate(async () => [
      await erpFerry.call('sync', { links: ['field-sales'] }),
      await erpFerry.call('queueShow', { item: 7 }),
      await erpFerry.call('queueShow', { item: 'seven' }),
      await erpFerry.call('constructor', {}),
    ]);
    expect(replies).toMatchObject([
      { ok: true, value: { flows: [{ link: 'field-sales', outcome: 'started' }] } },
      { ok: false, error: { code: 'not-found' } },
      { ok: false, error: { code: 'bad-arguments' } },
      { ok: false, error: { code: 'unknown-request' } },
    ]);
    expect(site.calls).toContainEqual({ name: 'sync', args: { links: ['field-sales'] } });
  });

  it('tells the place it was opened at and the last status to whoever listens late', async () => {
    await site.untilListening(1);
    site.emit({ light: 'waiting' });
    await expect.poll(() => opened.shell.tray?.icon).toMatch(/tray-waiting/);
    await opened.page.reload();
    const told = await opened.page.evaluate(
      () =>
        new Promise<unknown>((resolve) => {
          const heard: unknown[] = [];
          erpFerry.onEvent((event) => {
            heard.push(event.kind === 'status' ? event.status.light : event.state);
            if (heard.includes('waiting') && heard.includes('live')) resolve(heard);
          });
        }),
    );
    expect(told).toEqual(['waiting', 'live']);
  });

  it('keeps what is inserted into the page from running: S2', async () => {
    expect(await injected(opened.page)).toMatchObject({ injected: false, evaluated: false });
  });

  it('keeps it from running in the page of the console as well: S2', async () => {
    const served = await startConsole({
      dataDir: folder,
      page: PAGE,
      port: 0,
      handlers: site.handlers(),
      events: site.events,
    });
    const page = await opened.context.newPage();
    try {
      await page.goto(served.openUrl);
      expect(await injected(page)).toMatchObject({ injected: false, evaluated: false });
    } finally {
      await page.close();
      await served.stop();
    }
  });

  it('lets the page talk to nobody: S9', async () => {
    const answer = await opened.page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'answered',
          () => 'refused',
        ),
      opened.page.url(),
    );
    expect(answer).toBe('refused');
  });

  it('allows a style element with the nonce of this load and no other', async () => {
    const seen = await opened.page.evaluate(() => {
      const nonce = document.querySelector('meta[name="style-nonce"]')?.getAttribute('content') ?? '';
      const probe = (given: string, value: string): string => {
        const style = document.createElement('style');
        style.setAttribute('nonce', given);
        style.textContent = `body { --probe: ${value} }`;
        document.head.append(style);
        return getComputedStyle(document.body).getPropertyValue('--probe');
      };
      return { nonce, with: probe(nonce, 'ours'), without: probe('other', 'foreign') };
    });
    expect(seen.nonce).toHaveLength(24);
    expect(seen).toMatchObject({ with: 'ours', without: 'ours' });
  });
});

/** Tries to run what was not served: an inline script, a handler in an attribute, a text. */
const injected = (page: Page) =>
  page.evaluate(async () => {
    const violated = new Promise<string>((resolve) => {
      document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    });
    const script = document.createElement('script');
    script.textContent = 'globalThis.injected = true';
    document.body.append(script);
    const button = document.createElement('button');
    button.setAttribute('onclick', 'globalThis.injected = true');
    button.click();
    const directive = await violated;
    // Later: what the test's own wire evaluates may evaluate.
    const evaluated = await new Promise<boolean>((resolve) => {
      setTimeout(() => {
        try {
          // oxlint-disable-next-line no-eval
          (0, eval)('globalThis.injected = true');
          resolve(true);
        } catch {
          resolve(false);
        }
      });
    });
    return { injected: 'injected' in globalThis, evaluated, violated: directive };
  });
