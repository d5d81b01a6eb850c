import { readXml, type XmlNode } from './queue-xml.ts';

/** Enough for any order; a snapshot shows its beginning. */
const LIMITS = { nodes: 20_000, depth: 12, chars: 2_000 };
const MOST_TABLES = 40;
const MOST_ROWS = 50;
const MOST_COLUMNS = 40;

export interface ShownRow {
  /** What the row asks for, where it is no plain new row. */
  readonly status: 'update' | 'delete' | undefined;
  /** By column; undefined where the row does not have it. */
  readonly values: readonly (string | undefined)[];
}

export interface ShownTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly ShownRow[];
  /** Rows and columns that are there and not shown. */
  readonly moreRows: number;
  readonly moreColumns: number;
}

/** A packet as tables, for showing. */
export interface ShownDocument {
  readonly tables: readonly ShownTable[];
  /** Something was left out or broken: the packet's text has it. */
  readonly cut: boolean;
}

/**
 * The packet's text as tables with fields and values. Tolerant: any markup of tables, rows and fields will do, capitals do not
 * matter, what is cut off or broken shows up to there. Undefined when there is no markup or nothing in it.
 */
export function readDocument(text: string): ShownDocument | undefined {
  const read = readXml(text.replace(/^\uFEFF/, ''), LIMITS);
  if (read === undefined) return undefined;
  const byName = new Map<string, XmlNode[]>();
  for (const child of read.root.children) {
    const own = nameOf(child);
    const rows = child.children.some((row) => row.children.length > 0)
      ? child.children
      : child.children.length > 0
        ? [child]
        : [];
    byName.set(own, [...(byName.get(own) ?? []), ...rows]);
  }
  const named = [...byName].filter(([, rows]) => rows.length > 0);
  if (named.length === 0) return undefined;
  return {
    tables: named.slice(0, MOST_TABLES).map(([name, rows]) => tableOf(name, rows)),
    cut: !read.whole || named.length > MOST_TABLES,
  };
}

const nameOf = (node: XmlNode): string =>
  node.attributes.get('tablename') ?? node.attributes.get('name') ?? node.name;

/** Keys of rows say nothing to people: they stand last. */
const isKey = (name: string): boolean => /^dms_rowid$/i.test(name);

function tableOf(name: string, rows: readonly XmlNode[]): ShownTable {
  const shown = rows.slice(0, MOST_ROWS);
  const columns = new Map<string, string>();
  for (const row of shown)
    for (const field of row.children)
      if (!columns.has(field.name.toLowerCase())) columns.set(field.name.toLowerCase(), field.name);
  const ordered = [...columns].toSorted(([, a], [, b]) => Number(isKey(a)) - Number(isKey(b)));
  const kept = ordered.slice(0, MOST_COLUMNS);
  return {
    name,
    columns: kept.map(([, column]) => column),
    rows: shown.map((row) => {
      const values = new Map(row.children.map((field) => [field.name.toLowerCase(), wholeText(field)]));
      return { status: statusOf(row), values: kept.map(([key]) => values.get(key)) };
    }),
    moreRows: rows.length - shown.length,
    moreColumns: ordered.length - kept.length,
  };
}

function statusOf(row: XmlNode): ShownRow['status'] {
  const status = row.attributes.get('status')?.toLowerCase() ?? '';
  if (status.startsWith('delete')) return 'delete';
  return status.startsWith('update') ? 'update' : undefined;
}

/** A field that holds elements shows their texts. */
const wholeText = (node: XmlNode): string =>
  node.children.length === 0
    ? node.text
    : [node.text.trim(), ...node.children.map(wholeText)].filter((part) => part !== '').join(' ');
