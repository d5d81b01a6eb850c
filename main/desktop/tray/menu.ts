import type { Alert } from '../../../shared/contract/alert.ts';
import type { Place } from '../../../shared/contract/place.ts';
import type { LinkStatus, SiteStatus } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import type { PauseLength } from './pause-length.ts';
import { knownStatus, type TrayView } from './view.ts';

/** What a click does. */
export type TrayAction =
  | { readonly kind: 'sync'; readonly link?: string | undefined }
  | { readonly kind: 'pause'; readonly length: PauseLength }
  | { readonly kind: 'resume' }
  | { readonly kind: 'open'; readonly place?: Place | undefined }
  | { readonly kind: 'quit' };

export type TrayItem =
  | { readonly kind: 'separator' }
  | { readonly kind: 'line'; readonly label: string }
  | {
      readonly kind: 'action';
      readonly label: string;
      readonly enabled: boolean;
      readonly action: TrayAction;
    }
  | {
      readonly kind: 'submenu';
      readonly label: string;
      readonly enabled: boolean;
      readonly items: readonly TrayItem[];
    };

/** Menus are read at a glance: a longer line is cut. */
const MOST_CHARACTERS = 80;
const RECENT = 3;

const separator: TrayItem = { kind: 'separator' };
const act = (label: string, action: TrayAction, enabled = true): TrayItem => ({
  kind: 'action',
  label: oneLine(label),
  enabled,
  action,
});

/** State, what is parked, sync, pause, open, notifications, quit: always in this order. */
export function trayMenu(view: TrayView, speaker: Speaker): readonly TrayItem[] {
  const status = knownStatus(view);
  return [
    { kind: 'line', label: oneLine(stateLine(view, speaker)) },
    ...parkedLine(status, speaker),
    separator,
    ...syncItems(status, speaker),
    ...pauseItems(status, speaker),
    separator,
    act(speaker.text('tray.open'), { kind: 'open' }),
    ...recent(status?.alerts ?? [], speaker),
    separator,
    act(speaker.text(view.ownsAgent ? 'tray.quit.own' : 'tray.quit.other'), { kind: 'quit' }),
  ];
}

function stateLine(view: TrayView, speaker: Speaker): string {
  const status = knownStatus(view);
  if (status !== undefined) return speaker.say(siteSentence(status, (text) => speaker.say(text)));
  if (view.connection === 'starting') return speaker.text('tray.starting');
  return view.status === undefined
    ? speaker.text('tray.unknown')
    : speaker.text('tray.unknownSince', { at: view.status.at });
}

function parkedLine(status: SiteStatus | undefined, speaker: Speaker): readonly TrayItem[] {
  const count = (status?.links ?? []).reduce((sum, link) => sum + link.parked, 0);
  return count === 0
    ? []
    : [
        act(speaker.text('tray.parked', { count }), {
          kind: 'open',
          place: { screen: 'queue', view: 'parked' },
        }),
      ];
}

function syncItems(status: SiteStatus | undefined, speaker: Speaker): readonly TrayItem[] {
  const links = status?.links ?? [];
  return [
    act(speaker.text('tray.sync'), { kind: 'sync' }, links.length > 0),
    {
      kind: 'submenu',
      label: speaker.text('tray.syncLink'),
      enabled: links.length > 0,
      items: links.map(({ id }) => act(id, { kind: 'sync', link: id })),
    },
  ];
}

/** All links paused: what to do is resume. Else pausing is offered, and resuming too when some are. */
function pauseItems(status: SiteStatus | undefined, speaker: Speaker): readonly TrayItem[] {
  const links = status?.links ?? [];
  const paused = links.filter((link) => link.paused !== undefined);
  const offered: TrayItem = {
    kind: 'submenu',
    label: speaker.text('tray.pause'),
    enabled: links.length > 0,
    items: [
      act(speaker.text('tray.pause.halfHour'), { kind: 'pause', length: 'half-hour' }),
      act(speaker.text('tray.pause.twoHours'), { kind: 'pause', length: 'two-hours' }),
      act(speaker.text('tray.pause.tomorrow'), {
        kind: 'pause',
        length: 'tomorrow',
      }),
    ],
  };
  const resume = act(speaker.text('tray.resume'), { kind: 'resume' });
  return [
    ...(paused.length === 0 || paused.length < links.length ? [offered] : []),
    ...(paused.length === 0 ? [] : [resume, { kind: 'line', label: pausedLine(paused, speaker) } as const]),
  ];
}

function pausedLine(paused: readonly LinkStatus[], speaker: Speaker): string {
  // The first to end, then the one that waits for a person: what is named is what happens next.
  const [first] = [...paused].sort((a, b) => (a.paused?.until ?? Infinity) - (b.paused?.until ?? Infinity));
  const pause = first?.paused;
  const reason =
    pause?.explanation === undefined ? (pause?.reason ?? '') : speaker.say(pause.explanation.what);
  return oneLine(
    pause?.until === undefined
      ? speaker.text('tray.paused', { reason })
      : speaker.text('tray.pausedUntil', { until: pause.until, reason }),
  );
}

function recent(alerts: readonly Alert[], speaker: Speaker): readonly TrayItem[] {
  if (alerts.length === 0) return [];
  return [
    separator,
    { kind: 'line', label: speaker.text('tray.recent') },
    ...[...alerts]
      .sort((a, b) => b.raisedAt - a.raisedAt)
      .slice(0, RECENT)
      .map((alert) => act(speaker.say(alert.title), { kind: 'open', place: alert.place })),
  ];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MOST_CHARACTERS
    ? line
    : `${line.slice(0, MOST_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
