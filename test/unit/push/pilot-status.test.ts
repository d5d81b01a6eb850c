import { expect, test } from 'vitest';
import { explainReason } from '../../../shared/contract/explain-reason.ts';
import type { LinkStatus, SiteStatus } from '../../../shared/contract/status.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { linkLight, type LinkFacts } from '../../../main/core/health/lights.ts';
import type { Run } from '../../../main/core/queue/queue-store.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { sampleLink } from '../../support/sample-link.ts';

const NOW = 1_800_000_000_000;
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });

const status = (links: readonly LinkStatus[], light: LinkStatus['light']): SiteStatus => ({
  site: { name: 'Acme', timeZone: 'Europe/Sofia', language: 'en', startAtLogon: true },
  agent: { state: 'running', startedAt: NOW, version: '1' },
  at: NOW,
  light,
  notices: [],
  alerts: [],
  links: [...links],
});
const sentence = (links: readonly LinkStatus[], light: LinkStatus['light']): string =>
  speaker.say(siteSentence(status(links, light), (text) => speaker.say(text)));

test('the status says how many of how many users get data, over all links', () => {
  const piloted = sampleLink('a', { light: 'waiting', pilot: { users: 2, of: 40 } });
  expect(sentence([piloted], 'waiting')).toBe(
    'Pilot: 2 of 40 users get data. The others wait for a person to confirm the link.',
  );
  const other = sampleLink('b', { light: 'waiting', pilot: { users: 0, of: 5 } });
  expect(sentence([piloted, other, sampleLink('c')], 'waiting')).toContain('Pilot: 2 of 45 users');
});

test('what waits for the ERP is said before a pilot', () => {
  const waits = { pendingIn: { count: 3, oldest: NOW - 60_000 }, pilot: { users: 2, of: 40 } };
  expect(sentence([sampleLink('a', { light: 'waiting', ...waits })], 'waiting')).toContain('3 packets');
});

test.each(['heldByPilot', 'heldByPause'])('a run with %s is never green', (count) => {
  const push: Run = {
    id: 2,
    link: linkId('l'),
    flow: 'push',
    trigger: 'schedule',
    startedAt: NOW - 60_000,
    endedAt: NOW - 50_000,
    outcome: 'ok',
    counts: { users: 40, accepted: 2 },
  };
  const facts: LinkFacts = {
    now: NOW,
    erp: { endpoint: 'erp:main', lastOk: NOW - 5_000 },
    cloud: { endpoint: 'cloud:x', lastOk: NOW - 60_000 },
    disk: undefined,
    soundness: 'sound',
    counts: { pendingIn: 0, pendingOut: 0, parked: 0, unknown: 0, settledToday: 0, unreported: 0 },
    pause: undefined,
    working: false,
    lastRuns: [push],
    enabledFlows: 1,
    nextRun: NOW + 60_000,
    overdue: false,
    announced: 0,
  };
  expect(linkLight(facts)).toBe('fine');
  expect(linkLight({ ...facts, lastRuns: [{ ...push, counts: { ...push.counts, [count]: 1 } }] })).toBe(
    'waiting',
  );
});

test('why a built snapshot waits has words for each reason, with and without an end', () => {
  for (const why of ['pilot', 'paused', 'quiet', 'interval'] as const)
    for (const until of why === 'interval' ? [NOW] : why === 'quiet' ? [NOW, undefined] : [undefined]) {
      const { what, next } = explainReason({ kind: 'push-held', why, until });
      for (const text of [what, next]) expect(speaker.say(text)).toMatch(/^[A-Z][^{}]+\.$/);
    }
});
