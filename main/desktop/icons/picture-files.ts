import { crc32, deflateSync } from 'node:zlib';
import type { Raster } from './raster.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** PNG, eight bits a channel with alpha. */
export function png({ size, rgba }: Raster): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (1 + size * 4));
  for (let row = 0; row < size; row += 1)
    rows.set(rgba.subarray(row * size * 4, (row + 1) * size * 4), row * (1 + size * 4) + 1);
  return Buffer.concat([
    Buffer.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const framed = Buffer.alloc(named.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(named, 4);
  framed.writeUInt32BE(crc32(named), named.length + 4);
  return framed;
}

/** From this size on Windows reads PNG in an icon file; installers want the smaller ones as plain bitmaps. */
const PNG_FROM = 128;

/** An icon file of Windows, the pictures in the order given. */
export function ico(pictures: readonly Raster[]): Buffer {
  const bodies = pictures.map((picture) => (picture.size >= PNG_FROM ? png(picture) : bitmap(picture)));
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  for (const [index, { size }] of pictures.entries()) {
    const entry = 6 + 16 * index;
    const length = bodies[index]?.length ?? 0;
    // 0 stands for 256.
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(length, entry + 8);
    head.writeUInt32LE(offset, entry + 12);
    offset += length;
  }
  return Buffer.concat([head, ...bodies]);
}

/** A bitmap as icon files hold it: bottom row first, blue first, and a mask of one bit a pixel for who knows no alpha. */
function bitmap({ size, rgba }: Raster): Buffer {
  const maskRow = Math.ceil(size / 32) * 4;
  const file = Buffer.alloc(40 + size * size * 4 + maskRow * size);
  file.writeUInt32LE(40, 0);
  file.writeInt32LE(size, 4);
  // Picture and mask together.
  file.writeInt32LE(size * 2, 8);
  file.writeUInt16LE(1, 12);
  file.writeUInt16LE(32, 14);
  const mask = 40 + size * size * 4;
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      const from = (row * size + column) * 4;
      const below = size - 1 - row;
      const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(from, from + 4);
      file.set([blue, green, red, alpha], 40 + (below * size + column) * 4);
      if (alpha === 0) {
        const at = mask + below * maskRow + (column >> 3);
        file[at] = (file[at] ?? 0) | (0x80 >> (column & 7));
      }
    }
  return file;
}
