import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { linkId, sha256, sourceId, startId } from '../../../shared/model/ids.ts';
import { median, rounded, type Measured } from '../figure.ts';

const PACKETS = 1_000;
const BYTES = 2_048;
const REPEATS = 5;

const LINK = linkId('bench');
const SOURCE = sourceId('dynamics-mobile', 'bench', 'BENCH');
const START = startId('bench');

interface Made {
  readonly id: string;
  readonly bytes: Buffer;
}

function made(count: number): readonly Made[] {
  return Array.from({ length: count }, () => {
    const id = randomUUID();
    return { id, bytes: Buffer.from(id.padEnd(BYTES, 'x')) };
  });
}

/** Durable inserts, one commit each, into a table with a unique key and nothing else. */
function bare(folder: string, packets: readonly Made[]): number {
  const db = new Database(join(folder, `bare-${randomUUID()}.sqlite`));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE packet (id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO packet VALUES (?, ?)');
  const from = performance.now();
  for (const { id, bytes } of packets) insert.run(id, bytes);
  const seconds = (performance.now() - from) / 1000;
  db.close();
  return packets.length / seconds;
}

/** The way of a pulled packet through the store: stored with its body, claimed, settled with its document. */
function stored(folder: string, packets: readonly Made[]): number {
  const store = openStore({ file: join(folder, `store-${randomUUID()}.sqlite`) });
  const from = performance.now();
  for (const { id, bytes } of packets) {
    const now = Date.now();
    const hash = sha256(createHash('sha256').update(bytes).digest('hex'));
    const entry = {
      id,
      path: `p/${id}`,
      user: 'anna',
      company: 'BENCH',
      kind: 'data',
      receiptHandle: id,
      raw: `<message id="${id}"/>`,
    };
    const body = { place: 'row', hash, size: bytes.length, bytes } as const;
    store.storePacket(
      { link: LINK, direction: 'in', externalId: id, user: 'anna', company: 'BENCH', label: '', body },
      { queue: 'packet', entry },
      undefined,
      now,
    );
    const item = store.claim(LINK, 'in', START, now);
    if (item?.externalId !== id) throw new Error('another packet was claimed');
    const documents = [
      {
        document: 'order',
        rowId: id,
        number: id,
        erpKey: '1',
        erpNumber: '100001',
        standing: 'applied' as const,
        reason: null,
      },
    ];
    store.settlePacket(
      item.id,
      { source: SOURCE, outcome: 'applied', label: 'Order', documents, payloadHash: hash },
      now,
    );
  }
  const seconds = (performance.now() - from) / 1000;
  if (store.count({ link: LINK, states: ['settled'] }) !== packets.length)
    throw new Error('not all packets were settled');
  store.close();
  return packets.length / seconds;
}

// oxlint-disable-next-line require-await -- every measurement has this form
export async function measure(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  try {
    const rates = { bare: [] as number[], store: [] as number[] };
    // The first round warms code and disk and is not counted.
    for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
      const one = bare(folder, made(PACKETS));
      const other = stored(folder, made(PACKETS));
      if (repeat === 0) continue;
      rates.bare.push(one);
      rates.store.push(other);
    }
    return {
      values: rates.store.map((rate, index) => rate / (rates.bare[index] ?? Number.NaN)),
      details: {
        packetsPerSecond: rounded(median(rates.store)),
        bareInsertsPerSecond: rounded(median(rates.bare)),
        packetBytes: BYTES,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
