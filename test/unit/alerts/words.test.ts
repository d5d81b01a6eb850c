import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alertView } from '../../../main/core/alerts/alert-view.ts';
import { KINDS } from '../../../main/core/alerts/kinds.ts';
import { messageOf } from '../../../main/core/alerts/message.ts';
import type { Warning } from '../../../main/core/alerts/warning.ts';
import { warningsOf } from '../../../main/core/alerts/warnings-of.ts';
import { isTextKey, Speaker } from '../../../shared/i18n/say.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { WARNING_CODES } from '../../../shared/model/warning-codes.ts';
import { failing, fine, HOUR, link, run, status, T, Watcher } from './sample.ts';

/** What documents and secrets hold: it must not come up anywhere outside. */
const CANARY = 'CANARY-SO-1042';

const erp = (failure: SyncFailure) => [link('a', { lights: { erp: failing(failure), cloud: fine } })];
const cloud = (failure: SyncFailure, id = 'a') =>
  link(id, { lights: { erp: fine, cloud: failing(failure) } });
const fenced = (
  reason: 'erp-restored' | 'erp-copied' | 'lease-held' | 'fence-raised' | 'ledger-missing',
): SyncFailure => ({
  kind: 'fenced',
  endpoint: 'erp:main',
  reason,
  detail: CANARY,
});
const silent = { state: 'unknown', since: T, fact: { key: 'light.silent', params: {} } } as const;
const away = (id: string) => cloud({ kind: 'unreachable', endpoint: `cloud:${id}`, cause: 'the cause' }, id);
const notice = (key: string) => ({
  owner: 'erp-administrator' as const,
  what: { key, params: { cause: 'the cause' } },
  next: { key: key.replace('.what', '.next'), params: {} },
});
const rejected: SyncFailure = {
  kind: 'rejected',
  code: '2627',
  where: CANARY,
  field: CANARY,
  message: CANARY,
};

/** Every kind and case there is, out of a status. */
const all: readonly Warning[] = [
  ...(['erp-restored', 'erp-copied', 'lease-held', 'fence-raised', 'ledger-missing'] as const).flatMap(
    (reason) => warningsOf(status(erp(fenced(reason)))),
  ),
  ...warningsOf(status(erp({ kind: 'unreachable', endpoint: 'erp:main', cause: 'the cause' }))),
  ...warningsOf(status(erp({ kind: 'unauthorized', endpoint: 'erp:main', cause: 'the cause' }))),
  ...warningsOf(status(erp(rejected))),
  ...warningsOf(status([cloud({ kind: 'unauthorized', endpoint: 'cloud:a', cause: 'the cause' })])),
  ...warningsOf(status([cloud({ kind: 'throttled', endpoint: 'cloud:a' })])),
  ...warningsOf(
    status([cloud({ kind: 'invalid-response', endpoint: 'cloud:a', where: CANARY, detail: CANARY })]),
  ),
  ...warningsOf(status([cloud(rejected)])),
  ...warningsOf(status([away('a'), away('b')])),
  ...warningsOf(status([link('a', { lights: { erp: silent, cloud: silent } })])),
  ...warningsOf(
    status([], { notices: ['failure.disk.what', 'site.damaged.what', 'site.archive.what'].map(notice) }),
  ),
  ...warningsOf(
    status([
      link('a', {
        parked: 1,
        unknown: 2,
        pendingIn: { count: 1, oldest: T },
        pendingOut: { count: 2, oldest: T },
        handedOver: { count: 2, late: { count: 1, label: CANARY, since: T } },
        lastRuns: [run('failed', rejected)],
      }),
      link('b', { lastRuns: [run('failed', rejected, { flow: 'push' })] }),
      link('c', { paused: { by: 'person', since: T, reason: CANARY } }),
      link('e', { retention: { level: 'warning', since: T, until: T + 96 * HOUR } }),
      link('f', { retention: { level: 'over', since: T, until: T } }),
      link('d', {
        paused: { by: 'program', since: T, reason: 'transaction-ended', explanation: failureView(rejected) },
      }),
    ]),
  ),
];

const site = { name: 'Acme HQ', timeZone: 'Europe/Sofia', locale: 'en-GB' };
const view = (warning: Warning) => {
  const watcher = new Watcher();
  watcher.during(48 * HOUR, [warning], 10 * 60_000);
  return alertView(watcher.book.alerts[0]!, true);
};

describe('words', () => {
  test('every kind is among them', () => {
    expect([...new Set(all.map((one) => one.code))].sort()).toEqual([...WARNING_CODES].sort());
  });

  test.each(all.map((one) => [`${one.code} ${one.variant} ${one.about}`, one] as const))(
    '%s: the effect, since when and that nothing is lost, who acts and how',
    (_name, warning) => {
      const alert = view(warning);
      const speaker = new Speaker({ now: T + HOUR, timeZone: 'Europe/Sofia', locale: 'en-GB' });
      for (const text of [alert.title, alert.body, alert.next]) {
        expect(isTextKey(text.key), text.key).toBe(true);
        expect(speaker.say(text)).not.toMatch(/[{}]| {2}|\(\)|: ?$|undefined/);
      }
      expect(speaker.say(alert.title)).toMatch(/^[A-Z\d].{15,79}$/);
      // The one warning that cannot promise it.
      if (warning.code === 'cloud-retention' && warning.variant === 'over')
        expect(speaker.say(alert.body)).not.toContain('Nothing is lost');
      else expect(speaker.say(alert.body)).toContain('Nothing is lost');
      expect(speaker.say(alert.body)).toMatch(/\d\d:\d\d/);
    },
  );

  test.each(all.map((one) => [`${one.code} ${one.variant} ${one.about}`, one] as const))(
    '%s: no document, no detail of a database, leaves',
    (_name, warning) => {
      const alert = view(warning);
      expect(JSON.stringify(messageOf(alert, 'raised', 'key', site, T + HOUR))).not.toContain('CANARY');
      expect(JSON.stringify(alert)).not.toContain('CANARY');
    },
  );

  test('what came back and what is over say so', () => {
    const alert = view(all[0]!);
    const back = messageOf({ ...alert, times: 3 }, 'raised', 'key', site, T + HOUR).text;
    expect(back).toContain('this is time 3');
    const over = messageOf({ ...alert, endedAt: T + HOUR }, 'ended', 'key', site, T + HOUR).text;
    expect(over).toContain('It ended at 11:00.');
    expect(over).not.toContain('Next step');
  });

  test('the page about warnings names each kind', () => {
    const page = readFileSync('docs/alerts.md', 'utf8');
    for (const code of Object.keys(KINDS)) expect(page).toContain(`\`${code}\``);
  });
});
