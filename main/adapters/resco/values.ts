import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import { dateTimeText, localTimeAt } from '../../../shared/model/time.ts';
import type { RecordType } from '../../core/records/record-store.ts';

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** In small letters, without braces; undefined when it is none. */
export const guidOf = (text: string): string | undefined => GUID.exec(text.trim())?.[1]?.toLowerCase();

/** `entity:GUID` or `entity:GUID:Label` as `entity:guid`; a label may hold colons. */
export function referenceOf(text: string): string | undefined {
  const [, entity, id] = /^([^:]+):([^:]+)(?::[^]*)?$/.exec(text.trim()) ?? [];
  const guid = id === undefined ? undefined : guidOf(id);
  return entity === undefined || guid === undefined ? undefined : `${entity.toLowerCase()}:${guid}`;
}

/** Digits, or hexadecimal ones after `0x`, as digits without needless zeros; at most 64 bits. */
export function rowVersionOf(text: string): string | undefined {
  const trimmed = text.trim();
  if (!/^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(trimmed)) return undefined;
  return String(BigInt(trimmed));
}

const WHOLE = /^-?\d{1,19}$/;

/** Canonical text of what the cloud says; undefined when it is none of this type. Empty is null, which the caller has seen to. */
export function fromResco(type: RecordType, text: string): string | undefined {
  switch (type) {
    case 'text':
      return text;
    case 'decimal': {
      const value = parseDecimal(text);
      return value === undefined ? undefined : shortestDecimal(value);
    }
    case 'int':
    case 'choice':
      return WHOLE.test(text.trim()) ? String(BigInt(text.trim())) : undefined;
    case 'bigint':
      return rowVersionOf(text);
    case 'bool':
      return /^\s*(true|1)\s*$/i.test(text) ? 'true' : /^\s*(false|0)\s*$/i.test(text) ? 'false' : undefined;
    case 'instant':
      return instantText(text);
    case 'date':
      return /^\s*(\d{4}-\d\d-\d\d)/.exec(text)?.[1];
    case 'guid':
      return guidOf(text);
    case 'reference':
      return referenceOf(text);
    case 'choices':
      return undefined;
    case 'binary':
      return text.replace(/\s/g, '');
  }
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([Zz]|[+-]\d\d:\d\d)?$/;

/** In UTC to the second; a moment without offset is UTC. */
export function instantText(text: string): string | undefined {
  const ms = instantOf(text);
  return ms === undefined ? undefined : `${dateTimeText(localTimeAt(ms, 'UTC')).slice(0, 19)}Z`;
}

/** Milliseconds of the whole second. */
export function instantOf(text: string): number | undefined {
  const [, day, minutes, seconds = '00', offset = 'Z'] = RFC3339.exec(text.trim()) ?? [];
  if (day === undefined || minutes === undefined) return undefined;
  const ms = Date.parse(`${day}T${minutes}:${seconds}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A canonical text as the cloud takes it in a body; undefined when it is not canonical. */
export function toResco(type: RecordType, value: string): string | undefined {
  switch (type) {
    case 'bool':
      return value === 'true' ? 'True' : value === 'false' ? 'False' : undefined;
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : undefined;
    case 'text':
      return value;
    default:
      return fromResco(type, value);
  }
}

/** The same in a condition: a lookup is compared with the bare id. */
export function toCondition(type: RecordType, value: string): string | undefined {
  if (type === 'reference') return referenceOf(value)?.split(':')[1] ?? guidOf(value);
  return toResco(type, value);
}

/** Whether the cloud would keep the two as one: an empty text is no value there, and line ends differ by the way. */
export function sameInResco(one: string | null, other: string | null): boolean {
  const plain = (value: string | null): string => (value ?? '').replace(/\r\n?/g, '\n');
  return plain(one) === plain(other);
}
