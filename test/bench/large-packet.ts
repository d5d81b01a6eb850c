import { writePacket } from '../../main/core/packets/codec/write-packet.ts';
import { largeRow, LARGE_FIELDS } from './large-rows.ts';

export const USER = 'bench.user';
/** A packet of a real company has several tables; each of these holds an equal share of the rows. */
export const TABLES = ['Customer', 'Item', 'Price'] as const;

/** The rows of one table. */
export function* tableRows(rows: number): Iterable<readonly (readonly [string, string])[]> {
  for (let index = 0; index < rows; index += 1)
    yield largeRow(index).map((value, field) => [LARGE_FIELDS[field] ?? '', value] as const);
}

/** A packet of so many rows in each table, as chunks. */
export const packetChunks = (rowsPerTable: number): AsyncIterable<Uint8Array> =>
  writePacket({ user: USER, tables: TABLES.map((name) => ({ name, rows: tableRows(rowsPerTable) })) });

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
