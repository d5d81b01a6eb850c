import { describe, expect, test } from 'vitest';
import { rootCauses } from '../../../main/core/alerts/causes.ts';
import type { Warning } from '../../../main/core/alerts/warning.ts';
import { warn } from './sample.ts';

const fold = (warnings: readonly Warning[], off: readonly string[] = []): Record<string, readonly string[]> =>
  Object.fromEntries(
    rootCauses(warnings, (one) => !off.includes(one.code)).map(({ root, consequences }) => [
      `${root.code} ${root.about}`,
      consequences.map((one) => `${one.code} ${one.about}`),
    ]),
  );

describe('root causes', () => {
  const late = warn('orders-late');
  const failed = warn('run-failed');
  const phones = warn('snapshots-late');

  test('what an ERP outage brings stands beneath it, whatever the order it is seen in', () => {
    const expected = {
      'erp-unreachable erp:main': ['orders-late link:a', 'snapshots-late link:a', 'run-failed link:a'],
    };
    expect(fold([late, failed, phones, warn('erp-unreachable')])).toEqual(expected);
    expect(fold([warn('erp-unreachable'), phones, failed, late])).toEqual(expected);
  });

  test('another link has nothing to do with it', () => {
    const other = warn('orders-late', { about: 'link:b', links: ['b'] });
    expect(fold([warn('erp-unreachable'), other])).toEqual({
      'erp-unreachable erp:main': [],
      'orders-late link:b': [],
    });
  });

  test('never beneath something that is switched off', () => {
    expect(fold([warn('erp-unreachable'), late], ['erp-unreachable'])).toEqual({
      'erp-unreachable erp:main': [],
      'orders-late link:a': [],
    });
  });

  test('what needs a person stands on its own beside any outage', () => {
    expect(Object.keys(fold([warn('erp-unreachable'), warn('items-parked'), warn('disk-refuses')]))).toEqual([
      'disk-refuses link:a',
      'erp-unreachable erp:main',
      'items-parked link:a',
    ]);
  });

  test('the way out of the house stands above each cloud and what hangs on it', () => {
    const away = (id: string) => warn('cloud-unreachable', { about: `link:${id}`, links: [id] });
    const house = warn('cloud-unreachable', { about: 'site', links: ['a', 'b'], variant: 'internet' });
    expect(fold([away('a'), away('b'), phones, house])).toEqual({
      'cloud-unreachable site': [
        'cloud-unreachable link:a',
        'cloud-unreachable link:b',
        'snapshots-late link:a',
      ],
    });
    expect(fold([away('a'), away('b'), phones, house], ['cloud-unreachable'])).toEqual({
      'cloud-unreachable site': [],
      'cloud-unreachable link:a': [],
      'cloud-unreachable link:b': [],
      'snapshots-late link:a': [],
    });
  });
});
