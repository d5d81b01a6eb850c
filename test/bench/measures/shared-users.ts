import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import type { ErpRow, ErpUser, ErpView, ReadRequest } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import { renderSnapshot } from '../../../main/core/packets/push/render-snapshot.ts';
import { SnapshotBuild } from '../../../main/core/packets/push/snapshot-build.ts';
import { tableKey } from '../../../main/core/reading/base-tables.ts';
import { ReadBasis } from '../../../main/core/reading/read-basis.ts';
import type { BodyRef } from '../../../main/core/runtime/body-store.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { ok } from '../../../shared/model/result.ts';
import { linkBench, MAPPING, type LinkBench } from '../../support/link-bench.ts';
import { MemoryErp } from '../../support/memory-erp.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { processorSeconds } from '../processor-time.ts';

const USERS = 50;
export const SHARED = 50_000;
export const OWN = 1_000;
const REPEATS = 5;
const CHUNK = 500;

const signal = new AbortController().signal;
export const usersOf = (count: number): readonly ErpUser[] =>
  Array.from({ length: count }, (_, at) => {
    const name = `rep${at}`;
    return { name, values: new Map([['UserName', name]]) };
  });

const MAP = mappingSchema.parse({
  ...MAPPING,
  push: {
    entities: [
      {
        entity: 'SalesPrice',
        from: { table: { name: 'Price' } },
        fields: {
          ItemNo: { column: 'ItemNo', type: 'text(20)' },
          Description: { column: 'Description', type: 'text(100)' },
          PriceGroup: { column: 'PriceGroup', type: 'text(20)' },
          UnitOfMeasure: { column: 'UnitOfMeasure', type: 'text(10)' },
          UnitPrice: { column: 'UnitPrice', type: 'decimal(19,4)' },
          ValidFrom: { column: 'ValidFrom', type: 'date' },
        },
        orderBy: ['ItemNo'],
      },
      {
        entity: 'Stop',
        from: { table: { name: 'Stop' } },
        fields: {
          CustomerNo: { column: 'No', type: 'text(20)' },
          Name: { column: 'Name', type: 'text(100)' },
          Day: { column: 'Day', type: 'date' },
        },
        filter: [{ column: 'Rep', equalsUser: 'UserName' }],
        orderBy: ['No'],
      },
    ],
  },
});

const priceRow = (at: number): ErpRow => [
  `I${String(at).padStart(8, '0')}`,
  at % 5 === 0 ? `Продукт ${at} & части` : `Product ${at} with a name of ordinary length`,
  at % 11 === 0 ? null : `GROUP-${at % 40}`,
  at % 2 === 0 ? 'PCS' : 'BOX',
  `${at % 9_999}.${String(at % 10_000).padStart(4, '0')}`,
  `2025-03-${String((at % 28) + 1).padStart(2, '0')}`,
];
const stopRow = (rep: string, at: number): ErpRow => [
  `${rep}-${String(at).padStart(5, '0')}`,
  `Customer ${at} of ${rep}`,
  `2025-04-${String((at % 28) + 1).padStart(2, '0')}`,
];

const PRICES = Array.from({ length: SHARED }, (_, at) => priceRow(at));

/** Reads cost nothing but the handing over: what is measured is what becomes of the rows. */
class RowErp extends MemoryErp {
  rowsRead = 0;

  constructor() {
    super();
    Object.assign(this.reader, {
      openView: () => Promise.resolve(ok(this.view())),
      definitions: (names: readonly { schema: string; name: string }[]) =>
        Promise.resolve(ok(names.map((name) => ({ ...name, kind: 'table' as const })))),
      positions: (tables: readonly { schema: string; name: string }[]) =>
        Promise.resolve(ok(new Map(tables.map((table) => [tableKey(table), '1'])))),
    });
  }

  view(): ErpView {
    return {
      consistency: 'snapshot',
      read: (request) => this.#chunks(request),
      close: () => Promise.resolve(),
    };
  }

