import { refuse, shown } from './refusal.ts';

/** One row to write: fields in order; null is left out, empty text is an empty element. */
export type RowToWrite = Iterable<readonly [field: string, value: string | null]>;

export interface TableToWrite {
  readonly name: string;
  readonly rows: Iterable<RowToWrite> | AsyncIterable<RowToWrite>;
  /** Written even without rows; otherwise an empty table is left out. */
  readonly keepEmpty?: boolean | undefined;
}

export interface PacketToWrite {
  readonly user: string;
  readonly tables: Iterable<TableToWrite> | AsyncIterable<TableToWrite>;
}

const CHUNK_BYTES = 64 * 1024;
/** Characters whose UTF-8 form certainly fits a chunk. */
const PIECE_CHARS = Math.floor(CHUNK_BYTES / 3);

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

export function tableStart(name: string): string {
  check(name, { where: `table ${shown(name)}`, field: 'tablename' });
  return `<table tablename="${escapeAttribute(name)}">\n`;
}
export const TABLE_END = '</table>\n';

/**
 * One row as XML, the same text for the same values. Throws BodyStreamError `rejected` with table, row number and field
 * for what XML cannot carry.
 */
export function rowText(table: string, number: number, row: RowToWrite): string {
  let text = '<r status="insert">';
  for (const [field, value] of row) {
    if (value === null) continue;
    if (!isFieldName(field))
      throw refuse({
        code: 'bad-field-name',
        where: `${table} row ${number}`,
        field,
        message: `${shown(field)} cannot be the name of a field`,
      });
    if (UNWRITABLE.test(value)) check(value, { where: `${table} row ${number}`, field });
    text += `<${field}>${escapeText(value)}</${field}>`;
  }
  return `${text}</r>\n`;
}

/**
 * Writes a packet as strict XML, UTF-8, in chunks of at most 64 KiB. Throws BodyStreamError `rejected` with table, row
 * and field for what XML cannot carry. Reads rows as fast as chunks are taken.
 */
export async function* writePacket(packet: PacketToWrite): AsyncGenerator<Uint8Array, void, undefined> {
  yield* encodeText(packetText(packet));
}

async function* packetText(packet: PacketToWrite): AsyncGenerator<string, void, undefined> {
  yield packetStart(packet.user);
  const written = new Set<string>();
  for await (const table of packet.tables) {
    const start = tableStart(table.name);
    if (written.has(table.name.toLowerCase()))
      throw refuse({
        code: 'table-twice',
        where: `table ${shown(table.name)}`,
        message: 'a packet holds each table once',
      });
    written.add(table.name.toLowerCase());
    let number = 0;
    for await (const row of table.rows) {
      number += 1;
      if (number === 1) yield start;
      yield rowText(table.name, number, row);
    }
    if (number === 0 && table.keepEmpty === true) yield start;
    if (number > 0 || table.keepEmpty === true) yield TABLE_END;
  }
  yield PACKET_END;
}

/** Joins pieces of text to chunks of at most 64 KiB of UTF-8. */
export async function* encodeText(
  pieces: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let chunk = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for await (const piece of pieces) {
    let from = 0;
    while (from < piece.length) {
      const part = pieceFrom(piece, from);
      const { read, written } = encoder.encodeInto(part, chunk.subarray(used));
      used += written;
      from += read;
      if (read === part.length) continue;
      yield chunk.subarray(0, used);
      chunk = new Uint8Array(CHUNK_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}

/** A slice that never ends between the halves of a surrogate pair. */
function pieceFrom(text: string, from: number): string {
  if (text.length - from <= PIECE_CHARS) return from === 0 ? text : text.slice(from);
  const last = text.charCodeAt(from + PIECE_CHARS - 1);
  return text.slice(from, from + PIECE_CHARS - (last >= 0xd800 && last <= 0xdbff ? 1 : 0));
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
