import { randomUUID } from 'node:crypto';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { WriteUnit } from '../../../main/core/packets/erp.ts';
import { sourceId } from '../../../shared/model/ids.ts';
import { document, hash, headerCall, type as fieldType, unit } from '../../unit/erp-mssql/units.ts';
import type { Bench, RawSession } from './bench.ts';
import { openCutWire, type CutAt, type CutWire } from './cuts-wire.ts';

/** Parts of the way of one unit of work. `end`: the whole request and not a byte more. */
export const PARTS = ['request', 'commit', 'end', 'answer'] as const;
export type Part = (typeof PARTS)[number];

export interface PlayedCut {
  readonly part: Part;
  readonly at: CutAt;
  /** What the product made of it. */
  readonly told: string;
  /** Orders another connection saw before anything was tried again. */
  readonly seen: number;
  /** How it was carried on, and what came of that. */
  readonly after: string;
  /** Whole requests with the unit that the server's log has, before and after carrying on; -1 where it has no log. */
  readonly arrived: readonly [first: number, retries: number];
}

export interface CutsReport {
  /** What the names of its packets begin with. */
  readonly run: string;
  readonly cuts: readonly PlayedCut[];
  readonly lost: number;
  readonly doubled: number;
  /** Packets that never came to an end. */
  readonly stuck: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

const signal = new AbortController().signal;
const COMMIT = Buffer.from('COMMIT TRANSACTION', 'utf16le');

/**
 * Cuts the connection of a writer `count` times around its COMMIT, at positions spread over request, the bytes of COMMIT
 * and the answer; carries each packet on as the program does and lets a second connection count. The bench has the
 * tables of `ERP_OBJECTS`.
 */
export async function playCuts(bench: Bench, count: number): Promise<CutsReport> {
  const wire = await openCutWire(bench.settings.server, bench.settings.port ?? 1433);
  const beside = await bench.raw();
  const source = sourceId('dynamics-mobile', 'cloud.example', `cuts-${randomUUID()}`);
  const erp = bench.erp({
    source,
    settings: { ...bench.settings, server: '127.0.0.1', port: wire.port },
  });
  // Leaves a line in the server's log for each unit that arrived whole, and changes nothing.
  bench.tds?.faults.arm({
    kind: 'delay',
    ms: 0,
    times: 'always',
    match: (text) => text.includes('ferry_document'),
  });
  const arrivals = (): number => bench.tds?.faults.log().filter((one) => one.kind === 'delay').length ?? -1;
  const run = randomUUID().slice(0, 8);
  const unitOf = (index: number): WriteUnit => {
    const name = `${run}-${String(index).padStart(6, '0')}`;
    const header = headerCall();
    const values = header.values.map((value) =>
      value.name === 'Customer]No' ? { ...value, type: fieldType('text(20)'), value: name } : value,
    );
    return unit({ source, packetId: name, documents: [document(name, { header: { ...header, values } })] });
  };
  try {
    await hold(erp);
    // Twice: the first one signs in.
    for (const index of [999_998, 999_999]) {
      wire.watch();
      const done = await erp.writer.apply(unitOf(index), signal);
      if (!done.ok) throw new Error(`the wire without a cut does not work: ${JSON.stringify(done.failure)}`);
    }
    const { request, answerBytes } = wire.seen();
    const plan = planCuts(count, request, answerBytes);
    const cuts: PlayedCut[] = [];
    let stuck = 0;
    for (const [index, { part, at }] of plan.entries()) {
      await hold(erp);
      const one = await playCut({ erp, wire, beside, arrivals }, unitOf(index), part, at, index % 5 === 4);
      if (!['applied', 'already', 'void: already', 'void: voided, applied'].includes(one.after)) stuck += 1;
      cuts.push(one);
    }
    const { lost, doubled } = await judgeCuts(beside, run, plan.length);
    return { run, cuts, lost, doubled, stuck, requestBytes: request.length, answerBytes };
  } finally {
    await erp.close();
    await beside.close();
    await wire.close();
    bench.tds?.faults.clear();
  }
}

async function hold(erp: ClosablePacketErp): Promise<void> {
  const ready = await erp.ready(signal);
  if (!ready.ok) throw new Error(JSON.stringify(ready.failure));
}

function planCuts(
  count: number,
  request: Buffer,
  answerBytes: number,
): readonly { readonly part: Part; readonly at: CutAt }[] {
  const found = request.lastIndexOf(COMMIT);
  // Under TLS the words are not to be seen: then the last tenth of the request stands for them.
  const [from, to] =
    found < 0
      ? [Math.floor(request.length * 0.9), request.length - 1]
      : [found - 2, found + COMMIT.length + 2];
  const spread = (low: number, high: number, index: number, of: number): number =>
    low + Math.floor(((high - low) * index) / Math.max(1, of - 1));
  const shares: Readonly<Record<Part, number>> = {
    request: Math.floor(count * 0.3),
    commit: Math.floor(count * 0.2),
    end: Math.floor(count * 0.1),
    answer: 0,
  };
  const answers = count - shares.request - shares.commit - shares.end;
  const each = (part: Part, times: number, at: (index: number) => CutAt): { part: Part; at: CutAt }[] =>
    Array.from({ length: times }, (_, index) => ({ part, at: at(index) }));
  return [
    ...each('request', shares.request, (index) => ({
      side: 'request',
      bytes: spread(1, request.length - 1, index, shares.request),
    })),
    ...each('commit', shares.commit, (index) => ({
      side: 'request',
      bytes: spread(from, to, index, shares.commit),
    })),
    ...each('end', shares.end, () => ({ side: 'request', bytes: request.length })),
    ...each('answer', answers, (index) => ({
      side: 'answer',
      bytes: spread(0, answerBytes - 1, index, answers),
    })),
  ];
}

async function playCut(
  parts: {
    readonly erp: ClosablePacketErp;
    readonly wire: CutWire;
    readonly beside: RawSession;
    readonly arrivals: () => number;
  },
  one: WriteUnit,
  part: Part,
  at: CutAt,
  voiding: boolean,
): Promise<PlayedCut> {
  const { erp, wire, beside, arrivals } = parts;
  const before = arrivals();
  wire.arm(at);
  const first = await erp.writer.apply(one, signal);
  if (!wire.struck())
    throw new Error(`the cut at byte ${at.bytes} of the ${at.side} did not strike: ${JSON.stringify(first)}`);
  const rows = await beside.query(
    `SELECT COUNT(*) AS n FROM dbo.[Sales Order] WHERE [Customer]]No] = N'${one.packetId}'`,
  );
  const between = arrivals();
  const after = first.ok ? first.value.kind : await carryOn(erp, one, voiding);
  return {
    part,
    at,
    told: first.ok ? first.value.kind : first.failure.kind,
    seen: Number(rows[0]?.['n']),
    after,
    arrived: before < 0 ? [-1, -1] : [between - before, arrivals() - between],
  };
}

/** As the program does: the same unit again, or a person takes the packet out of its way and edits it. */
async function carryOn(erp: ClosablePacketErp, one: WriteUnit, voiding: boolean): Promise<string> {
  const words = (done: Awaited<ReturnType<typeof erp.writer.apply>>): string =>
    done.ok ? done.value.kind : JSON.stringify(done.failure);
  if (!voiding) return words(await erp.writer.apply(one, signal));
  const voided = await erp.writer.voidPacket(one.source, one.packetId, 0, one.payloadHash, signal);
  if (!voided.ok) return JSON.stringify(voided.failure);
  if (voided.value === 'already') return 'void: already';
  const edited = { ...one, revision: 1, payloadHash: hash('e') };
  return `void: voided, ${words(await erp.writer.apply(edited, signal))}`;
}

/** Each packet: one order, two lines of it, one finished row in the ledger. Anything less is lost, anything more doubled. */
export async function judgeCuts(
  beside: RawSession,
  run: string,
  packets: number,
): Promise<{ readonly lost: number; readonly doubled: number }> {
  const orders = await beside.query(
    `SELECT o.[Customer]]No] AS packet, COUNT(DISTINCT o.Id) AS orders, COUNT(l.LineId) AS lines FROM dbo.[Sales Order] AS o LEFT JOIN dbo.[Sales Order Line] AS l ON l.OrderId = o.Id WHERE o.[Customer]]No] LIKE N'${run}-%' GROUP BY o.[Customer]]No]`,
  );
  const ledger = await beside.query(
    `SELECT packet_id AS packet FROM ferry.ledger WHERE packet_id LIKE N'${run}-%' AND state = N'applied' AND finished_at IS NOT NULL`,
  );
  const known = new Set(ledger.map((row) => String(row['packet'])));
  const counted = new Map(orders.map((row) => [String(row['packet']), row]));
  let [lost, doubled] = [0, 0];
  for (let index = 0; index < packets; index += 1) {
    const name = `${run}-${String(index).padStart(6, '0')}`;
    const row = counted.get(name);
    const [one, lines] = [Number(row?.['orders'] ?? 0), Number(row?.['lines'] ?? 0)];
    if (one < 1 || lines < 2 || !known.has(name)) lost += 1;
    if (one > 1 || lines > 2) doubled += 1;
  }
  return { lost, doubled };
}
