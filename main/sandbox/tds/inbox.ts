import type { Duplex } from 'node:stream';
import { ProtocolError } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { PACKET, PacketReader, STATUS } from './packets.ts';
import type { Packet } from './packets.ts';

/** Before a login nobody may make the server hold more than this. */
const MAX_BEFORE_LOGIN = 64 * 1024;
/** Bulk rows waiting for the engine; beyond it the socket is no longer read. */
const MAX_WAITING = 1024 * 1024;
/** Messages a client may send ahead of their answers: it sends one, and perhaps an attention. */
const MAX_QUEUED = 8;

/** The bytes of a bulk load while they arrive. `next` yields all that wait, and null at the end of the message. */
export interface IncomingStream {
  next(): Promise<Buffer | null>;
}

export type Message =
  | {
      readonly kind: 'whole';
      readonly type: number;
      readonly body: Buffer;
      readonly reset: boolean;
      readonly ignored: boolean;
    }
  | {
      readonly kind: 'stream';
      readonly type: number;
      readonly stream: IncomingStream;
      readonly reset: boolean;
    }
  | { readonly kind: 'attention' };

/** The client ended the stream with the "ignore" flag: nothing of it counts. */
export class StreamCancelled extends Error {}

function isLast(packet: Packet): boolean {
  return (packet.status & STATUS.endOfMessage) !== 0;
}

function isIgnored(packet: Packet): boolean {
  return (packet.status & STATUS.ignore) !== 0;
}

function resets(status: number): boolean {
  if ((status & STATUS.resetConnectionKeepTransaction) !== 0)
    throw new ProtocolError('a reset that keeps the transaction is not supported');
  return (status & STATUS.resetConnection) !== 0;
}

class BulkStream implements IncomingStream {
  readonly #chunks: Buffer[] = [];
  readonly #onTaken: (size: number) => void;
  #end: 'open' | 'complete' | Error = 'open';
  #wake: (() => void) | undefined;

