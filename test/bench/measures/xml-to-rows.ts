import { createHash, type Hash } from 'node:crypto';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { readPacket } from '../../../main/core/packets/codec/read-packet.ts';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { bytesOf, packetChunks, TABLES } from '../large-packet.ts';
import { rowsFor } from '../large-rows.ts';
import { processorSeconds } from '../processor-time.ts';

const BYTES = 30_000_000;
const REPEATS = 5;
const CHUNK = 64 * 1024;

type Visit = (table: string, status: string, fields: Iterable<readonly [string, string]>) => void;

async function* chunked(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK) yield bytes.subarray(from, from + CHUNK);
}

async function ours(bytes: Buffer, visit: Visit): Promise<void> {
  const options = { runtime: systemRuntime(), signal: new AbortController().signal };
  for await (const events of readPacket(chunked(bytes), options))
    for (const event of events)
      if (event.kind === 'row')
        visit(
          event.table,
          event.row.status,
          (function* () {
            for (const { name, value } of event.row.fields.values()) yield [name, value] as const;
          })(),
        );
}

interface ParsedRow extends Readonly<Record<string, string>> {
  readonly '@status': string;
}
interface Parsed {
  readonly NavMobileSync: {
    readonly table: readonly { readonly '@tablename': string; readonly r: readonly ParsedRow[] }[];
  };
}

/**
 * The options without which it changes values. References by number are not asked for, which would cost it more: this
 * packet has none.
 */
const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  isArray: (name) => name === 'table' || name === 'r',
});

function theirs(bytes: Buffer, visit: Visit): void {
  const document = parser.parse(bytes.toString('utf8')) as Parsed;
  for (const table of document.NavMobileSync.table)
    for (const row of table.r)
      visit(
        table['@tablename'],
        row['@status'],
        (function* () {
          for (const name in row)
            if (name !== '@status' && name !== '#text') yield [name, row[name] ?? ''] as const;
        })(),
      );
}

/** Counts rows and characters, so that nobody is spared reading what it parsed. */
function counter(): { readonly visit: Visit; readonly seen: () => string } {
  let rows = 0;
  let chars = 0;
  return {
    visit: (_table, _status, fields) => {
      rows += 1;
      for (const [, value] of fields) chars += value.length;
    },
    seen: () => `${rows} rows, ${chars} characters`,
  };
}

function digest(): { readonly visit: Visit; readonly hash: Hash } {
  const hash = createHash('sha256');
  return {
    hash,
    visit: (table, status, fields) => void hash.update(JSON.stringify([table, status, [...fields]])),
  };
}

export async function measure(): Promise<Measured> {
  const bytes = await bytesOf(packetChunks(Math.round(rowsFor(BYTES) / TABLES.length)));
  const [one, other] = [digest(), digest()];
  await ours(bytes, one.visit);
  theirs(bytes, other.visit);
  if (one.hash.digest('hex') !== other.hash.digest('hex')) throw new Error('the two read different rows');
  const seconds = { ours: [] as number[], theirs: [] as number[], validation: [] as number[] };
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const [first, second] = [counter(), counter()];
    seconds.ours.push(await processorSeconds(() => ours(bytes, first.visit)));
    seconds.theirs.push(await processorSeconds(() => theirs(bytes, second.visit)));
    if (first.seen() !== second.seen()) throw new Error('the two read different rows');
    // Without it mis-nested XML is taken for whole, which ours never does; the figure counts the parser alone all the same.
    seconds.validation.push(
      await processorSeconds(() => {
        if (XMLValidator.validate(bytes.toString('utf8')) !== true) throw new Error('not valid');
      }),
    );
  }
  const mb = bytes.length / 1_000_000;
  return {
    values: seconds.theirs.map((theirTime, index) => theirTime / (seconds.ours[index] ?? Number.NaN)),
    details: {
      bytes: bytes.length,
      equal: true,
      ourMbPerProcessorSecond: rounded(mb / median(seconds.ours)),
      theirMbPerProcessorSecond: rounded(mb / median(seconds.theirs)),
      ratioWithTheirValidation: rounded(
        (median(seconds.theirs) + median(seconds.validation)) / median(seconds.ours),
      ),
    },
  };
}
