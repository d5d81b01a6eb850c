import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { momentText } from '../../../main/adapters/erp-mssql/moment-text.ts';

const FIRST = Date.UTC(1753, 0, 1);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('the text of a moment', () => {
  test.prop([fc.integer({ min: FIRST, max: LAST })], { numRuns: 10_000 })('is the one of its clock', (at) => {
    expect(momentText(at)).toBe(new Date(at).toISOString().slice(0, 23));
  });

  it.each([
    [0, '1970-01-01T00:00:00.000'],
    [-1, '1969-12-31T23:59:59.999'],
    [new Date('0001-01-01T00:00:00Z').getTime(), '0001-01-01T00:00:00.000'],
  ])('of %i is %s', (at, text) => expect(momentText(at)).toBe(text));
});
