import { createHash } from 'node:crypto';
import type { CatalogueObject } from '../../../core/drift/catalogue.ts';
import type { SqlCell } from '../sql-connection.ts';

const HASH_BYTES = 16;

/** Of cells as they came, each with its kind and length, so that no two rows look alike. */
export function rowHash(cells: readonly SqlCell[]): string {
  const hash = createHash('sha256');
  for (const cell of cells) {
    if (cell === null) {
      hash.update('-');
      continue;
    }
    const bytes = typeof cell === 'string' ? Buffer.from(cell, 'utf16le') : cell;
    hash.update(`${typeof cell === 'string' ? 't' : 'b'}${bytes.byteLength}:`).update(bytes);
  }
  return hash.digest().subarray(0, HASH_BYTES).toString('base64');
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
