import type { Text } from '../../../shared/contract/explanation.ts';
import type { Light, LightState } from '../../../shared/contract/status.ts';
import { explainFailure } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Soundness } from '../queue/housekeeping.ts';
import type { ErpCaution } from './erp-caution.ts';
import type { RetentionLeft } from './retention.ts';
import type { EndpointFact, Pause, QueueCounts, Run } from '../queue/queue-store.ts';

/**
 * Lights are computed from facts with ages, never assigned. What is not known, or not known any more, is `unknown`.
 * Everything here is pure.
 */

/** An item that waits longer than this is late, whatever the reason: somebody should look. */
export const LATE_MS = 15 * 60_000;
/**
 * What was heard longer ago than this is not known any more, and a run later than this is late. The ERP gives a sign of life
 * every three seconds and has four to give it, so a living one never comes near.
 */
export const STALE_MS = 10_000;

const RANK: readonly LightState[] = ['fine', 'working', 'waiting', 'unknown', 'attention'];

export const worst = (states: readonly LightState[]): LightState =>
  states.reduce<LightState>(
    (most, state) => (RANK.indexOf(state) > RANK.indexOf(most) ? state : most),
    'fine',
  );

export interface LinkFacts {
  readonly now: Instant;
  readonly erp: EndpointFact | undefined;
  /** What makes the way to the ERP less safe than it could be: said with the light, which stays what it is. */
  readonly erpCaution?: ErpCaution | undefined;
  readonly cloud: EndpointFact | undefined;
  readonly disk: EndpointFact | undefined;
  /** Whether the local store can be believed. */
  readonly soundness: Soundness;
  readonly counts: QueueCounts;
  readonly pause: Pause | undefined;
  readonly working: boolean;
  /** Newest ended run of each enabled flow; a flow that never ran is missing. */
  readonly lastRuns: readonly Run[];
  readonly enabledFlows: number;
  /** When the cloud is due to be asked next; undefined while no flow is scheduled. */
  readonly nextRun: Instant | undefined;
  /** A scheduled run should have started more than `STALE_MS` ago. */
  readonly overdue: boolean;
  /** What is left until the cloud deletes what it was never asked for; undefined while lists are young, or nothing is pulled. */
  readonly retention?: RetentionLeft | undefined;
  /** Packets the cloud has listed that are not here yet. */
  readonly announced: number;
  /** Packets are stored and not applied until a person has looked at the first ones. */
  readonly onlyStores?: boolean | undefined;
  /** The packet that waits longest for the ERP's word, of those that wait longer than the mapping says; undefined: none. */
  readonly undecided?:
    { readonly count: number; readonly label: string; readonly since: Instant } | undefined;
}

/** Counts from a store nobody looked through may be wrong. */
export const SOUNDNESS_LIGHT: Readonly<Record<Soundness, LightState>> = {
  sound: 'fine',
  owed: 'unknown',
  damaged: 'attention',
};

/** The fact of an ERP that answers and does not decide about what was handed over to it. */
export const UNDECIDED = 'light.undecided';

const fact = (key: string, params: Text['params'] = {}): Text => ({ key, params });

function endpointLight(
  known: EndpointFact | undefined,
  doubt: (known: EndpointFact & { readonly lastOk: Instant }) => 'silent' | 'overdue' | undefined,
  working: boolean,
  answers = 'light.answers',
): Light {
  if (known === undefined) return { state: 'unknown', fact: fact('light.neverAsked') };
  if (known.failingSince !== undefined && known.failure !== undefined) {
    const { what, params } = explainFailure(known.failure);
    return { state: 'attention', since: known.failingSince, fact: fact(what, params) };
  }
  const { lastOk } = known;
  if (lastOk === undefined) return { state: 'unknown', fact: fact('light.neverAsked') };
  if ((known.unansweredMs ?? 0) > STALE_MS)
    return { state: 'unknown', since: lastOk, fact: fact('light.unanswered') };
  const why = doubt({ ...known, lastOk });
  if (why !== undefined) return { state: 'unknown', since: lastOk, fact: fact(`light.${why}`) };
  return { state: working ? 'working' : 'fine', since: lastOk, fact: fact(answers) };
}

