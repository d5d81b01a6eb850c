import { parseTag, tagEnd, type Tag } from './xml-tag.ts';

/** A packet has a handful of tags; a document made of ever new ones must not fill the memory. */
const MOST_TAGS = 4_096;
const MOST_TAG_CHARS = 512;

interface KnownTag {
  readonly tag: Tag;
  readonly isKept: boolean;
  /** Which one came next the last time: rows of a table look alike. */
  next: KnownTag | undefined;
}

/** Start tags of a document, each parsed once. */
export class KnownTags {
  readonly #mostAttributes: number;
  readonly #known = new Map<string, KnownTag>();
  #last: KnownTag | undefined;

  constructor(mostAttributes: number) {
    this.#mostAttributes = mostAttributes;
  }

  /** The start tag at `at`, behind the one asked for before; undefined where its end is still to come. Throws Malformed. */
  at(text: string, at: number): Tag | undefined {
    const guess = this.#last?.next;
    if (guess !== undefined && text.startsWith(guess.tag.source, at)) {
      this.#last = guess;
      return guess.tag;
    }
    const found = this.#find(text, at);
    if (found === undefined) return undefined;
    // A guess must not keep what is not kept otherwise.
    if (this.#last !== undefined && found.isKept) this.#last.next = found;
    this.#last = found;
    return found.tag;
  }

  #find(text: string, at: number): KnownTag | undefined {
    const first = text.indexOf('>', at);
    if (first < 0) return undefined;
    const known = this.#known.get(text.slice(at, first + 1));
    if (known !== undefined) return known;
    const end = tagEnd(text, at);
    if (end < 0) return undefined;
    const source = text.slice(at, end + 1);
    const isKept = source.length <= MOST_TAG_CHARS;
    // Joined anew, so that a kept tag keeps no piece of the document with it.
    const tag = parseTag(isKept ? source.split('').join('') : source, this.#mostAttributes);
    const made = { tag, isKept, next: undefined };
    if (isKept) {
      if (this.#known.size >= MOST_TAGS) {
        this.#known.clear();
        this.#last = undefined;
      }
      this.#known.set(tag.source, made);
    }
    return made;
  }
}
