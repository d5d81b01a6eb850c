import { ByteChunks, markupOf, type Markup } from './byte-chunks.ts';
import type { ColumnToWrite } from './column-to-write.ts';
import { refuse, shown } from './refusal.ts';

/** One row to write: fields in order; null is left out, empty text is an empty element. */
export type RowToWrite = Iterable<readonly [field: string, value: string | null]>;

/** Rows as values in the order of `columns`. */
export interface RowBlocks {
  readonly columns: readonly ColumnToWrite[];
  readonly blocks: AsyncIterable<readonly (readonly (string | null)[])[]>;
}

export interface TableToWrite {
  readonly name: string;
  /** In blocks, where there are many: what each row costs by itself is then not paid. */
  readonly rows: Iterable<RowToWrite> | AsyncIterable<RowToWrite> | RowBlocks;
  /** Written even without rows; otherwise an empty table is left out. */
  readonly keepEmpty?: boolean | undefined;
}

export interface PacketToWrite {
  readonly user: string;
  readonly tables: Iterable<TableToWrite> | AsyncIterable<TableToWrite>;
}

// Everything XML 1.0 cannot carry: control characters, halves of surrogate pairs, the two non-characters.
const UNWRITABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const XML_NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_.-]*$/u;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

const escapeText = (text: string): string =>
  /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char) : text;
