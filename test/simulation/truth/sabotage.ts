import { BEAT_WAIT_MS } from '../../../main/core/packets/erp-watch.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import type { TruthAgentOptions } from './truth-agent.ts';

/** Ways in which programs of this kind come to show green. Each must be found by the observer. */
export const LIES = [
  'parked-ignored',
  'beat-assumed',
  'beat-never-times-out',
  'announced-ignored',
  'list-age-forgotten',
] as const;
export type Lie = (typeof LIES)[number];

type Planted = Parameters<TruthAgentOptions['sabotage']>[0];
type Changed = { -readonly [K in 'erp' | 'runtime']: LinkParts[K] };

export function plantLie(lie: Lie, { link, endpoints, store: own }: Planted): void {
  const parts = link.parts as Changed;
  switch (lie) {
    case 'parked-ignored': {
      // What a person must look at is not counted, holds up no snapshot, and a run that parked something was a good run.
      // A link has a store of its own before the site's.
      for (const store of [own, link.parts.store]) {
        const counts = store.counts.bind(store);
        const runs = store.runs.bind(store);
        const openPackets = store.openPacketsOf.bind(store);
        store.counts = (id, now) => ({ ...counts(id, now), parked: 0 });
        store.openPacketsOf = (id, user) => ({ ...openPackets(id, user), parkedSince: undefined });
        store.runs = (query) =>
          runs(query).map((run) => (run.outcome === 'attention' ? { ...run, outcome: 'ok' } : run));
      }
      return;
    }
    case 'beat-assumed': {
      // The server is taken to be there as long as nothing was heard against it.
      const { erp } = parts;
      parts.erp = {
        ready: (signal) => erp.ready(signal),
        beat: () => Promise.resolve({ ok: true, value: undefined }),
        catalogue: (question, signal) => erp.catalogue(question, signal),
        missing: (packets, signal) => erp.missing(packets, signal),
        rebind: (signal) => erp.rebind(signal),
        reader: erp.reader,
        writer: erp.writer,
        release: (signal) => erp.release(signal),
      };
      return;
    }
    case 'beat-never-times-out': {
      // The beat waits as long as the driver does, and what was heard once counts for ever.
      const { runtime } = parts;
      const forever = 24 * 3_600_000;
      parts.runtime = {
        ...runtime,
        sleep: (ms, signal) => runtime.sleep(ms === BEAT_WAIT_MS ? forever : ms, signal),
      };
      const facts = endpoints.facts.bind(endpoints);
      endpoints.facts = () => facts().map((fact) => ({ ...fact, ageMs: 0 }));
      return;
    }
    case 'list-age-forgotten':
      // Each start believes that it listed just now.
      link.listAgeMs = () => 0;
      return;
    case 'announced-ignored':
      // A packet is there when it is there: that the cloud spoke of it does not count.
      link.announced = () => 0;
      return;
  }
}
