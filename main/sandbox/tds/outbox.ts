import { ByteWriter } from './byte-writer.ts';
import { DEFAULT_PACKET_SIZE, HEADER_SIZE, PACKET, frame } from './packets.ts';

/** Tokens gathered before packets go out: large enough to keep system calls rare, small enough to bound memory. */
const FLUSH_AT = 32 * 1024;
/** Bytes framed at once, so that one huge value does not exist twice. */
const FRAME_AT_ONCE = 64 * 1024;

/** Sends framed bytes and resolves when more may be sent. Throws when the connection is gone. */
export type Deliver = (bytes: Buffer) => Promise<void>;

/** Gathers the tokens of an answer and sends them as packets, at the pace of the client. */
export class Outbox {
  readonly tokens = new ByteWriter();
  readonly #deliver: Deliver;
  #packetSize = DEFAULT_PACKET_SIZE;
  #packets = 0;
  spid = 0;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  setPacketSize(size: number): void {
    this.#packetSize = size;
  }

  /** Whether enough has gathered to be worth `flush`. */
  get full(): boolean {
    return this.tokens.length >= FLUSH_AT;
  }

  /** Sends whole packets and keeps the rest: at least a byte, since the last packet has to say that it is. */
  async flush(): Promise<void> {
    const room = this.#packetSize - HEADER_SIZE;
    await this.#send(Math.max(0, Math.floor((this.tokens.length - 1) / room)) * room);
  }

  /** Sends everything and closes the message. */
  async end(): Promise<void> {
    await this.flush();
    await this.#frame(0, this.tokens.length, true);
    this.discard();
  }

  /** Forgets what was not sent yet. */
  discard(): void {
    this.tokens.consume(this.tokens.length);
    this.#packets = 0;
  }

  async #send(size: number): Promise<void> {
    const room = this.#packetSize - HEADER_SIZE;
    const step = Math.max(1, Math.floor(FRAME_AT_ONCE / room)) * room;
    for (let from = 0; from < size; from += step) await this.#frame(from, Math.min(size, from + step), false);
    this.tokens.consume(size);
  }

  async #frame(from: number, to: number, last: boolean): Promise<void> {
    const { bytes, packets } = frame(
      this.tokens.view(from, to),
      { type: PACKET.answer, spid: this.spid, packetSize: this.#packetSize, firstId: this.#packets + 1 },
      last,
    );
    this.#packets += packets;
    await this.#deliver(bytes);
  }
}
