import { fitsDecimal, parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { assertNever, fail, ok, type Result } from '../../../shared/model/result.ts';
import {
  dateText,
  dateTimeText,
  instantOfLocal,
  localTimeAt,
  parseLocalTime,
  type LocalTime,
} from '../../../shared/model/time.ts';

/** The two zones a moment is shifted between. */
export interface Zones {
  /** What the `Z` of device times means: `UTC`, or the zone whose wall clock they show. */
  readonly area: string;
  /** Zone of the wall clock in the ERP's columns. */
  readonly erp: string;
}

/** Why a value cannot be carried over. The caller knows where it stands. */
export interface ValueProblem {
  readonly code:
    | 'not-a-number'
    | 'does-not-fit'
    | 'too-long'
    | 'not-a-date'
    | 'not-a-boolean'
    | 'not-a-guid'
    | 'not-base64';
  readonly message: string;
}

const problem = (code: ValueProblem['code'], message: string): Result<never, ValueProblem> =>
  fail({ code, message });

/** A value in a message: enough to recognise it, never a page of it. */
const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

/** The first year every date type of SQL Server holds. */
const FIRST_YEAR = 1753;

const WHOLE: Readonly<Record<'int' | 'bigint', readonly [bigint, bigint]>> = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/**
 * Text of a packet to the canonical text of the ERP port. Nothing is rounded, cut or guessed. Empty text is null for
 * every type but text. Pure.
 */
export function toErp(
  value: string | null,
  type: FieldType,
  zones: Zones,
): Result<string | null, ValueProblem> {
  if (value === null || (type.kind !== 'text' && value.trim() === '')) return ok(null);
  switch (type.kind) {
    case 'text':
      return text(value, type);
    case 'decimal':
      return decimal(value, type);
    case 'int':
    case 'bigint':
      return whole(value, type.kind);
    case 'bool':
      return bool(value, '1', '0');
    case 'guid':
      return guid(value);
    case 'binary':
      return binary(value);
    case 'date': {
      // A day is a day: the text's own, whatever time or zone follows it.
      const read = readMoment(value);
      return read === undefined ? notADate(value) : ok(dateText(read.local));
    }
    case 'datetime':
    case 'dateOfTime': {
      const read = readMoment(value);
      if (read === undefined) return notADate(value);
      const local = inErp(read, zones);
      return ok(type.kind === 'datetime' ? dateTimeText(local) : dateText(local));
    }
    default:
      return assertNever(type.kind);
  }
}

/** Canonical text of the ERP port to the text a packet carries; null stays null and is left out. Pure. */
export function toPacket(
  value: string | null,
  type: FieldType,
  zones: Zones,
): Result<string | null, ValueProblem> {
  if (value === null) return ok(null);
  switch (type.kind) {
    case 'text':
      return text(value, type);
    case 'decimal':
      return decimal(value, type);
    case 'int':
    case 'bigint':
      return whole(value, type.kind);
    case 'bool':
      return bool(value, 'true', 'false');
    case 'guid':
      return guid(value);
    case 'binary':
      return binary(value);
    case 'date':
    case 'dateOfTime': {
      const local = readLocal(value);
      return local === undefined ? notADate(value) : ok(`${dateText(local)}T00:00:00Z`);
    }
    case 'datetime': {
      const local = readLocal(value);
      if (local === undefined) return notADate(value);
      const shifted =
        zones.area === zones.erp ? local : localTimeAt(instantOfLocal(local, zones.erp), zones.area);
      return ok(`${dateTimeText(shifted).slice(0, 19)}Z`);
    }
    default:
      return assertNever(type.kind);
  }
}

function text(value: string, type: FieldType): Result<string, ValueProblem> {
  return type.length !== undefined && value.length > type.length
    ? problem('too-long', `${value.length} characters where ${type.length} fit: ${quoted(value)}`)
    : ok(value);
}

function decimal(value: string, type: FieldType): Result<string, ValueProblem> {
  const number = parseDecimal(value);
  if (number === undefined) return problem('not-a-number', `${quoted(value)} is not a number`);
  const { precision, scale } = type;
  if (precision !== undefined && scale !== undefined && !fitsDecimal(number, precision, scale))
    return problem('does-not-fit', `${quoted(value)} does not fit decimal(${precision},${scale})`);
  return ok(shortestDecimal(number));
}

function whole(value: string, kind: 'int' | 'bigint'): Result<string, ValueProblem> {
  const number = parseDecimal(value);
  if (number === undefined) return problem('not-a-number', `${quoted(value)} is not a number`);
  const short = shortestDecimal(number);
  const [least, most] = WHOLE[kind];
  // Length first: a device may send thousands of digits, and BigInt would work on them.
  if (short.includes('.') || short.length > 20 || BigInt(short) < least || BigInt(short) > most)
    return problem('does-not-fit', `${quoted(value)} is no ${kind}`);
  return ok(short);
}

function bool(value: string, yes: string, no: string): Result<string, ValueProblem> {
  const lower = value.trim().toLowerCase();
  if (lower === 'true' || lower === '1') return ok(yes);
  if (lower === 'false' || lower === '0') return ok(no);
  return problem('not-a-boolean', `${quoted(value)} is neither true nor false`);
}

/** Lower case with hyphens: one spelling, so that equal ids are equal texts. */
export function canonicalGuid(value: string): string | undefined {
  const bare = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i.exec(value.trim());
  return bare?.[1]?.toLowerCase();
}

function guid(value: string): Result<string, ValueProblem> {
  const canonical = canonicalGuid(value);
  return canonical === undefined ? problem('not-a-guid', `${quoted(value)} is no guid`) : ok(canonical);
}

/** Base64, after a prefix up to the first comma as data URLs have it. */
function binary(value: string): Result<string, ValueProblem> {
  const body = (value.startsWith('data:') ? value.slice(value.indexOf(',') + 1) : value).replace(
    /[ \t\r\n]/g,
    '',
  );
  return body.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(body)
    ? ok(body)
    : problem('not-base64', `${quoted(value)} is no Base64`);
}

const notADate = (value: string): Result<never, ValueProblem> =>
  problem('not-a-date', `${quoted(value)} is no date from ${FIRST_YEAR} to 9999`);

const readLocal = (value: string): LocalTime | undefined => {
  const local = parseLocalTime(value);
  return local !== undefined && local.year >= FIRST_YEAR ? local : undefined;
};

interface Moment {
  readonly local: LocalTime;
  /** Minutes east of UTC when the text says so with digits; `Z` and nothing mean the area's clock. */
  readonly offsetMinutes: number | undefined;
}

function readMoment(value: string): Moment | undefined {
  const parts = /^(.*?)(?:[zZ]|([+-])(\d{2}):?(\d{2}))?$/.exec(value.trim());
  // Without a time a trailing `-10` is the day, not an offset.
  const offset = parts?.[2] !== undefined && (parts[1]?.includes(':') ?? false) ? parts : undefined;
  const local = readLocal(
    (offset === undefined && parts?.[2] !== undefined ? value.trim() : parts?.[1]) ?? '',
  );
  if (local === undefined) return undefined;
  if (offset === undefined) return { local, offsetMinutes: undefined };
  const minutes = Number(offset[3]) * 60 + Number(offset[4]);
  return minutes > 14 * 60 ? undefined : { local, offsetMinutes: offset[2] === '-' ? -minutes : minutes };
}

function inErp({ local, offsetMinutes }: Moment, zones: Zones): LocalTime {
  if (offsetMinutes !== undefined)
    return localTimeAt(instantOfLocal(local, 'UTC') - offsetMinutes * 60_000, zones.erp);
  // Same clock on both sides: nothing to shift, and no hour of the changeover to lose.
  return zones.area === zones.erp ? local : localTimeAt(instantOfLocal(local, zones.area), zones.erp);
}
