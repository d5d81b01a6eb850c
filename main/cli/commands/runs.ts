import type { RunView } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { withAgent, withSite } from '../site-access.ts';

/** `10:32 From phones to the ERP, by hand: fine, 14 applied (3 s)`. */
export function runLine(run: RunView, speaker: Speaker): string {
  const counts = Object.entries(run.counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => speaker.count(name, count));
  const took = run.endedAt === undefined ? [] : [`(${speaker.lasting(run.endedAt - run.startedAt)})`];
  const failure = run.failure === undefined ? [] : [speaker.say(run.failure.what)];
  return [
    `${speaker.clock(run.startedAt)} ${run.link}, ${speaker.text(`flow.${run.flow}`)}, ${speaker.text(`run.trigger.${run.trigger}`)}:`,
    [speaker.text(`run.${run.outcome}`), ...counts].join(', '),
    ...took,
    ...failure,
  ].join(' ');
}

export function listRuns(
  context: Context,
  args: { link?: string | undefined; limit: number },
): Promise<number> {
  const { out, world } = context;
  return withSite(context, async (access) => {
    const reply =
      access.kind === 'agent' ? await access.client.call('runsList', args) : await access.site.runsList(args);
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    const speaker = speakerFor(world, access.zone);
    for (const run of reply.value.runs) out.line(runLine(run, speaker));
    if (reply.value.runs.length === 0) out.line(speaker.text('page.noRuns'));
    return EXIT.fine;
  });
}

export function pauseLinks(
  context: Context,
  args: { link?: string | undefined; forMs?: number | undefined; reason: string },
): Promise<number> {
  return withAgent(context, async (client) => {
    const reply = await client.call('pause', args);
    if (!reply.ok) return refused(context.out, reply.error);
    context.out.document(reply.value);
    context.out.line(`Paused: ${reply.value.paused.join(', ')}`);
    return EXIT.fine;
  });
}

export function resumeLinks(context: Context, link: string | undefined): Promise<number> {
  return withAgent(context, async (client) => {
    const reply = await client.call('resume', { link });
    if (!reply.ok) return refused(context.out, reply.error);
    context.out.document(reply.value);
    context.out.line(`Resumed: ${reply.value.resumed.join(', ')}`);
    return EXIT.fine;
  });
}
