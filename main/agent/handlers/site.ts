import { CONTRACT_VERSION, type Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import type { siteRequests } from '../../../shared/contract/site-requests.ts';
import type { PacketLink } from '../../core/packets/packet-link.ts';
import type { SiteAgent } from '../site-agent.ts';
import { historyHandler } from './history.ts';
import { runReading } from './reading.ts';

/** The site itself: status, sync, pauses, runs, history, log, end. */
export function siteOwnHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof siteRequests> {
  const { store, runtime, links, settings, version, startedAt } = agent.parts;

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
      const flows = chosen.map((link) => {
        // A push drains the pull first, so it alone is both.
        const wanted = flow ?? (link.plan.push.enabled ? 'push' : 'pull');
        const { answer: what, done } = link.sync(wanted, 'manual', agent.signal);
        done.catch(() => agent.stop());
        return { link: link.parts.link, flow: wanted, ...what };
      });
      return answer({ flows });
    },

    runsList: runReading(agent.parts.reads, agent.signal),

    pause: async ({ link, forMs, reason }) => {
      const chosen = linksNamed(link === undefined ? undefined : [link]);
      if (typeof chosen === 'string') return noLink(chosen);
      const since = runtime.wall();
      const until = forMs === undefined ? undefined : since + forMs;
      for (const one of chosen) {
        store.setPause({ link: one.parts.link, by: 'person', since, until, reason });
        one.dropAsked();
      }
      agent.changed();
      return answer({ paused: chosen.map((one) => one.parts.link) });
    },

    resume: async ({ link }) => {
      const chosen = linksNamed(link === undefined ? undefined : [link]);
      if (typeof chosen === 'string') return noLink(chosen);
      for (const one of chosen) {
        one.resume();
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

    history: historyHandler(agent),

    shutdown: async () => {
      // After the answer has left: the viewer is told that it was heard.
      void runtime.sleep(SHUTDOWN_MS, agent.signal).then(() => agent.stop());
      return answer({ stopping: true as const });
    },
  };
}

const SHUTDOWN_MS = 50;
