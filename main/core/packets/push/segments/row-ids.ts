import type { BodyRef, BodyStore } from '../../../runtime/body-store.ts';

/** The field that is unique over all rows of a packet, whatever table they are in. */
const ROW_ID = 'DMS_ROWID';

const OPEN = `<${ROW_ID}>`;
const CLOSE = `</${ROW_ID}>`;
/** Sets of ids kept at hand: the shared segments of a packet and those of a user. */
const AT_HAND = 24;

export interface IdSegment {
  readonly entity: string;
  readonly body: BodyRef;
}

export interface Clash {
  readonly id: string;
  readonly entities: readonly [string, string];
}

/** Whether a table's rows carry such an id. */
export const hasRowIds = (fields: Readonly<Record<string, unknown>>): boolean =>
  Object.hasOwn(fields, ROW_ID);

/** Finds row ids that occur in two segments of one packet. What was found of two segments is not looked for again. */
export class RowIds {
  readonly #bodies: Pick<BodyStore, 'open'>;
  readonly #sets = new Map<string, ReadonlySet<string>>();
  readonly #apart = new Set<string>();

  constructor(bodies: Pick<BodyStore, 'open'>) {
    this.#bodies = bodies;
  }

  /** The first id that two of them share. Throws what `BodyStore.open` throws. */
  async clash(segments: readonly IdSegment[]): Promise<Clash | undefined> {
    for (const [at, one] of segments.entries())
      for (const other of segments.slice(at + 1)) {
        const pair = `${one.body.hash} ${other.body.hash}`;
        if (this.#apart.has(pair)) continue;
        const [ids, others] = [await this.#idsOf(one.body), await this.#idsOf(other.body)];
        const [few, many] = ids.size < others.size ? [ids, others] : [others, ids];
        for (const id of few) if (many.has(id)) return { id, entities: [one.entity, other.entity] };
        this.#apart.add(pair);
      }
    return undefined;
  }

  async #idsOf(body: BodyRef): Promise<ReadonlySet<string>> {
    const known = this.#sets.get(body.hash);
    this.#sets.delete(body.hash);
    const ids = known ?? (await this.#read(body));
    this.#sets.set(body.hash, ids);
    for (const oldest of this.#sets.keys()) {
      if (this.#sets.size <= AT_HAND) break;
      this.#sets.delete(oldest);
    }
    return ids;
  }

  /** Our own bytes: a value between these two tags and no tag in it. Ids are hexadecimal, whatever their capitals. */
  async #read(body: BodyRef): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of this.#bodies.open(body)) {
      text += decoder.decode(chunk, { stream: true });
      let from = 0;
      for (;;) {
        const start = text.indexOf(OPEN, from);
        const end = start < 0 ? -1 : text.indexOf(CLOSE, start);
        if (end < 0) {
          // What may be the beginning of a tag, or of a value, waits for its end.
          text = start < 0 ? text.slice(Math.max(from, text.length - OPEN.length)) : text.slice(start);
          break;
        }
        ids.add(text.slice(start + OPEN.length, end).toLowerCase());
        from = end + CLOSE.length;
      }
    }
    return ids;
  }
}