  constructor(onTaken: (size: number) => void) {
    this.#onTaken = onTaken;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  finish(end: 'complete' | Error): void {
    if (this.#end === 'open') this.#end = end;
    this.#wake?.();
  }

  async next(): Promise<Buffer | null> {
    for (;;) {
      if (this.#end instanceof Error) throw this.#end;
      if (this.#chunks.length > 0) {
        const [first] = this.#chunks;
        const waiting =
          this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
        this.#chunks.length = 0;
        this.#onTaken(waiting.length);
        return waiting;
      }
      if (this.#end === 'complete') return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}

/** Assembles packets into messages, in order. Attentions are told at once as well, since they concern the running request. */
export class Inbox {
  readonly #packets = new PacketReader();
  readonly #queue: Message[] = [];
  #stream: Duplex | undefined;
  #maxMessage = MAX_BEFORE_LOGIN;
  /** Type and status of the message that is arriving, by its first packet. */
  #open: { readonly type: number; readonly status: number } | undefined;
  #parts = new ByteWriter(0);
  #bulk: BulkStream | undefined;
  #waitingBytes = 0;
  #paused = false;
  #frozen = false;
  #ended: Error | 'closed' | undefined;
  #wake: (() => void) | undefined;

  /** Called the moment an attention arrives. */
  onAttention: () => void = () => {};
  /** Called once, when nothing more will come. */
  onEnd: () => void = () => {};

  readonly #onData = (chunk: Buffer): void => this.#feed(chunk);
  readonly #onClose = (): void => this.#finish('closed');

  /** Reads from `stream`, after the bytes of it that were already read. */
  attach(stream: Duplex, early: Buffer): void {
    this.#stream = stream;
    if (early.length > 0) this.#feed(early);
    stream.on('data', this.#onData);
    stream.on('end', this.#onClose);
    stream.on('close', this.#onClose);
    stream.resume();
  }

  /** Stops reading and returns what arrived but belongs to nobody yet. */
  detach(): Buffer {
    const stream = this.#stream;
    stream?.off('data', this.#onData);
    stream?.off('end', this.#onClose);
    stream?.off('close', this.#onClose);
    stream?.pause();
    this.#stream = undefined;
    return this.#packets.takeRest();
  }

  allow(maxMessage: number): void {
    this.#maxMessage = maxMessage;
  }

  /** From now on nothing that arrives is looked at. */
  freeze(): void {
    this.#frozen = true;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether an attention waits behind the message that was taken last. */
  get attentionWaiting(): boolean {
    return this.#queue[0]?.kind === 'attention';
  }

  /** The next message; null when the client is gone. Throws `ProtocolError` for bytes that are no message. */
  async next(): Promise<Message | null> {
    for (;;) {
      const message = this.#queue.shift();
      if (message) {
        this.#pace();
        return message;
      }
      if (this.#ended instanceof Error) throw this.#ended;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  #feed(chunk: Buffer): void {
    if (this.#frozen || this.#ended !== undefined) return;
    try {
      for (const packet of this.#packets.feed(chunk)) {
        this.#take(packet);
        // A handshake's bytes follow the prelogin at once; they are for whoever takes over after `detach`.
        if (this.#stream === undefined) return;
      }
    } catch (error) {
      this.#finish(error instanceof Error ? error : new ProtocolError(String(error)));
    }
    this.#pace();
  }

  #take(packet: Packet): void {
    if (packet.type === PACKET.attention) {
      this.#put({ kind: 'attention' });
      this.onAttention();
      return;
    }
    this.#open ??= packet;
    if (packet.type !== this.#open.type) throw new ProtocolError('a packet of another type inside a message');
    if (packet.type === PACKET.bulk) this.#takeBulk(packet, this.#open.status);
    else this.#takePart(packet, this.#open.status);
    if (isLast(packet)) this.#open = undefined;
  }

  #takeBulk(packet: Packet, status: number): void {
    if (!this.#bulk) {
      this.#bulk = new BulkStream((size) => {
        this.#waitingBytes -= size;
        this.#pace();
      });
      this.#put({ kind: 'stream', type: packet.type, stream: this.#bulk, reset: resets(status) });
    }
    if (!isIgnored(packet) && packet.payload.length > 0) {
      this.#waitingBytes += packet.payload.length;
      this.#bulk.push(packet.payload);
    }
    if (!isLast(packet)) return;
    this.#bulk.finish(
      isIgnored(packet) ? new StreamCancelled('the client cancelled the bulk load') : 'complete',
    );
    this.#bulk = undefined;
  }

  #takePart(packet: Packet, status: number): void {
    const size = this.#parts.length + packet.payload.length;
    if (size > this.#maxMessage) throw new ProtocolError(`a message of more than ${this.#maxMessage} bytes`);
    const whole = isLast(packet) && this.#parts.length === 0;
    if (!whole) this.#parts.bytes(packet.payload);
    if (!isLast(packet)) return;
    const body = whole ? packet.payload : this.#parts.view();
    if (!whole) this.#parts = new ByteWriter(0);
    const { type } = packet;
    this.#put({ kind: 'whole', type, body, reset: resets(status), ignored: isIgnored(packet) });
  }

  #put(message: Message): void {
    if (this.#queue.length >= MAX_QUEUED) throw new ProtocolError('too many messages ahead of their answers');
    this.#queue.push(message);
    this.#wake?.();
  }

  #pace(): void {
    const stream = this.#stream;
    const crowded = this.#waitingBytes > MAX_WAITING;
    if (!stream || crowded === this.#paused) return;
    this.#paused = crowded;
    if (crowded) stream.pause();
    else stream.resume();
  }

  #finish(end: Error | 'closed'): void {
    if (this.#ended !== undefined) return;
    this.#ended = end;
    this.#parts = new ByteWriter(0);
    this.#bulk?.finish(end === 'closed' ? new StreamCancelled('the client is gone') : end);
    this.#bulk = undefined;
    this.#wake?.();
    this.onEnd();
  }
}
