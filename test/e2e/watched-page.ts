import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { PAGE, browserPath } from './browser.ts';

/** The Chromium of this computer; throws when the page is not built. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(join(PAGE, 'index.html'))) throw new Error('the page is not built: node .ci/setup.mjs');
  return chromium.launch({ executablePath: browserPath() ?? '', args: ['--no-sandbox'] });
}

/** A page of its own, in a context of its own, that writes down what the browser complains about. */
export class WatchedPage {
  readonly page: Page;
  /** Whatever the browser complains about, policy violations among it; not the status of a refusal. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      // A refusal is told to the page by a status of its own, which the browser notes as an error.
      const told = /status of (400|403|404|409|413|503)/.test(message.text());
      if (!told && (message.type() === 'error' || message.type() === 'warning'))
        this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(browser: Browser): Promise<WatchedPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      locale: 'en-GB',
      colorScheme: 'light',
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    return new WatchedPage(context, await context.newPage());
  }

  /** What is not accessible about what is shown now. */
  async axe(): Promise<unknown[]> {
    const { violations } = await new AxeBuilder({ page: this.page })
      .exclude('[data-tabster-dummy]')
      .analyze();
    return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
  }

  /** The file that is saved by what is done. */
  async saved(act: () => Promise<void>): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), act()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
