import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ITEM_STATES } from '../../../main/core/queue/item.ts';
import { explainDetail, explainReason } from '../../../shared/contract/explain-reason.ts';
import { ownerSchema } from '../../../shared/contract/explanation.ts';
import { LIGHT_STATES, type LinkStatus, type SiteStatus } from '../../../shared/contract/status.ts';
import { en } from '../../../shared/i18n/en/en.ts';
import { Speaker, isTextKey } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { explainFailure, type FenceReason, type SyncFailure } from '../../../shared/model/failure.ts';
import { fineLight, sampleLink } from '../../support/sample-link.ts';
import { emptyStatus } from '../console/site-double.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });

const fences: Readonly<Record<FenceReason, true>> = {
  'lease-held': true,
  'fence-raised': true,
  'erp-restored': true,
  'erp-copied': true,
  'ledger-missing': true,
};
/** One of each kind: a kind that is added does not compile until it stands here. */
const one: { readonly [K in SyncFailure['kind']]: readonly Extract<SyncFailure, { kind: K }>[] } = {
  unreachable: [
    { kind: 'unreachable', endpoint: 'erp:main', cause: 'c' },
    { kind: 'unreachable', endpoint: 'cloud:x', cause: 'c' },
  ],
  throttled: [{ kind: 'throttled', endpoint: 'cloud:x' }],
  unauthorized: [
    { kind: 'unauthorized', endpoint: 'erp:main', cause: 'c' },
    { kind: 'unauthorized', endpoint: 'cloud:x', cause: 'c' },
  ],
  rejected: [{ kind: 'rejected', code: '2', message: 'the message' }],
  conflict: [{ kind: 'conflict', where: 'w', message: 'the message' }],
  'invalid-response': [{ kind: 'invalid-response', endpoint: 'cloud:x', where: 'w', detail: 'd' }],
  'unknown-outcome': [{ kind: 'unknown-outcome', endpoint: 'erp:main', operation: 'o' }],
  fenced: (Object.keys(fences) as FenceReason[]).map((reason) => ({
    kind: 'fenced',
    endpoint: 'erp:main',
    reason,
    detail: 'd',
  })),
  disk: [{ kind: 'disk', cause: 'c' }],
  cancelled: [{ kind: 'cancelled' }],
  defect: [{ kind: 'defect', message: 'the message' }],
};
const failures: readonly SyncFailure[] = Object.values(one).flat();

describe('catalogue', () => {
  it.each(failures)('has both sentences for $kind $reason $endpoint', (failure) => {
    const { what, next, owner, params } = explainFailure(failure);
    for (const key of [what, next, `owner.${owner}`]) expect(isTextKey(key), key).toBe(true);
    for (const key of [what, next]) {
      const sentence = speaker.say({ key, params });
      expect(sentence).not.toMatch(/[{}]| {2}|\( | \)|\(\)/);
      expect(sentence).toMatch(/^[A-Z].{9,}$/);
    }
  });

  it('has every reason, state, owner and light', () => {
    const reasons = [
      explainReason({ kind: 'waits-for', what: 'visit', number: 'V-1', until: NOW + 60_000 }),
      explainReason({ kind: 'person', note: '' }),
      explainReason({ kind: 'unclean-exits', times: 3 }),
    ];
    const keys = [
      ...reasons.flatMap(({ what, next }) => [what.key, next.key]),
      ...ITEM_STATES.map((state) => `itemState.${state}`),
      ...LIGHT_STATES.map((state) => `state.${state}`),
      ...ownerSchema.options.map((owner) => `owner.${owner}`),
    ];
    for (const key of keys) expect(isTextKey(key), key).toBe(true);
  });

  it('has every key that the program names', () => {
    const families =
      'failure|reason|light|site|stage|owner|state|itemState|flow|run|inCloud|event|page|time|direction|kind';
    const named = new Set<string>();
    for (const root of ['main', 'renderer', 'shared'])
      for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' }))
        if (/\.tsx?$/.test(file) && !file.startsWith('sandbox'))
          for (const [, key] of readFileSync(join(root, file), 'utf8').matchAll(
            new RegExp(`'((?:${families})\\.[a-zA-Z]+)'`, 'g'),
          ))
            if (key !== undefined) named.add(key);
    // Names of durable steps and of files look the same and are no words.
    const steps = /^(run\.(start|finish)|site\.(json|key|timeZone))$/;
    const missing = [...named].filter((key) => !isTextKey(key) && !steps.test(key));
    expect(named.size).toBeGreaterThan(40);
    expect(missing).toEqual([]);
  });

  it('has only placeholders that are understood, and sentences of a readable length', () => {
    for (const [key, text] of Object.entries(en)) {
      expect(
        text.replace(/\{[a-zA-Z]+(\|(n|ago|when|clock|plural\|[^{}|]+\|[^{}|]+))?\}/g, ''),
        key,
      ).not.toMatch(/[{}|]/);
      for (const sentence of text.split(/[.:;] /))
        expect(sentence.split(' ').length, key).toBeLessThanOrEqual(20);
      expect(text, key).not.toContain('!');
    }
  });
});

