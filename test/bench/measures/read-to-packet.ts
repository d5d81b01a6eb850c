import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'mssql';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { readStatement } from '../../../main/adapters/erp-mssql/queries/read.ts';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import type { ReadRequest } from '../../../main/core/packets/erp.ts';
import { renderSnapshot } from '../../../main/core/packets/render-snapshot.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { parseFieldType } from '../../../shared/model/field-type.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import { benchErp, driverSettings, SOURCE } from '../bench-erp.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { PRICE_FIELDS } from '../price-rows.ts';
import { share, timedWith, type Timed } from '../processor-time.ts';

const ROWS = 300_000;
const REPEATS = 5;

const USER = { name: 'bench.user', values: new Map<string, string | null>() };
const ZONES = { area: SAMPLE.timeZone, erp: SAMPLE.timeZone };
const TABLE = { schema: 'dbo', name: 'PriceList' };
const ORDER = ['ItemNo'];

const MAPPING = {
  push: {
    entities: [
      {
        entity: 'SalesPrice',
        from: { table: TABLE },
        fields: Object.fromEntries(PRICE_FIELDS.map(({ field, type }) => [field, { column: field, type }])),
        filter: [],
        orderBy: ORDER,
        required: true,
      },
    ],
  },
} as unknown as Mapping;

/** What the reader asks for these fields. */
const REQUEST: ReadRequest = {
  from: { table: TABLE },
  columns: PRICE_FIELDS.map(({ field, type }) => ({ column: field, type: parseFieldType(type) ?? never() })),
  where: [],
  orderBy: ORDER,
  user: USER,
  source: SOURCE,
};

function never(): never {
  throw new Error('a field of the price list has no type');
}

const signal = new AbortController().signal;

/** The same statement by the driver alone; rows are counted and dropped. As lists they cost it less than as objects. */
async function drain(pool: sql.ConnectionPool, as: 'lists' | 'objects'): Promise<void> {
  const request = pool.request();
  request.stream = true;
  request.arrayRowMode = as === 'lists';
  let rows = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request.on('row', () => (rows += 1));
  request.on('error', reject);
  request.on('done', () => resolve());
  await Promise.all([request.query(readStatement(REQUEST, SOURCE, false).text), promise]);
  if (rows !== ROWS) throw new Error(`the driver gave ${rows} rows`);
}

/** What a push does for one user: a view, its rows as a packet, its bytes hashed and durable in the spool. */
async function packet(
  erp: ClosablePacketErp,
  bodies: ReturnType<typeof createBodyStore>,
): Promise<{ readonly hash: string; readonly size: number }> {
  const view = await erp.reader.openView(signal);
  if (!view.ok) throw new Error(`no view: ${JSON.stringify(view.failure)}`);
  const counts = new Map<string, number>();
  const known = { mapping: MAPPING, zones: ZONES, source: SOURCE };
  const body = await bodies.receive(renderSnapshot(known, view.value, USER, counts, signal), 2 ** 30, signal);
  await view.value.close();
  if (!body.ok) throw new Error(`no packet: ${JSON.stringify(body.failure)}`);
  if (counts.get('SalesPrice') !== ROWS) throw new Error(`the packet has ${counts.get('SalesPrice')} rows`);
  return body.value;
}

export async function measure(): Promise<Measured> {
  const server = await benchErp(ROWS);
  const erp = server.access;
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  const pool = new sql.ConnectionPool(driverSettings(server.port));
  const bodies = createBodyStore({
    disk: nodeDisk,
    folder,
    reserveBytes: 0,
    rowBody: () => undefined,
    newId: randomUUID,
  });
  try {
    await pool.connect();
    const { pid } = server;
    let made: { readonly hash: string; readonly size: number } | undefined;
    const whole = async (): Promise<void> => {
      const now = await packet(erp, bodies);
      if (made !== undefined && made.hash !== now.hash) throw new Error('two packets of one table differ');
      made = now;
    };
    const seen = { drain: [] as Timed[], objects: [] as Timed[], packet: [] as Timed[] };
    // The first round warms both processes and is not counted; then they take turns in being first.
    for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
      const round: (readonly [keyof typeof seen, () => Promise<void>])[] = [
        ['drain', () => drain(pool, 'lists')],
        ['objects', () => drain(pool, 'objects')],
        ['packet', whole],
      ];
      if (repeat % 2 === 1) round.reverse();
      for (const [name, work] of round) {
        const timed = await timedWith(pid, work);
        if (repeat > 0) seen[name].push(timed);
      }
    }
    const wall = median(seen.packet.map(({ seconds }) => seconds));
    const serverShare = median(seen.packet.map(({ seconds, theirs }) => theirs / seconds));
    const ourShare = median(seen.packet.map(({ seconds, ours }) => ours / seconds));
    return {
      values: seen.packet.map(({ ours }, index) => ours / (seen.drain[index]?.ours ?? Number.NaN)),
      details: {
        rows: ROWS,
        bytes: made?.size ?? 0,
        sha256: made?.hash.slice(0, 12) ?? '',
        rowsPerSecond: Math.round(ROWS / wall),
        rowsPerProcessorSecond: Math.round(ROWS / median(seen.packet.map(({ ours }) => ours))),
        drainRowsPerProcessorSecond: Math.round(ROWS / median(seen.drain.map(({ ours }) => ours))),
        ratioToDrainOfObjects: rounded(
          median(seen.packet.map(({ ours }) => ours)) / median(seen.objects.map(({ ours }) => ours)),
        ),
        drainRowsPerSecond: Math.round(ROWS / median(seen.drain.map(({ seconds }) => seconds))),
        agentCpu: share(ourShare),
        serverCpu: share(serverShare),
        limit: serverShare > ourShare ? 'the sandbox server' : 'the agent',
        drainSpread: spread(seen.drain),
        packetSpread: spread(seen.packet),
      },
    };
  } finally {
    await pool.close();
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor seconds, the least and the most. */
const spread = (timed: readonly Timed[]): string => {
  const all = timed.map(({ ours }) => ours);
  return `${rounded(Math.min(...all))} to ${rounded(Math.max(...all))} s`;
};
