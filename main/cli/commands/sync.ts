import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { RunView } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { connectPipe, type PipeClient } from '../../console/pipe-client.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT, exitOfRuns } from '../exit-codes.ts';
import { withAgent } from '../site-access.ts';
import { runSite } from './run.ts';
import { runLine } from './runs.ts';

export interface SyncArgs {
  readonly links: readonly string[];
  readonly once: boolean;
  readonly flow?: 'push' | 'pull' | undefined;
}

/**
 * Asks the running agent and waits for what it started. Without an agent `--once` carries one round in this process.
 */
export async function sync(context: Context, args: SyncArgs): Promise<number> {
  if (args.once) {
    const connected = await connectPipe(context.dataDir);
    if (!connected.ok)
      return runSite(context, { mode: 'once', links: args.links.length === 0 ? undefined : args.links });
    connected.value.close();
  }
  return withAgent(context, (client, zone) => ask(context, client, args, zone));
}

async function ask(
  { out, world }: Context,
  client: PipeClient,
  { links, flow }: SyncArgs,
  zone: string | undefined,
): Promise<number> {
  const reply = await client.call('sync', { links: links.length === 0 ? undefined : [...links], flow });
  if (!reply.ok) return refused(out, reply.error);
  const speaker = speakerFor(world, zone);
  const { flows } = reply.value;
  for (const one of flows) out.note(startedWords(one, speaker));
  const wanted = new Set(flows.flatMap((one) => one.run ?? []));
  const ended = await untilEnded(client, wanted, world.ending);
  if (ended === undefined) {
    out.failure({
      code: 'unavailable',
      message: 'The agent ended before the sync did.',
      hint: 'See: erp-ferry status',
    });
    return EXIT.failed;
  }
  out.document({ flows, runs: ended });
  for (const run of ended) out.line(runLine(run, speakerFor(world, zone)));
  const code = exitOfRuns(ended);
  if (flows.some((one) => one.outcome === 'refused')) return Math.max(EXIT.failed, code);
  // Nothing is wrong with the data, and nothing was carried: the cloud takes no calls before that.
  return flows.some((one) => one.outcome === 'waits') ? EXIT.unreachable : code;
}

type Started = ResultOf<'sync'>['flows'][number];

function startedWords(one: Started, speaker: Speaker): string {
  if (one.outcome === 'started') return `${one.link}: ${speaker.text('page.syncStarted')}`;
  if (one.outcome === 'joined') return `${one.link}: ${speaker.text('page.syncJoined')}`;
  const what = one.reason === undefined ? '' : speaker.say(one.reason.what);
  if (one.outcome === 'waits')
    return speaker.text('page.syncWaits', { link: one.link, when: one.when ?? 0, what });
  return one.when === undefined
    ? speaker.text('page.syncRefused', { link: one.link, what })
    : speaker.text('page.syncRefusedUntil', { link: one.link, when: one.when });
}

/** The runs once none of them runs any more; what ended so far when the person stops waiting; undefined when the agent goes. */
export function untilEnded(
  client: PipeClient,
  wanted: ReadonlySet<number>,
  ending: AbortSignal,
): Promise<readonly RunView[] | undefined> {
  if (wanted.size === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    let asking = false;
    let again = false;
    const look = async (): Promise<void> => {
      if (asking) {
        again = true;
        return;
      }
      asking = true;
      do {
        again = false;
        const reply = await client.call('runsList', { limit: 200 });
        const runs = reply.ok ? reply.value.runs.filter((run) => wanted.has(run.id)) : [];
        const done = runs.length === wanted.size && runs.every((run) => run.outcome !== 'running');
        if (done || ending.aborted) return finish(runs);
      } while (again);
      asking = false;
    };
    const finish = (runs: readonly RunView[] | undefined): void => {
      end();
      ending.removeEventListener('abort', onLook);
      resolve(runs);
    };
    const onLook = (): void => void look();
    // The agent tells of every change, and of the mere passing of time every few seconds.
    const end = client.subscribe(onLook);
    ending.addEventListener('abort', onLook);
    void client.closed.then(() => finish(undefined));
    onLook();
  });
}
