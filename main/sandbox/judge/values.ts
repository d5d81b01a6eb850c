import { createHash } from 'node:crypto';

/**
 * How the judge reads values. It shares nothing with the phones or with the program it judges, so that one mistake
 * cannot excuse another.
 */

/** A connection of the judge's own to the ERP. */
export interface ErpQuery {
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** `bytes`: told by their SHA-256. */
export type Kind = 'text' | 'decimal' | 'guid' | 'bool' | 'day' | 'moment' | 'bytes';

/** SQL that gives a value as text the same way on every server: no date styles, no client number types. */
export function asText(expression: string, kind: Kind): string {
  const day = `CAST(YEAR(${expression}) * 10000 + MONTH(${expression}) * 100 + DAY(${expression}) AS nvarchar(8))`;
  switch (kind) {
    case 'text':
      return expression;
    case 'decimal':
      return `CAST(${expression} AS nvarchar(60))`;
    case 'guid':
      return `CAST(${expression} AS nvarchar(36))`;
    case 'bool':
      return `CASE ${expression} WHEN 1 THEN N'1' WHEN 0 THEN N'0' END`;
    case 'bytes':
      return `CONVERT(nvarchar(max), ${expression}, 2)`;
    case 'day':
      return day;
    case 'moment': {
      const part = (name: string, factor: number): string => `DATEPART(${name}, ${expression}) * ${factor}`;
      const time = [
        part('hour', 10_000_000),
        part('minute', 100_000),
        part('second', 1000),
        part('millisecond', 1),
      ];
      return `${day} + N' ' + CAST(${time.join(' + ')} AS nvarchar(9))`;
    }
    default:
      return kind satisfies never;
  }
}

/** One spelling per value: equal values give equal texts. `null` stays null; what cannot be read stays as it is. */
export function plain(value: string | null, kind: Kind): string | null {
  if (value === null) return null;
  if (kind === 'decimal') return plainDecimal(value);
  if (kind === 'guid') return value.toUpperCase();
  if (kind === 'bytes') return createHash('sha256').update(Buffer.from(value, 'hex')).digest('hex');
  if (kind === 'bool') return /^(1|true)$/i.test(value) ? '1' : /^(0|false)$/i.test(value) ? '0' : value;
  return value;
}

function plainDecimal(text: string): string {
  const match = /^(-?)0*(\d+?)(?:\.(\d*?)0*)?$/.exec(text.trim());
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return /^0$/.test(digits) ? '0' : `${sign}${digits}`;
}

/** Exact sum of decimal texts, for at most ten decimal places. */
export function sumOf(values: Iterable<string | null>): string {
  const PLACES = 10;
  let sum = 0n;
  for (const value of values) {
    const text = plainDecimal(value ?? '0');
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
    const scaled = BigInt(whole + fraction.padEnd(PLACES, '0'));
    sum += text.startsWith('-') ? -scaled : scaled;
  }
  const digits = String(sum < 0n ? -sum : sum).padStart(PLACES + 1, '0');
  return plainDecimal(`${sum < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock of `zone` showed, in the spelling of `asText(…, 'moment')`. */
export function wallClock(at: number, zone: string): string {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    clocks.set(zone, clock);
  }
  const [day = '', time = ''] = clock.format(at).split(' ');
  const ms = ((at % 1000) + 1000) % 1000;
  return `${day.replaceAll('-', '')} ${Number(time.replaceAll(':', '')) * 1000 + ms}`;
}

/** The calendar day of that, in the spelling of `asText(…, 'day')`. */
export const wallDay = (at: number, zone: string): string => wallClock(at, zone).slice(0, 8);

/** A driver's value as text; anything but text, whole numbers and null would have lost something on its way. */
export function textOf(value: unknown, where: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value)))
    return String(value);
  throw new Error(`${where} did not come as text`);
}
