import { describe, expect, it } from 'vitest';
import { trayMenu, type TrayItem } from '../../../main/desktop/tray/menu.ts';
import { pauseMs } from '../../../main/desktop/tray/pause-length.ts';
import { trayTooltip } from '../../../main/desktop/tray/tooltip.ts';
import { trayIcon, type TrayView } from '../../../main/desktop/tray/view.ts';
import { toastsToShow } from '../../../main/desktop/toasts.ts';
import type { Alert } from '../../../shared/contract/alert.ts';
import { LIGHT_STATES, type LinkStatus, type SiteStatus } from '../../../shared/contract/status.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { sampleLink } from '../../support/sample-link.ts';
import { NOW, emptyStatus } from '../console/site-double.ts';

const MINUTE = 60_000;
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });
const link = (over: Partial<LinkStatus> = {}): LinkStatus => sampleLink('field-sales', over);
const alert = (id: number, over: Partial<Alert> = {}): Alert => ({
  id,
  code: 'erp-unreachable' as Alert['code'],
  severity: 'critical',
  about: 'erp:main',
  since: NOW - 5 * MINUTE,
  raisedAt: NOW - id * MINUTE,
  times: 1,
  title: { key: `Alert ${id}`, params: {} },
  body: { key: 'Nothing is lost.', params: {} },
  owner: 'erp-administrator',
  next: { key: 'Next.', params: {} },
  place: { screen: 'notifications', alert: id },
  consequences: [],
  toast: true,
  ...over,
});
const view = (over: Partial<SiteStatus> = {}, rest: Partial<TrayView> = {}): TrayView => ({
  status: { ...emptyStatus(), links: [link()], ...over },
  connection: 'live',
  ownsAgent: true,
  ...rest,
});

describe('the picture', () => {
  it.each(LIGHT_STATES)('is the light of the site: %s', (light) =>
    expect(trayIcon(view({ light }))).toBe(light),
  );

  it('is unknown whenever the status does not hold', () => {
    for (const connection of ['lost', 'starting'] as const)
      expect(trayIcon(view({ light: 'fine' }, { connection }))).toBe('unknown');
    expect(trayIcon(view({ agent: { state: 'none' } }))).toBe('unknown');
    expect(trayIcon(view({ light: 'fine', links: [] }))).toBe('unknown');
    expect(trayIcon({ status: undefined, connection: 'live', ownsAgent: true })).toBe('unknown');
  });
});

describe('the tooltip', () => {
  const tip = (over: Partial<SiteStatus> = {}, rest: Partial<TrayView> = {}) =>
    trayTooltip(view(over, rest), speaker);

  it('says what waits and since when, or that all is carried over', () => {
    expect(tip()).toBe('ERP Ferry: all carried over, 11:30');
    expect(tip({ links: [link({ pendingIn: { count: 3, oldest: NOW - 4 * MINUTE } })] })).toBe(
      'ERP Ferry: 3 orders waiting, oldest 4 min',
    );
    expect(
      tip({
        light: 'attention',
        links: [
          link({ pendingIn: { count: 1, oldest: NOW - 4 * MINUTE }, parked: 1 }),
          link({ pendingOut: { count: 12, oldest: NOW - 90 * MINUTE } }),
        ],
      }),
    ).toBe('ERP Ferry: 1 needs a person, 1 order waiting, 12 phones waiting, oldest 2 h');
  });

  it.each(LIGHT_STATES.filter((state) => state !== 'fine'))(
    'never says carried over with a light of %s',
    (light) => {
      expect(tip({ light, links: [link({ light })] })).not.toContain('carried over,');
    },
  );

  it('says nothing of the status when it does not hold', () => {
    for (const connection of ['lost', 'starting'] as const)
      expect(tip({}, { connection })).not.toMatch(/carried|waiting/);
    expect(tip({ agent: { state: 'none' } })).toContain('nothing is known');
  });

  it('fits what Windows shows, and cuts no character in two', () => {
    for (const length of [100, 114, 115, 116, 117, 118, 200]) {
      const what = { key: `${'x'.repeat(length)}${'🚚'.repeat(20)}`, params: {} };
      const said = tip({
        light: 'attention',
        notices: [{ owner: 'user', what, next: what }],
      });
      expect(said.length).toBeLessThanOrEqual(127);
      expect(said.isWellFormed()).toBe(true);
    }
  });
});