const escapeAttribute = (text: string): string =>
  text.replace(/[&<>"\r\n\t]/g, (char) => ESCAPES[char] ?? char);

/** Whether a packet can have a field of this name. */
export const isFieldName = (name: string): boolean => name.length <= 128 && XML_NAME.test(name);

/** XML declaration and the root's start tag. */
export function packetStart(user: string): string {
  check(user, { where: 'root', field: 'salesmancode' });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NavMobileSync salesmancode="${escapeAttribute(user)}">\n`;
}
export const PACKET_END = '</NavMobileSync>\n';

function tableStart(name: string): string {
  check(name, { where: `table ${shown(name)}`, field: 'tablename' });
  return `<table tablename="${escapeAttribute(name)}">\n`;
}
const TABLE_END = '</table>\n';
const ROW_START = markupOf('<r status="insert">');
const ROW_END = markupOf('</r>\n');

/**
 * Writes a packet as strict XML, UTF-8, in chunks of at most 256 KiB. Throws BodyStreamError `rejected` with table, row
 * and field for what XML cannot carry. Reads rows as fast as chunks are taken.
 */
export async function* writePacket(packet: PacketToWrite): AsyncGenerator<Uint8Array, void, undefined> {
  const out = new ByteChunks();
  out.raw(packetStart(packet.user));
  const written = new Set<string>();
  for await (const table of packet.tables) {
    if (written.has(table.name.toLowerCase()))
      throw refuse({
        code: 'table-twice',
        where: `table ${shown(table.name)}`,
        message: 'a packet holds each table once',
      });
    written.add(table.name.toLowerCase());
    yield* tableInto(out, table);
  }
  out.raw(PACKET_END);
  yield* out.takeAll();
}

/** One table as it stands in a packet: no bytes where it has no rows. Throws what `writePacket` throws. */
export async function* writeTable(table: TableToWrite): AsyncGenerator<Uint8Array, void, undefined> {
  const out = new ByteChunks();
  yield* tableInto(out, table);
  yield* out.takeAll();
}

async function* tableInto(out: ByteChunks, table: TableToWrite): AsyncGenerator<Uint8Array, void, undefined> {
  const writer = new TableWriter(table.name, out);
  const { rows } = table;
  if ('blocks' in rows) {
    const columns = rows.columns.map((column) => ({ ...column, tags: undefined }));
    for await (const block of rows.blocks) {
      for (const row of block) {
        writer.cells(columns, row);
        if (out.hasFull) yield* out.takeFull();
      }
    }
  } else if (Symbol.iterator in rows)
    for (const row of rows) {
      writer.row(row);
      if (out.hasFull) yield* out.takeFull();
    }
  else
    for await (const row of rows) {
      writer.row(row);
      if (out.hasFull) yield* out.takeFull();
    }
  writer.end(table.keepEmpty === true);
}

interface Tags {
  readonly open: Markup;
  readonly close: Markup;
}
interface Column extends ColumnToWrite {
  /** Made with the first value: a name nothing is written under is not looked at. `end` is of what `quick` leaves out. */
  tags: (Tags & { readonly end: Markup }) | undefined;
}

class TableWriter {
  readonly #name: string;
  readonly #start: string;
  readonly #out: ByteChunks;
  readonly #tags = new Map<string, Tags>();
  #number = 0;

  constructor(name: string, out: ByteChunks) {
    this.#name = name;
    this.#start = tableStart(name);
    this.#out = out;
  }

  row(row: RowToWrite): void {
    this.#begin();
    for (const [field, value] of row) if (value !== null) this.#value(field, this.#tagsOf(field), value);
    this.#out.markup(ROW_END);
  }

  cells(columns: readonly Column[], row: readonly (string | null)[]): void {
    this.#begin();
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index];
      if (column === undefined) continue;
      const value = row[index] ?? null;
      if (value === null) {
        if (column.absent !== null) this.#value(column.field, this.#tagsOf(column.field), column.absent);
      } else this.#cell(column, value);
    }
    this.#out.markup(ROW_END);
  }

  end(keepEmpty: boolean): void {
    if (this.#number === 0 && !keepEmpty) return;
    if (this.#number === 0) this.#out.raw(this.#start);
    this.#out.raw(TABLE_END);
  }

  #begin(): void {
    this.#number += 1;
    if (this.#number === 1) this.#out.raw(this.#start);
    this.#out.markup(ROW_START);
  }

  #cell(column: Column, value: string): void {
    const { quick, field } = column;
    const tags = (column.tags ??= this.#columnTags(column));
    if (quick.by === 'whole') {
      if (quick.fits(value)) {
        this.#value(field, tags, value);
        return;
      }
    } else if (quick.by === 'start') {
      const end = quick.end(value);
      if (end >= 0) {
        this.#out.digits(tags.open, value, end, tags.end);
        return;
      }
    } else {
      const text = quick.text(value);
      if (text !== undefined) {
        this.#out.digits(tags.open, text, text.length, tags.close);
        return;
      }
    }
    const text = column.text(value, this.#number);
    if (text !== null) this.#value(field, tags, text);
  }

  #columnTags({ field, quick }: Column): Tags & { readonly end: Markup } {
    const tags = this.#tagsOf(field);
    const suffix = quick.by === 'start' ? quick.suffix : '';
    return { ...tags, end: suffix === '' ? tags.close : markupOf(`${suffix}</${field}>`) };
  }

  #value(field: string, tags: Tags, value: string): void {
    const out = this.#out;
    if (out.element(tags.open, value, tags.close)) return;
    check(value, { where: this.#where(), field });
    out.markup(tags.open);
    out.raw(escapeText(value));
    out.markup(tags.close);
  }

  #tagsOf(field: string): Tags {
    const known = this.#tags.get(field);
    if (known !== undefined) return known;
    if (!isFieldName(field))
      throw refuse({
        code: 'bad-field-name',
        where: this.#where(),
        field,
        message: `${shown(field)} cannot be the name of a field`,
      });
    const tags = { open: markupOf(`<${field}>`), close: markupOf(`</${field}>`) };
    this.#tags.set(field, tags);
    return tags;
  }

  #where(): string {
    return `${this.#name} row ${this.#number}`;
  }
}

function check(text: string, at: { readonly where: string; readonly field: string }): void {
  const bad = UNWRITABLE.exec(text);
  if (bad === null) return;
  const code = (bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  throw refuse({
    code: 'unwritable-character',
    ...at,
    message: `the character U+${code} at position ${bad.index + 1} cannot be sent`,
  });
}
