import type { Mapping } from '../../../shared/model/mapping.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { SeriesValue } from '../packets/erp.ts';
import { toErp } from './convert.ts';
import { keyText, refused } from './plan-row.ts';
import { tableRows } from './plan-rows.ts';

const WHOLE = { kind: 'bigint' } as const;
const ANY_ZONE = { area: 'UTC', erp: 'UTC' };

/** How far the phone has used its number series; the highest of the packet for each. */
export function seriesValues(packet: Packet, mapping: Mapping, user: string): Result<readonly SeriesValue[]> {
  const highest = new Map<string, bigint>();
  for (const handler of mapping.pull.series)
    for (const at of tableRows(packet, handler.entity)) {
      const parts: string[] = [];
      for (const field of handler.key) {
        const part = keyText(at, field);
        if (!part.ok) return part;
        if (part.value === undefined)
          return refused(at, 'missing-field', field, 'the field names the number series and is empty');
        parts.push(part.value);
      }
      const text = keyText(at, handler.current);
      if (!text.ok) return text;
      if (text.value === undefined)
        return refused(at, 'missing-field', handler.current, 'how far the series is used is not said');
      const current = toErp(text.value, WHOLE, ANY_ZONE);
      if (!current.ok) return refused(at, current.failure.code, handler.current, current.failure.message);
      const value = BigInt(current.value ?? '0');
      const series = parts.join('/');
      const before = highest.get(series);
      if (before === undefined || value > before) highest.set(series, value);
    }
  return ok([...highest].map(([series, current]) => ({ user, series, current: current.toString() })));
}