describe('the menu', () => {
  const labels = (items: readonly TrayItem[]): readonly string[] =>
    items.map((item) => (item.kind === 'separator' ? '-' : item.label));

  it('has its entries in their order', () => {
    const items = trayMenu(
      view({ light: 'attention', links: [link({ parked: 2 })], alerts: [4, 2, 3, 1].map((id) => alert(id)) }),
      speaker,
    );
    expect(labels(items)).toEqual([
      '2 items need a person.',
      '2 items need a person',
      '-',
      'Sync now',
      'Sync one link',
      'Pause',
      '-',
      'Open',
      '-',
      'Recent notifications',
      'Alert 1',
      'Alert 2',
      'Alert 3',
      '-',
      'Quit: nothing is carried until it is started again',
    ]);
    expect(items[1]).toMatchObject({ action: { kind: 'open', place: { screen: 'queue', view: 'parked' } } });
    expect(items[4]).toMatchObject({
      items: [{ label: 'field-sales', action: { kind: 'sync', link: 'field-sales' } }],
    });
    expect(labels((items[5] as { items: readonly TrayItem[] }).items)).toEqual([
      'For 30 minutes',
      'For 2 hours',
      'Until tomorrow',
    ]);
    expect(items[10]).toMatchObject({
      action: { kind: 'open', place: { screen: 'notifications', alert: 1 } },
    });
  });

  it('offers to resume when paused, with the reason', () => {
    const paused = { by: 'person', since: NOW, until: NOW + 30 * MINUTE, reason: 'Stocktaking' } as const;
    expect(labels(trayMenu(view({ links: [link({ paused })] }), speaker)).slice(4, 6)).toEqual([
      'Resume',
      'Paused until 12:00. Stocktaking',
    ]);
    const both = labels(trayMenu(view({ links: [link({ paused }), link({ id: 'b' })] }), speaker));
    expect(both.slice(4, 7)).toEqual(['Pause', 'Resume', 'Paused until 12:00. Stocktaking']);
  });

  it('offers nothing that nobody would carry out while the agent is silent', () => {
    const items = trayMenu(view({ alerts: [alert(1)] }, { connection: 'lost', ownsAgent: false }), speaker);
    expect(labels(items)).toEqual([
      'The agent does not answer. Last heard at 11:30.',
      '-',
      'Sync now',
      'Sync one link',
      'Pause',
      '-',
      'Open',
      '-',
      'Quit: the agent goes on without this icon',
    ]);
    for (const item of items.slice(2, 5)) expect(item).toMatchObject({ enabled: false });
  });
});

describe('pausing until tomorrow', () => {
  it.each([
    ['an ordinary day', 'Europe/Sofia', '2026-11-20T09:30:00Z', 12.5],
    ['the day that has 25 hours', 'Europe/Sofia', '2026-10-24T22:00:00Z', 24],
    ['the long day itself', 'Europe/Sofia', '2026-10-24T21:00:00Z', 25],
    ['the day that has 23 hours', 'Europe/Sofia', '2026-03-28T22:00:00Z', 23],
    ['a day that begins at one', 'Africa/Cairo', '2026-04-23T12:00:00Z', 10],
  ])('ends with %s', (_name, timeZone, now, hours) => {
    expect(pauseMs('tomorrow', { now: Date.parse(now), timeZone }) / 3_600_000).toBe(hours);
  });

  it('is half an hour or two hours otherwise', () => {
    const at = { now: NOW, timeZone: 'UTC' };
    expect([pauseMs('half-hour', at), pauseMs('two-hours', at)]).toEqual([1_800_000, 7_200_000]);
  });
});

describe('toasts', () => {
  it('tell each alert once per time it came back, and only those to be told', () => {
    const first = toastsToShow([], [alert(1), alert(2, { toast: false })]);
    expect(first.show.map(({ id }) => id)).toEqual([1]);
    expect(toastsToShow(first.seen, [alert(1), alert(2, { toast: false })]).show).toEqual([]);
    expect(toastsToShow(first.seen, [alert(1, { times: 2 }), alert(2)]).show).toHaveLength(2);
    const mild = toastsToShow([], [alert(3, { severity: 'warning' })]);
    const graver = toastsToShow(mild.seen, [alert(3, { severity: 'critical' })]);
    expect(graver.show).toHaveLength(1);
    expect(toastsToShow(graver.seen, [alert(3, { severity: 'warning' })]).show).toEqual([]);
  });

  it('remember a bounded number', () => {
    let seen: readonly string[] = [];
    for (let id = 0; id < 2_000; id += 1) seen = toastsToShow(seen, [alert(id)]).seen;
    expect(seen).toHaveLength(500);
    expect(toastsToShow(seen, [alert(1_999)]).show).toEqual([]);
  });
});