  async *#chunks(request: ReadRequest): AsyncIterable<readonly ErpRow[]> {
    const { groups, where } = request;
    if (!('table' in request.from)) throw new Error('nobody asked for a SELECT');
    const rows =
      request.from.table.name === 'Price'
        ? PRICES
        : groups === undefined
          ? stopsOf(where[0]?.value ?? '')
          : groupedStops(groups.values.map(([rep]) => rep ?? ''));
    this.rowsRead += rows.length;
    for (let from = 0; from < rows.length; from += CHUNK)
      yield await Promise.resolve(rows.slice(from, from + CHUNK));
  }
}

const STOPS = new Map<string, readonly ErpRow[]>();
function stopsOf(rep: string): readonly ErpRow[] {
  const known = STOPS.get(rep);
  if (known !== undefined) return known;
  const rows = Array.from({ length: OWN }, (_, at) => stopRow(rep, at));
  STOPS.set(rep, rows);
  return rows;
}

/** Made before anything is measured, as the others are: a server makes them, not whoever reads. */
const GROUPED = new Map<string, readonly ErpRow[]>();
export function groupedStops(reps: readonly string[]): readonly ErpRow[] {
  const key = reps.join();
  const known = GROUPED.get(key);
  if (known !== undefined) return known;
  const rows = reps.flatMap((rep, group) => stopsOf(rep).map((row): ErpRow => [...row, String(group)]));
  GROUPED.set(key, rows);
  return rows;
}

interface World {
  readonly erp: RowErp;
  readonly bench: LinkBench;
  readonly parts: LinkParts;
}

export function world(folder: string): World {
  const erp = new RowErp();
  const bench = linkBench(folder, { erp, mapping: MAP });
  const bodies = createBodyStore({
    disk: nodeDisk,
    folder: join(folder, 'spool'),
    reserveBytes: 0,
    rowBody: (hash) => bench.store.rowBody(hash),
    newId: randomUUID,
  });
  return { erp, bench, parts: { ...bench.link.parts, bodies } };
}

/** One cycle as a push builds it. */
export async function cycle(
  { parts }: World,
  users: readonly ErpUser[],
): Promise<{ built: number; unchanged: number }> {
  const counts = { built: 0, unchanged: 0, held: 0, refused: 0, bestEffort: 0 };
  const basis = await ReadBasis.look(parts, signal);
  const build = new SnapshotBuild(parts, basis, counts, { users, anew: false });
  for (const user of users) {
    const failure = await build.user(user, 0, signal);
    if (failure !== undefined) throw new Error(`no packet: ${JSON.stringify(failure)}`);
  }
  await build.close();
  if (counts.held + counts.refused + counts.bestEffort > 0) throw new Error(JSON.stringify(counts));
  return counts;
}

/** The same rows, writer and spool; every packet read, rendered, hashed and stored by itself. */
export async function apart({ erp, parts, bench }: World, users: readonly ErpUser[]): Promise<void> {
  for (const user of users) {
    const rendered = renderSnapshot(parts, erp.view(), user, new Map(), signal);
    const body = await parts.bodies.receive(rendered, 100_000_000, signal);
    if (!body.ok) throw new Error(`no packet: ${JSON.stringify(body.failure)}`);
    bench.store.storeSnapshot(
      {
        link: parts.link,
        direction: 'out',
        externalId: randomUUID(),
        user: user.name,
        company: '',
        label: '',
        body: body.value,
      },
      { user: user.name, modelHash: '', inboundMark: 0, consistency: 'snapshot', rows: {} },
      parts.runtime.wall(),
    );
  }
}

export function acceptAll({ bench, parts }: World): void {
  for (;;) {
    const item = bench.store.claim(parts.link, 'out', parts.startId, parts.runtime.wall());
    if (item === undefined) return;
    bench.store.settleSnapshot(item.id, { syncLogId: 'accepted' }, parts.runtime.wall());
  }
}

async function bytesOf({ parts }: World, body: BodyRef): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of parts.bodies.open(body)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

