import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { isPacketRoot, readProlog } from './prolog.ts';
import { STREAM_LIMITS, type PacketEvent, type ReadLimits, type ReadOptions } from './packet.ts';
import { refuse, shown } from './refusal.ts';
import { RowBuilder } from './row-builder.ts';
import { XmlScanner } from './xml-scanner.ts';

/** Between two of these the loop belongs to others: 64 KiB parse in a few milliseconds. */
const SLICE_BYTES = 64 * 1024;

/**
 * Reads a packet as a stream of what each piece of it holds, holding no more than a piece. Refusals are thrown as
 * BodyStreamError with a `rejected` failure saying what, where (table, row, field, line:column) and why, after what came
 * before them; an aborted signal as `cancelled`. Errors of `chunks` pass through.
 */
export async function* readPacket(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<readonly PacketEvent[], void, undefined> {
  const { runtime, signal, limits = STREAM_LIMITS, statusWins = false } = options;
  const document = new PacketDocument(limits, statusWins);
  try {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += SLICE_BYTES) {
        if (signal.aborted) throw new BodyStreamError({ kind: 'cancelled' });
        document.write(chunk.subarray(from, from + SLICE_BYTES));
        const events = document.take();
        if (events.length > 0) yield events;
        await runtime.yield();
      }
    }
    document.end();
  } catch (error) {
    const events = document.take();
    if (events.length > 0) yield events;
    throw error;
  }
}

/** Bytes in, events out; knows nothing of streams. */
class PacketDocument {
  readonly #limits: ReadLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #scanner: XmlScanner;
  readonly #builder: RowBuilder;
  #bytes = 0;
  /** Text held back until the first element is known. */
  #prolog: string | undefined = '';

  constructor(limits: ReadLimits, statusWins: boolean) {
    this.#limits = limits;
    this.#builder = new RowBuilder(limits, () => this.#scanner.place(), statusWins);
    this.#scanner = new XmlScanner(limits, this.#builder);
  }

  take(): readonly PacketEvent[] {
    return this.#builder.take();
  }

  write(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > this.#limits.bytes)
      throw this.#builder.refuse({ code: 'too-large', message: `more than ${this.#limits.bytes} bytes` });
    this.#feed(this.#decode(bytes));
  }

  end(): void {
    this.#feed(this.#decode(undefined));
    if (this.#prolog !== undefined)
      throw refuse({
        code: 'not-a-packet',
        where: '1:1',
        message: 'the document ends before its first element',
      });
    this.#scanner.end();
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

  #feed(text: string): void {
    let fed = text;
    if (this.#prolog !== undefined) {
      this.#prolog += text;
      // Taken off here: a decoder that is given a document in pieces may take two for one.
      fed = this.#prolog.startsWith('\uFEFF') ? this.#prolog.slice(1) : this.#prolog;
      const verdict = readProlog(fed);
      if (verdict.kind === 'more') return;
      if (verdict.kind === 'not-xml')
        throw refuse({
          code: verdict.code,
          where: '1:1',
          message: verdict.detail,
        });
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
      this.#prolog = undefined;
    }
    this.#scanner.write(fed);
  }
}
