import { ProtocolError } from './byte-reader.ts';

export const HEADER_SIZE = 8;
export const DEFAULT_PACKET_SIZE = 4096;
/** What the protocol allows; a header may declare up to 65535, which nothing ever negotiates. */
export const MIN_PACKET_SIZE = 512;
export const MAX_PACKET_SIZE = 32_767;

export const PACKET = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  bulk: 0x07,
  transaction: 0x0e,
  login: 0x10,
  securityToken: 0x11,
  prelogin: 0x12,
} as const;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(PACKET));

export const STATUS = {
  endOfMessage: 0x01,
  ignore: 0x02,
  resetConnection: 0x08,
  resetConnectionKeepTransaction: 0x10,
} as const;

export interface Packet {
  readonly type: number;
  readonly status: number;
  readonly payload: Buffer;
}

/** Cuts a byte stream into packets. Holds at most one incomplete packet. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Yields the packets completed by `chunk`. Throws `ProtocolError` on a length no packet can have. */
  *feed(chunk: Buffer): Generator<Packet> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const bytes = this.#rest;
      if (bytes.length < HEADER_SIZE) return;
      const type = bytes.readUInt8(0);
      // Told from the header alone: a client of another protocol may never send the rest.
      if (!KNOWN_TYPES.has(type)) throw new ProtocolError(`a packet of type 0x${type.toString(16)}`);
      const size = bytes.readUInt16BE(2);
      if (size < HEADER_SIZE || size > MAX_PACKET_SIZE)
        throw new ProtocolError(`a packet declares ${size} bytes`);
      if (bytes.length < size) return;
      this.#rest = bytes.subarray(size);
      yield {
        type,
        status: bytes.readUInt8(1),
        payload: bytes.subarray(HEADER_SIZE, size),
      };
    }
  }

  /** Bytes not yet part of a packet; they belong to whoever reads the stream next. */
  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

export interface Framing {
  readonly type: number;
  readonly spid: number;
  readonly packetSize: number;
  /** Number of the first packet; counts modulo 256. */
  readonly firstId: number;
}

/**
 * Puts headers between the bytes of a message, in one buffer. With `last` the final packet closes the message, and no
 * bytes at all make one empty packet; without it `payload` must be a multiple of the packet's room.
 */
export function frame(payload: Buffer, framing: Framing, last: boolean): { bytes: Buffer; packets: number } {
  const room = framing.packetSize - HEADER_SIZE;
  const packets = Math.max(1, Math.ceil(payload.length / room));
  const bytes = Buffer.allocUnsafe(payload.length + packets * HEADER_SIZE);
  let from = 0;
  let to = 0;
  for (let n = 0; n < packets; n += 1) {
    const size = Math.min(room, payload.length - from);
    bytes[to] = framing.type;
    bytes[to + 1] = last && n === packets - 1 ? STATUS.endOfMessage : 0;
    bytes.writeUInt16BE(size + HEADER_SIZE, to + 2);
    bytes.writeUInt16BE(framing.spid & 0xffff, to + 4);
    bytes[to + 6] = (framing.firstId + n) & 0xff;
    bytes[to + 7] = 0;
    payload.copy(bytes, to + HEADER_SIZE, from, from + size);
    from += size;
    to += size + HEADER_SIZE;
  }
  return { bytes, packets };
}
