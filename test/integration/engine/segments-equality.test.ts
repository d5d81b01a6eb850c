import { expect, onTestFinished, test } from 'vitest';
import { segmentsBench, type SegmentsBench } from './segments-bench.ts';

const USERS = Array.from(
  { length: 10 },
  (_, at) => [`user${at}`, `R${at % 7}`, at % 3 === 0 ? 'north' : 'south'] as const,
);

/** A nightly run asks for more. */
const PACKETS = Number(process.env['FERRY_PACKETS'] ?? 200);
const MS_A_PACKET = 500;

/** A packet that one rendering of the same view is not, and what its cycle did for its user. */
interface Unequal {
  readonly packet: number;
  readonly cycle: number;
  readonly user: string;
  readonly item: number;
  /** `kept`: nothing was stored for the user in this cycle. */
  readonly fate: 'built' | 'unchanged' | 'held' | 'kept';
  readonly consistency: string | undefined;
  /** Both from the first byte that differs. */
  readonly had: string;
  readonly wanted: string;
}

interface Found {
  compared: number;
  /** Packets of users who have what they were sent before. */
  unchanged: number;
  unequal: Unequal[];
  /** Packets whose tables say different things. */
  torn: number;
  /** Statements left out because what they would read was kept. */
  spared: number;
}

/** Somebody writes into all tables at once, wherever a request may be on its way; and moves stops and users about. */
function writer(b: SegmentsBench): () => Promise<void> {
  let n = 0;
  const pick = (most: number): number => Math.floor(b.runtime.random() * most);
  return async () => {
    n += 1;
    const one = pick(10);
    if (one < 5)
      await b.sql(
        `SET XACT_ABORT ON; BEGIN TRANSACTION; UPDATE dbo.Price SET n = N'${n}'; UPDATE dbo.Stop SET n = N'${n}'; COMMIT TRANSACTION`,
      );
    else if (one < 7) await b.sql(`UPDATE dbo.Stop SET route = N'R${pick(7)}' WHERE c = N'S-${pick(7)}-1'`);
    else if (one < 8)
      await b.sql(`UPDATE dbo.Rep SET Route = N'R${pick(7)}' WHERE UserName = N'user${pick(10)}'`);
    else
      await b.sql(`UPDATE dbo.Area SET region = N'${pick(2) === 0 ? 'north' : 'south'}' WHERE area = N'A1'`);
  };
}

/** At least so many packets of cycles with somebody writing, each compared with one rendering of the view its cycle read. */
async function compare(b: SegmentsBench, packets: number): Promise<Found> {
  const found: Found = { compared: 0, unchanged: 0, unequal: [], torn: 0, spared: 0 };
  const write = writer(b);
  let left = 0;
  let cycle = 0;
  const newestBefore = new Map<string, number>();
  b.meanwhile(async () => {
    if (left === 0 || b.runtime.random() > 0.12) return;
    left -= 1;
    await write();
  });
  const { reader } = b.parts.erp;
  const openView = reader.openView.bind(reader);
  reader.openView = async (signal) => {
    // Between the look at the tables and the moment of the view: where kept rows can be of another moment than new ones.
    if (b.runtime.random() < 0.5) await write();
    return openView(signal);
  };
  b.beforeClose(async (view, users) => {
    left = 0;
    for (const user of users) {
      const item = b.newest(user.name);
      if (item === undefined) continue;
      const bytes = await b.bytes(item);
      found.compared += 1;
      const before = newestBefore.get(user.name) === item.id;
      if (before && item.state === 'settled') found.unchanged += 1;
      const wanted = view.consistency === 'snapshot' ? await b.naive(view, user) : bytes;
      if (bytes !== wanted) {
        let at = 0;
        while (at < wanted.length && wanted[at] === bytes[at]) at += 1;
        found.unequal.push({
          packet: found.compared,
          cycle,
          user: user.name,
          item: item.id,
          fate: !before
            ? 'built'
            : item.state === 'settled'
              ? 'unchanged'
              : isHeld(b, user.name)
                ? 'held'
                : 'kept',
          consistency: b.store.snapshotMeta(item.id)?.consistency,
          had: bytes.slice(at, at + 80),
          wanted: wanted.slice(at, at + 80),
        });
      }
      if (new Set([...bytes.matchAll(/<Amount>([^<]*)</g)].map(([, n]) => n)).size > 1) found.torn += 1;
    }
  });
  for (; found.compared < packets; cycle += 1) {
    // Most cycles find only a part of the tables changed.
    left = cycle % 3;
    if (cycle % 2 === 0) await write();
    const before = b.asked.length;
    for (const [user] of USERS) newestBefore.set(user, b.newest(user)?.id ?? 0);
    await b.scheduled();
    if (b.asked.length - before < 4) found.spared += 1;
  }
  b.meanwhile(undefined);
  return found;
}

const isHeld = ({ store, parts }: SegmentsBench, user: string): boolean =>
  store.openPacketsOf(parts.link, user).pending > 0;

async function bench(): Promise<SegmentsBench> {
  const b = await segmentsBench({ snapshot: true, users: USERS });
  onTestFinished(() => b.close());
  return b;
}

test(
  'packets of segments are what one rendering of the same view is, byte for byte, while somebody writes',
  { timeout: 60_000 + PACKETS * MS_A_PACKET },
  async () => {
    const b = await bench();
    const found = await compare(b, PACKETS);
    expect(found.compared).toBeGreaterThanOrEqual(PACKETS);
    expect(found).toMatchObject({ unequal: [], torn: 0 });
    expect(found.unchanged).toBeGreaterThan(PACKETS / 50);
    expect(found.spared).toBeGreaterThan(0);
  },
);

test('the comparison finds kept segments that are not compared with the view', async () => {
  const b = await bench();
  const { reader } = b.parts.erp;
  const positions = reader.positions.bind(reader);
  let noted: ReturnType<typeof positions> | undefined;
  const users = reader.users.bind(reader);
  reader.users = (...given) => {
    noted = undefined;
    return users(...given);
  };
  // The planted bug: where tables stand is asked once a cycle, before the view is opened.
  reader.positions = (tables, signal) => (noted ??= positions(tables, signal));
  const found = await compare(b, 400);
  expect(found.unequal.length).toBeGreaterThan(0);
});
