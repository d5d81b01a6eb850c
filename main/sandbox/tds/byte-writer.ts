/** Below this a loop is faster than a call into native code. */
const SHORT_TEXT = 32;

/** Capacity kept between answers; a larger one (a row with a huge value) is given back after it was sent. */
const KEPT_CAPACITY = 256 * 1024;

/** A growing little-endian buffer. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A view of what was written; valid until the next write. */
  view(from = 0, to = this.#length): Buffer {
    return this.#bytes.subarray(from, to);
  }

  /** Drops the first `size` bytes. */
  consume(size: number): void {
    const rest = this.#length - size;
    if (this.#bytes.length > KEPT_CAPACITY && rest < KEPT_CAPACITY / 2) {
      const smaller = Buffer.allocUnsafe(KEPT_CAPACITY);
      this.#bytes.copy(smaller, 0, size, this.#length);
      this.#bytes = smaller;
    } else if (rest > 0) {
      this.#bytes.copyWithin(0, size, this.#length);
    }
    this.#length = rest;
  }

  /** Forgets what was written after `length`. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    const wanted = at + size;
    if (wanted > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, wanted));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = wanted;
    return at;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#reserve(2);
    this.#bytes.writeUInt16LE(value, at);
  }

  i16(value: number): void {
    const at = this.#reserve(2);
    this.#bytes.writeInt16LE(value, at);
  }

  u24(value: number): void {
    const at = this.#reserve(3);
    this.#bytes.writeUIntLE(value, at, 3);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  u32be(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  u16be(value: number): void {
    const at = this.#reserve(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  i32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeInt32LE(value, at);
  }

  u40(value: number): void {
    const at = this.#reserve(5);
    this.#bytes.writeUIntLE(value, at, 5);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#bytes.writeBigUInt64LE(value, at);
  }

  i64(value: bigint): void {
    const at = this.#reserve(8);
    this.#bytes.writeBigInt64LE(value, at);
  }

  f32(value: number): void {
    const at = this.#reserve(4);
    this.#bytes.writeFloatLE(value, at);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    this.#bytes.writeDoubleLE(value, at);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** UTF-16 text without a length. */
  utf16(value: string): void {
    const at = this.#reserve(value.length * 2);
    const bytes = this.#bytes;
    if (value.length > SHORT_TEXT) {
      bytes.write(value, at, 'utf16le');
      return;
    }
    for (let i = 0, to = at; i < value.length; i += 1, to += 2) {
      const unit = value.charCodeAt(i);
      bytes[to] = unit & 0xff;
      bytes[to + 1] = unit >> 8;
    }
  }

  /** Text preceded by its length in characters, in one byte; longer text is cut. */
  shortText(value: string): void {
    const fitting = value.length > 255 ? value.slice(0, 255) : value;
    this.u8(fitting.length);
    this.utf16(fitting);
  }

  /** Text preceded by its length in characters, in two bytes; longer text is cut. */
  text(value: string): void {
    const fitting = value.length > 65_535 ? value.slice(0, 65_535) : value;
    this.u16(fitting.length);
    this.utf16(fitting);
  }

  /** Sets a two-byte length written earlier as a placeholder at `at` to the bytes that followed it. */
  closeLength(at: number): void {
    this.#bytes.writeUInt16LE(this.#length - at - 2, at);
  }
}
