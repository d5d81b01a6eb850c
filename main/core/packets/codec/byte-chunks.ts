/** Largest chunk of a packet that is written: each costs whoever hashes and stores it a step. */
export const CHUNK_BYTES = 256 * 1024;
/** Of the first one: most parts of packets are a few rows, and memory that nobody fills has to be cleared too. */
const FIRST_BYTES = 8 * 1024;
/** Markup is written in whole words, whose last one may reach beyond its end. */
const SLACK_BYTES = 4;
/** Characters whose bytes certainly fit an empty chunk, however they are written. */
const SURE_CHARS = Math.floor(CHUNK_BYTES / 6);

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

const bytesOfText = (text: string): Uint8Array => encoder.encode(text);

/** Text of ours, much shorter than a chunk, ready to be written many times: four bytes at once. */
export interface Markup {
  readonly words: Uint32Array;
  readonly length: number;
}

export function markupOf(text: string): Markup {
  const bytes = bytesOfText(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const words = Uint32Array.from({ length: padded.length / 4 }, (_, index) =>
    view.getUint32(index * 4, true),
  );
  return { words, length: bytes.length };
}

/** What the text of an element cannot hold as it is. */
const ENTITIES: ReadonlyMap<number, Uint8Array> = new Map([
  [0x26, bytesOfText('&amp;')],
  [0x3c, bytesOfText('&lt;')],
  [0x3e, bytesOfText('&gt;')],
  [0x0d, bytesOfText('&#13;')],
]);
const PLAIN = 0;
const ENTITY = 1;
const UNWRITABLE = 2;
/** Kind of each ASCII character. */
const KINDS = Uint8Array.from({ length: 0x80 }, (_, code) =>
  ENTITIES.has(code) ? ENTITY : code >= 0x20 || code === 0x09 || code === 0x0a ? PLAIN : UNWRITABLE,
);

/**
 * Text on its way into UTF-8, in chunks of at most `CHUNK_BYTES`. Characters are looked at once: what has to be escaped or
 * cannot be written is seen in the same pass that writes the bytes.
 */
export class ByteChunks {
  #bytes = NOTHING;
  #view = new DataView(NOTHING.buffer);
  #used = 0;
  /** What `#bytes` has room for. */
  #room = 0;
  #least = FIRST_BYTES;
  #full: Uint8Array[] = [];

  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  /** Chunks that are full, once each. */
  takeFull(): readonly Uint8Array[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Everything that is left. */
  takeAll(): readonly Uint8Array[] {
    this.#close();
    return this.takeFull();
  }

  markup(markup: Markup): void {
    if (this.#used + markup.length > this.#room) this.#makeRoom(markup.length);
    put(this.#view, this.#used, markup.words);
    this.#used += markup.length;
  }

  /** Text as it is, of any length; whoever calls has escaped it. */
  raw(text: string): void {
    let from = 0;
    while (from < text.length) {
      let end = Math.min(text.length, from + SURE_CHARS);
      // Never between the halves of a surrogate pair.
      if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
      const part = text.slice(from, end);
      if (this.#used + part.length * 3 > this.#room) this.#makeRoom(part.length * 3);
      this.#used += encoder.encodeInto(part, this.#bytes.subarray(this.#used)).written;
      from = end;
    }
  }

  /** An element: the first characters of a text between its tags. They are ASCII, and nothing of them is escaped. */
  digits(open: Markup, text: string, length: number, close: Markup): void {
    const most = length + open.length + close.length;
    if (this.#used + most > this.#room) this.#makeRoom(most);
    const to = this.#bytes;
    put(this.#view, this.#used, open.words);
    let at = this.#used + open.length;
    for (let index = 0; index < length; index += 1) to[at++] = text.charCodeAt(index);
    put(this.#view, at, close.words);
    this.#used = at + close.length;
  }

  /**
   * An element: its text escaped between its tags. False when nothing was written, because the text is long, or rare in
   * what it holds (surrogates, characters that cannot be written): it is then checked, escaped and written as `raw`.
   */
  element(open: Markup, text: string, close: Markup): boolean {
    const { length } = text;
    if (length > SURE_CHARS) return false;
    const most = length * 5 + open.length + close.length;
    if (this.#used + most > this.#room) this.#makeRoom(most);
    const to = this.#bytes;
    put(this.#view, this.#used, open.words);
    let at = this.#used + open.length;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x80) {
        const kind = KINDS[code];
        if (kind === PLAIN) to[at++] = code;
        else if (kind === ENTITY) {
          const entity = ENTITIES.get(code);
          if (entity === undefined) return false;
          to.set(entity, at);
          at += entity.length;
        } else return false;
      } else if (code < 0x800) {
        to[at++] = 0xc0 | (code >> 6);
        to[at++] = 0x80 | (code & 0x3f);
      } else if (code < 0xd800 || (code > 0xdfff && code < 0xfffe)) {
        to[at++] = 0xe0 | (code >> 12);
        to[at++] = 0x80 | ((code >> 6) & 0x3f);
        to[at++] = 0x80 | (code & 0x3f);
      } else return false;
    }
    put(this.#view, at, close.words);
    this.#used = at + close.length;
    return true;
  }

  #close(): void {
    if (this.#used === 0) return;
    this.#full.push(this.#bytes.subarray(0, this.#used));
    // Chunks are handed on and may be kept: each has memory of its own.
    this.#take(NOTHING, 0);
    this.#used = 0;
    // Where one was filled, more follow.
    this.#least = CHUNK_BYTES;
  }

  /** For so many bytes more, in this chunk or, where they may not fit it, in the next. */
  #makeRoom(bytes: number): void {
    if (this.#used + bytes > CHUNK_BYTES) this.#close();
    const room = Math.min(CHUNK_BYTES, Math.max(this.#least, this.#room * 4, this.#used + bytes));
    if (room <= this.#room) return;
    const larger = new Uint8Array(room + SLACK_BYTES);
    larger.set(this.#bytes.subarray(0, this.#used));
    this.#take(larger, room);
  }

  #take(bytes: Uint8Array<ArrayBuffer>, room: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#room = room;
  }
}

function put(view: DataView, at: number, words: Uint32Array): void {
  for (let index = 0; index < words.length; index += 1)
    view.setUint32(at + index * 4, words[index] ?? 0, true);
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
