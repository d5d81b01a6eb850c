import type { FeedKey } from './feed.ts';

/**
 * How the texts of a key column are ordered, as the server orders them for us: `number` by value, `text` by UTF-16 code
 * unit, the shorter filled with blanks, which is how SQL Server compares under a binary collation.
 */
export type KeyOrder = 'number' | 'text';

export const compareBy =
  (orders: readonly KeyOrder[]) =>
  (a: FeedKey, b: FeedKey): number => {
    // Neither iterators nor pairs: called three times for each row of a table.
    for (let index = 0; index < orders.length; index += 1) {
      const x = a[index] ?? '';
      const y = b[index] ?? '';
      if (x === y) continue;
      const found = orders[index] === 'number' ? compareNumbers(x, y) : compareTexts(x, y);
      if (found !== 0) return found;
    }
    return 0;
  };

const BLANK = 0x20;

function compareTexts(a: string, b: string): number {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const x = at < a.length ? a.charCodeAt(at) : BLANK;
    const y = at < b.length ? b.charCodeAt(at) : BLANK;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Plain decimal texts of any length, without going through binary floating point. */
function compareNumbers(a: string, b: string): number {
  // Nearly all keys; each row of a table is compared three times.
  if (isPlain(a) && isPlain(b)) return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length;
  const [x, y] = [split(a), split(b)];
  if (x.whole !== y.whole) return x.whole < y.whole ? -1 : 1;
  const digits = Math.max(x.fraction.length, y.fraction.length);
  const order = sign(x.fraction.padEnd(digits, '0'), y.fraction.padEnd(digits, '0'));
  return x.negative && y.negative ? -order : x.negative === y.negative ? order : orderOfSigns(x, y);
}

const [ZERO, ONE, NINE] = [0x30, 0x31, 0x39];

/** A whole number from 1 as it is written: neither sign nor zeros in front. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > NINE || code < (at === 0 ? ONE : ZERO)) return false;
  }
  return text.length > 0;
}

const sign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Digits {
  readonly negative: boolean;
  readonly whole: bigint;
  readonly fraction: string;
}

/** `-0.5` and `0.5` have the same whole part. */
const orderOfSigns = (x: Digits, y: Digits): number =>
  /^0*$/.test(x.fraction) && /^0*$/.test(y.fraction) ? 0 : x.negative ? -1 : 1;

function split(text: string): Digits {
  const [whole = '0', fraction = ''] = text.split('.');
  const negative = whole.startsWith('-');
  const digits = whole.replace(/^[-+]/, '');
  const value = BigInt(digits === '' ? '0' : digits);
  return { negative, whole: negative ? -value : value, fraction };
}
