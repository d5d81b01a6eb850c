import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cloudLight,
  erpLight,
  LATE_MS,
  linkLight,
  STALE_MS,
  UNDECIDED,
  worst,
  type LinkFacts,
} from '../../../main/core/health/lights.ts';
import type { EndpointFact, Run } from '../../../main/core/queue/queue-store.ts';
import { LIGHT_STATES, type LightState } from '../../../shared/contract/status.ts';
import { linkId } from '../../../shared/model/ids.ts';

const NOW = 1_800_000_000_000;
const link = linkId('l');
const RANK: readonly LightState[] = ['fine', 'working', 'waiting', 'unknown', 'attention'];
const rank = (state: LightState): number => RANK.indexOf(state);

const age = fc.oneof(fc.integer({ min: 0, max: STALE_MS * 2 }), fc.integer({ min: 0, max: LATE_MS * 2 }));
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });

const endpoint = (name: 'erp:main' | 'cloud:x'): fc.Arbitrary<EndpointFact | undefined> =>
  maybe(
    fc
      .record({
        age,
        known: fc.boolean(),
        fails: fc.boolean(),
        future: fc.boolean(),
        unansweredMs: maybe(age),
      })
      .map(({ age: ms, known, fails, future, unansweredMs }) => ({
        endpoint: name,
        lastOk: NOW + (future ? ms : -ms),
        ...(known ? { ageMs: ms } : {}),
        ...(unansweredMs === undefined ? {} : { unansweredMs }),
        ...(fails
          ? {
              failingSince: NOW - 1_000,
              failure: { kind: 'unreachable' as const, endpoint: name, cause: 'c' },
            }
          : {}),
      })),
  );

const run: fc.Arbitrary<Run> = fc
  .record({
    flow: fc.constantFrom('pull' as const, 'push' as const),
    outcome: fc.constantFrom(
      'ok' as const,
      'ok' as const,
      'attention' as const,
      'failed' as const,
      'interrupted' as const,
    ),
    counts: fc.constantFrom({}, {}, { held: 1 }, { void: 2 }, { bestEffort: 1 }),
  })
  .map((some) => ({
    id: 1,
    link,
    trigger: 'schedule',
    startedAt: NOW - 60_000,
    endedAt: NOW - 50_000,
    ...some,
  }));

const few = fc.constantFrom(0, 0, 0, 1);
const facts: fc.Arbitrary<LinkFacts> = fc.record({
  now: fc.constant(NOW),
  erp: endpoint('erp:main'),
  cloud: endpoint('cloud:x'),
  disk: maybe(
    fc.constant({
      endpoint: 'site:disk' as const,
      failingSince: NOW,
      failure: { kind: 'disk' as const, cause: 'ENOSPC' },
    }),
  ),
  soundness: fc.constantFrom('sound' as const, 'sound' as const, 'owed' as const, 'damaged' as const),
  counts: fc
    .record({ pendingIn: few, pendingOut: few, parked: few, unknown: few, late: fc.boolean() })
    .map(({ late, ...some }) => ({
      ...some,
      settledToday: 1,
      unreported: 0,
      ...(some.pendingIn > 0 ? { oldestPendingIn: NOW - (late ? LATE_MS * 2 : 1_000) } : {}),
      ...(some.pendingOut > 0 ? { oldestPendingOut: NOW - (late ? LATE_MS * 2 : 1_000) } : {}),
    })),
  pause: maybe(
    fc
      .constantFrom('person' as const, 'program' as const)
      .map((by) => ({ link, by, since: NOW - 1_000, reason: '' })),
  ),
  working: fc.boolean(),
  lastRuns: fc.array(run, { maxLength: 2 }),
  enabledFlows: fc.constantFrom(1, 2),
  nextRun: maybe(fc.constant(NOW + 60_000)),
  overdue: fc.boolean(),
  announced: few,
  undecided: maybe(fc.constant({ count: 1, label: 'order SO-1', since: NOW - 1 })),
});

