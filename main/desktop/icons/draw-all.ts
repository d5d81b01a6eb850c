import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIGHT_STATES } from '../../../shared/contract/status.ts';
import { ico, png } from './picture-files.ts';
import { rasterize } from './raster.ts';
import { programLayers, trayLayers } from './shapes.ts';

/** 100 to 400 % of the usual size of a tray's picture. */
export const TRAY_SIZES = [16, 20, 24, 32, 48, 64] as const;
const PROGRAM_SIZES = [16, 20, 24, 32, 40, 48, 64, 128, 256] as const;

/** Every picture of the program by its file name. */
export function pictures(): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const state of LIGHT_STATES) {
    const drawn = TRAY_SIZES.map((size) => rasterize(trayLayers(state), size));
    for (const picture of drawn) files.set(`tray-${state}-${picture.size}.png`, png(picture));
    files.set(`tray-${state}.ico`, ico(drawn));
  }
  const program = PROGRAM_SIZES.map((size) => rasterize(programLayers, size));
  files.set('erp-ferry.ico', ico(program));
  files.set('erp-ferry.png', png(rasterize(programLayers, 256)));
  return files;
}

/** `node main/desktop/icons/draw-all.ts` draws them anew. */
if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, bytes] of pictures()) writeFileSync(join(import.meta.dirname, name), bytes);
