/** A client broke the protocol. The only answer is to close the connection. */
export class ProtocolError extends Error {}

/** Bytes ran out. Within a whole message that is a broken message; within a stream it says how many are wanted. */
export class Truncated extends ProtocolError {
  /** Bytes wanted in total, counted from the start of the buffer. */
  readonly size: number;
  constructor(size: number) {
    super('a declared length reaches beyond the message');
    this.size = size;
  }
}

/** Reads little-endian values and never past the end: every declared length is checked before anything is allocated. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new Truncated(at + size);
    this.#at = at + size;
    return at;
  }

  peek(): number {
    const at = this.#take(1);
    this.#at = at;
    return this.#bytes.readUInt8(at);
  }

  skip(size: number): void {
    this.#take(size);
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  i16(): number {
    return this.#bytes.readInt16LE(this.#take(2));
  }

  u24(): number {
    return this.#bytes.readUIntLE(this.#take(3), 3);
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  i32(): number {
    return this.#bytes.readInt32LE(this.#take(4));
  }

  u40(): number {
    return this.#bytes.readUIntLE(this.#take(5), 5);
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8));
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  f32(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  /** A view, not a copy: whoever keeps it copies it. */
  view(size: number): Buffer {
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** UTF-16 text of a length given in bytes. */
  utf16(size: number): string {
    if (size % 2 !== 0) throw new ProtocolError('UTF-16 text of an odd number of bytes');
    const at = this.#take(size);
    return this.#bytes.toString('utf16le', at, at + size);
  }

  /** Text preceded by its length in characters, in one byte. */
  shortText(): string {
    return this.utf16(this.u8() * 2);
  }

  /** Text preceded by its length in characters, in two bytes. */
  text(): string {
    return this.utf16(this.u16() * 2);
  }
}