/** What an earlier start heard has only the wall clock to go by; a moment in the future is as unknown as one long ago. */
const ageOf = ({ ageMs, lastOk }: { ageMs?: number | undefined; lastOk: Instant }, now: Instant): number =>
  ageMs ?? Math.abs(now - lastOk);

export function erpLight({ erp, erpCaution, now, working, undecided }: LinkFacts): Light {
  const light = endpointLight(
    erp,
    (known) => (ageOf(known, now) > STALE_MS ? 'silent' : undefined),
    working,
    erpCaution === undefined ? undefined : `light.answers.${erpCaution}`,
  );
  // An ERP that fails has the word: what it has not decided is the smaller matter then.
  if (undecided === undefined || light.state === 'attention') return light;
  const { count, label, since } = undecided;
  return { state: 'attention', since, fact: fact(UNDECIDED, { count, label }) };
}

export function cloudLight({ cloud, now, working, nextRun, pause, overdue, retention }: LinkFacts): Light {
  const light = endpointLight(
    cloud,
    (known) => {
      if (overdue) return 'overdue';
      if (known.lastOk - now > STALE_MS) return 'silent';
      const asked = pause === undefined && nextRun !== undefined;
      return !asked && ageOf(known, now) > LATE_MS ? 'silent' : undefined;
    },
    working,
  );
  // A cloud that fails has the word; the time left stands in the link and in its warning.
  if (retention === undefined || light.state === 'attention') return light;
  const { level, since, until } = retention;
  return {
    state: level === 'warning' ? worst([light.state, 'waiting']) : 'attention',
    since,
    fact: fact(level === 'over' ? 'light.retention.over' : 'light.retention', { until }),
  };
}

/** The link as a whole: its two lights and everything that is not carried over. Fine only when nothing at all is open. */
export function linkLight(facts: LinkFacts): LightState {
  const { counts, now, pause, disk, soundness, lastRuns, enabledFlows, working, announced } = facts;
  const states: LightState[] = [erpLight(facts).state, cloudLight(facts).state];
  if (disk?.failure !== undefined) states.push('attention');
  states.push(SOUNDNESS_LIGHT[soundness]);
  if (counts.parked > 0) states.push('attention');
  if (announced > 0) states.push('waiting');
  if (facts.onlyStores === true) states.push(counts.pendingIn > 0 ? 'attention' : 'waiting');
  if (counts.unknown > 0) states.push('waiting');
  if (counts.pendingIn > 0 || counts.pendingOut > 0) states.push('waiting');
  const oldest = Math.min(counts.oldestPendingIn ?? now, counts.oldestPendingOut ?? now);
  if (now - oldest > LATE_MS) states.push('attention');
  if (pause !== undefined) states.push(pause.by === 'program' ? 'attention' : 'waiting');
  // What a run parked is counted above: once a person saw to it, the run is no reason any more.
  if (lastRuns.some((run) => run.outcome === 'failed')) states.push('attention');
  if (lastRuns.some((run) => run.outcome === 'interrupted')) states.push('unknown');
  // Users whose snapshot waits for their own packets have none that knows everything.
  if (lastRuns.some((run) => (run.counts['held'] ?? 0) + (run.counts['void'] ?? 0) > 0))
    states.push('waiting');
  // Phones of users outside a pilot, or paused in the settings, have what they had.
  if (lastRuns.some((run) => (run.counts['heldByPilot'] ?? 0) + (run.counts['heldByPause'] ?? 0) > 0))
    states.push('waiting');
  // Tables read at different moments may not fit together: not known to be right.
  if (lastRuns.some((run) => (run.counts['bestEffort'] ?? 0) > 0)) states.push('unknown');
  if (lastRuns.length < enabledFlows) states.push('unknown');
  if (working) states.push('working');
  return worst(states);
}
