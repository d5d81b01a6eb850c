import { SaxesParser } from 'saxes';

/** A packet in plain data, for comparing; undefined where it is refused. */
export interface PlainPacket {
  readonly user: string | undefined;
  readonly tables: readonly { readonly name: string; readonly rows: readonly PlainRow[] }[];
}

export interface PlainRow {
  readonly number: number;
  readonly status: string;
  readonly at: string;
  readonly fields: readonly {
    readonly name: string;
    readonly value: string;
    readonly nested: boolean;
  }[];
}

interface Element {
  readonly name: string;
  readonly attributes: readonly (readonly [string, string])[];
  readonly at: string;
  readonly children: (Element | string)[];
}

/** Accepts `<?target?body?>`, where XML wants a blank behind the target. */
const LENIENT_INSTRUCTION = /<\?[^\s?>]+\?(?!>)/;

/**
 * The same packet read by a parser of others into a tree, and the tree into rows: slow, and written without a look at the
 * reader it judges. `unclear` where the parser takes what XML 1.0 does not have.
 */
export function referenceRead(bytes: Uint8Array): PlainPacket | 'refused' | 'unclear' {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return 'refused';
  }
  if (LENIENT_INSTRUCTION.test(text)) return 'unclear';
  const root = treeOf(text);
  return root === undefined ? 'refused' : (packetOf(root) ?? 'refused');
}

function treeOf(text: string): Element | undefined {
  const parser = new SaxesParser({ xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const open: Element[] = [];
  let root: Element | undefined;
  let isWrong = false;
  const add = (piece: string): void => {
    open.at(-1)?.children.push(piece);
  };
  parser.on('doctype', () => {
    isWrong = true;
  });
  parser.on('error', () => {
    isWrong = true;
  });
  parser.on('opentag', (tag) => {
    const at = `${parser.line}:${parser.columnIndex + 1}`;
    const element = { name: tag.name, attributes: Object.entries(tag.attributes), at, children: [] };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(encoding)) isWrong = true;
  });
  parser.write(text).close();
  return isWrong ? undefined : root;
}

const isName = (element: Element, name: string): boolean => element.name.toLowerCase() === name;
const attribute = (element: Element, name: string): string | undefined =>
  element.attributes.find(([one]) => one.toLowerCase() === name)?.[1];
const textOf = (element: Element): string =>
  element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');

/** Elements below one that holds nothing else but blanks. */
function elementsOf(element: Element): readonly Element[] | undefined {
  const found: Element[] = [];
  for (const child of element.children) {
    if (typeof child !== 'string') found.push(child);
    else if (child.replaceAll(/[ \t\r\n]/g, '') !== '') return undefined;
  }
  return found;
}

const depthOf = (element: Element): number =>
  1 + Math.max(0, ...element.children.map((child) => (typeof child === 'string' ? 0 : depthOf(child))));

const ASKED = new Map([
  ['insert', 'insert'],
  ['inserted', 'insert'],
  ['read', 'insert'],
  ['update', 'update'],
  ['updated', 'update'],
  ['delete', 'delete'],
  ['deleted', 'delete'],
]);
const STATES = new Map([
  ['1', 'insert'],
  ['2', 'update'],
  ['3', 'delete'],
]);

function packetOf(root: Element): PlainPacket | undefined {
  if (!isName(root, 'navmobilesync') || depthOf(root) > 16) return undefined;
  const tables = new Map<string, { name: string; rows: PlainRow[] }>();
  for (const table of elementsOf(root) ?? [undefined]) {
    if (table === undefined || !isName(table, 'table')) return undefined;
    const name = attribute(table, 'tablename') ?? attribute(table, 'name') ?? '';
    if (name.trim() === '' || name.length > 128) return undefined;
    const there = tables.get(name.toLowerCase()) ?? { name, rows: [] };
    tables.set(name.toLowerCase(), there);
    for (const element of elementsOf(table) ?? [undefined]) {
      const row = element === undefined ? undefined : rowOf(element, there.rows.length + 1);
      if (row === undefined) return undefined;
      there.rows.push(row);
    }
  }
  return { user: attribute(root, 'salesmancode'), tables: [...tables.values()] };
}

function rowOf(element: Element, number: number): PlainRow | undefined {
  const children = elementsOf(element);
  if (children === undefined || !isName(element, 'r')) return undefined;
  const fields = new Map<string, PlainRow['fields'][number]>();
  for (const child of children) {
    const key = child.name.toLowerCase();
    const there = fields.get(key);
    const value = textOf(child);
    const nested = child.children.some((one) => typeof one !== 'string');
    if (there !== undefined && there.value !== value) return undefined;
    fields.set(key, { name: child.name, value, nested: nested || there?.nested === true });
  }
  const wanted = (attribute(element, 'status') ?? '').trim().toLowerCase();
  const asked = ASKED.get(wanted);
  const state = STATES.get(fields.get('state')?.value.trim() ?? '');
  if (
    (wanted !== '' && asked === undefined) ||
    (asked !== undefined && state !== undefined && asked !== state)
  )
    return undefined;
  return { number, status: asked ?? state ?? 'insert', at: element.at, fields: [...fields.values()] };
}
