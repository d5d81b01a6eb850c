import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { toPacket, type Zones } from '../../../main/core/mapping/convert.ts';
import { quickShift } from '../../../main/core/mapping/shift-quickly.ts';
import { dateTimeText, localTimeAt } from '../../../shared/model/time.ts';

/** Whole, half and quarter hours, half an hour's change, changes at midnight and within a month, far from UTC both ways. */
const ZONES = [
  'UTC',
  'Europe/Sofia',
  'Europe/Berlin',
  'Europe/Lisbon',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Asia/Gaza',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Pacific/Kiritimati',
  'Antarctica/Troll',
];
const DATETIME = { kind: 'datetime' } as const;
const HOUR_MS = 3_600_000;

const thorough = (value: string, zones: Zones): string => {
  const made = toPacket(value, DATETIME, zones);
  if (!made.ok || made.value === null) throw new Error(value);
  return made.value;
};
const textAt = (instant: number): string => dateTimeText(localTimeAt(instant, 'UTC'));

/** Hours of UTC in which the zone's clock is changed. */
function changes(zone: string, year: number): readonly number[] {
  const shownAt = (at: number): number => Date.parse(`${dateTimeText(localTimeAt(at, zone))}Z`) - at;
  const found: number[] = [];
  const end = Date.UTC(year + 1, 0, 1);
  for (let day = Date.UTC(year, 0, 1); day < end; day += 24 * HOUR_MS) {
    if (shownAt(day) === shownAt(day + 24 * HOUR_MS)) continue;
    for (let at = day; at < day + 24 * HOUR_MS; at += HOUR_MS)
      if (shownAt(at) !== shownAt(at + HOUR_MS)) found.push(at);
  }
  return found;
}

describe('moments between two zones, quickly', () => {
  test.prop(
    [
      fc.constantFrom(...ZONES),
      fc.constantFrom(...ZONES),
      fc.array(fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2050, 0, 1) }), { maxLength: 20 }),
    ],
    { numRuns: 1_000 },
  )('are those of the thorough way at any time', (erp, area, instants) => {
    // The same zone is not shifted at all.
    fc.pre(area !== erp);
    const quick = quickShift({ area, erp });
    for (const at of instants) {
      const text = textAt(at);
      const shifted = quick(text);
      if (shifted !== undefined) expect(shifted).toBe(thorough(text, { area, erp }));
      else expect(at).toBeLessThan(Date.UTC(1973, 0, 1));
    }
  });

  const pairs = ZONES.flatMap((erp, index) => [
    { erp, area: 'UTC' },
    { erp: 'UTC', area: erp },
    { erp, area: ZONES[(index + 1) % ZONES.length] ?? 'UTC' },
    { erp: 'Europe/Sofia', area: erp },
  ]).filter(({ erp, area }) => erp !== area);
  it.each(pairs)('are those of the thorough way around each change: ERP $erp, area $area', (zones) => {
    const quick = quickShift(zones);
    let checked = 0;
    for (const zone of [zones.erp, zones.area])
      for (const year of [1975, 2011, 2025])
        for (const change of changes(zone, year))
          // More than a day before and after by that clock or any other, in steps that miss no half hour.
          for (let at = change - 30 * HOUR_MS; at <= change + 30 * HOUR_MS; at += 29 * 60_000) {
            const text = textAt(at + (at % 60_000));
            expect(quick(text)).toBe(thorough(text, zones));
            checked += 1;
          }
    if (zones.erp === 'Europe/Sofia' || zones.area === 'Europe/Sofia') expect(checked).toBeGreaterThan(400);
  });

  it.each([
    // Sofia: 30 March 2025 has no 03:00 to 04:00, 26 October has it twice.
    ['2025-03-30T02:59:59.999', '2025-03-30T00:59:59Z'],
    ['2025-03-30T03:30:00.000', '2025-03-30T01:30:00Z'],
    ['2025-03-30T04:00:00.000', '2025-03-30T01:00:00Z'],
    ['2025-10-26T02:59:59.000', '2025-10-25T23:59:59Z'],
    ['2025-10-26T03:30:00.000', '2025-10-26T00:30:00Z'],
    ['2025-10-26T04:00:00.000', '2025-10-26T02:00:00Z'],
    ['2025-01-01T00:30:15.120', '2024-12-31T22:30:15Z'],
    ['2024-02-29T01:00:00.000', '2024-02-28T23:00:00Z'],
  ])('%s in Sofia is %s in UTC', (text, expected) => {
    const zones = { area: 'UTC', erp: 'Europe/Sofia' };
    expect(quickShift(zones)(text)).toBe(expected);
    expect(thorough(text, zones)).toBe(expected);
  });

  it.each([
    '2025-02-30T00:00:00.000',
    '2025-01-01',
    '1960-01-01T00:00:00.000',
    '9999-12-31T23:00:00.000',
    '',
  ])('leaves %j to the thorough way', (text) =>
    expect(quickShift({ area: 'UTC', erp: 'Europe/Sofia' })(text)).toBeUndefined(),
  );
});
