import { ProtocolError } from './byte-reader.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Most digits a double holds exactly; shorter numbers go without a BigInt. */
const EXACT_DIGITS = 15;
const MONEY_SCALE = 4;
const TWO_TO_32 = 4_294_967_296n;

/** Digits of `text` at `scale` as an integer's text, and the sign. Zeros are added where the text has fewer digits. */
function scaled(text: string, scale: number): { negative: boolean; digits: string } {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (!match || (match[2] === '' && fraction === '') || fraction.length > scale)
    throw new Error(`the engine gave ${JSON.stringify(text)} for a number of scale ${scale}`);
  return { negative: match[1] === '-', digits: (match[2] ?? '') + fraction.padEnd(scale, '0') };
}

/** The reverse: an integer's text with the point put back, all digits of the scale. */
function pointed(negative: boolean, digits: string, scale: number): string {
  const padded = digits.padStart(scale + 1, '0');
  const whole = padded.slice(0, padded.length - scale);
  const text = scale === 0 ? whole : `${whole}.${padded.slice(padded.length - scale)}`;
  return negative && /[1-9]/.test(digits) ? `-${text}` : text;
}

/** Bytes of a decimal on the wire, sign included, by its precision. */
export function decimalSize(precision: number): number {
  if (precision <= 9) return 5;
  if (precision <= 19) return 9;
  if (precision <= 28) return 13;
  return 17;
}

/** Sign (1 is positive) and magnitude in little-endian words, without the length in front. */
export function writeDecimalBody(out: ByteWriter, text: string, size: number, scale: number): void {
  const { negative, digits } = scaled(text, scale);
  out.u8(negative ? 0 : 1);
  if (digits.length <= EXACT_DIGITS) {
    const value = Number(digits);
    out.u32(value % 4_294_967_296);
    if (size > 5) out.u32(Math.floor(value / 4_294_967_296));
    for (let at = 9; at < size; at += 4) out.u32(0);
    return;
  }
  let value = BigInt(digits);
  for (let at = 1; at < size; at += 4) {
    out.u32(Number(value % TWO_TO_32));
    value /= TWO_TO_32;
  }
  if (value > 0n) throw new Error('the engine gave a decimal with more digits than its precision');
}

export function readDecimalBody(from: ByteReader, size: number, scale: number): string {
  const sign = from.u8();
  let value = 0n;
  const words = (size - 1) / 4;
  if (!Number.isInteger(words) || words < 1 || words > 4)
    throw new ProtocolError(`a decimal of ${size} bytes`);
  for (let n = 0; n < words; n += 1) value += BigInt(from.u32()) << BigInt(32 * n);
  return pointed(sign === 0, value.toString(), scale);
}

/** High word first: the one mixed-endian number of the protocol. */
export function writeMoneyBody(out: ByteWriter, text: string): void {
  const { negative, digits } = scaled(text, MONEY_SCALE);
  const value = negative ? -BigInt(digits) : BigInt(digits);
  out.i32(Number(value >> 32n));
  out.u32(Number(value & 0xffff_ffffn));
}

export function readMoneyBody(from: ByteReader): string {
  const high = BigInt(from.i32());
  const value = (high << 32n) + BigInt(from.u32());
  return pointed(value < 0n, (value < 0n ? -value : value).toString(), MONEY_SCALE);
}

export function writeSmallMoneyBody(out: ByteWriter, text: string): void {
  const { negative, digits } = scaled(text, MONEY_SCALE);
  out.i32(negative ? -Number(digits) : Number(digits));
}

export function readSmallMoneyBody(from: ByteReader): string {
  const value = from.i32();
  return pointed(value < 0, Math.abs(value).toString(), MONEY_SCALE);
}
