import type { AcceptedPacket } from '../../queue/mobile-users.ts';
import type { BodyRef, BodyStore } from '../../runtime/body-store.ts';
import { DiskError } from '../../runtime/disk.ts';
import type { LinkParts } from '../link-parts.ts';
import { tableDifference, type RowChange, type TableDifference } from './preview-diff.ts';
import { rowTexts, tableOf, type RowTexts } from './preview-rows.ts';
import { partsOf } from './segments/packet-list.ts';

/** One table of a packet, in the packet's order; without rows it is no part of it. */
export interface PacketTable {
  readonly table: string;
  readonly rows: number;
  readonly body: BodyRef;
}

export interface ComparedTable extends Omit<TableDifference, 'changes'> {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  readonly comparison: 'same' | 'differs' | 'new' | 'gone' | 'unknown';
}

export interface Comparison {
  readonly tables: readonly ComparedTable[];
  readonly changes: readonly (RowChange & { readonly table: string })[];
  /** Changed rows beyond those. */
  readonly more: number;
}

type Comparing = Pick<LinkParts, 'bodies' | 'hash' | 'mapping' | 'runtime'>;

const NONE = { added: 0, removed: 0, changed: 0 } as const;

/**
 * Compares a packet with the one that was accepted last. Equal segments are the same bytes and are not read; what the accepted
 * packet was made of and is not here any more is unknown, never equal. At most `listed` changed rows are listed, of each table
 * some. Throws DiskError where bytes of the new packet are gone.
 */
export async function comparePackets(
  parts: Comparing,
  packet: readonly PacketTable[],
  accepted: AcceptedPacket | undefined,
  listed: number,
): Promise<Comparison> {
  if (accepted === undefined) return allNew(packet);
  const old = await oldTables(parts, packet, accepted);
  const tables: ComparedTable[] = [];
  const found: { readonly table: string; readonly changes: readonly RowChange[] }[] = [];
  const compare = async (
    one: Pick<ComparedTable, 'table' | 'rows' | 'bytes'>,
    kind: 'differs' | 'new' | 'gone',
    bodies: { readonly before?: BodyRef | undefined; readonly after?: BodyRef | undefined },
  ): Promise<void> => {
    const difference = await differenceOf(parts, one.table, bodies, listed);
    if (difference === undefined) {
      tables.push({ ...one, comparison: 'unknown', ...NONE });
      return;
    }
    const { changes, ...counts } = difference;
    tables.push({ ...one, comparison: kind, ...counts });
    found.push({ table: one.table, changes });
  };
  for (const { table, rows, body } of packet) {
    const one = { table, rows, bytes: body.size };
    const before = old.bodies.get(table);
    if (old.hashes.has(body.hash)) tables.push({ ...one, comparison: 'same', ...NONE });
    else if (before !== undefined) await compare(one, 'differs', { before, after: body });
    else if (old.lost(table)) tables.push({ ...one, comparison: 'unknown', ...NONE });
    else await compare(one, 'new', { after: body });
  }
  const here = new Set(packet.map(({ table }) => table));
  for (const [table, before] of old.bodies)
    if (!here.has(table)) await compare({ table, rows: 0, bytes: 0 }, 'gone', { before });
  for (const [table, rows] of Object.entries(accepted.rows ?? {}))
    if (rows > 0 && !here.has(table) && !old.bodies.has(table))
      tables.push({ table, rows: 0, bytes: 0, comparison: 'gone', ...NONE, removed: rows });
  return { tables, ...listedOf(tables, found, listed) };
}

/** Nothing to compare with: counted, not listed. */
function allNew(packet: readonly PacketTable[]): Comparison {
  const tables = packet.map(({ table, rows, body }): ComparedTable => ({
    table,
    rows,
    bytes: body.size,
    comparison: 'new',
    ...NONE,
    added: rows,
  }));
  return { tables, changes: [], more: tables.reduce((sum, { added }) => sum + added, 0) };
}

interface OldTables {
  readonly hashes: ReadonlySet<string>;
  /** Of tables whose segment is none of the new packet's. */
  readonly bodies: ReadonlyMap<string, BodyRef>;
  /** Whether the accepted packet may have had the table, although its bytes are not here. */
  lost(table: string): boolean;
}

async function oldTables(
  { bodies, hash }: Comparing,
  packet: readonly PacketTable[],
  { list, contentHash, rows }: AcceptedPacket,
): Promise<OldTables> {
  const parts = list !== undefined && hash(list) === contentHash ? partsOf(list) : undefined;
  const segments = (parts ?? []).flatMap((part) => ('segment' in part ? part.segment : []));
  const now = new Set<string>(packet.map(({ body }) => body.hash));
  const found = new Map<string, BodyRef>();
  let unnamed = parts === undefined;
  for (const segment of segments) {
    if (now.has(segment.hash)) continue;
    const table = await unlessGone(() => tableOf(oldBytes(bodies, segment)));
    if (table === undefined) unnamed = true;
    else found.set(table, segment);
  }
  return {
    hashes: new Set(segments.map((segment) => segment.hash)),
    bodies: found,
    lost: (table) => (rows === undefined ? unnamed : (ownNumber(rows, table) ?? 0) > 0),
  };
}

const ownNumber = (rows: Readonly<Record<string, number>>, table: string): number | undefined =>
  Object.hasOwn(rows, table) ? rows[table] : undefined;

/** Undefined where the old bytes are gone. */
function differenceOf(
  { bodies, mapping, runtime }: Comparing,
  table: string,
  sides: { readonly before?: BodyRef | undefined; readonly after?: BodyRef | undefined },
  listed: number,
): Promise<TableDifference | undefined> {
  const { before, after } = sides;
  const entity = mapping.push.entities.find((one) => one.entity === table);
  const keyFields = (entity?.orderBy ?? []).flatMap(
    (column) => Object.entries(entity?.fields ?? {}).find(([, field]) => field.column === column)?.[0] ?? [],
  );
  const input = {
    before: () => (before === undefined ? nothing() : rowTexts(oldBytes(bodies, before))),
    after: () => (after === undefined ? nothing() : rowTexts(bodies.open(after))),
    keyFields: keyFields.length === entity?.orderBy.length ? keyFields : [],
    listed,
  };
  return unlessGone(() => tableDifference(input, runtime));
}

async function* nothing(): RowTexts {}

/** Bytes of the accepted packet are not here, or not what they were. */
class OldBytesGone extends Error {}

async function* oldBytes(bodies: Pick<BodyStore, 'open'>, body: BodyRef): AsyncIterable<Uint8Array> {
  try {
    yield* bodies.open(body);
  } catch (error) {
    throw error instanceof DiskError ? new OldBytesGone() : error;
  }
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof OldBytesGone) return undefined;
    throw error;
  }
}

/** A table with thousands of changes must not hide the one change of another. */
function listedOf(
  tables: readonly ComparedTable[],
  found: readonly { readonly table: string; readonly changes: readonly RowChange[] }[],
  listed: number,
): Pick<Comparison, 'changes' | 'more'> {
  const shares = new Map<string, number>();
  let left = listed;
  [...found]
    .sort((one, other) => one.changes.length - other.changes.length)
    .forEach(({ table, changes }, index) => {
      const share = Math.min(changes.length, Math.floor(left / (found.length - index)));
      shares.set(table, share);
      left -= share;
    });
  const changes = found.flatMap(({ table, changes: some }) =>
    some.slice(0, shares.get(table)).map((change) => ({ table, ...change })),
  );
  const all = tables.reduce((sum, { added, removed, changed }) => sum + added + removed + changed, 0);
  return { changes, more: all - changes.length };
}
