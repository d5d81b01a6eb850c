import { describe, expect, test } from 'vitest';
import { warningsOf } from '../../../main/core/alerts/warnings-of.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { WARNING_CODES } from '../../../shared/model/warning-codes.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { T, HOUR, MINUTE, cloudAway, erpAway, failing, fine, link, run, status } from './sample.ts';

const names = (...args: Parameters<typeof status>): readonly string[] =>
  warningsOf(status(...args)).map(
    ({ code, variant, about }) => `${code}${variant && `/${variant}`} ${about}`,
  );

describe('warnings of a status', () => {
  test('none while all is well, nothing is known, or no agent runs', () => {
    expect(names([link('a'), link('b')])).toEqual([]);
    const never = { state: 'unknown', fact: { key: 'light.neverAsked', params: {} } } as const;
    expect(names([link('a', { lights: { erp: never, cloud: never } })])).toEqual([]);
    expect(names([link('a', { parked: 3 })], { agent: { state: 'none' } })).toEqual([]);
  });

  test('one for an ERP that two links share, since the first sign, of both links', () => {
    const found = warningsOf(
      status([
        link('a', { lights: { erp: erpAway(T - 10), cloud: fine } }),
        link('b', { lights: { erp: erpAway(T - 20), cloud: fine } }),
        link('c', { lights: { erp: erpAway(T, 'other'), cloud: fine } }),
      ]),
    );
    expect(found.map(({ about, links, since }) => [about, links, since])).toEqual([
      ['erp:main', ['a', 'b'], T - 20],
      ['erp:other', ['c'], T],
    ]);
  });

  const erp = 'erp:main';
  test.each<[string, SyncFailure]>([
    ['erp-unreachable', { kind: 'unreachable', endpoint: erp, cause: 'c' }],
    ['erp-unauthorized', { kind: 'unauthorized', endpoint: erp, cause: 'c' }],
    ['erp-restored', { kind: 'fenced', endpoint: erp, reason: 'erp-restored', detail: 'd' }],
    ['erp-restored/erp-copied', { kind: 'fenced', endpoint: erp, reason: 'erp-copied', detail: 'd' }],
    ['erp-fenced/lease-held', { kind: 'fenced', endpoint: erp, reason: 'lease-held', detail: 'd' }],
    ['erp-fenced', { kind: 'fenced', endpoint: erp, reason: 'fence-raised', detail: 'd' }],
    ['erp-fenced/ledger-missing', { kind: 'fenced', endpoint: erp, reason: 'ledger-missing', detail: 'd' }],
    ['erp-unreachable/other', { kind: 'unknown-outcome', endpoint: erp, operation: 'apply' }],
  ])('%s from the light of the ERP', (name, failure) => {
    expect(names([link('a', { lights: { erp: failing(failure), cloud: fine } })])).toEqual([
      `${name} erp:main`,
    ]);
  });

  const cloud = 'cloud:a';
  test.each<[string, SyncFailure]>([
    ['cloud-unreachable', { kind: 'unreachable', endpoint: cloud, cause: 'c' }],
    ['cloud-unreachable/throttled', { kind: 'throttled', endpoint: cloud }],
    ['cloud-unauthorized', { kind: 'unauthorized', endpoint: cloud, cause: 'c' }],
    ['cloud-unreadable', { kind: 'invalid-response', endpoint: cloud, where: 'w', detail: 'd' }],
    ['cloud-unreadable/other', { kind: 'rejected', code: 'link-expired', message: 'm' }],
  ])('%s from the light of the cloud', (name, failure) => {
    expect(names([link('a', { lights: { erp: fine, cloud: failing(failure) } })])).toEqual([
      `${name} link:a`,
    ]);
  });

  test('two clouds away at once are one root of the site, beside the two', () => {
    const away = (id: string, since: number) =>
      link(id, { lights: { erp: fine, cloud: cloudAway(id, since) } });
    expect(names([away('a', T), away('b', T - 1), link('c')])).toEqual([
      'cloud-unreachable/internet site',
      'cloud-unreachable link:a',
      'cloud-unreachable link:b',
    ]);
    const [root] = warningsOf(status([away('a', T), away('b', T - 1), link('c')]));
    expect(root).toMatchObject({ links: ['a', 'b'], since: T - 1, params: { count: 2 } });
    expect(names([away('a', T), link('b'), link('c')])).toEqual(['cloud-unreachable link:a']);
  });

  test('the notices of the site', () => {
    const notice = (key: string) => ({
      owner: 'erp-administrator' as const,
      what: { key: `${key}.what`, params: { cause: 'c' } },
      next: { key: `${key}.next`, params: {} },
    });
    expect(
      names([link('a')], {
        notices: ['failure.disk', 'site.damaged', 'site.archive', 'site.checkOwed'].map(notice),
      }),
    ).toEqual(['disk-refuses site', 'store-damaged site', 'archive-failing site']);
  });

  test('counts, with the list each opens', () => {
    const found = warningsOf(
      status([
        link('a', {
          parked: 2,
          unknown: 1,
          pendingIn: { count: 3, oldest: T - 20 * MINUTE },
          pendingOut: { count: 4, oldest: T - 40 * MINUTE },
        }),
      ]),
    );
    expect(found.map(({ code, place, amount, since }) => [code, place, amount, since])).toEqual([
      ['items-parked', { screen: 'queue', view: 'parked', link: 'a' }, 2, undefined],
      ['orders-late', { screen: 'queue', view: 'in', link: 'a' }, undefined, T - 20 * MINUTE],
      ['snapshots-late', { screen: 'queue', view: 'out', link: 'a' }, undefined, T - 40 * MINUTE],
      ['outcome-unknown', { screen: 'queue', view: 'unknown', link: 'a' }, undefined, undefined],
    ]);
    const severity = (age: number) =>
      warningsOf(status([link('a', { pendingIn: { count: 1, oldest: T - age } })]))[0]?.severity;
    expect([severity(HOUR), severity(4 * HOUR)]).toEqual(['warning', 'critical']);
  });

  test('a pause by a person holds what waits, one by the program is a stop', () => {
    const waiting = { pendingIn: { count: 1, oldest: T - HOUR } };
    const paused = { since: T - 5, reason: 'r' };
    expect(names([link('a', { ...waiting, paused: { ...paused, by: 'person' } })])).toEqual([
      'link-paused-long link:a',
    ]);
    const failure = failureView({ kind: 'rejected', code: 'transaction-ended', message: 'm' });
    expect(
      names([link('a', { ...waiting, paused: { ...paused, by: 'program', explanation: failure } })]),
    ).toEqual(['link-stopped link:a', 'orders-late link:a']);
  });

  test('a failed run: at once when it will fail again, otherwise only the second time', () => {
    const refused: SyncFailure = { kind: 'rejected', code: '207', message: 'SECRET-DOCUMENT' };
    const away: SyncFailure = { kind: 'unreachable', endpoint: 'erp:main', cause: 'c' };
    expect(names([link('a', { lastRuns: [run('failed', refused)] })])).toEqual(['run-failed/pull link:a']);
    expect(names([link('a', { lastRuns: [run('ok'), run('failed', refused)] })])).toEqual([]);
    expect(names([link('a', { lastRuns: [run('failed', away), run('ok')] })])).toEqual([]);
    expect(names([link('a', { lastRuns: [run('failed', away), run('failed', away)] })])).toEqual([
      'run-failed/pull link:a',
    ]);
    expect(names([link('a', { lastRuns: [run('interrupted'), run('attention')] })])).toEqual([]);
    const [found] = warningsOf(status([link('a', { lastRuns: [run('failed', refused)] })]));
    expect(JSON.stringify(found)).not.toContain('SECRET-DOCUMENT');
  });

  test.each(['light.silent', 'light.unanswered'])('%s counts only where something is asked', (key) => {
    const silent = { state: 'unknown', since: T - HOUR, fact: { key, params: {} } } as const;
    const lights = { erp: silent, cloud: silent };
    expect(names([link('a', { lights })])).toEqual([
      'erp-unreachable/silent link:a',
      'cloud-unreachable/silent link:a',
    ]);
    const off = { flow: 'pull' as const, enabled: false };
    expect(names([link('a', { lights, flows: [off] })])).toEqual([]);
    const paused = { by: 'person' as const, since: T, reason: 'r' };
    expect(names([link('a', { lights, paused })])).toEqual(['link-paused-long link:a']);
  });

  test('every kind of the list can come up', () => {
    const seen = new Set<string>();
    const look = (...args: Parameters<typeof status>): void => {
      for (const { code } of warningsOf(status(...args))) seen.add(code);
    };
    const fenced = (reason: 'erp-restored' | 'fence-raised'): SyncFailure => ({
      kind: 'fenced',
      endpoint: erp,
      reason,
      detail: 'd',
    });
    for (const failure of [
      { kind: 'unreachable', endpoint: erp, cause: 'c' },
      { kind: 'unauthorized', endpoint: erp, cause: 'c' },
      fenced('erp-restored'),
      fenced('fence-raised'),
    ] satisfies SyncFailure[])
      look([link('a', { lights: { erp: failing(failure), cloud: fine } })]);
    for (const failure of [
      { kind: 'unreachable', endpoint: cloud, cause: 'c' },
      { kind: 'unauthorized', endpoint: cloud, cause: 'c' },
      { kind: 'invalid-response', endpoint: cloud, where: 'w', detail: 'd' },
    ] satisfies SyncFailure[])
      look([link('a', { lights: { erp: fine, cloud: failing(failure) } })]);
    const notice = (key: string) => ({
      owner: 'user' as const,
      what: { key, params: {} },
      next: { key, params: {} },
    });
    look([link('a', { retention: { level: 'warning', since: T, until: T } })]);
    look([], { notices: ['failure.disk.what', 'site.damaged.what', 'site.archive.what'].map(notice) });
    look([
      link('a', {
        parked: 1,
        unknown: 1,
        pendingIn: { count: 1, oldest: T },
        pendingOut: { count: 1, oldest: T },
        handedOver: { count: 1, late: { count: 1, label: 'order SO-1', since: T } },
        lastRuns: [run('failed')],
      }),
      link('b', { paused: { by: 'person', since: T, reason: 'r' } }),
      link('c', { paused: { by: 'program', since: T, reason: 'r' } }),
    ]);
    expect([...seen].sort()).toEqual([...WARNING_CODES].sort());
  });
});
