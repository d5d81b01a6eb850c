import type { ItemEditView } from '../../shared/contract/queue-requests.ts';
import { readXml, type XmlNode } from './queue-xml.ts';

/** All of what may be edited; deeper nesting than a packet ever has. */
const LIMITS = { nodes: 250_000, depth: 16, chars: 250_000 };
/** More than a person reads before saving. */
const MOST_CHANGES = 200;
/** Characters of a value that are shown. */
const VALUE_CHARS = 200;
const ROW_ID = 'dms_rowid';

type Change = ItemEditView['changes'][number];

interface Row {
  readonly name: string;
  /** By name without capitals: the name as written, and the value. */
  readonly fields: ReadonlyMap<string, readonly [name: string, value: string]>;
}
interface Table {
  readonly name: string;
  readonly rows: readonly XmlNode[];
}

/** What differs between two packets. */
export interface PacketChanges {
  readonly changes: readonly Change[];
  /** Changes beyond those listed. */
  readonly more: number;
}

/**
 * What an edit of a packet's text changes, by table, row and field, in the edited packet's order; for looking at before it is
 * saved. The agent compares again when it saves. Rows are the same by their id; where ids are missing or repeated, by place.
 */
export function packetChanges(before: string, after: string): PacketChanges {
  const [old, now] = [tablesOf(before), tablesOf(after)];
  const changes: Change[] = [];
  let more = 0;
  for (const key of keysOf(old, now)) {
    const [was, is] = [old.get(key), now.get(key)];
    const [oldRows, newRows] = rowsOf(was, is);
    for (const id of keysOf(oldRows, newRows)) {
      const [oldRow, newRow] = [oldRows.get(id), newRows.get(id)];
      const table = is?.name ?? was?.name ?? key;
      const row = newRow?.name ?? oldRow?.name ?? id;
      for (const field of keysOf(oldRow?.fields ?? NO_FIELDS, newRow?.fields ?? NO_FIELDS)) {
        const [from, to] = [oldRow?.fields.get(field), newRow?.fields.get(field)];
        if (from?.[1] === to?.[1]) continue;
        if (changes.length === MOST_CHANGES) more += 1;
        else
          changes.push({
            table,
            row,
            field: to?.[0] ?? from?.[0] ?? field,
            before: short(from?.[1]),
            after: short(to?.[1]),
          });
      }
    }
  }
  return { changes, more };
}

const NO_FIELDS: Row['fields'] = new Map();

const short = (text: string | undefined): string | undefined =>
  text === undefined || text.length <= VALUE_CHARS ? text : `${text.slice(0, VALUE_CHARS - 1)}…`;

/** Keys of both, those of the second first and in its order. */
const keysOf = (
  one: ReadonlyMap<string, unknown>,
  other: ReadonlyMap<string, unknown>,
): readonly string[] => [...new Set([...other.keys(), ...one.keys()])];

function tablesOf(text: string): ReadonlyMap<string, Table> {
  const read = readXml(text.replace(/^\uFEFF/, ''), LIMITS);
  const tables = new Map<string, Table>();
  for (const child of read?.root.children ?? []) {
    const name = child.attributes.get('tablename') ?? child.attributes.get('name') ?? child.name;
    const key = name.toLowerCase();
    const rows = child.children.some((row) => row.children.length > 0)
      ? child.children
      : child.children.length > 0
        ? [child]
        : [];
    const known = tables.get(key);
    tables.set(key, { name: known?.name ?? name, rows: [...(known?.rows ?? []), ...rows] });
  }
  return tables;
}

type Rows = ReadonlyMap<string, Row>;

function rowsOf(old: Table | undefined, now: Table | undefined): readonly [Rows, Rows] {
  const [oldRows, newRows] = [rowsById(old), rowsById(now)];
  return oldRows !== undefined && newRows !== undefined
    ? [oldRows, newRows]
    : [rowsByPlace(old), rowsByPlace(now)];
}

function rowsById(table: Table | undefined): Rows | undefined {
  const rows = new Map<string, Row>();
  for (const node of table?.rows ?? []) {
    const fields = fieldsOf(node);
    const id = fields.get(ROW_ID)?.[1] ?? '';
    if (id === '' || rows.has(id.toLowerCase())) return undefined;
    rows.set(id.toLowerCase(), { name: id, fields });
  }
  return rows;
}

const rowsByPlace = (table: Table | undefined): Rows =>
  new Map(
    (table?.rows ?? []).map((node, n): [string, Row] => {
      const fields = fieldsOf(node);
      return [String(n + 1), { name: fields.get(ROW_ID)?.[1] || String(n + 1), fields }];
    }),
  );

/** The row's fields; what its tag says of it (new, changed, deleted) is one of them. */
function fieldsOf(row: XmlNode): Row['fields'] {
  const fields = new Map<string, readonly [string, string]>();
  for (const name of ['status', 'state']) {
    const said = row.attributes.get(name);
    if (said !== undefined) fields.set(` ${name}`, [name, said]);
  }
  for (const field of row.children) fields.set(field.name.toLowerCase(), [field.name, textOf(field)]);
  return fields;
}

const textOf = (node: XmlNode): string => [node.text, ...node.children.map(textOf)].join('');
