import type { FieldType } from '../../../shared/model/field-type.ts';
import {
  isPlainDay,
  isPlainMoment,
  remembering,
  shortDecimal,
  shortWhole,
} from '../../../shared/model/plain-text.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { Zones } from './convert.ts';

/** What `toPacket` gives for the value, or undefined where that one has to look: never another answer than its own. */
export type Quick = (value: string) => string | undefined;

const slow: Quick = () => undefined;

/**
 * `toPacket` of one column, for the spellings that ordinary rows have: nothing is parsed that is canonical already, and
 * nothing is made that is there already. Pure.
 */
export function quickToPacket(type: FieldType, zones: Zones): Quick {
  switch (type.kind) {
    case 'text': {
      const { length } = type;
      return length === undefined
        ? (value) => value
        : (value) => (value.length <= length ? value : undefined);
    }
    case 'decimal': {
      const { precision = Infinity, scale = Infinity } = type;
      // Without both nothing is checked.
      const whole = precision === Infinity || scale === Infinity ? Infinity : precision - scale;
      return (value) => shortDecimal(value, whole, scale);
    }
    case 'int':
      return (value) => shortWhole(value, 9);
    case 'bigint':
      return (value) => shortWhole(value, 18);
    case 'bool':
      return (value) => (value === '1' ? 'true' : value === '0' ? 'false' : undefined);
    case 'guid':
      return (value) => (CANONICAL_GUID.test(value) ? value : undefined);
    case 'date':
    case 'dateOfTime':
      return remembering((value) =>
        value.length === 10 && isPlainDay(value) ? `${value}T00:00:00Z` : undefined,
      );
    case 'datetime':
      return zones.area === zones.erp
        ? (value) => (isPlainMoment(value) ? `${value.slice(0, 19)}Z` : undefined)
        : slow;
    case 'binary':
      return slow;
    default:
      return assertNever(type.kind);
  }
}

const CANONICAL_GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
