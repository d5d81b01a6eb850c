import { KnownRowsDamaged, type KnownRow } from '../../../core/feeds/known-rows.ts';

/**
 * The lines of a list of known rows: JSON, `[gone, hash, ...key]` a row, and `{"rows": n}` at the end. Written and read as
 * bytes: a table has millions of rows, and texts of lines and parsed lists outlive their rows by far.
 */

const [QUOTE, COMMA, ZERO, ONE, OPEN, BACKSLASH, CLOSE] = [0x22, 0x2c, 0x30, 0x31, 0x5b, 0x5c, 0x5d];
const FIRST_PRINTED = 0x20;
export const NEWLINE = 0x0a;

/** Goes into JSON as it is, a byte a character. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Most bytes a character of a JSON text takes: an escape. */
const WIDEST = 6;

export class KnownLines {
  #bytes: Buffer;
  #size = 0;

  constructor(room: number) {
    this.#bytes = Buffer.allocUnsafe(room);
  }

  get size(): number {
    return this.#size;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  add({ key, hash }: KnownRow, gone: boolean): void {
    this.#plain(gone ? '[1,"' : '[0,"');
    this.#text(hash);
    for (const part of key) {
      this.#plain('","');
      this.#text(part);
    }
    this.#plain('"]\n');
  }

  end(rows: number): void {
    this.#plain(`${JSON.stringify({ rows })}\n`);
  }

  #text(text: string): void {
    if (PLAIN.test(text)) return this.#plain(text);
    const escaped = JSON.stringify(text).slice(1, -1);
    this.#reserve(WIDEST * escaped.length);
    this.#size += this.#bytes.write(escaped, this.#size);
  }

  #plain(text: string): void {
    this.#reserve(text.length);
    this.#size += this.#bytes.write(text, this.#size, 'latin1');
  }

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#size + more));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}

interface KnownLine {
  readonly gone: boolean;
  readonly row: KnownRow;
}

/** A row, or the number of rows. Throws KnownRowsDamaged. */
export const readLine = (data: Buffer, start: number, end: number): KnownLine | number =>
  plainLine(data, start, end) ?? anyLine(data.toString('utf8', start, end));

/** A row without escapes; undefined for everything else. */
function plainLine(data: Buffer, start: number, end: number): KnownLine | undefined {
  const flag = data[start + 1];
  if (data[start] !== OPEN || (flag !== ZERO && flag !== ONE) || data[end - 1] !== CLOSE) return undefined;
  let hash: string | undefined;
  const key: string[] = [];
  let at = start + 2;
  while (at < end - 1) {
    if (data[at] !== COMMA || data[at + 1] !== QUOTE) return undefined;
    const from = at + 2;
    for (at = from; at < end && data[at] !== QUOTE; at += 1) {
      const byte = data[at] ?? 0;
      if (byte < FIRST_PRINTED || byte === BACKSLASH) return undefined;
    }
    if (at >= end) return undefined;
    const text = data.toString('utf8', from, at);
    if (hash === undefined) hash = text;
    else key.push(text);
    at += 1;
  }
  return hash === undefined ? undefined : { gone: flag === ONE, row: { key, hash } };
}

function anyLine(line: string): KnownLine | number {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KnownRowsDamaged();
  }
  if (Array.isArray(value)) {
    const [gone, hash, ...key] = value as unknown[];
    if (typeof hash === 'string' && key.every((part) => typeof part === 'string'))
      return { gone: gone === 1, row: { key, hash } };
  } else if (typeof value === 'object' && value !== null && 'rows' in value && typeof value.rows === 'number')
    return value.rows;
  throw new KnownRowsDamaged();
}
