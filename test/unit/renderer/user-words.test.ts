import { describe, expect, it } from 'vitest';
import { hashOf, placeOf } from '../../../renderer/state/place.ts';
import { standingOf, userRefusalWords, usersMark } from '../../../renderer/state/user-words.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import { explainReason } from '../../../shared/contract/explain-reason.ts';
import type { RefusalCode } from '../../../shared/contract/reply.ts';
import type { MobileUserView, SnapshotView } from '../../../shared/contract/user-requests.ts';
import { isTextKey, Speaker } from '../../../shared/i18n/say.ts';
import { sampleLink } from '../../support/sample-link.ts';
import { emptyStatus } from '../console/site-double.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });

const snapshot = (over: Partial<SnapshotView> = {}): SnapshotView => ({
  item: 1,
  size: 10,
  rows: 1,
  state: 'accepted',
  since: NOW,
  consistency: 'snapshot',
  ...over,
});
const user = (over: Partial<MobileUserView> = {}): MobileUserView => ({
  link: 'field-sales',
  user: 'ANNA',
  named: true,
  pendingIn: 0,
  parkedIn: 0,
  accepted: snapshot(),
  ...over,
});
const refused: Explanation = {
  owner: 'integrator',
  what: { key: 'failure.appModel.what', params: {} },
  next: { key: 'failure.appModel.next', params: {} },
};
const held = (why: 'pilot' | 'interval'): Explanation =>
  explainReason({ kind: 'push-held', why, until: NOW + 60_000 });

describe('how it stands with a user', () => {
  it.each<[string, Partial<MobileUserView>, string, boolean]>([
    ['accepted and proven', {}, 'fine', false],
    [
      'accepted, of different moments',
      { accepted: snapshot({ consistency: 'best-effort' }) },
      'unknown',
      false,
    ],
    ['never got one', { accepted: undefined }, 'waiting', true],
    ['not named any more', { named: false }, 'unknown', true],
    ['a refused row', { waitsFor: refused }, 'attention', true],
    ['outside the pilot', { waitsFor: held('pilot') }, 'waiting', true],
    ['too soon after the last', { waitsFor: held('interval') }, 'waiting', true],
    ['packets set aside', { parkedIn: 2 }, 'attention', true],
    ['built', { waiting: snapshot({ state: 'built' }) }, 'waiting', true],
    ['on its way', { waiting: snapshot({ state: 'sending' }) }, 'working', true],
    ['in doubt', { waiting: snapshot({ state: 'in-doubt' }) }, 'unknown', true],
    ['failed', { waiting: snapshot({ state: 'failed' }) }, 'attention', true],
  ])('%s', (_name, over, state, waits) => {
    const standing = standingOf(user(over));
    expect(standing.state).toBe(state);
    expect(standing.waits !== undefined).toBe(waits);
    if (standing.waits === undefined) return;
    for (const text of [standing.waits.what, standing.waits.next]) {
      expect(isTextKey(text.key), text.key).toBe(true);
      expect(speaker.say(text)).not.toContain('{');
    }
  });

  it('puts what somebody must act on before everything that goes on by itself', () => {
    const standing = standingOf(
      user({ waitsFor: refused, parkedIn: 1, named: false, waiting: snapshot({ state: 'sending' }) }),
    );
    expect(standing.waits).toBe(refused);
  });

  it('keeps the words of a hold where packets of his are set aside too', () => {
    expect(standingOf(user({ waitsFor: held('pilot'), parkedIn: 1 })).waits?.what.key).toBe(
      'users.waits.parked',
    );
  });
});

describe('the users screen', () => {
  it('keeps a user of any name in its address', () => {
    for (const name of ['ANNA', 'anna.b@example.com', 'Ж & #1 ?=%', '7'])
      expect(placeOf(hashOf({ screen: 'users', link: 'field-sales', user: name }))).toEqual({
        screen: 'users',
        link: 'field-sales',
        user: name,
      });
  });

  it('asks anew when a run has ended, also one that sent nothing', () => {
    const run = {
      id: 4,
      link: 'a',
      flow: 'push',
      trigger: 'schedule',
      startedAt: NOW,
      outcome: 'ok',
      counts: {},
    } as const;
    const before = usersMark({ ...emptyStatus(), links: [sampleLink('a', { lastRuns: [run] })] });
    const after = usersMark({
      ...emptyStatus(),
      links: [sampleLink('a', { lastRuns: [{ ...run, endedAt: NOW }] })],
    });
    expect(after).not.toBe(before);
  });

  it('says of each refusal what it means and what to do', () => {
    const codes: readonly RefusalCode[] = [
      'forbidden',
      'not-found',
      'unavailable',
      'bad-arguments',
      'defect',
    ];
    const said = codes.map((code) => userRefusalWords({ code, message: 'row 7 of Item' }, speaker));
    for (const words of said) expect(words.said).toBe('Answer: row 7 of Item');
    expect(new Set(said.map(({ what }) => what)).size).toBe(codes.length);
  });
});
