import { KnownTags } from './known-tags.ts';
import type { ReadLimits } from './packet.ts';
import type { RowBuilder } from './row-builder.ts';
import { checkInstruction, endOf, Malformed, referred, type Tag } from './xml-tag.ts';

const LESS = 0x3c;
const BANG = 0x21;
const SLASH = 0x2f;
const QUESTION = 0x3f;
/** Further than any chunk reaches. */
const NOWHERE = 0x3fff_ffff;
/** Root, table, row, field. */
const FIELD_LEVEL = 4;
/** A reference is a few characters; one that may be longer than this is no reference. */
const MOST_REFERENCE = 1_000;
/** What XML 1.0 cannot carry; halves of surrogate pairs cannot come out of a decoder. */
// oxlint-disable-next-line no-control-regex
const DISALLOWED = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/;
const NOT_BLANK = /[^ \t\n]/;

/** Where `wanted` comes next. */
function next(text: string, wanted: string, from: number): number {
  const found = text.indexOf(wanted, from);
  return found < 0 ? NOWHERE : found;
}

/**
 * Reads the text of a document, in pieces cut anywhere, as strict XML 1.0 without a document type: everything that is not
 * well-formed is refused, only what a packet is made of is handed on. Markup is found by searching, a field of a row with
 * plain text is taken in one step, and a tag seen before is not parsed again.
 */
export class XmlScanner {
  readonly #limits: ReadLimits;
  readonly #builder: RowBuilder;
  /** What is being read; the beginning may come from earlier pieces. */
  #text = '';
  #at = 0;
  /** Next `&` and `]]>` of `#text` at or behind `#at`, searched for when passed. */
  #amp = -1;
  #forbidden = -1;
  /** Unfinished markup, reference or run of `]`, to be read again with what follows. */
  #held = '';
  /** Its last two characters, and what ends it; empty where that is not known yet. */
  #heldTail = '';
  #heldUntil = '';
  /** A line end that the next character may belong to. */
  #heldReturn = '';
  /** Characters since the last markup, as they are written. */
  #run = 0;
  #atStart = true;
  #rootClosed = false;
  readonly #open: Tag[] = [];
  readonly #known: KnownTags;
  #line = 1;
  /** Index in `#text` of the line's first character, negative where that has been read; up to where lines are counted. */
  #lineStart = 0;
  #counted = 0;

  constructor(limits: ReadLimits, builder: RowBuilder) {
    this.#limits = limits;
    this.#builder = builder;
    this.#known = new KnownTags(limits.attributes);
  }