describe('speaker', () => {
  it('counts, agrees in number and groups', () => {
    expect(speaker.text('site.parked', { count: 1 })).toBe('1 item needs a person.');
    expect(speaker.text('site.parked', { count: 1_200 })).toBe('1,200 items need a person.');
  });

  it.each([
    [0, 'just now'],
    [-60_000, 'just now'],
    [12_000, '12 s ago'],
    [60_000, '1 min ago'],
    [59 * 60_000, '59 min ago'],
    [60 * 60_000, '10:30'],
    [24 * 3_600_000, '19 Nov, 11:30'],
    [400 * 86_400_000, '16 Oct 2025, 12:30'],
  ])('tells an age of %i ms as %s', (age, words) => {
    expect(speaker.ago(NOW - age)).toBe(words);
  });

  it.each([
    [0, 'due now'],
    [30_000, 'in 30 s'],
    [600_000, 'in 10 min'],
    [2 * 3_600_000, '13:30'],
  ])('tells a time %i ms ahead as %s', (ahead, words) => {
    expect(speaker.when(NOW + ahead)).toBe(words);
  });

  it('shows what it has no words for instead of hiding it', () => {
    expect(speaker.say({ key: 'failure.brandNew.what', params: {} })).toBe('failure.brandNew.what');
    expect(speaker.count('brandNew', 2)).toBe('2 brandNew');
    expect(speaker.step('brand-new', 'note')).toEqual(['brand-new', 'note']);
  });

  it('never reads a parameter as a pattern or an inherited name as a parameter', () => {
    expect(speaker.text('failure.defect.what', { message: '{cause} $& $1' })).toBe(
      'A fault in ERP Ferry: {cause} $& $1',
    );
    expect(speaker.say({ key: 'constructor', params: {} })).toBe('constructor');
  });

  it('puts a noted reason into words and leaves other notes alone', () => {
    const detail = JSON.stringify({ kind: 'failure', failure: { kind: 'disk', cause: 'ENOSPC' } });
    expect(speaker.step('parked', detail)).toEqual(['Parked', 'The local disk refuses to store (ENOSPC).']);
    for (const note of ['{"kind":"other"}', '{', '{"applied":[1]}', 'plain'])
      expect(explainDetail(note)).toBeUndefined();
  });
});

describe('sentence of a site', () => {
  const fine = fineLight;
  const link = (over: Partial<LinkStatus> = {}): LinkStatus => sampleLink('a', over);
  const say = (
    light: SiteStatus['light'],
    links: readonly LinkStatus[],
    over: Partial<SiteStatus> = {},
  ): string =>
    speaker.say(
      siteSentence({ ...emptyStatus(), light, links: [...links], ...over }, (text) => speaker.say(text)),
    );

  it('says that all is well only when the light is green', () => {
    expect(say('fine', [link()])).toBe('Everything is carried over.');
    expect(say('fine', [link({ settledToday: 42 })])).toBe('All 42 documents of today are carried over.');
    for (const light of LIGHT_STATES.filter((state) => state !== 'fine'))
      expect(say(light, [link({ light, settledToday: 42 })])).not.toMatch(/^(All|Everything)/);
    expect(say('fine', [link()], { agent: { state: 'none' } })).toBe(
      'No agent is running: nothing is carried.',
    );
    expect(say('fine', [link({ parked: 1 })])).toBe('1 item needs a person.');
    expect(say('fine', [link({ unknown: 1 })])).toContain('not known yet');
    expect(say('fine', [link({ pendingIn: { count: 1, oldest: NOW } })])).toContain('1 packet waits');
  });

  it('puts a failing side before what is parked, and what waits after', () => {
    const away = {
      state: 'attention',
      since: NOW,
      fact: { key: 'failure.erpUnreachable.what', params: { cause: 'ECONNREFUSED' } },
    } as const;
    expect(say('attention', [link({ parked: 3, lights: { erp: away, cloud: fine } })])).toBe(
      'Orders may be waiting: The ERP database does not answer (ECONNREFUSED).',
    );
    expect(say('attention', [link({ parked: 3, pendingIn: { count: 2, oldest: NOW } })])).toBe(
      '3 items need a person.',
    );
    expect(say('attention', [link({ light: 'attention', pendingIn: { count: 2, oldest: NOW } })])).toBe(
      '2 packets wait too long for the ERP, the oldest since 11:30.',
    );
  });
});
