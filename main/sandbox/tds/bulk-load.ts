import { ByteReader, ProtocolError, Truncated } from './byte-reader.ts';
import type { IncomingStream } from './inbox.ts';
import { readTypeInfo } from './type-info.ts';
import type { WireType } from './type-info.ts';
import { readValue } from './values-in.ts';
import type { SqlColumn, SqlValue } from '../tsql/face.ts';

const TOKEN = { columns: 0x81, row: 0xd1, compactRow: 0xd2, done: 0xfd } as const;
/** What a SQL Server table can have. */
const MAX_COLUMNS = 1024;
const FLAG = { nullable: 0x01, identity: 0x10 } as const;
const DONE_SIZE = 12;

interface BulkColumn {
  readonly column: SqlColumn;
  readonly wire: WireType;
}

export interface BulkLoad {
  readonly columns: readonly SqlColumn[];
  readonly rows: AsyncIterable<readonly SqlValue[]>;
}

/**
 * Decodes a bulk load while it arrives. The rows end with DONE or with the message; both are in use. `maxRow` bounds the
 * bytes one row may declare; `broken` is called before the rows throw.
 */
export async function readBulkLoad(
  stream: IncomingStream,
  maxRow: number,
  broken: () => void,
): Promise<BulkLoad> {
  const source = new TokenSource(stream, maxRow);
  const columns = (await source.read(readColumns)) ?? [];
  return {
    columns: columns.map(({ column }) => column),
    rows: { [Symbol.asyncIterator]: () => new BulkRows(source, columns, broken) },
  };
}

type Row = readonly SqlValue[];

/** No generator: most rows are there already, and each `yield` would cost more than decoding one. */
class BulkRows implements AsyncIterator<Row> {
  readonly #source: TokenSource;
  readonly #columns: readonly BulkColumn[];
  readonly #broken: () => void;
  #over: boolean;

  constructor(source: TokenSource, columns: readonly BulkColumn[], broken: () => void) {
    this.#source = source;
    this.#columns = columns;
    this.#broken = broken;
    this.#over = columns.length === 0;
  }

  next(): Promise<IteratorResult<Row>> {
    if (this.#over) return Promise.resolve(END);
    try {
      const row = this.#source.tryRead(this.#row);
      return row === undefined ? this.#wait() : Promise.resolve(this.#step(row));
    } catch (error) {
      return this.#fail(error);
    }
  }

  return(): Promise<IteratorResult<Row>> {
    this.#over = true;
    return Promise.resolve(END);
  }

  async #wait(): Promise<IteratorResult<Row>> {
    try {
      return this.#step(await this.#source.read(this.#row));
    } catch (error) {
      return await this.#fail(error);
    }
  }

  #step(row: Row | 'done' | undefined): IteratorResult<Row> {
    if (row !== undefined && row !== 'done') return { done: false, value: row };
    this.#over = true;
    return END;
  }

  #fail(error: unknown): Promise<never> {
    this.#over = true;
    this.#broken();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  readonly #row = (from: ByteReader): Row | 'done' => {
    const token = from.u8();
    if (token === TOKEN.done) {
      from.skip(DONE_SIZE);
      return 'done';
    }
    const columns = this.#columns;
    if (token === TOKEN.row) return columns.map(({ wire }) => readValue(from, wire));
    if (token !== TOKEN.compactRow)
      throw new ProtocolError(`the token 0x${token.toString(16)} among bulk rows`);
    const nulls = from.view(Math.ceil(columns.length / 8));
    return columns.map(({ wire }, n) =>
      (nulls.readUInt8(n >> 3) & (1 << (n & 7))) === 0 ? readValue(from, wire) : null,
    );
  };
}

const END: IteratorResult<Row> = { done: true, value: undefined };

function readColumns(from: ByteReader): BulkColumn[] {
  if (from.u8() !== TOKEN.columns)
    throw new ProtocolError('a bulk load that does not begin with its columns');
  const count = from.u16();
  if (count > MAX_COLUMNS) throw new ProtocolError(`a bulk load of ${count} columns`);
  const columns: BulkColumn[] = [];
  for (let n = 0; n < count; n += 1) {
    from.u32();
    const flags = from.u16();
    const wire = readTypeInfo(from, 'row');
    if (wire.framing === 'pointer') from.text();
    const name = from.shortText();
    columns.push({
      wire,
      column: {
        name,
        type: wire.type,
        nullable: (flags & FLAG.nullable) !== 0,
        identity: (flags & FLAG.identity) !== 0,
      },
    });
  }
  return columns;
}

/** Bytes of a stream, read one whole token at a time: a token that is not there yet is tried again when more came. */
class TokenSource {
  readonly #stream: IncomingStream;
  readonly #max: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;

  constructor(stream: IncomingStream, max: number) {
    this.#stream = stream;
    this.#max = max;
  }

  /** Undefined when the token is not complete yet. */
  tryRead<T>(parse: (from: ByteReader) => T): T | undefined {
    if (this.#at >= this.#bytes.length) return undefined;
    const from = new ByteReader(this.#bytes, this.#at);
    try {
      const token = parse(from);
      this.#at = from.position;
      return token;
    } catch (error) {
      if (!(error instanceof Truncated) || this.#ended) throw error;
      this.#wanted = error.size - this.#at;
      return undefined;
    }
  }

  #wanted = 1;

  /** Waits for the token; undefined at the end of the message. */
  async read<T>(parse: (from: ByteReader) => T): Promise<T | undefined> {
    for (;;) {
      if (this.#ended && this.#at >= this.#bytes.length) return undefined;
      const token = this.tryRead(parse);
      if (token !== undefined) return token;
      await this.#more();
    }
  }

  /** Gathers at least half as much again: a value in many small chunks is tried a few times, not once per chunk. */
  async #more(): Promise<void> {
    if (this.#wanted > this.#max) throw new ProtocolError(`a row of more than ${this.#max} bytes`);
    const rest = this.#bytes.subarray(this.#at);
    const parts = [rest];
    let size = rest.length;
    const enough = Math.max(this.#wanted, Math.ceil(size * 1.5));
    while (size < enough && !this.#ended) {
      const part = await this.#stream.next();
      if (part === null) this.#ended = true;
      else {
        parts.push(part);
        size += part.length;
      }
    }
    this.#bytes = Buffer.concat(parts, size);
    this.#at = 0;
    this.#wanted = 1;
  }
}
