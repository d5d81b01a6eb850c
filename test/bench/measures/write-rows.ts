import { XMLBuilder } from 'fast-xml-parser';
import { median, rounded, type Measured } from '../figure.ts';
import { bytesOf, packetChunks, TABLES, tableRows, USER } from '../large-packet.ts';
import { rowsFor } from '../large-rows.ts';
import { processorSeconds } from '../processor-time.ts';

const BYTES = 30_000_000;
const REPEATS = 5;

const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@', format: false });

/** The rows as objects, then the document in one piece. */
function theirs(rowsPerTable: number): Buffer {
  const text = builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    NavMobileSync: {
      '@salesmancode': USER,
      table: TABLES.map((name) => ({
        '@tablename': name,
        r: Array.from(tableRows(rowsPerTable), (fields) => ({
          '@status': 'insert',
          ...Object.fromEntries(fields),
        })),
      })),
    },
  });
  return Buffer.from(text, 'utf8');
}

/** Line ends between elements are all that may differ; no value holds one. */
const bare = (bytes: Buffer): string => bytes.toString('utf8').replaceAll('\n', '');

export async function measure(): Promise<Measured> {
  const rowsPerTable = Math.round(rowsFor(BYTES) / TABLES.length);
  const seconds = { ours: [] as number[], theirs: [] as number[] };
  let bytes = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    seconds.ours.push(
      await processorSeconds(async () => {
        bytes = 0;
        for await (const chunk of packetChunks(rowsPerTable)) bytes += chunk.length;
      }),
    );
    seconds.theirs.push(await processorSeconds(() => void theirs(rowsPerTable)));
  }
  if (bare(await bytesOf(packetChunks(rowsPerTable))) !== bare(theirs(rowsPerTable)))
    throw new Error('the two wrote different packets');
  const mb = bytes / 1_000_000;
  return {
    values: seconds.theirs.map((theirTime, index) => theirTime / (seconds.ours[index] ?? Number.NaN)),
    details: {
      bytes,
      equal: true,
      ourMbPerProcessorSecond: rounded(mb / median(seconds.ours)),
      theirMbPerProcessorSecond: rounded(mb / median(seconds.theirs)),
    },
  };
}