/** Everything good and fresh, with the variety good facts have. */
const goodFacts: fc.Arbitrary<LinkFacts> = fc
  .record({ erpAge: fc.integer({ min: 0, max: STALE_MS }), cloudAge: fc.integer({ min: 0, max: LATE_MS }) })
  .map(({ erpAge, cloudAge }) => ({
    now: NOW,
    erp: { endpoint: 'erp:main', lastOk: NOW - erpAge, ageMs: erpAge },
    cloud: { endpoint: 'cloud:x', lastOk: NOW - cloudAge, ageMs: cloudAge },
    disk: undefined,
    soundness: 'sound',
    counts: { pendingIn: 0, pendingOut: 0, parked: 0, unknown: 0, settledToday: 0, unreported: 0 },
    pause: undefined,
    working: false,
    lastRuns: [
      { id: 1, link, flow: 'pull', trigger: 'schedule', startedAt: NOW - 1, outcome: 'ok', counts: {} },
    ],
    enabledFlows: 1,
    nextRun: NOW + 1_000,
    overdue: false,
    announced: 0,
  }));

/** One more thing that is not as it should be, on top of whatever is known. */
const WORSE: Readonly<Record<string, (facts: LinkFacts) => LinkFacts>> = {
  'ERP not asked': (f) => ({ ...f, erp: f.erp?.failure === undefined ? undefined : f.erp }),
  'cloud not asked': (f) => ({ ...f, cloud: f.cloud?.failure === undefined ? undefined : f.cloud }),
  'ERP silent': (f) => ({
    ...f,
    erp: f.erp && { ...f.erp, lastOk: NOW - STALE_MS - 1, ageMs: STALE_MS + 1 },
  }),
  'ERP heard before this start, under another clock': (f) => ({
    ...f,
    erp: f.erp && { ...f.erp, ageMs: undefined, lastOk: NOW + STALE_MS + 1 },
  }),
  'ERP fails': (f) => ({
    ...f,
    erp: {
      ...f.erp,
      endpoint: 'erp:main',
      failingSince: NOW,
      failure: { kind: 'unreachable', endpoint: 'erp:main', cause: 'c' },
    },
  }),
  'cloud fails': (f) => ({
    ...f,
    cloud: {
      ...f.cloud,
      endpoint: 'cloud:x',
      failingSince: NOW,
      failure: { kind: 'throttled', endpoint: 'cloud:x' },
    },
  }),
  'cloud does not answer': (f) => ({ ...f, cloud: f.cloud && { ...f.cloud, unansweredMs: STALE_MS + 1 } }),
  'a run is late': (f) => ({ ...f, overdue: true }),
  'handed over, and not decided in time': (f) => ({
    ...f,
    undecided: f.undecided ?? { count: 1, label: 'order SO-1', since: NOW - 1 },
  }),
  'packets announced': (f) => ({ ...f, announced: f.announced + 1 }),
  parked: (f) => ({ ...f, counts: { ...f.counts, parked: f.counts.parked + 1 } }),
  unknown: (f) => ({ ...f, counts: { ...f.counts, unknown: f.counts.unknown + 1 } }),
  'waits in': (f) => ({
    ...f,
    counts: {
      ...f.counts,
      pendingIn: f.counts.pendingIn + 1,
      oldestPendingIn: f.counts.oldestPendingIn ?? NOW,
    },
  }),
  'waits out': (f) => ({
    ...f,
    counts: {
      ...f.counts,
      pendingOut: f.counts.pendingOut + 1,
      oldestPendingOut: f.counts.oldestPendingOut ?? NOW,
    },
  }),
  disk: (f) => ({
    ...f,
    disk: { endpoint: 'site:disk', failingSince: NOW, failure: { kind: 'disk', cause: 'c' } },
  }),
  'store not looked through': (f) => ({ ...f, soundness: f.soundness === 'damaged' ? 'damaged' : 'owed' }),
  'store damaged': (f) => ({ ...f, soundness: 'damaged' }),
  paused: (f) => ({ ...f, pause: f.pause ?? { link, by: 'person', since: NOW, reason: '' } }),
  'a flow never ran': (f) => ({ ...f, enabledFlows: f.enabledFlows + 1 }),
  'a run failed': (f) => ({
    ...f,
    lastRuns: f.lastRuns.map((one) => ({ ...one, outcome: 'failed' as const })),
  }),
};
const worse = fc.constantFrom(...Object.keys(WORSE));

