import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const note = fileURLToPath(new URL('../../node_modules/.erp-ferry-browser', import.meta.url));

/** The Chromium that `.ci/setup.mjs --browser` found to work; undefined when there is none. */
export function browserPath(): string | undefined {
  const found = existsSync(note) ? readFileSync(note, 'utf8').trim() : (process.env['CHROMIUM_PATH'] ?? '');
  return found !== '' && existsSync(found) ? found : undefined;
}

export const PAGE = fileURLToPath(new URL('../../dist/renderer', import.meta.url));
