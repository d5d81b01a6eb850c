import { hash } from 'node:crypto';
import type { CatalogueObject } from '../../../core/drift/catalogue.ts';
import type { SqlCell } from '../sql-connection.ts';

/** Of Base64: 132 bits. */
const HASH_LENGTH = 22;

/** What is hashed is put together here: a hash object and buffers for each of millions of rows are not freed in time. */
let scratch = Buffer.allocUnsafe(4_096);

/** Of cells as they came, each with its kind and length, so that no two rows look alike. */
export const rowHash = (cells: readonly SqlCell[]): string => hashBehind(cells, 0);

/** Of the cells from the `from`th on. */
export function hashBehind(cells: readonly SqlCell[], from: number): string {
  let size = 0;
  for (let index = from; index < cells.length; index += 1) {
    const cell = cells[index] ?? null;
    const text = typeof cell === 'string';
    const bytes = cell === null ? 0 : text ? 2 * cell.length : cell.byteLength;
    const head = cell === null ? '-' : `${text ? 't' : 'b'}${bytes}:`;
    reserve(size, head.length + bytes);
    size += scratch.write(head, size, 'latin1');
    if (cell === null) continue;
    if (text) scratch.write(cell, size, 'utf16le');
    else scratch.set(cell, size);
    size += bytes;
  }
  return hash('sha256', scratch.subarray(0, size), 'base64').slice(0, HASH_LENGTH);
}

function reserve(used: number, more: number): void {
  if (used + more <= scratch.length) return;
  const larger = Buffer.allocUnsafe(2 * (used + more));
  scratch.copy(larger, 0, 0, used);
  scratch = larger;
}

/** Changes with every column that comes, goes or gets another type. */
export const schemaHash = ({ columns }: CatalogueObject): string =>
  rowHash(
    columns.flatMap(({ name, type, nullable }) => [
      name,
      type.name,
      String(type.length ?? ''),
      `${type.precision},${type.scale},${nullable}`,
    ]),
  );