  /** The first piece holds everything before the root element. Throws refusals. */
  write(piece: string): void {
    let text = this.#heldReturn + piece;
    this.#heldReturn = '';
    if (text.includes('\r')) {
      // Whether a line feed follows is not known yet.
      if (text.endsWith('\r')) [this.#heldReturn, text] = ['\r', text.slice(0, -1)];
      text = text.replace(/\r\n?/g, '\n');
    }
    const wrong = text.search(DISALLOWED);
    this.#guarded(() => {
      this.#read(wrong < 0 ? text : text.slice(0, wrong));
      if (wrong >= 0) throw new Malformed('a character that XML cannot carry');
    });
  }

  /** Throws where the document is not over. */
  end(): void {
    this.#guarded(() => {
      if (this.#heldReturn !== '') this.#read('\n');
      this.#heldReturn = '';
      const open = this.#open.at(-1);
      if (this.#held !== '' || open !== undefined || !this.#rootClosed)
        throw new Malformed(open === undefined ? 'it ends unfinished' : `it ends inside ${open.name}`);
    });
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw this.#builder.refuse({ code: 'malformed', message: error.message });
    }
  }

  #read(piece: string): void {
    // What is held is not looked at again before its end is there.
    const seam = this.#heldTail + piece;
    if (this.#heldUntil !== '' && !seam.includes(this.#heldUntil)) {
      if (this.#heldUntil === '>' && piece.includes('<')) throw new Malformed('"<" inside of a tag');
      this.#held += piece;
      this.#heldTail = seam.slice(-2);
      this.#checkHeld();
      return;
    }
    this.#text = this.#held + piece;
    this.#held = '';
    this.#at = 0;
    this.#amp = -1;
    this.#forbidden = -1;
    if (this.#atStart && this.#text.startsWith('\uFEFF')) this.#at = 1;
    const { length } = this.#text;
    while (this.#at < length) {
      const took =
        this.#text.charCodeAt(this.#at) === LESS ? this.#takeMarkup(length) : this.#takeCharacters(length);
      if (!took) break;
      this.#atStart = false;
    }
    this.#countLines();
    this.#lineStart -= this.#at;
    this.#counted = 0;
    this.#held = this.#text.slice(this.#at);
    this.#heldTail = this.#held.slice(-2);
    this.#heldUntil = endOf(this.#held);
    this.#text = '';
    this.#at = 0;
    this.#checkHeld();
  }

  #checkHeld(): void {
    if (this.#held.length > this.#limits.textChars) throw this.#builder.textTooLong();
  }

  /** False where it is not whole yet. */
  #takeMarkup(length: number): boolean {
    const at = this.#at;
    if (at + 1 >= length) return false;
    this.#run = 0;
    const code = this.#text.charCodeAt(at + 1);
    if (code === SLASH) return this.#takeEndTag();
    if (code === BANG) return this.#takeSection(length);
    if (code === QUESTION) return this.#takeInstruction();
    return this.#takeStartTag();
  }

  #takeStartTag(): boolean {
    const text = this.#text;
    const at = this.#at;
    const tag = this.#known.at(text, at);
    if (tag === undefined) return this.#unfinishedTag();
    const from = at + tag.source.length;
    this.#at = from;
    if (tag.count > this.#limits.attributes) throw this.#builder.tooManyAttributes();
    if (this.#rootClosed) throw new Malformed('a second root element');
    this.#builder.open(tag);
    if (tag.isEmpty) {
      this.#builder.close();
      this.#rootClosed = this.#open.length === 0;
      return true;
    }
    if (this.#open.length === FIELD_LEVEL - 1) {
      // A field with text only is over where the next markup begins.
      const end = text.indexOf('<', from);
      if (end >= 0 && text.startsWith(tag.close, end)) {
        this.#builder.text(this.#textTo(from, end));
        this.#at = end + tag.close.length;
        this.#builder.close();
        return true;
      }
    }
    this.#open.push(tag);
    return true;
  }

  #takeEndTag(): boolean {
    const text = this.#text;
    const at = this.#at;
    const open = this.#open.at(-1);
    if (open !== undefined && text.startsWith(open.close, at)) this.#at = at + open.close.length;
    else {
      const end = text.indexOf('>', at);
      if (end < 0) return this.#unfinishedTag();
      this.#at = end + 1;
      const start = `</${open?.name ?? ''}`;
      if (
        open === undefined ||
        !text.startsWith(start, at) ||
        NOT_BLANK.test(text.slice(at + start.length, end))
      )
        throw new Malformed('an end tag that ends nothing');
    }
    this.#open.pop();
    this.#builder.close();
    this.#rootClosed = this.#open.length === 0;
    return true;
  }

  #unfinishedTag(): false {
    if (this.#text.includes('<', this.#at + 1)) throw new Malformed('"<" inside of a tag');
    return false;
  }

  /** A comment or a CDATA section; there is nothing else behind `<!` in a document without document type. */
  #takeSection(length: number): boolean {
    const text = this.#text;
    const at = this.#at;
    if (text.startsWith('<!--', at)) {
      const end = text.indexOf('--', at + 4);
      if (end < 0 || end + 2 >= length) return false;
      if (text[end + 2] !== '>') throw new Malformed('"--" inside of a comment');
      this.#at = end + 3;
      return true;
    }
    if (text.startsWith('<![CDATA[', at)) {
      if (this.#open.length === 0) throw new Malformed('text outside of the root element');
      const end = text.indexOf(']]>', at + 9);
      if (end < 0) return false;
      this.#at = end + 3;
      this.#builder.text(text.slice(at + 9, end));
      return true;
    }
    const start = text.slice(at, at + 9);
    if ('<!--'.startsWith(start) || '<![CDATA['.startsWith(start)) return false;
    throw new Malformed(start === '<!DOCTYPE' ? 'a document type declaration' : 'unknown markup');
  }

  #takeInstruction(): boolean {
    const end = this.#text.indexOf('?>', this.#at + 2);
    if (end < 0) return false;
    checkInstruction(this.#text.slice(this.#at, end + 2), this.#atStart);
    this.#at = end + 2;
    return true;
  }

  /** Text up to the next markup, or as much of it as is there for certain. */
  #takeCharacters(length: number): boolean {
    const text = this.#text;
    const at = this.#at;
    let end = text.indexOf('<', at);
    if (end < 0) {
      // These may be the beginning of "]]>".
      end = text.endsWith(']]') ? length - 2 : text.endsWith(']') ? length - 1 : length;
      end = Math.max(end, at);
      const amp = text.lastIndexOf('&');
      if (amp >= at && !text.includes(';', amp)) {
        if (length - amp > MOST_REFERENCE) throw new Malformed('"&" without a reference');
        end = amp;
      }
    }
    if (end === at) return false;
    const piece = this.#textTo(at, end);
    this.#at = end;
    this.#run += end - at;
    if (this.#run > this.#limits.textChars) throw this.#builder.textTooLong();
    if (this.#open.length > 0) this.#builder.text(piece);
    else if (NOT_BLANK.test(text.slice(at, end))) throw new Malformed('text outside of the root element');
    return true;
  }

  /** The text between two places without markup, references replaced. */
  #textTo(from: number, end: number): string {
    const text = this.#text;
    if (this.#forbidden < from) this.#forbidden = next(text, ']]>', from);
    if (this.#forbidden < end) throw new Malformed('"]]>" inside of text');
    if (this.#amp < from) this.#amp = next(text, '&', from);
    if (this.#amp >= end) return text.slice(from, end);
    let value = '';
    let at = from;
    while (this.#amp < end) {
      const amp = this.#amp;
      const close = text.indexOf(';', amp);
      if (close < 0 || close >= end) throw new Malformed('"&" without a reference');
      value += text.slice(at, amp) + referred(text.slice(amp + 1, close));
      at = close + 1;
      this.#amp = next(text, '&', at);
    }
    return value + text.slice(at, end);
  }

  /** `line:column` behind what was taken last. */
  place(): string {
    this.#countLines();
    return `${this.#line}:${this.#at - this.#lineStart + 1}`;
  }

  #countLines(): void {
    let feed = this.#text.indexOf('\n', this.#counted);
    while (feed >= 0 && feed < this.#at) {
      this.#line += 1;
      this.#lineStart = feed + 1;
      feed = this.#text.indexOf('\n', feed + 1);
    }
    this.#counted = this.#at;
  }
}
