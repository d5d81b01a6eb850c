import { ProtocolError } from './byte-reader.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { SqlMoment } from '../tsql/face.ts';

/** 1900-01-01, day zero of `datetime` and `smalldatetime`, in days since 0001-01-01. */
const DAYS_TO_1900 = 693_595;
/** 9999-12-31. */
const LAST_DAY = 3_652_058;
const TICKS_PER_DAY = 864_000_000_000;
const TICKS_PER_MINUTE = 600_000_000;
const TICKS_PER_MS = 10_000;

/** Bytes of a time of day by its number of decimals. */
export function timeSize(scale: number): number {
  if (scale <= 2) return 3;
  return scale <= 4 ? 4 : 5;
}

function writeTicks(out: ByteWriter, ticks: number, scale: number): void {
  const value = Math.trunc(ticks / 10 ** (7 - scale));
  if (scale <= 2) out.u24(value);
  else if (scale <= 4) out.u32(value);
  else out.u40(value);
}

function readTicks(from: ByteReader, size: number, scale: number): number {
  if (size !== timeSize(scale)) throw new ProtocolError(`a time of scale ${scale} in ${size} bytes`);
  const value = size === 3 ? from.u24() : size === 4 ? from.u32() : from.u40();
  const ticks = value * 10 ** (7 - scale);
  if (ticks >= TICKS_PER_DAY) throw new ProtocolError('a time of day beyond midnight');
  return ticks;
}

function readDays(from: ByteReader): number {
  const days = from.u24();
  if (days > LAST_DAY) throw new ProtocolError('a date beyond the year 9999');
  return days;
}

export function writeTimeBody(out: ByteWriter, moment: SqlMoment, scale: number): void {
  writeTicks(out, moment.ticks, scale);
}

export function readTimeBody(from: ByteReader, size: number, scale: number): SqlMoment {
  return { days: 0, ticks: readTicks(from, size, scale) };
}

export function writeDateBody(out: ByteWriter, moment: SqlMoment): void {
  out.u24(moment.days);
}

export function readDateBody(from: ByteReader): SqlMoment {
  return { days: readDays(from), ticks: 0 };
}

export function writeDateTime2Body(out: ByteWriter, moment: SqlMoment, scale: number): void {
  writeTicks(out, moment.ticks, scale);
  out.u24(moment.days);
}

export function readDateTime2Body(from: ByteReader, size: number, scale: number): SqlMoment {
  const ticks = readTicks(from, size - 3, scale);
  return { days: readDays(from), ticks };
}

/** The wire carries the moment in UTC and the offset apart; the engine keeps the local clock. */
export function writeDateTimeOffsetBody(out: ByteWriter, moment: SqlMoment, scale: number): void {
  const offset = moment.offset ?? 0;
  const utc = shifted(moment, -offset);
  writeTicks(out, utc.ticks, scale);
  out.u24(Math.min(Math.max(utc.days, 0), LAST_DAY));
  out.i16(offset);
}

export function readDateTimeOffsetBody(from: ByteReader, size: number, scale: number): SqlMoment {
  const ticks = readTicks(from, size - 5, scale);
  const days = readDays(from);
  const offset = from.i16();
  if (Math.abs(offset) > 14 * 60) throw new ProtocolError(`a time zone of ${offset} minutes`);
  return { ...shifted({ days, ticks }, offset), offset };
}

function shifted(moment: SqlMoment, minutes: number): SqlMoment {
  const ticks = moment.ticks + minutes * TICKS_PER_MINUTE;
  const days = Math.floor(ticks / TICKS_PER_DAY);
  return { days: moment.days + days, ticks: ticks - days * TICKS_PER_DAY };
}

/** Counts of 1/300 s: the reason why `datetime` ends in 0, 3 or 7. */
export function writeDateTimeBody(out: ByteWriter, moment: SqlMoment): void {
  const count = Math.round((moment.ticks * 3) / 100_000);
  const overflow = count >= 300 * 86_400;
  out.i32(moment.days - DAYS_TO_1900 + (overflow ? 1 : 0));
  out.u32(overflow ? 0 : count);
}

/** Rounded to whole milliseconds, the form in which a `datetime` is shown and compared. */
export function readDateTimeBody(from: ByteReader): SqlMoment {
  const days = from.i32() + DAYS_TO_1900;
  const count = from.u32();
  if (days < 0 || days > LAST_DAY || count >= 300 * 86_400)
    throw new ProtocolError('a datetime out of range');
  return { days, ticks: Math.round((count * 10) / 3) * TICKS_PER_MS };
}

export function writeSmallDateTimeBody(out: ByteWriter, moment: SqlMoment): void {
  out.u16(moment.days - DAYS_TO_1900);
  out.u16(Math.trunc(moment.ticks / TICKS_PER_MINUTE));
}

export function readSmallDateTimeBody(from: ByteReader): SqlMoment {
  const days = from.u16() + DAYS_TO_1900;
  const minutes = from.u16();
  if (minutes >= 1440) throw new ProtocolError('a smalldatetime beyond midnight');
  return { days, ticks: minutes * TICKS_PER_MINUTE };
}
