import type { Layer } from './shapes.ts';

/** Rows of red, green, blue, alpha; alpha not multiplied in. */
export interface Raster {
  readonly size: number;
  readonly rgba: Uint8Array;
}

/** Samples a side of each pixel: 64 steps from clear to covered are more than an eye tells apart. */
const SAMPLES = 8;

/** Draws layers given in sixteenths at a size in pixels. The same on every computer. */
export function rasterize(layers: readonly Layer[], size: number): Raster {
  const rgba = new Uint8Array(size * size * 4);
  const unit = 16 / size;
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      let [red, green, blue, covered] = [0, 0, 0, 0];
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
        const x = (column + ((sample % SAMPLES) + 0.5) / SAMPLES) * unit;
        const y = (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) * unit;
        const top = layers.findLast(({ inside }) => inside(x, y));
        if (top === undefined) continue;
        covered += 1;
        red += top.colour[0];
        green += top.colour[1];
        blue += top.colour[2];
      }
      if (covered === 0) continue;
      rgba.set(
        [
          Math.round(red / covered),
          Math.round(green / covered),
          Math.round(blue / covered),
          Math.round((covered * 255) / SAMPLES ** 2),
        ],
        (row * size + column) * 4,
      );
    }
  return { size, rgba };
}
