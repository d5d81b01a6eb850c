import { BODY_TEXT_BYTES, CONTRACT_VERSION, type Handlers } from '../../shared/contract/contract.ts';
import { answer, refuse } from '../../shared/contract/reply.ts';
import { itemId, linkId } from '../../shared/model/ids.ts';
import type { PacketLink } from '../core/packets/packet-link.ts';
import { activePause } from '../core/queue/active-pause.ts';
import type { Item } from '../core/queue/item.ts';
import type { SiteAgent } from './site-agent.ts';
import { itemView, runView } from './site-status.ts';

/** What a running site answers. Arguments were parsed and the sender's right was checked before. */
export function siteHandlers(agent: SiteAgent): Handlers {
  const { store, runtime, links, settings, version, startedAt, bodies } = agent.parts;

  const linksNamed = (names: readonly string[] | undefined): readonly PacketLink[] | string => {
    if (names === undefined) return links;
    const missing = names.find((name) => links.every((link) => link.parts.link !== name));
    return missing ?? links.filter((link) => names.includes(link.parts.link));
  };
  const noLink = (name: string): ReturnType<typeof refuse> =>
    refuse(
      'not-found',
      `no link is called "${name}"`,
      `links: ${links.map((link) => link.parts.link).join(', ')}`,
    );
  const noItem = (item: number): ReturnType<typeof refuse> =>
    refuse(
      'not-found',
      `no item has the number ${item}`,
      'what was settled more than two days ago is in archive/',
    );
  const wrongState = (item: Item, verb: string): ReturnType<typeof refuse> =>
    refuse('not-now', `item ${item.id} is ${item.state} and cannot be ${verb} now`);

  return {
    hello: async () =>
      answer({
        contractVersion: CONTRACT_VERSION,
        program: 'erp-ferry',
        version,
        site: settings.site.name,
        startedAt,
      }),

    status: async () => answer(agent.status()),

    sync: async ({ links: names, flow }) => {
      const chosen = linksNamed(names);
      if (typeof chosen === 'string') return noLink(chosen);
      const flows = chosen.flatMap((link) => {
        const pause = activePause(store, link.parts.link, runtime.wall());
        // A push drains the pull first, so it alone is both.
        const wanted = flow ?? (link.plan.push.enabled ? 'push' : 'pull');
        if (pause !== undefined)
          return [{ link: link.parts.link, flow: wanted, outcome: 'refused' as const, when: pause.until }];
        const { answer: started, done } = link.sync(wanted, 'manual', agent.signal);
        done.catch(() => agent.stop());
        return [{ link: link.parts.link, flow: wanted, ...started }];
      });
      return answer({ flows });
    },

    queueList: async ({ limit, offset, link, ...filters }) => {
      const query = { ...filters, link: link === undefined ? undefined : linkId(link) };
      const items = store.list({ ...query, limit, offset });
      return answer({ items: items.map(itemView), total: store.count(query) });
    },

    queueShow: async ({ item }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const { hash, size } = found.body;
      const text = await beginning(bodies.open(found.body));
      return answer({
        item: itemView(found),
        timeline: [...store.timeline(found.id)],
        outcome: found.outcome,
        body: { size, hash, text, truncated: size > BODY_TEXT_BYTES },
      });
    },

    queueRetry: async ({ item }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const retried = store.retry(found.id, runtime.wall());
      if (retried === undefined) return wrongState(found, 'retried');
      links.find((link) => link.parts.link === found.link)?.wake();
      agent.changed();
      return answer({ item: itemView(retried) });
    },

    queuePark: async ({ item, note }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const link = links.find((one) => one.parts.link === found.link);
      const parked = await link?.park(found, note, agent.signal);
      if (parked === undefined) return wrongState(found, 'set aside');
      agent.changed();
      return answer({ item: itemView(parked) });
    },

    runsList: async ({ link, limit }) =>
      answer({
        runs: store.runs({ link: link === undefined ? undefined : linkId(link), limit }).map(runView),
      }),

    pause: async ({ link, forMs, reason }) => {
      const chosen = linksNamed(link === undefined ? undefined : [link]);
      if (typeof chosen === 'string') return noLink(chosen);
      const since = runtime.wall();
      const until = forMs === undefined ? undefined : since + forMs;
      for (const one of chosen) store.setPause({ link: one.parts.link, by: 'person', since, until, reason });
      agent.changed();
      return answer({ paused: chosen.map((one) => one.parts.link) });
    },

    resume: async ({ link }) => {
      const chosen = linksNamed(link === undefined ? undefined : [link]);
      if (typeof chosen === 'string') return noLink(chosen);
      for (const one of chosen) {
        store.clearPause(one.parts.link);
        one.wake();
      }
      agent.changed();
      return answer({ resumed: chosen.map((one) => one.parts.link) });
    },

    reconcile: async ({ link: name, replay, confirm }) => {
      const link = links.find((one) => one.parts.link === name);
      if (link === undefined) return noLink(name);
      if (replay && confirm !== name)
        return refuse(
          'bad-arguments',
          'Writing packets again needs the name of the link typed.',
          `confirm: ${name}`,
        );
      const done = await link.reconcile(replay, agent.signal);
      if (!done.ok) return refuse('unavailable', `The ERP did not answer: ${done.failure.kind}`);
      agent.changed();
      const { compared, missing, gone, replayed } = done.value;
      return answer({ compared, missing: [...missing], gone: [...gone], replayed });
    },

    logsTail: async (query) => answer({ entries: [...(await agent.parts.logTail(query))] }),

    configCheck: async () => answer({ problems: [...(await agent.parts.checkConfig())] }),

    shutdown: async () => {
      // After the answer has left: the viewer is told that it was heard.
      void runtime.sleep(SHUTDOWN_MS, agent.signal).then(() => agent.stop());
      return answer({ stopping: true as const });
    },
  };
}

const SHUTDOWN_MS = 50;

/** The first part of a body as text; undefined when it is gone or no UTF-8. */
async function beginning(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      const room = BODY_TEXT_BYTES - bytes;
      bytes += Math.min(room, chunk.length);
      text += decoder.decode(chunk.subarray(0, room), { stream: true });
      if (bytes >= BODY_TEXT_BYTES) break;
    }
    return text;
  } catch {
    return undefined;
  }
}