describe('lights, whatever the facts', () => {
  it('what the ERP should have decided about is never green, whatever else is known', () => {
    fc.assert(
      fc.property(facts, (some) => {
        const late = { ...some, undecided: { count: 1, label: 'order SO-1', since: NOW - 1 } };
        expect([erpLight(late).state, linkLight(late)]).toEqual(['attention', 'attention']);
      }),
    );
  });

  it('fine is said when everything is good and fresh, and one bad fact is enough to end it', () => {
    fc.assert(
      fc.property(goodFacts, worse, (good, name) => {
        expect(linkLight(good)).toBe('fine');
        const bad = WORSE[name]?.(good) ?? good;
        expect([name, linkLight(bad)]).not.toEqual([name, 'fine']);
      }),
    );
  });

  it('fine is said only if both sides are, nothing is open, and every run went well', () => {
    fc.assert(
      fc.property(facts, (some) => {
        if (linkLight(some) !== 'fine') return;
        expect([erpLight(some).state, cloudLight(some).state]).toEqual(['fine', 'fine']);
        const { parked, unknown, pendingIn, pendingOut } = some.counts;
        expect([parked, unknown, pendingIn, pendingOut, some.announced]).toEqual([0, 0, 0, 0, 0]);
        expect(some.erp?.ageMs ?? Math.abs(NOW - (some.erp?.lastOk ?? 0))).toBeLessThanOrEqual(STALE_MS);
        expect(some).toMatchObject({ overdue: false, soundness: 'sound', pause: undefined, disk: undefined });
        // What a run parked counts as parked, until a person saw to it.
        expect(some.lastRuns.every(({ outcome }) => ['ok', 'attention'].includes(outcome))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('no bad fact ever makes a light better', () => {
    fc.assert(
      fc.property(facts, worse, (some, name) => {
        const bad = WORSE[name]?.(some) ?? some;
        expect(rank(linkLight(bad))).toBeGreaterThanOrEqual(rank(linkLight(some)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('what is not known never hides what needs attention', () => {
    fc.assert(
      fc.property(facts, fc.array(worse, { maxLength: 6 }), (some, names) => {
        const base = WORSE['parked']?.(some) ?? some;
        const bad = names.reduce((known, name) => WORSE[name]?.(known) ?? known, base);
        expect(linkLight(bad)).toBe('attention');
      }),
    );
  });

  it('each side’s light names the fact it was computed from, and its moment where there is one', () => {
    fc.assert(
      fc.property(facts, (some) => {
        for (const [light, known] of [
          [erpLight(some), some.erp],
          [cloudLight(some), some.cloud],
        ] as const) {
          expect(light.fact.key).toMatch(/^(light|failure)\./);
          if (light.fact.key === UNDECIDED) expect(light.since).toBe(some.undecided?.since);
          else if (known === undefined)
            expect(light).toEqual({ state: 'unknown', fact: { key: 'light.neverAsked', params: {} } });
          else expect(light.since).toBeDefined();
          if (known?.failure !== undefined) expect(light.state).toBe('attention');
        }
      }),
    );
  });

  it('the worst of lights does not depend on order or grouping', () => {
    const states = fc.array(fc.constantFrom(...LIGHT_STATES), { maxLength: 6 });
    fc.assert(
      fc.property(states, states, states, (one, two, three) => {
        const all = worst([...one, ...two, ...three]);
        expect(worst([worst([worst(one), worst(two)]), worst(three)])).toBe(all);
        expect(worst([worst(one), worst([worst(two), worst(three)])])).toBe(all);
        expect(worst([...three, ...one, ...two])).toBe(all);
      }),
    );
  });
});
