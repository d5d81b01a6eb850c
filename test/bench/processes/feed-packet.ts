import { createHash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { largeRow, LARGE_FIELDS, rowsFor } from '../large-rows.ts';
import { writePacket, type RowToWrite } from '../../../main/core/packets/codec/write-packet.ts';

/**
 * Puts a large packet into a simulated cloud's queue. One argument, JSON: `{ "address", "user", "bytes" }`: exactly so
 * many, the last of them blanks behind the root. Prints `{ "bytes", "sha256" }` when the cloud has it.
 */
const {
  address,
  user,
  bytes: wanted,
} = JSON.parse(process.argv[2] ?? '{}') as {
  address: string;
  user: string;
  bytes: number;
};
const PADDING = 64 * 1024;
const hash = createHash('sha256');
let bytes = 0;

function* made(): Iterable<RowToWrite> {
  for (let index = 0; index < rowsFor(wanted); index += 1)
    yield largeRow(index).map((value, field) => [LARGE_FIELDS[field] ?? '', value]);
}

async function* body(): AsyncIterable<Uint8Array> {
  const seen = (chunk: Uint8Array): Uint8Array => {
    hash.update(chunk);
    bytes += chunk.length;
    return chunk;
  };
  for await (const chunk of writePacket({ user, tables: [{ name: 'LargeTable', rows: made() }] }))
    yield seen(chunk);
  for (let left = wanted - bytes; left > 0; left = wanted - bytes)
    yield seen(Buffer.alloc(Math.min(PADDING, left), '\n'));
}

const answer = await fetch(address, {
  method: 'PUT',
  body: ReadableStream.from(body()),
  duplex: 'half',
} as RequestInit);
if (!answer.ok) throw new Error(`the cloud answered ${answer.status}: ${await answer.text()}`);
process.stdout.write(`${JSON.stringify({ bytes, sha256: hash.digest('hex') })}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
