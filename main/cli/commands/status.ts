import type { InCloud, LinkStatus, SiteStatus } from '../../../shared/contract/status.ts';
import type { Speaker, TextKey } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { exitOfStatus } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { withSite } from '../site-access.ts';
import { runLine } from './runs.ts';

export function showStatus(context: Context): Promise<number> {
  const { world, out } = context;
  return withSite(context, async (access) => {
    const reply =
      access.kind === 'agent'
        ? await access.client.call('status', {})
        : ({ ok: true, value: access.site.status(access.settings, world.now()) } as const);
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    tell(out, reply.value, speakerFor(world, reply.value.site.timeZone));
    return exitOfStatus(reply.value);
  });
}

/** Shapes as on the page: the state is readable without colour. */
const MARK: Readonly<Record<SiteStatus['light'], string>> = {
  fine: '●',
  working: '↻',
  waiting: '◷',
  attention: '▲',
  unknown: '◌',
};

function tell(out: Output, status: SiteStatus, speaker: Speaker): void {
  const sentence = speaker.say(siteSentence(status, (text) => speaker.say(text)));
  out.line(`${MARK[status.light]} ${status.site.name}: ${sentence}`);
  for (const notice of status.notices) {
    out.line(`  ${speaker.say(notice.what)}`);
    out.line(`  ${ownerName(notice.owner, speaker)}: ${speaker.say(notice.next)}`);
  }
  for (const link of status.links) tellLink(out, link, speaker);
}

function tellLink(out: Output, link: LinkStatus, speaker: Speaker): void {
  out.line();
  out.line(`${MARK[link.light]} ${link.id} (${speaker.text(`kind.${link.kind}`)})`);
  for (const side of ['erp', 'cloud'] as const) {
    const light = link.lights[side];
    out.line(
      `  ${speaker.text(`light.${side}`).padEnd(7)}${MARK[light.state]} ${speaker.text(`state.${light.state}`)}. ${speaker.light(light)}`,
    );
  }
  if (link.paused !== undefined)
    out.line(
      `  ${link.paused.until === undefined ? speaker.text('page.paused') : speaker.text('page.pausedUntil', { until: link.paused.until })}. ${link.paused.reason}`,
    );
  const number = (key: TextKey, count: number, oldest?: number): string =>
    `${speaker.text(key)} ${count}${oldest === undefined ? '' : ` (${speaker.text('page.oldest', { at: oldest })})`}`;
  out.line(
    `  ${[
      number('page.pendingIn', link.pendingIn.count, link.pendingIn.oldest),
      number('page.pendingOut', link.pendingOut.count, link.pendingOut.oldest),
      `${speaker.text('page.inCloud')}: ${inCloudWords(link.inCloud, speaker)}`,
    ].join(', ')}`,
  );
  out.line(
    `  ${[
      number('page.parked', link.parked),
      number('page.uncertain', link.unknown),
      number('page.unreported', link.unreported),
    ].join(', ')}`,
  );
  for (const { flow, enabled, nextRun, running } of link.flows) {
    const when =
      running !== undefined
        ? speaker.say(running.stage)
        : !enabled
          ? speaker.text('page.switchedOff')
          : nextRun === undefined
            ? speaker.text('page.notPlanned')
            : speaker.when(nextRun);
    out.line(`  ${speaker.text(`flow.${flow}`)}: ${when}`);
  }
  for (const run of link.lastRuns) out.line(`  ${runLine(run, speaker)}`);
}

export function inCloudWords(seen: InCloud, speaker: Speaker): string {
  const amount = speaker.text(`inCloud.${seen.amount}`, 'count' in seen ? { count: seen.count } : {});
  return seen.amount === 'unknown' ? amount : `${amount} (${speaker.text('page.seen', { at: seen.at })})`;
}

export const ownerName = (owner: SiteStatus['notices'][number]['owner'], speaker: Speaker): string =>
  speaker.text(`owner.${owner}`);
