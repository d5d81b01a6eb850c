import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'mssql';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { readStatement } from '../../../main/adapters/erp-mssql/queries/read.ts';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import type { Zones } from '../../../main/core/mapping/convert.ts';
import type { ReadRequest } from '../../../main/core/packets/erp.ts';
import { renderSnapshot } from '../../../main/core/packets/push/render-snapshot.ts';
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
const ZONES: Zones = { area: SAMPLE.timeZone, erp: SAMPLE.timeZone };
/** Moments of the one `datetime` column are shifted. */
const OTHER_ZONES: Zones = { area: 'UTC', erp: SAMPLE.timeZone };
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

/**
 * The same statement by the driver alone; rows are counted and dropped. Objects are what a program gets that streams rows and
 * asks for nothing else; as lists they cost the driver less.
 */
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
  zones: Zones,
): Promise<{ readonly hash: string; readonly size: number }> {
  const view = await erp.reader.openView(signal);
  if (!view.ok) throw new Error(`no view: ${JSON.stringify(view.failure)}`);
  const counts = new Map<string, number>();
  const known = { mapping: MAPPING, zones, source: SOURCE };
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
    const made = new Map<Zones, { readonly hash: string; readonly size: number }>();
    const whole = async (zones: Zones): Promise<void> => {
      const now = await packet(erp, bodies, zones);
      if ((made.get(zones) ?? now).hash !== now.hash) throw new Error('two packets of one table differ');
      made.set(zones, now);
    };
    const seen = {
      lists: [] as Timed[],
      objects: [] as Timed[],
      packet: [] as Timed[],
      otherZones: [] as Timed[],
    };
    // The first round warms both processes and is not counted; then they take turns in being first.
    for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
      const round: (readonly [keyof typeof seen, () => Promise<void>])[] = [
        ['lists', () => drain(pool, 'lists')],
        ['objects', () => drain(pool, 'objects')],
        ['packet', () => whole(ZONES)],
        ['otherZones', () => whole(OTHER_ZONES)],
      ];
      if (repeat % 2 === 1) round.reverse();
      for (const [name, work] of round) {
        const timed = await timedWith(pid, work);
        if (repeat > 0) seen[name].push(timed);
      }
    }
    const [sameClock, otherClock] = [made.get(ZONES), made.get(OTHER_ZONES)];
    if (sameClock?.size !== otherClock?.size || sameClock?.hash === otherClock?.hash)
      throw new Error('moments are not as long in another zone, or are the same');
    const ours = (timed: readonly Timed[]): number => median(timed.map((one) => one.ours));
    const perProcessorSecond = (timed: readonly Timed[]): number => Math.round(ROWS / ours(timed));
    const serverShare = median(seen.packet.map(({ seconds, theirs }) => theirs / seconds));
    const ourShare = median(seen.packet.map((one) => one.ours / one.seconds));
    return {
      values: seen.packet.map((one, index) => one.ours / (seen.objects[index]?.ours ?? Number.NaN)),
      details: {
        rows: ROWS,
        bytes: sameClock?.size ?? 0,
        sha256: sameClock?.hash.slice(0, 12) ?? '',
        rowsPerSecond: Math.round(ROWS / median(seen.packet.map(({ seconds }) => seconds))),
        rowsPerProcessorSecond: perProcessorSecond(seen.packet),
        drainRowsPerProcessorSecond: perProcessorSecond(seen.objects),
        drainOfListsRowsPerProcessorSecond: perProcessorSecond(seen.lists),
        ratioToDrainOfLists: rounded(ours(seen.packet) / ours(seen.lists)),
        ratioWithOtherZones: rounded(ours(seen.otherZones) / ours(seen.objects)),
        drainRowsPerSecond: Math.round(ROWS / median(seen.objects.map(({ seconds }) => seconds))),
        agentCpu: share(ourShare),
        serverCpu: share(serverShare),
        limit: serverShare > ourShare ? 'the sandbox server' : 'the agent',
        drainSpread: spread(seen.objects),
        drainOfListsSpread: spread(seen.lists),
        packetSpread: spread(seen.packet),
        otherZonesSpread: spread(seen.otherZones),
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
