/** Height of a row in pixels: two lines. */
export const ROW_HEIGHT = 48;

/** A browser lays out no element beyond some 33 million pixels; 1,000,000 rows would be 48 million. */
const MOST_PIXELS = 12_000_000;
/** Near both ends a pixel of the scroll bar is a pixel of the list: the ends are reached exactly. */
const EDGE = 2_000_000;
/** A movement of more than so many views is a jump of the scroll bar; anything less is a wheel or a finger. */
const JUMP_VIEWS = 3;
/** A browser puts what is scrolled on pixels of the screen. */
const MOST_ROUNDED = 2;

/**
 * Where the list is, when it is longer than a browser can lay out. `physical` is what the element scrolls, `logical` where in
 * the whole list that is. Small movements are carried over pixel by pixel; jumps are stretched to the whole length.
 */
export class LongScroll {
  #length = 0;
  #view = 0;
  #logical = 0;
  #physical = 0;

  get logical(): number {
    return this.#logical;
  }

  /** What is to be added to a row's place in the list to get its place in the element. */
  get shift(): number {
    return this.#physical - this.#logical;
  }

  /** Height the element must have. */
  get height(): number {
    return Math.min(this.#length, MOST_PIXELS);
  }

  /** The list or its window has another size. The place in the list stays, as far as it is still there. */
  resize(length: number, view: number): void {
    this.#length = length;
    this.#view = view;
    this.#logical = Math.min(this.#logical, this.#end(length));
  }

  /** The element was scrolled to there; gives the place in the list. */
  moved(physical: number): number {
    const step = physical - this.#physical;
    const near = Math.abs(step) <= this.#view * JUMP_VIEWS;
    const atEnd = physical <= 0 || physical >= this.#end(this.height);
    this.#logical =
      near && !atEnd ? this.#within(this.#logical + step) : this.#within(this.#stretched(physical));
    this.#physical = physical;
    return this.#logical;
  }

  /** Goes to a place in the list; gives what the element must be scrolled to. */
  goTo(logical: number): number {
    this.#logical = this.#within(logical);
    this.#physical = this.#shrunk(this.#logical);
    return this.#physical;
  }

  /** After a movement has ended: where the element should stand so that the scroll bar tells the truth. */
  settled(): number {
    return this.goTo(this.#logical);
  }

  /** The element stands there after all. Where the browser only rounded, the place in the list stays. */
  restAt(physical: number): void {
    const rounded = this.#length > MOST_PIXELS && Math.abs(physical - this.#physical) <= MOST_ROUNDED;
    if (!rounded) this.#logical = this.#within(this.#stretched(physical));
    this.#physical = physical;
  }

  #end(length: number): number {
    return Math.max(0, length - this.#view);
  }

  #within(logical: number): number {
    return Math.max(0, Math.min(this.#end(this.#length), logical));
  }

  #stretched(physical: number): number {
    const [short, long] = [this.#end(this.height), this.#end(this.#length)];
    if (short === long || physical <= EDGE) return physical;
    if (physical >= short - EDGE) return long - (short - physical);
    return EDGE + ((physical - EDGE) * (long - 2 * EDGE)) / (short - 2 * EDGE);
  }

  #shrunk(logical: number): number {
    const [short, long] = [this.#end(this.height), this.#end(this.#length)];
    if (short === long || logical <= EDGE) return logical;
    if (logical >= long - EDGE) return short - (long - logical);
    return EDGE + ((logical - EDGE) * (short - 2 * EDGE)) / (long - 2 * EDGE);
  }
}

/** Where the list must stand so that a row is wholly seen; the same place when it is already. */
export function revealing(index: number, logical: number, view: number): number {
  const top = index * ROW_HEIGHT;
  if (top < logical) return top;
  if (top + ROW_HEIGHT > logical + view) return top + ROW_HEIGHT - view;
  return logical;
}

/**
 * By how many rows what the reader sees has moved: the first of the rows seen before that is still known decides. 0 when none
 * of them is.
 */
export function rowsMoved(
  seen: readonly { readonly id: number; readonly index: number }[],
  indexOf: (id: number) => number | undefined,
): number {
  for (const { id, index } of seen) {
    const now = indexOf(id);
    if (now !== undefined) return now - index;
  }
  return 0;
}
