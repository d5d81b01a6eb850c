import type { Mapping } from '../../../../shared/model/mapping.ts';
import { plainText, rowIdOf, type Placed } from '../../mapping/plan-row.ts';
import { documentRows, tableRows, type DocumentRows } from '../../mapping/plan-rows.ts';
import type { EditNote } from '../../queue/edit-store.ts';
import type { Packet, PacketRow } from '../codec/packet.ts';
import { packetDiff } from './packet-diff.ts';

/** By what a document is found again: its row id, or the number the phone gave it. `document` undefined: of any kind. */
export interface DocumentKey {
  readonly document: string | undefined;
  readonly rowId?: string | undefined;
  readonly number?: string | undefined;
}

type Pull = Pick<Mapping, 'pull'> | undefined;
type Differences = Pick<EditNote, 'changes' | 'more'>;

/** Where no mapping says otherwise. */
const ROW_ID = 'DMS_ROWID';
const ID_KEY = ROW_ID.toLowerCase();
/** One packet is one visit: what names more documents is no packet of a phone. */
const MOST_KEYS = 200;

/** What documents a packet is about, as far as that can be read; bounded. Pure. */
export function documentKeys(packet: Packet, mapping: Pull): readonly DocumentKey[] {
  const documents = documentsOf(packet, mapping);
  const keys =
    documents !== undefined
      ? documents.flatMap((one) => keysOf(one))
      : [...looseKeys(packet), ...numbersOfLines(packet, mapping)];
  return keys.slice(0, MOST_KEYS);
}

/**
 * What a packet says otherwise than an older one about the documents both have: only those rows are compared. Rows that the
 * newer one does not send count as gone only where it sends others of their table. Undefined: they have no document in common.
 * Pure.
 */
export function documentDiff(before: Packet, after: Packet, mapping: Pull): Differences | undefined {
  const [old, now] = [documentsOf(before, mapping), documentsOf(after, mapping)];
  const pairs = old === undefined || now === undefined ? undefined : pairsOf(old, now);
  if (pairs === undefined || pairs.length === 0) {
    const rows = sameRows(before, after);
    return rows === undefined ? undefined : packetDiff(...rows);
  }
  const found = pairs.map((pair) => pairDiff(pair));
  return {
    changes: found.flatMap(({ changes }) => changes),
    more: found.reduce((sum, { more }) => sum + more, 0),
  };
}

/** Undefined where the packet does not fall into documents: then rows are all there is to go by. */
function documentsOf(packet: Packet, mapping: Pull): readonly DocumentRows[] | undefined {
  if (mapping === undefined) return undefined;
  const found = documentRows(packet, mapping);
  return found.ok ? found.value : undefined;
}

function keysOf({ handler: { document, number: field }, rowId, header }: DocumentRows): DocumentKey[] {
  const number = plainText(header, field);
  return [{ document, rowId }, ...(number === '' ? [] : [{ document, number }])];
}

function looseKeys(packet: Packet): DocumentKey[] {
  return [...packet.tables.values()].flatMap(({ name }) =>
    tableRows(packet, name).flatMap((at) => {
      const rowId = rowIdOf(at, ROW_ID);
      return rowId.ok ? [{ document: undefined, rowId: rowId.value }] : [];
    }),
  );
}

/** Lines without their header name it by its number. */
function numbersOfLines(packet: Packet, mapping: Pull): DocumentKey[] {
  return (mapping?.pull.documents ?? []).flatMap(({ document, number, lines }) =>
    lines.flatMap(({ entity, join }) =>
      join === undefined || number === undefined || join.header.toLowerCase() !== number.toLowerCase()
        ? []
        : [...new Set(tableRows(packet, entity).map((at) => plainText(at, join.line)))].flatMap((one) =>
            one === '' ? [] : [{ document, number: one }],
          ),
    ),
  );
}

interface Pair {
  readonly was: DocumentRows;
  readonly is: DocumentRows;
}

