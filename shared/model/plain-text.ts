/**
 * Canonical spellings, known at a glance: a table has millions of values, nearly all of them spelled as they should be,
 * and to parse and to write each of them anew is what reading would mostly consist of. What is not known here is parsed.
 */

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9;

/** Whether a number is spelled as `parseDecimal` would spell it. True for ordinary ones only: false says nothing. */
export function isPlainDecimal(text: string): boolean {
  const { length } = text;
  const first = text.charCodeAt(0);
  // A minus before nothing but zeros goes: that is for whoever parses.
  if (!isDigit(first) || (first === ZERO && length > 1 && text.charCodeAt(1) !== POINT)) return false;
  let at = 1;
  while (at < length && isDigit(text.charCodeAt(at))) at += 1;
  if (at === length) return true;
  if (text.charCodeAt(at) !== POINT || at + 1 === length) return false;
  for (at += 1; at < length; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

/**
 * How many characters of a number are its canonical text without the zeros at its end, when it has so many digits before its
 * point at most; -1 where it is not known at a glance.
 */
export function shortDecimalEnd(text: string, wholeDigits: number, scale: number): number {
  const { length } = text;
  const first = text.charCodeAt(0);
  const start = first === MINUS ? 1 : 0;
  let at = start;
  while (at < length && isDigit(text.charCodeAt(at))) at += 1;
  const digits = at - start;
  const zero = digits === 1 && text.charCodeAt(start) === ZERO;
  // No digit, or a zero too much in front: another spelling.
  if (digits === 0 || (digits > 1 && text.charCodeAt(start) === ZERO)) return -1;
  if ((zero ? 0 : digits) > wholeDigits) return -1;
  const wholeEnd = at;
  let end = at;
  if (at < length) {
    if (text.charCodeAt(at) !== POINT || at + 1 === length) return -1;
    for (at += 1; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (!isDigit(code)) return -1;
      if (code !== ZERO) end = at + 1;
    }
  }
  if (end > wholeEnd && end - wholeEnd - 1 > scale) return -1;
  // Less than nothing at all has no sign; which spelling that is, is not for here.
  return start === 1 && zero && end === wholeEnd ? -1 : end;
}

/** Whether it is the canonical text of a whole number that has so few digits that it fits for certain. */
export function isShortWhole(text: string, sureDigits: number): boolean {
  const { length } = text;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  const digits = length - start;
  if (digits < 1 || digits > sureDigits) return false;
  if (text.charCodeAt(start) === ZERO && (digits > 1 || start === 1)) return false;
  for (let at = start; at < length; at += 1) if (!isDigit(text.charCodeAt(at))) return false;
  return true;
}

const two = (text: string, at: number): number => {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
};

const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeapYear = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** `2025-03-10` at the beginning of the text; the rare years are left to who parses them. */
export function isPlainDay(text: string): boolean {
  const century = two(text, 0);
  const year = two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  return (
    century >= 18 &&
    year >= 0 &&
    text.charCodeAt(4) === MINUS &&
    text.charCodeAt(7) === MINUS &&
    month > 0 &&
    month <= 12 &&
    day > 0 &&
    (day <= (MONTH_DAYS[month] ?? 0) || (day === 29 && month === 2 && isLeapYear(century * 100 + year)))
  );
}

/** `2025-03-10T08:15:30.120`. */
export function isPlainMoment(text: string): boolean {
  return (
    text.length === 23 &&
    isPlainDay(text) &&
    text.charCodeAt(10) === 0x54 &&
    isBelow(text, 11, 24) &&
    text.charCodeAt(13) === 0x3a &&
    isBelow(text, 14, 60) &&
    text.charCodeAt(16) === 0x3a &&
    isBelow(text, 17, 60) &&
    text.charCodeAt(19) === POINT &&
    two(text, 20) >= 0 &&
    isDigit(text.charCodeAt(22))
  );
}

const isBelow = (text: string, at: number, limit: number): boolean => {
  const value = two(text, at);
  return value >= 0 && value < limit;
};
