import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TRAY_SIZES, pictures } from '../../../main/desktop/icons/draw-all.ts';
import { rasterize } from '../../../main/desktop/icons/raster.ts';
import { TRAY_COLOURS, trayLayers } from '../../../main/desktop/icons/shapes.ts';
import { LIGHT_STATES } from '../../../shared/contract/status.ts';

const FOLDER = join(import.meta.dirname, '../../../main/desktop/icons');
const drawn = pictures();

/** What a PNG shows, whoever compressed it. */
function pixels(file: Buffer): string {
  const parts: Buffer[] = [];
  let head = '';
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const name = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (name === 'IHDR') head = data.toString('hex');
    if (name === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  return `${head}:${inflateSync(Buffer.concat(parts)).toString('base64')}`;
}

/** The same for an icon file: its plain pictures as they are, those in PNG unpacked. */
function icon(file: Buffer): readonly string[] {
  return Array.from({ length: file.readUInt16LE(4) }, (_, index) => {
    const entry = 6 + 16 * index;
    const body = file.subarray(file.readUInt32LE(entry + 12)).subarray(0, file.readUInt32LE(entry + 8));
    return `${file.readUInt8(entry)}:${body[0] === 0x89 ? pixels(body) : body.toString('base64')}`;
  });
}

const luminance = (colour: readonly number[]): number => {
  const [r = 0, g = 0, b = 0] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: readonly number[], b: readonly number[]): number => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
};

describe('pictures', () => {
  it('are those the code draws, all of them and no other', () => {
    const files = readdirSync(FOLDER).filter((name) => /\.(png|ico)$/.test(name));
    expect(files.sort()).toEqual([...drawn.keys()].sort());
    for (const [name, bytes] of drawn) {
      const stored = readFileSync(join(FOLDER, name));
      if (name.endsWith('.png')) expect(pixels(stored), name).toBe(pixels(bytes));
      else expect(icon(stored), name).toEqual(icon(bytes));
    }
  });

  it.each(['erp-ferry', ...LIGHT_STATES.map((state) => `tray-${state}`)])('%s.ico has its sizes', (name) => {
    const sizes = icon(readFileSync(join(FOLDER, `${name}.ico`))).map((one) => Number(one.split(':', 1)[0]));
    expect(sizes).toEqual(name === 'erp-ferry' ? [16, 20, 24, 32, 40, 48, 64, 128, 0] : [...TRAY_SIZES]);
  });

  it.each(LIGHT_STATES)('%s is readable on a light and on a dark task bar', (state) => {
    for (const bar of [
      [243, 243, 243],
      [32, 32, 32],
    ])
      expect(contrast(TRAY_COLOURS[state], bar)).toBeGreaterThanOrEqual(3);
  });

  it('differ in shape at 16 pixels, without their colour', () => {
    const covered = LIGHT_STATES.map((state) => {
      const { rgba } = rasterize(trayLayers(state), 16);
      return Array.from({ length: 256 }, (_, pixel) => (rgba[pixel * 4 + 3] ?? 0) > 127);
    });
    for (const [index, one] of covered.entries())
      for (const other of covered.slice(index + 1))
        expect(one.filter((set, pixel) => set !== other[pixel]).length).toBeGreaterThan(30);
  });

  it('are crisp at 16 pixels: most of what is drawn is drawn whole', () => {
    for (const state of LIGHT_STATES) {
      const { rgba } = rasterize(trayLayers(state), 16);
      const alphas = Array.from({ length: 256 }, (_, pixel) => rgba[pixel * 4 + 3] ?? 0).filter((a) => a > 0);
      expect(alphas.filter((alpha) => alpha > 170).length / alphas.length, state).toBeGreaterThan(0.5);
    }
  });
});
