import { SaxesParser } from 'saxes';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { isPacketRoot, readProlog } from './prolog.ts';
import { STREAM_LIMITS, type PacketEvent, type ReadLimits, type ReadOptions } from './packet.ts';
import { refuse, shown } from './refusal.ts';
import { RowBuilder } from './row-builder.ts';

/** Between two of these the loop belongs to others: 64 KiB parse in a few milliseconds. */
const SLICE_BYTES = 64 * 1024;

/**
 * Reads a packet as a stream, holding one row at a time. Refusals are thrown as BodyStreamError with a `rejected`
 * failure saying what, where (table, row, field, line:column) and why; an aborted signal as `cancelled`. Errors of
 * `chunks` pass through.
 */
export async function* readPacket(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<PacketEvent, void, undefined> {
  const { runtime, signal, limits = STREAM_LIMITS } = options;
  const document = new PacketDocument(limits);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
      if (signal.aborted) throw new BodyStreamError({ kind: 'cancelled' });
      yield* document.write(chunk.subarray(from, from + SLICE_BYTES));
      await runtime.yield();
    }
  }
  yield* document.end();
}

/** Bytes in, events out; knows nothing of streams. */
class PacketDocument {
  readonly #limits: ReadLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #parser = new SaxesParser({ xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true });
  readonly #builder: RowBuilder;
  #bytes = 0;
  /** Text held back until the first element is known. */
  #prolog: string | undefined = '';
  /** Where the parser last had something to say: what lies behind it is one piece of text. */
  #mark = 0;
  #attributes = 0;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
    const parser = this.#parser;
    this.#builder = new RowBuilder(limits, () => `${parser.line}:${parser.columnIndex + 1}`);
    this.#listen();
  }

  write(bytes: Uint8Array): PacketEvent[] {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#limits.bytes)
      throw this.#builder.refuse({ code: 'too-large', message: `more than ${this.#limits.bytes} bytes` });
    return this.#feed(this.#decode(bytes));
  }

  end(): PacketEvent[] {
    const events = this.#feed(this.#decode(undefined));
    if (this.#prolog !== undefined)
      throw refuse({
        code: 'not-a-packet',
        where: '1:1',
        message: 'the document ends before its first element',
      });
    this.#parser.close();
    return [...events, ...this.#builder.events.splice(0)];
  }

  #decode(bytes: Uint8Array | undefined): string {
    try {
      return bytes === undefined ? this.#decoder.decode() : this.#decoder.decode(bytes, { stream: true });
    } catch {
      throw this.#builder.refuse({
        code: 'not-utf8',
        message: `bytes that are no UTF-8 within the 64 KiB before byte ${this.#bytes}`,
      });
    }
  }

  #feed(text: string): PacketEvent[] {
    let fed = text;
    if (this.#prolog !== undefined) {
      this.#prolog += text;
      const verdict = readProlog(this.#prolog);
      if (verdict.kind === 'more') return [];
      if (verdict.kind === 'not-xml')
        throw refuse({ code: 'not-a-packet', where: '1:1', message: verdict.detail });
      if (verdict.doctype)
        throw refuse({
          code: 'doctype',
          where: '1:1',
          message: 'a document type declaration; packets have none, and what it declares is not read',
        });
      if (!isPacketRoot(verdict.name))
        throw refuse({
          code: 'not-a-packet',
          where: '1:1',
          message: `the root element is ${shown(verdict.name)}`,
        });
      if (verdict.encoding !== undefined && !/^(utf-8|us-ascii)$/i.test(verdict.encoding))
        throw refuse({
          code: 'wrong-encoding',
          where: '1:1',
          message: `the declared encoding is ${shown(verdict.encoding)}, not UTF-8`,
        });
      fed = this.#prolog;
      this.#prolog = undefined;
    }
    this.#parser.write(fed);
    if (this.#parser.position - this.#mark > this.#limits.textChars) throw this.#builder.textTooLong();
    return this.#builder.events.splice(0);
  }

  #listen(): void {
    const parser = this.#parser;
    const builder = this.#builder;
    const mark = (): void => {
      this.#mark = parser.position;
    };
    // At most seven handlers: with more the parser object loses its fast form and reads five times slower. A document type
    // declaration is refused in the prolog before the parser sees it; anywhere else it is an error of the parser.
    parser.on('attribute', () => {
      this.#attributes += 1;
      if (this.#attributes > this.#limits.attributes)
        throw builder.refuse({
          code: 'too-many-attributes',
          message: `more than ${this.#limits.attributes} attributes on one element`,
        });
      mark();
    });
    parser.on('opentag', (tag) => {
      this.#attributes = 0;
      mark();
      builder.open(tag.name, tag.attributes);
    });
    parser.on('closetag', () => {
      mark();
      builder.close();
    });
    const text = (piece: string): void => {
      mark();
      builder.text(piece);
    };
    parser.on('text', text);
    parser.on('cdata', text);
    parser.on('comment', mark);
    parser.on('error', (error) => {
      const words = error.message.replace(/^\d+:\d+: /, '');
      throw builder.refuse({
        code: 'malformed',
        message: words.length > 200 ? `${words.slice(0, 200)}…` : words,
      });
    });
  }
}