setFlagsFromString('--expose-gc');
const clearGarbage = runInNewContext('gc') as () => void;

/** Seconds. */
interface Spent {
  readonly processor: number;
  readonly wall: number;
}

/** What was made before is cleared away first: who comes second does not clean up after the first. */
export async function timed(work: () => Promise<void>): Promise<Spent> {
  clearGarbage();
  const from = performance.now();
  const processor = await processorSeconds(work);
  return { processor, wall: (performance.now() - from) / 1000 };
}

export async function measure(): Promise<Measured> {
  const users = usersOf(USERS);
  groupedStops(users.map(({ name }) => name));
  const runs: Record<'alone' | 'shared' | 'unchanged' | 'next', Spent>[] = [];
  let size = 0;
  for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
    const folders = { apart: join(folder, 'apart'), shared: join(folder, 'shared') };
    for (const one of Object.values(folders)) await nodeDisk.ensureFolder(one);
    const [naive, ours] = [world(folders.apart), world(folders.shared)];
    try {
      const alone = await timed(() => apart(naive, users));
      const shared = await timed(async () => {
        const { built } = await cycle(ours, users);
        if (built !== USERS) throw new Error(`${built} packets`);
      });
      if (ours.erp.rowsRead !== SHARED + USERS * OWN) throw new Error(`${ours.erp.rowsRead} rows were read`);
      size = await compare(naive, ours);
      acceptAll(ours);
      const unchanged = await timed(async () => {
        const counts = await cycle(ours, users);
        if (counts.built > 0 || counts.unchanged !== USERS) throw new Error(JSON.stringify(counts));
      });
      if (ours.bench.store.unsentSnapshots(ours.parts.link).length > 0)
        throw new Error('something is to be sent');
      const before = ours.erp.rowsRead;
      const next = await timed(async () => void (await cycle(ours, usersOf(USERS + 1))));
      if (ours.erp.rowsRead - before !== OWN) throw new Error('one more user costs more than his own rows');
      // The first round warms up.
      if (repeat > 0) runs.push({ alone, shared, unchanged, next });
    } finally {
      naive.bench.close();
      ours.bench.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const middle = (of: (run: (typeof runs)[number]) => number): number => rounded(median(runs.map(of)));
  return {
    values: runs.map(({ alone, shared }) => alone.processor / shared.processor),
    details: {
      users: USERS,
      sharedRows: SHARED,
      ownRows: OWN,
      bytesOfAPacket: size,
      apartSeconds: middle(({ alone }) => alone.processor),
      sharedSeconds: middle(({ shared }) => shared.processor),
      apartWallSeconds: middle(({ alone }) => alone.wall),
      sharedWallSeconds: middle(({ shared }) => shared.wall),
      fasterOnTheWall: middle(({ alone, shared }) => alone.wall / shared.wall),
      unchangedSeconds: middle(({ unchanged }) => unchanged.processor),
      unchangedPercentOfApart: middle(
        ({ alone, unchanged }) => (100 * unchanged.processor) / alone.processor,
      ),
      unchangedPercentOfShared: middle(
        ({ shared, unchanged }) => (100 * unchanged.processor) / shared.processor,
      ),
      oneMoreUserSeconds: middle(({ next }) => next.processor),
    },
  };
}

/** Every packet of the first, byte for byte. Returns the size of one. */
export async function compare(naive: World, ours: World): Promise<number> {
  let size = 0;
  const unsent = new Map(ours.bench.store.unsentSnapshots(ours.parts.link).map((item) => [item.user, item]));
  for (const item of naive.bench.store.unsentSnapshots(naive.parts.link)) {
    const other = unsent.get(item.user);
    if (other === undefined || other.body.size !== item.body.size)
      throw new Error(`${item.user}: another size`);
    const [one, two] = [await bytesOf(naive, item.body), await bytesOf(ours, other.body)];
    if (!one.equals(two)) throw new Error(`${item.user}: other bytes`);
    size = one.byteLength;
  }
  return size;
}
