import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { PAGE, browserPath } from '../e2e/browser.ts';
import { playScenes, type SceneName } from './scenes.ts';

const HELP = `npm run screenshots -- --out DIR
   Writes the status page as PNG files: each scene in light and dark, at 1280 x 720 and narrow.
   --scene NAME   this one only
`;

const SIZES = { wide: { width: 1280, height: 720 }, narrow: { width: 480, height: 900 } } as const;

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    scene: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  if (values.help || values.out === undefined) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const executablePath = browserPath();
  if (executablePath === undefined || !existsSync(join(PAGE, 'index.html'))) {
    say('A browser and the built page are needed: node .ci/setup.mjs --browser');
    return 1;
  }
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    await playScenes(values.scene, (scene, openUrl, ready) => shoot(browser, out, scene, openUrl, ready));
  } finally {
    await browser.close();
  }
  return 0;
}

/** One scene in every size and scheme. `ready` waits until the page shows what the scene is about. */
async function shoot(
  browser: Browser,
  out: string,
  scene: SceneName,
  openUrl: string,
  ready: (page: Page) => Promise<void>,
): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of Object.entries(SIZES)) {
      const context = await browser.newContext({
        viewport,
        colorScheme,
        locale: 'en-GB',
        reducedMotion: 'reduce',
      });
      try {
        const page = await context.newPage();
        await page.goto(openUrl);
        await ready(page);
        const path = join(out, `${scene}-${size}-${colorScheme}.png`);
        // What a small remote desktop shows without scrolling, and beneath it the whole.
        await page.screenshot({ path, fullPage: size === 'narrow' });
        say(path);
      } finally {
        await context.close();
      }
    }
}

process.exitCode = await main();
