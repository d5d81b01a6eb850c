import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptLists, MOST_LISTS } from '../../adapters/sqlite/kept-lists.ts';
import { openReadStore } from '../../adapters/sqlite/open-store.ts';
import { connectPipe } from '../../console/pipe-client.ts';
import { listPoints } from '../../core/probe/judge-lists.ts';
import type { ProbeAnswer, ProbePoint } from '../../core/probe/judge-answers.ts';
import { redacted } from '../../core/probe/redact.ts';
import type { Run } from '../../core/queue/queue-store.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { StartRefused } from '../program.ts';
import { untilEnded } from './sync.ts';

/** Redacted lists that are kept: more show nothing new. */
const MOST_KEPT = 5;

export interface ListsSeen {
  readonly points: readonly ProbePoint[];
  readonly answers: readonly ProbeAnswer[];
}

/**
 * Pulls once, as any pull does, so that nothing that is listed is lost; then looks at the lists the store kept. An exit code
 * where no pull ended; why was said.
 */
export async function probePull(
  context: Context,
  { link, key }: { readonly link: string; readonly key: string },
): Promise<ListsSeen | number> {
  const ended = await pullOnce(context, link);
  if (typeof ended === 'number') return ended;
  const file = join(context.dataDir, 'ferry.sqlite');
  const [own, ...earlier] = pulls(file, link);
  if (own?.endedAt === undefined || (ended.run !== undefined && own.id < ended.run)) {
    context.out.failure({
      code: 'unavailable',
      message: 'The pull did not end.',
      hint: 'See: erp-ferry runs',
    });
    return EXIT.failed;
  }
  // The agent may have pulled a moment before: what that brought shows as much.
  const since = own.endedAt - A_DAY_MS;
  const run = [own, ...earlier.filter(({ startedAt }) => startedAt >= since)].find(
    ({ counts }) => (counts['listed'] ?? 0) > 0,
  );
  const lists = run === undefined ? [] : keptLists(file, linkId(link), run);
  const { lists: asked = 0, listed } = (run ?? own).counts;
  return {
    points: listPoints(lists, { lists: asked, listed: lists.length < MOST_LISTS ? listed : undefined }),
    answers: lists.slice(0, MOST_KEPT).map(({ queue, format, raw }) => ({
      question: `list of ${queue === 'file' ? 'files' : 'packets'}, ${format}`,
      status: 200,
      text: redacted(raw, key),
    })),
  };
}

/** By the agent, or by a single round in this process while none runs. */
async function pullOnce(
  { out, world, dataDir }: Context,
  link: string,
): Promise<{ readonly run: number | undefined } | number> {
  const connected = await connectPipe(dataDir);
  if (connected.ok) {
    const client = connected.value;
    try {
      const reply = await client.call('sync', { links: [link], flow: 'pull' });
      if (!reply.ok) return refused(out, reply.error);
      const [flow] = reply.value.flows;
      if (flow?.run === undefined) {
        const what = flow?.reason === undefined ? 'now' : speakerFor(world).say(flow.reason.what);
        out.failure({
          code: 'not-now',
          message: `No pull was started: ${what}`,
          hint: 'See: erp-ferry status',
        });
        return EXIT.failed;
      }
      await untilEnded(client, new Set([flow.run]), world.ending);
      return { run: flow.run };
    } finally {
      client.close();
    }
  }
  if (connected.failure.kind !== 'no-agent') {
    out.failure({
      code: connected.failure.kind,
      message: connected.failure.message,
      hint: 'Restart the agent, or use the program it came with.',
    });
    return EXIT.failed;
  }
  try {
    const site = await world.startSite({
      dataDir,
      env: world.env,
      mode: 'once',
      links: [link],
      flow: 'pull',
    });
    const stop = (): void => void site.stop(AbortSignal.timeout(STOP_MS));
    if (world.ending.aborted) stop();
    world.ending.addEventListener('abort', stop, { once: true });
    await site.finished.finally(() => world.ending.removeEventListener('abort', stop));
    return { run: undefined };
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    out.failure({ code: error.reason, message: error.message, hint: error.hint });
    return error.reason === 'configuration' ? EXIT.usage : EXIT.failed;
  }
}

/** Longer than any single step takes. */
const STOP_MS = 30_000;

/** Lists are surely there so long after they were reported. */
const A_DAY_MS = 24 * 3_600_000;

/** The newest first. */
function pulls(file: string, link: string): readonly Run[] {
  if (!existsSync(file)) return [];
  const store = openReadStore(file);
  try {
    return store.runs({ link: linkId(link), limit: 100 }).filter(({ flow }) => flow === 'pull');
  } finally {
    store.close();
  }
}
