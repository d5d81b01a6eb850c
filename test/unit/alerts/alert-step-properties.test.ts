import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { acknowledged, type StepSettings } from '../../../main/core/alerts/alert-book.ts';
import { alertStep } from '../../../main/core/alerts/alert-step.ts';
import { isQuiet } from '../../../main/core/alerts/quiet-hours.ts';
import { keyOf, type Warning } from '../../../main/core/alerts/warning.ts';
import { HOUR, MINUTE, SECOND, settings, T, warn, Watcher } from './sample.ts';

/** Warnings of two links on one ERP; each may come with different facts. */
const shapes: readonly Warning[] = [
  warn('disk-refuses', { about: 'site', links: ['a', 'b'], severity: 'critical' }),
  warn('erp-unreachable', { links: ['a', 'b'] }),
  warn('cloud-unreachable', { about: 'site', links: ['a', 'b'], variant: 'internet' }),
  ...['a', 'b'].flatMap((id) =>
    (['cloud-unreachable', 'items-parked', 'orders-late', 'snapshots-late', 'run-failed'] as const).map(
      (code) => warn(code, { about: `link:${id}`, links: [id] }),
    ),
  ),
];
const CRITICAL = warn('erp-unreachable', { links: ['a', 'b'] });

const present: fc.Arbitrary<readonly Warning[]> = fc.subarray([...shapes]).chain((chosen) =>
  fc.tuple(
    ...chosen.map((one) =>
      fc
        .record({
          since: fc.option(fc.integer({ min: T - 48 * HOUR, max: T + 48 * HOUR }), { nil: undefined }),
          severity: fc.constantFrom('warning' as const, 'critical' as const),
        })
        .map((facts): Warning => ({ ...one, ...facts })),
    ),
  ),
);

type Move =
  | { readonly kind: 'look'; readonly warnings: readonly Warning[]; readonly ms: number }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'acknowledge'; readonly which: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      warnings: present,
      ms: fc.constantFrom(5 * SECOND, MINUTE, 10 * MINUTE, 50 * MINUTE, 3 * HOUR, 26 * HOUR),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      ms: fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), which: fc.nat(3) }),
  },
);

const anySettings: fc.Arbitrary<StepSettings> = fc.record({
  off: fc.subarray(['erp-unreachable' as const, 'items-parked' as const, 'cloud-unreachable' as const]),
  delays: fc.constantFrom({}, { 'orders-late': 0 }, { 'erp-unreachable': HOUR }),
  quietHours: fc.constantFrom(
    undefined,
    { from: '22:00', to: '06:00' },
    { from: '12:00', to: '13:00' },
    { from: '20:00', to: '09:00', weekdays: ['mon' as const, 'sat' as const] },
  ),
  zone: fc.constantFrom('Europe/Sofia', 'UTC', 'America/New_York'),
});

function play(site: Watcher, moves: readonly Move[], after: () => void = () => undefined): void {
  for (const one of moves) {
    if (one.kind === 'jump') site.now += one.ms;
    else if (one.kind === 'restart') site.restart();
    else if (one.kind === 'acknowledge')
      site.book = {
        ...site.book,
        alerts: site.book.alerts.map((alert, index) =>
          index === one.which ? acknowledged(alert, site.now) : alert,
        ),
      };
    else {
      site.now += one.ms;
      site.look(...one.warnings);
      after();
    }
  }
}

describe('whatever happens', () => {
  test.prop([fc.array(move, { maxLength: 60 }), anySettings], { numRuns: 400 })(
    'each occurrence is told once a severity, and nothing in quiet hours, switched off or seen',
    (moves, chosen) => {
      const site = new Watcher();
      site.settings = chosen;
      play(site, moves);
      const tellings = site.told.map(
        ({ alert, state }) =>
          `${state} ${alert.id} ${alert.times} ${state === 'raised' ? alert.warning.severity : ''}`,
      );
      expect(new Set(tellings).size).toBe(tellings.length);
      for (const { alert, at, state } of site.told) {
        expect(isQuiet(at, chosen.quietHours, chosen.zone)).toBe(false);
        expect(chosen.off).not.toContain(alert.warning.code);
        if (state === 'raised')
          expect([alert.acknowledgedAt, alert.endedAt, alert.folded]).toEqual([undefined, undefined, false]);
      }
    },
  );

  test.prop([fc.array(move, { maxLength: 40 }), anySettings], { numRuns: 300 })(
    'one alert for one root cause, and what is raised and what is over take turns',
    (moves, chosen) => {
      const site = new Watcher();
      site.settings = chosen;
      play(site, moves, () => {
        const keys = site.book.alerts.map((one) => keyOf(one.warning));
        expect(new Set(keys).size).toBe(keys.length);
      });
      const last = new Map<number, string>();
      for (const { alert, state } of site.told) {
        if (state === 'ended') expect(last.get(alert.id)).toBe('raised');
        last.set(alert.id, state);
      }
    },
  );

  test.prop([fc.array(move, { maxLength: 40 }), anySettings, present], { numRuns: 300 })(
    'a grave cause that lasts is told at last',
    (moves, chosen, others) => {
      fc.pre(!chosen.off.includes('erp-unreachable'));
      const site = new Watcher();
      site.settings = chosen;
      play(site, moves);
      const key = keyOf(CRITICAL);
      const find = () => site.book.alerts.find((one) => keyOf(one.warning) === key);
      const beside = others.filter((one) => keyOf(one) !== key);
      site.during(48 * HOUR, [...beside, CRITICAL], 10 * MINUTE);
      const alert = find();
      expect(alert?.endedAt).toBeUndefined();
      expect(alert?.acknowledgedAt !== undefined || alert?.told?.times === alert?.times).toBe(true);
    },
  );

  test.prop([fc.array(move, { maxLength: 40 }), anySettings], { numRuns: 200 })(
    'the same history gives the same tellings, and a look without news tells nothing',
    (moves, chosen) => {
      const [one, other] = [new Watcher(), new Watcher()];
      for (const site of [one, other]) {
        site.settings = chosen;
        play(site, moves);
      }
      expect(other.told).toEqual(one.told);
      const last = moves.findLast((each) => each.kind === 'look');
      if (last?.kind !== 'look') return;
      one.look(...last.warnings);
      const { tell } = alertStep({
        known: one.book,
        warnings: last.warnings,
        now: one.now,
        settings: settings(chosen),
      });
      expect(tell).toEqual([]);
    },
  );

  test.prop([fc.array(fc.tuple(present, fc.boolean()), { maxLength: 40 }), anySettings], { numRuns: 200 })(
    'starts in between tell nothing that is told already',
    (looks, chosen) => {
      const site = new Watcher();
      site.settings = chosen;
      for (const [warnings, restart] of looks) {
        site.now += MINUTE;
        if (restart) site.restart();
        site.look(...warnings);
        const again = alertStep({
          known: { ...site.book, watches: new Map() },
          warnings,
          now: site.now,
          settings: chosen,
        });
        expect(
          again.tell.filter((one) =>
            site.told.some(
              (told) =>
                told.alert.id === one.alert.id &&
                told.alert.times === one.alert.times &&
                told.state === one.state &&
                told.alert.warning.severity === one.alert.warning.severity,
            ),
          ),
        ).toEqual([]);
      }
    },
  );
});
