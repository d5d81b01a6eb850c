import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LongScroll, ROW_HEIGHT, revealing, rowsMoved } from '../../../renderer/state/queue-scroll.ts';
import { PAGE_ROWS, PagedRows, afterUse, pagesFor, MOST_PAGES } from '../../../renderer/state/queue-pages.ts';

const VIEW = 480;

function longList(rows: number): LongScroll {
  const long = new LongScroll();
  long.resize(rows * ROW_HEIGHT, VIEW);
  return long;
}

describe('long scrolling', () => {
  it('is plain scrolling where the browser can lay all of it out', () => {
    const long = longList(10_000);
    expect(long.height).toBe(10_000 * ROW_HEIGHT);
    for (const at of [0, 17, 4_000, 250_000, long.height - VIEW]) {
      expect(long.moved(at)).toBe(at);
      expect(long.shift).toBe(0);
    }
  });

  it.each([1_000_000, 10_000_000])('stays within what a browser can lay out at %i rows', (rows) => {
    expect(longList(rows).height).toBeLessThan(33_000_000);
  });

  it('reaches both ends exactly, by the scroll bar and by the wheel', () => {
    const long = longList(1_000_000);
    const last = 1_000_000 * ROW_HEIGHT - VIEW;
    expect(long.moved(long.height - VIEW)).toBe(last);
    expect(long.moved(0)).toBe(0);
    long.goTo(last - 300);
    let physical = long.settled();
    for (let n = 0; n < 4; n += 1) physical = Math.min(long.height - VIEW, physical + 100);
    expect(long.moved(physical)).toBe(last);
  });

  it('moves by as many pixels as the wheel does, in the middle too', () => {
    const long = longList(1_000_000);
    const from = long.moved(6_000_000);
    expect(from).toBeGreaterThan(20_000_000);
    expect(long.moved(6_000_120)).toBe(from + 120);
    expect(long.moved(5_999_900)).toBe(from - 100);
  });

  it('keeps its place when it settles, and goes back to any place', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rows, part) => {
          const long = longList(rows);
          const wanted = part * Math.max(0, rows * ROW_HEIGHT - VIEW);
          const physical = long.goTo(wanted);
          expect(physical).toBeGreaterThanOrEqual(0);
          expect(physical).toBeLessThanOrEqual(Math.max(0, long.height - VIEW));
          long.settled();
          expect(Math.abs(long.logical - wanted)).toBeLessThan(0.01);
          expect(long.moved(physical)).toBeCloseTo(wanted, 2);
        },
      ),
    );
  });

  it('keeps its place where a browser rounds, and follows where it does not let it go', () => {
    const long = longList(1_000_000);
    const wanted = 23_000_017;
    const physical = long.goTo(wanted);
    long.restAt(Math.round(physical));
    expect(long.logical).toBe(wanted);
    expect(long.moved(Math.round(physical) + 48)).toBe(wanted + 48);
    const short = longList(100);
    short.goTo(4_000);
    short.restAt(3_999.5);
    expect([short.logical, short.shift]).toEqual([3_999.5, 0]);
  });

  it('is never beyond the end when the list gets shorter', () => {
    const long = longList(1_000_000);
    long.goTo(40_000_000);
    long.resize(100 * ROW_HEIGHT, VIEW);
    expect(long.settled()).toBe(100 * ROW_HEIGHT - VIEW);
  });
});

describe('reader', () => {
  it('sees a whole row with the least movement', () => {
    expect(revealing(3, 0, VIEW)).toBe(0);
    expect(revealing(10, 0, VIEW)).toBe(11 * ROW_HEIGHT - VIEW);
    expect(revealing(2, 500, VIEW)).toBe(2 * ROW_HEIGHT);
  });

  it('is followed when rows come or go above', () => {
    const seen = [
      { id: 50, index: 10 },
      { id: 49, index: 11 },
    ];
    expect(rowsMoved(seen, (id) => (id === 50 ? 13 : undefined))).toBe(3);
    // The first one is gone; the next one tells.
    expect(rowsMoved(seen, (id) => (id === 49 ? 10 : undefined))).toBe(-1);
    expect(rowsMoved(seen, () => undefined)).toBe(0);
  });
});

describe('pages', () => {
  it('are those the rows are on, counted from where the list begins', () => {
    expect(pagesFor(0, 99, 0)).toEqual([0]);
    expect(pagesFor(99, 100, 0)).toEqual([0, 1]);
    expect(pagesFor(0, 10, 195)).toEqual([1, 2]);
    expect(pagesFor(5, 4, 0)).toEqual([]);
  });

  it('are forgotten in the order of their last use', () => {
    let kept: readonly number[] = [];
    const dropped: number[] = [];
    for (let page = 0; page < 100; page += 1) {
      const after = afterUse(kept, [page, page + 1]);
      kept = after.kept;
      dropped.push(...after.dropped);
      expect(kept.length).toBeLessThanOrEqual(MOST_PAGES);
      expect(kept).toContain(page);
    }
    expect(dropped).not.toContain(100);
    expect(new Set([...kept, ...dropped])).toEqual(new Set(Array.from({ length: 101 }, (_, n) => n)));
    expect(afterUse([1, 2, 3], [2]).kept).toEqual([1, 3, 2]);
  });

  it('make one list with holes', () => {
    const page = (n: number) =>
      Array.from({ length: PAGE_ROWS }, (_, i) => ({ id: 1_000 - n * PAGE_ROWS - i }));
    const rows = new PagedRows(new Map([[1, page(1)]]), 120, 900);
    expect(rows.at(0)).toEqual({ id: 1_000 - 120 });
    expect(rows.at(79)).toEqual({ id: 801 });
    expect(rows.at(80)).toBeUndefined();
    expect(rows.at(900)).toBeUndefined();
    expect(rows.indexOf(880)).toBe(0);
    // Loaded, but before where the list begins.
    expect(rows.indexOf(881)).toBeUndefined();
    expect(rows.indexOf(5)).toBeUndefined();
  });
});