function pairsOf(old: readonly DocumentRows[], now: readonly DocumentRows[]): readonly Pair[] {
  return now.flatMap((is) => {
    const same = old.filter(({ handler }) => handler.document === is.handler.document);
    const number = plainText(is.header, is.handler.number);
    const was =
      same.find(({ rowId }) => rowId.toLowerCase() === is.rowId.toLowerCase()) ??
      same.find(({ header, handler }) => number !== '' && plainText(header, handler.number) === number);
    return was === undefined ? [] : [{ was, is }];
  });
}

function pairDiff({ was, is }: Pair): Differences {
  const now = placedRows(is);
  const sent = new Set(now.map(({ table }) => table.toLowerCase()));
  const old = placedRows(was).filter(({ table }) => sent.has(table.toLowerCase()));
  if (was.rowId.toLowerCase() === is.rowId.toLowerCase()) return packetDiff(...packetsOf(old, now));
  // The same document from another device: its rows have other ids, so they are compared by their order.
  const { changes, more } = packetDiff(...packetsOf(old.map(withoutId), now.map(withoutId)));
  const id = { table: is.header.table, row: is.rowId, field: is.handler.rowId };
  return { changes: [{ ...id, before: was.rowId, after: is.rowId }, ...changes], more };
}

/** Its rows, each once: the rows of a document without a header are its lines. */
const placedRows = ({ header, lines }: DocumentRows): readonly Placed[] => [
  ...new Map([header, ...lines.flat()].map((at) => [at.row, at])).values(),
];

/** Rows that both have by their id; undefined when there are none. */
function sameRows(before: Packet, after: Packet): readonly [Packet, Packet] | undefined {
  const old = new Map(rowsWithId(before).map((one) => [one.key, one.at]));
  const now = rowsWithId(after).filter(({ key }) => old.has(key));
  if (now.length === 0) return undefined;
  return packetsOf(
    now.flatMap(({ key }) => old.get(key) ?? []),
    now.map(({ at }) => at),
  );
}

const keyOf = ({ table, row }: Placed): string | undefined => {
  const id = row.fields.get(ID_KEY)?.value.trim().toLowerCase() ?? '';
  return id === '' ? undefined : JSON.stringify([table.toLowerCase(), id]);
};

const rowsWithId = (packet: Packet): readonly { readonly key: string; readonly at: Placed }[] =>
  [...packet.tables.values()].flatMap(({ name }) =>
    tableRows(packet, name).flatMap((at) => {
      const key = keyOf(at);
      return key === undefined ? [] : [{ key, at }];
    }),
  );

/** Packets of these rows. A row that is deleted need not repeat what it deletes: what it leaves out is no difference. */
function packetsOf(old: readonly Placed[], now: readonly Placed[]): readonly [Packet, Packet] {
  const deleted = new Map(
    now.filter(({ row }) => row.status === 'delete').map((at) => [keyOf(at), at.row.fields] as const),
  );
  const kept = old.map((at): Placed => {
    const said = deleted.get(keyOf(at));
    if (said === undefined) return at;
    return {
      ...at,
      row: { ...at.row, fields: new Map([...at.row.fields].filter(([key]) => said.has(key))) },
    };
  });
  return [packetOf(kept), packetOf(now)];
}

function packetOf(rows: readonly Placed[]): Packet {
  const tables = new Map<string, { readonly name: string; readonly rows: PacketRow[] }>();
  for (const { table, row } of rows) {
    const key = table.toLowerCase();
    const there = tables.get(key) ?? { name: table, rows: [] };
    there.rows.push({ ...row, number: there.rows.length + 1 });
    tables.set(key, there);
  }
  return { user: undefined, tables };
}

const withoutId = ({ table, row }: Placed): Placed => ({
  table,
  row: { ...row, fields: new Map([...row.fields].filter(([key]) => key !== ID_KEY)) },
});
