import type { Runtime } from '../../runtime/runtime.ts';
import { fieldsOf, keyOf, nameOf, type RowTexts } from './preview-rows.ts';

export interface RowChange {
  readonly row: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly fields: readonly {
    readonly field: string;
    readonly before?: string | undefined;
    readonly after?: string | undefined;
  }[];
}

export interface TableDifference {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first of them. */
  readonly changes: readonly RowChange[];
}

export interface DiffInput {
  /** Read once for each pass. */
  readonly before: () => RowTexts;
  readonly after: () => RowTexts;
  /** Fields that name a row which has no id. */
  readonly keyFields: readonly string[];
  /** Changes that are listed; all are counted. */
  readonly listed: number;
  /** Rows without a partner yet that may be held in memory, of both sides together. */
  readonly held?: number | undefined;
}

const HELD_ROWS = 50_000;
const HELD_CHARACTERS = 16 * 1024 * 1024;
/** Doubled until a pass fits: so many passes take the largest packet there is. */
const MOST_PASSES = 256;
/** Of a value, as it is shown. */
const SHOWN = 300;
/** Rows between two of these belong to one turn of the loop. */
const TURN_ROWS = 2_000;

/**
 * Compares two tables row by row. Both come in the order of their key, so nearly every row meets its partner at once; those
 * that do not are held. Where that would be too many, the table is passed several times, each pass looking at a part of the
 * keys: counts are exact at any size. Throws what reading throws.
 */
export async function tableDifference(
  input: DiffInput,
  runtime: Pick<Runtime, 'yield'>,
): Promise<TableDifference> {
  for (let passes = 1; ; passes *= 2) {
    const found = await inPasses(input, passes, runtime);
    if (found !== undefined) return found;
    if (passes >= MOST_PASSES) throw new Error('a table has more rows than a packet can');
  }
}

async function inPasses(
  input: DiffInput,
  passes: number,
  runtime: Pick<Runtime, 'yield'>,
): Promise<TableDifference | undefined> {
  const total = { added: 0, removed: 0, changed: 0 };
  const changes: RowChange[] = [];
  for (let pass = 0; pass < passes; pass += 1) {
    const one = new Pass(input, (key) => passes === 1 || bucketOf(key) % passes === pass);
    if (!(await one.run(runtime))) return undefined;
    const part = one.end(input.listed - changes.length);
    total.added += part.added;
    total.removed += part.removed;
    total.changed += part.changed;
    changes.push(...part.changes);
  }
  return { ...total, changes };
}

interface HeldRow {
  readonly row: string;
  readonly number: number;
}

/** One look at the rows whose keys are its own. */
class Pass {
  readonly #input: DiffInput;
  readonly #mine: (key: string) => boolean;
  readonly #before = new Map<string, HeldRow[]>();
  readonly #after = new Map<string, HeldRow[]>();
  readonly #changes: RowChange[] = [];
  #changed = 0;
  #rows = 0;
  #characters = 0;

  constructor(input: DiffInput, mine: (key: string) => boolean) {
    this.#input = input;
    this.#mine = mine;
  }

  /** False where more would have to be held than may be. */
  async run(runtime: Pick<Runtime, 'yield'>): Promise<boolean> {
    const before = new Rows(this.#input.before());
    const after = new Rows(this.#input.after());
    try {
      for (let turn = 1; ; turn += 1) {
        const old = before.at() ?? ((await before.more()) ? before.at() : undefined);
        const now = after.at() ?? ((await after.more()) ? after.at() : undefined);
        if (old === undefined && now === undefined) return true;
        before.step();
        after.step();
        if (old !== now) {
          if (old !== undefined) this.#take(old, before.number, this.#before, this.#after);
          if (now !== undefined) this.#take(now, after.number, this.#after, this.#before);
          if (this.#rows > (this.#input.held ?? HELD_ROWS) || this.#characters > HELD_CHARACTERS)
            return false;
        }
        if (turn % TURN_ROWS === 0) await runtime.yield();
      }
    } finally {
      await before.close();
      await after.close();
    }
  }

  /** What never met a partner came or went. */
  end(listed: number): TableDifference {
    const { keyFields } = this.#input;
    const changes = this.#changes.slice(0, Math.max(0, listed));
    const alone = (held: ReadonlyMap<string, HeldRow[]>, change: 'added' | 'removed'): number => {
      let count = 0;
      for (const rows of held.values())
        for (const { row, number } of rows) {
          count += 1;
          if (changes.length >= listed) continue;
          const side = change === 'added' ? 'after' : 'before';
          const fields = [...fieldsOf(row)].map(([field, value]) => ({ field, [side]: cut(value) }));
          changes.push({ row: cut(nameOf(row, keyFields, number)), change, fields });
        }
      return count;
    };
    const added = alone(this.#after, 'added');
    const removed = alone(this.#before, 'removed');
    return { added, removed, changed: this.#changed, changes };
  }

  #take(
    row: string,
    number: number,
    own: Map<string, HeldRow[]>,
    others: ReadonlyMap<string, HeldRow[]>,
  ): void {
    const key = keyOf(row, this.#input.keyFields);
    if (!this.#mine(key)) return;
    const partners = others.get(key);
    const partner = partners?.shift();
    if (partner === undefined) {
      // A part of a larger text would keep all of that in memory.
      const copied = copyOf(row);
      const rows = own.get(key);
      if (rows === undefined) own.set(key === row ? copied : copyOf(key), [{ row: copied, number }]);
      else rows.push({ row: copied, number });
      this.#rows += 1;
      this.#characters += row.length;
      return;
    }
    this.#rows -= 1;
    this.#characters -= partner.row.length;
    if (partners?.length === 0) (others as Map<string, HeldRow[]>).delete(key);
    if (partner.row === row) return;
    this.#changed += 1;
    if (this.#changes.length >= this.#input.listed) return;
    const before = own === this.#before ? row : partner.row;
    const after = own === this.#before ? partner.row : row;
    this.#changes.push(this.#difference(before, after, own === this.#before ? partner.number : number));
  }

  #difference(before: string, after: string, number: number): RowChange {
    const [old, now] = [fieldsOf(before), fieldsOf(after)];
    const fields = [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
      const [was, is] = [old.get(field), now.get(field)];
      return was === is ? [] : { field, before: was && cut(was), after: is && cut(is) };
    });
    return { row: cut(nameOf(after, this.#input.keyFields, number)), change: 'changed', fields };
  }
}

/** Rows one by one. */
class Rows {
  readonly #source: AsyncIterator<readonly string[]>;
  #rows: readonly string[] = [];
  #index = 0;
  #ended = false;
  /** Of the row that was passed last. */
  number = 0;

  constructor(source: RowTexts) {
    this.#source = source[Symbol.asyncIterator]();
  }

  at(): string | undefined {
    return this.#rows[this.#index];
  }

  /** After the last row at hand. */
  async more(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#source.next();
    this.#ended = next.done === true;
    this.#rows = next.done === true ? [] : next.value;
    this.#index = 0;
    return !this.#ended;
  }

  step(): void {
    if (this.#index >= this.#rows.length) return;
    this.#index += 1;
    this.number += 1;
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const copyOf = (text: string): string => decoder.decode(encoder.encode(text));

const cut = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** Spreads keys over passes: any even spread does. */
function bucketOf(key: string): number {
  let hash = 2_166_136_261;
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 16_777_619);
  return hash >>> 0;
}
