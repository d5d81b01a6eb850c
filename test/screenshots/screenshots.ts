import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { openBridged } from '../e2e/bridge.ts';
import { PAGE, browserPath } from '../e2e/browser.ts';
import { playScenes, type Scene, type SceneName } from './scenes.ts';
import { drawTray } from './draw-tray.ts';

const HELP = `npm run screenshots -- --out DIR
   Writes every screen of the program's window as PNG files: each scene in light and dark, at 1280 x 720; the status also
   at 800 x 600 and 1920 x 1080. The tray of each scene is written as text.
   --scene NAME   this one only: empty, fine, busy, failing
`;

const SIZE = { width: 1280, height: 720 };
const OTHER_SIZES = [
  { width: 800, height: 600 },
  { width: 1920, height: 1080 },
];

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
    await playScenes(values.scene, async (name, scene) => {
      for (const colorScheme of ['light', 'dark'] as const)
        await shoot(browser, out, name, scene, colorScheme);
    });
  } finally {
    await browser.close();
  }
  return 0;
}

/** One scene in one scheme, through the program's own window. */
async function shoot(
  browser: Browser,
  out: string,
  name: SceneName,
  scene: Scene,
  colorScheme: 'light' | 'dark',
): Promise<void> {
  const opened = await openBridged({
    browser,
    dataDir: scene.dataDir,
    context: { colorScheme, viewport: SIZE },
  });
  const { page, program, shell } = opened;
  const take = async (picture: string): Promise<void> => {
    const path = join(out, `${name}-${picture}-${colorScheme}.png`);
    await page.screenshot({ path });
    say(path);
  };
  try {
    await scene.ready(page);
    if (colorScheme === 'light') {
      writeFileSync(join(out, `${name}-tray.txt`), drawTray(shell));
      for (const size of OTHER_SIZES) {
        await page.setViewportSize(size);
        await take(`status-${size.width}`);
      }
      await page.setViewportSize(SIZE);
    }
    for (const shot of scene.shots) {
      program.open(shot.place);
      await page.waitForURL((url) => url.hash.startsWith(`#/${shot.place.screen}`));
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.locator('[data-loading]').waitFor({ state: 'detached' });
      await shot.goOn?.(page);
      await take(shot.name);
      // Whatever it opened is closed with the page it stood on.
      if (shot.goOn !== undefined) await page.reload();
    }
  } finally {
    await opened.end();
  }
}

process.exitCode = await main();
