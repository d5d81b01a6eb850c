import type { FieldType } from '../../../shared/model/field-type.ts';
import {
  isPlainDay,
  isPlainMoment,
  isShortWhole,
  shortDecimalEnd,
} from '../../../shared/model/plain-text.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { QuickText } from '../packets/codec/column-to-write.ts';
import type { Zones } from './convert.ts';
import { quickShift } from './shift-quickly.ts';

const start = (end: (value: string) => number, suffix = ''): QuickText => ({
  by: 'start',
  end,
  suffix,
});
const NO_ANSWER = start(() => -1);

/**
 * `toPacket` of one column, for the spellings that ordinary rows have: nothing is parsed that is canonical already, and
 * nothing is made that is there already. Never another answer than `toPacket`'s own; where that one has to look, none. Pure
 * but for a memory of days.
 */
export function quickToPacket(type: FieldType, zones: Zones): QuickText {
  switch (type.kind) {
    case 'text': {
      const { length = Infinity } = type;
      return { by: 'whole', fits: (value) => value.length <= length };
    }
    case 'decimal': {
      const { precision = Infinity, scale = Infinity } = type;
      // Without both nothing is checked.
      const whole = precision === Infinity || scale === Infinity ? Infinity : precision - scale;
      return start((value) => shortDecimalEnd(value, whole, scale));
    }
    case 'int':
      return start((value) => (isShortWhole(value, 9) ? value.length : -1));
    case 'bigint':
      return start((value) => (isShortWhole(value, 18) ? value.length : -1));
    case 'bool':
      return {
        by: 'text',
        text: (value) => (value === '1' ? 'true' : value === '0' ? 'false' : undefined),
      };
    case 'guid':
      return start((value) => (CANONICAL_GUID.test(value) ? value.length : -1));
    case 'date':
    case 'dateOfTime':
      return start((value) => (value.length === 10 && isPlainDay(value) ? 10 : -1), 'T00:00:00Z');
    case 'datetime':
      return zones.area === zones.erp
        ? start((value) => (isPlainMoment(value) ? 19 : -1), 'Z')
        : { by: 'text', text: quickShift(zones) };
    case 'binary':
      return NO_ANSWER;
    default:
      return assertNever(type.kind);
  }
}

const CANONICAL_GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
