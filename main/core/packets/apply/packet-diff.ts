import type { EditNote, FieldEdit } from '../../queue/edit-store.ts';
import type { Packet, PacketRow, PacketTable } from '../codec/packet.ts';

/** Changes that are kept of one edit, and characters of each value. */
const MOST_CHANGES = 200;
const VALUE_CHARS = 200;

const ROW_ID = 'dms_rowid';

/** What differs, by table, row and field, in the order of the edited packet; bounded. `before` undefined: it cannot be read. Pure. */
export function packetDiff(before: Packet | undefined, after: Packet): Pick<EditNote, 'changes' | 'more'> {
  const changes: FieldEdit[] = [];
  let more = 0;
  const note = (change: FieldEdit): void => {
    if (changes.length === MOST_CHANGES) more += 1;
    else changes.push({ ...change, before: short(change.before), after: short(change.after) });
  };
  for (const key of keysOf(before?.tables, after.tables)) {
    const [old, now] = [before?.tables.get(key), after.tables.get(key)];
    const table = now?.name ?? old?.name ?? key;
    const [oldRows, newRows] = rowsOf(old, now);
    for (const row of keysOf(oldRows, newRows)) {
      const [was, is] = [oldRows.get(row), newRows.get(row)];
      for (const { field, from, to } of fieldsOf(was, is))
        note({ table, row: is === undefined ? nameOf(was) : nameOf(is), field, before: from, after: to });
    }
  }
  return { changes, more };
}

const short = (value: string | null): string | null =>
  value === null || value.length <= VALUE_CHARS ? value : `${value.slice(0, VALUE_CHARS - 1)}…`;

/** Keys of both, those of the second in its order first. */
function keysOf(
  one: ReadonlyMap<string, unknown> | undefined,
  other: ReadonlyMap<string, unknown>,
): readonly string[] {
  return [...new Set([...other.keys(), ...(one?.keys() ?? [])])];
}

type Rows = ReadonlyMap<string, PacketRow>;

/** Rows are the same by their id; a table in which ids are missing or repeated is compared by position. */
function rowsOf(old: PacketTable | undefined, now: PacketTable | undefined): readonly [Rows, Rows] {
  const byId = [old, now].map((table) => rowsById(table));
  const [oldRows, newRows] = byId;
  if (oldRows !== undefined && newRows !== undefined) return [oldRows, newRows];
  return [rowsByNumber(old), rowsByNumber(now)];
}

function rowsById(table: PacketTable | undefined): Rows | undefined {
  const rows = new Map<string, PacketRow>();
  for (const row of table?.rows ?? []) {
    const id = row.fields.get(ROW_ID)?.value.toLowerCase() ?? '';
    if (id === '' || rows.has(id)) return undefined;
    rows.set(id, row);
  }
  return rows;
}

const rowsByNumber = (table: PacketTable | undefined): Rows =>
  new Map((table?.rows ?? []).map((row) => [String(row.number), row]));

const nameOf = (row: PacketRow | undefined): string =>
  short(row?.fields.get(ROW_ID)?.value ?? String(row?.number ?? '')) ?? '';

function fieldsOf(
  was: PacketRow | undefined,
  is: PacketRow | undefined,
): readonly { readonly field: string; readonly from: string | null; readonly to: string | null }[] {
  const fields = keysOf(was?.fields, is?.fields ?? new Map<string, never>()).map((key) => {
    const [old, now] = [was?.fields.get(key), is?.fields.get(key)];
    return { field: now?.name ?? old?.name ?? key, from: old?.value ?? null, to: now?.value ?? null };
  });
  const status = { field: 'status', from: was?.status ?? null, to: is?.status ?? null };
  return [status, ...fields].filter(({ from, to }) => from !== to);
}
