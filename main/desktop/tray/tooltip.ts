import type { SiteStatus } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { knownStatus, type TrayView } from './view.ts';

/** Windows cuts a tooltip there (128 with the closing zero). */
const MOST_CHARACTERS = 127;

/** "ERP Ferry: 3 orders waiting, oldest 4 min", "ERP Ferry: all carried over, 10:32". */
export function trayTooltip(view: TrayView, speaker: Speaker): string {
  const status = knownStatus(view);
  const what =
    status === undefined
      ? speaker.text(view.connection === 'starting' ? 'tray.tip.starting' : 'tray.tip.unknown')
      : (counts(status, speaker) ?? sentence(status, speaker));
  return cut(speaker.text('tray.tip', { what }));
}

/** What waits, with the age of the oldest; undefined when nothing does. */
function counts({ links }: SiteStatus, speaker: Speaker): string | undefined {
  const total = (of: (link: SiteStatus['links'][number]) => number): number =>
    links.reduce((sum, link) => sum + of(link), 0);
  const part = (key: 'tray.tip.parked' | 'tray.tip.in' | 'tray.tip.out', count: number): readonly string[] =>
    count === 0 ? [] : [speaker.text(key, { count })];
  const pending = [
    ...part(
      'tray.tip.in',
      total((link) => link.pendingIn.count),
    ),
    ...part(
      'tray.tip.out',
      total((link) => link.pendingOut.count),
    ),
  ];
  const since = links
    .flatMap((link) => [link.pendingIn.oldest, link.pendingOut.oldest])
    .filter((at) => at !== undefined);
  const age =
    pending.length === 0 || since.length === 0
      ? []
      : [speaker.text('tray.tip.oldest', { age: speaker.lasting(speaker.view.now - Math.min(...since)) })];
  const all = [
    ...part(
      'tray.tip.parked',
      total((link) => link.parked),
    ),
    ...pending,
    ...age,
  ];
  return all.length === 0 ? undefined : all.join(', ');
}

/** Nothing is counted: carried over only when the site's own sentence says so. */
function sentence(status: SiteStatus, speaker: Speaker): string {
  const said = siteSentence(status, (text) => speaker.say(text));
  return status.light === 'fine' && (said.key === 'site.fine' || said.key === 'site.fineSettled')
    ? speaker.text('tray.tip.allCarried', { at: status.at })
    : speaker.say(said);
}

const cut = (text: string): string =>
  text.length <= MOST_CHARACTERS
    ? text
    : // Not in the middle of a character that takes two units.
      `${text.slice(0, MOST_CHARACTERS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
