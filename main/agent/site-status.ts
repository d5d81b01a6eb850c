import { explainReason, failureView } from '../../shared/contract/explain-reason.ts';
import type { Explanation, Text } from '../../shared/contract/explanation.ts';
import type {
  FlowStatus,
  InCloud,
  LinkStatus,
  PauseView,
  RunView,
  SiteStatus,
} from '../../shared/contract/status.ts';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import { erpCaution, type ErpCaution } from '../core/health/erp-caution.ts';
import { retentionLeft, type RetentionLeft } from '../core/health/retention.ts';
import {
  cloudLight,
  erpLight,
  linkLight,
  SOUNDNESS_LIGHT,
  STALE_MS,
  worst,
  type LinkFacts,
} from '../core/health/lights.ts';
import type { RunningFlow } from '../core/packets/link-turns.ts';
import type { PacketLink } from '../core/packets/packet-link.ts';
import { activePause } from '../core/queue/active-pause.ts';
import type { Item } from '../core/queue/item.ts';
import type { EndpointFact, Flow, Pause, QueueStore, Run } from '../core/queue/queue-store.ts';
import type { SiteParts } from './site-parts.ts';

/** Runs shown with a link. */
const LAST_RUNS = 5;
/** How far back the newest ended run of each flow is looked for. */
const RUNS_LOOKED_AT = 20;

export const runView = ({ failure, ...run }: Run): RunView => ({
  ...run,
  counts: { ...run.counts },
  failure: failure === undefined ? undefined : failureView(failure),
});

export function itemView(item: Item): ItemView {
  const { id, link, direction, externalId, user, company, label, state, createdAt, dueAt, settledAt } = item;
  const { attempts, revision, reason, body } = item;
  return {
    id,
    link,
    direction,
    externalId,
    user,
    company,
    label,
    state,
    createdAt,
    dueAt,
    settledAt,
    attempts,
    revision,
    size: body.size,
    handedSince: item.handed?.since,
    reason: reason === undefined ? undefined : explainReason(reason),
  };
}

const pauseView = ({ by, since, until, reason, failure }: Pause): PauseView => ({
  by,
  since,
  until,
  reason,
  explanation: failure === undefined ? undefined : failureView(failure),
});

function inCloud(store: QueueStore, link: PacketLink): InCloud {
  const seen = store.lastList(link.parts.link);
  if (seen === undefined) return { amount: 'unknown' };
  if (seen.full) return { amount: 'or-more', count: seen.entries, at: seen.at };
  return seen.entries === 0
    ? { amount: 'none', at: seen.at }
    : { amount: 'some', count: seen.entries, at: seen.at };
}

function flowStatus(link: PacketLink, flow: Flow): FlowStatus {
  return {
    flow,
    enabled: link.plan[flow].enabled,
    nextRun: link.nextRun(flow),
    askedFor: link.askedFor(flow),
    running: runningView(link.running(flow)),
  };
}

function runningView(running: RunningFlow | undefined): FlowStatus['running'] {
  if (running === undefined) return undefined;
  const { stage, done, total, leftMs } = running.progress.view();
  return {
    run: running.run,
    since: running.since,
    stage: { key: `stage.${stage}`, params: {} },
    done,
    total,
    leftMs,
  };
}

/** What is known of the ERP, for this link: another link on the same one has a lease of its own. */
function erpFact(link: PacketLink, known: EndpointFact | undefined): EndpointFact | undefined {
  const standing = link.standing();
  if (known?.failure !== undefined || standing.kind === 'ready') return known;
  if (standing.kind === 'unproven') return undefined;
  const { since, failure } = standing;
  return { ...known, endpoint: link.parts.erpEndpoint, failingSince: since, failure };
}

function cautionOf({ settings }: SiteParts, link: PacketLink): ErpCaution | undefined {
  const erp = settings.erps.find((one) => `erp:${one.id}` === link.parts.erpEndpoint);
  return erp === undefined ? undefined : erpCaution(erp);
}

/** Where nothing was ever listed, it is counted since the cloud fails. */
function retentionOf(
  link: PacketLink,
  cloud: EndpointFact | undefined,
  now: number,
): RetentionLeft | undefined {
  const { retentionMs } = link.parts.policy;
  if (retentionMs === undefined || !link.plan.pull.enabled) return undefined;
  const failingSince = cloud?.failingSince;
  const listAgeMs = link.listAgeMs() ?? (failingSince === undefined ? undefined : now - failingSince);
  return retentionLeft({ now, listAgeMs, retentionMs });
}

/** As the last push that came as far as its users counted them. */
function pilotOf(runs: readonly Run[]): LinkStatus['pilot'] {
  const counts = runs.find((run) => run.flow === 'push' && (run.counts['users'] ?? 0) > 0)?.counts;
  const held = counts?.['heldByPilot'] ?? 0;
  const of = counts?.['users'] ?? 0;
  return held === 0 ? undefined : { users: of - held, of };
}

function linkStatus(parts: SiteParts, link: PacketLink, endpoints: readonly EndpointFact[]): LinkStatus {
  const { store, runtime } = parts;
  const now = runtime.wall();
  const id = link.parts.link;
  const find = (endpoint: string): EndpointFact | undefined =>
    endpoints.find((one) => one.endpoint === endpoint);
  const counts = store.counts(id, now);
  const handed = store.handedCounts(id, now);
  const pause = activePause(store, id, now);
  const flows = (['pull', 'push'] as const).map((flow) => flowStatus(link, flow));
  const enabled = flows.filter((flow) => flow.enabled);
  const runs = store.runs({ link: id, limit: RUNS_LOOKED_AT });
  const dues = enabled.flatMap((flow) => flow.nextRun ?? []);
  const retention = retentionOf(link, find(link.parts.cloudEndpoint), now);
  const facts: LinkFacts = {
    now,
    erp: erpFact(link, find(link.parts.erpEndpoint)),
    erpCaution: cautionOf(parts, link),
    cloud: find(link.parts.cloudEndpoint),
    disk: find('site:disk'),
    soundness: parts.housekeeping.soundness(),
    counts,
    pause,
    working: flows.some((flow) => flow.running !== undefined),
    lastRuns: enabled.flatMap(
      ({ flow }) =>
        // That one user got his says nothing of the others.
        runs.find(
          (run) => run.flow === flow && run.outcome !== 'running' && run.counts['oneUser'] === undefined,
        ) ?? [],
    ),
    enabledFlows: enabled.length,
    nextRun: dues.length === 0 ? undefined : Math.min(...dues),
    overdue: link.isOverdue(STALE_MS),
    retention,
    announced: link.announced(),
    onlyStores: link.onlyStores(),
    undecided: handed.overdue,
  };
  return {
    id,
    kind: 'dynamics-mobile',
    light: linkLight(facts),
    lights: { erp: erpLight(facts), cloud: cloudLight(facts) },
    pendingIn: { count: counts.pendingIn, oldest: counts.oldestPendingIn },
    pendingOut: { count: counts.pendingOut, oldest: counts.oldestPendingOut },
    inCloud: inCloud(store, link),
    retention,
    handedOver: handed.waiting === 0 ? undefined : { count: handed.waiting, late: handed.overdue },
    parked: counts.parked,
    unknown: counts.unknown,
    unreported: counts.unreported,
    settledToday: counts.settledToday,
    lastIn: counts.lastSettledIn,
    lastOut: counts.lastAcceptedOut,
    pilot: pilotOf(runs),
    flows,
    lastRuns: runs.slice(0, LAST_RUNS).map(runView),
    paused: pause === undefined ? undefined : pauseView(pause),
    firstLook: link.onlyStores() ? { stored: counts.pendingIn } : undefined,
  };
}

/** What the housekeeping has to say: the check of the store, and an archive that takes nothing. */
function storeNotices({ housekeeping }: SiteParts): readonly Explanation[] {
  const soundness = housekeeping.soundness();
  const cause = housekeeping.tidyFailure();
  const notice = (owner: Explanation['owner'], name: string, params: Text['params']): Explanation => ({
    owner,
    what: { key: `site.${name}.what`, params },
    next: { key: `site.${name}.next`, params },
  });
  return [
    ...(soundness === 'damaged'
      ? [notice('erp-administrator', 'damaged', { cause: housekeeping.finding() ?? '' })]
      : soundness === 'owed'
        ? [notice('nobody', 'checkOwed', {})]
        : []),
    ...(cause === undefined ? [] : [notice('erp-administrator', 'archive', { cause })]),
  ];
}

/** Links whose first packets wait for somebody to look at them. */
const firstLooks = (links: readonly LinkStatus[]): readonly Explanation[] =>
  links.flatMap(({ id, firstLook }) => {
    if (firstLook === undefined) return [];
    const params = { link: id, count: firstLook.stored };
    const [what, next] =
      firstLook.stored === 0
        ? (['site.firstLookNone.what', 'site.firstLookNone.next'] as const)
        : (['site.firstLook.what', 'site.firstLook.next'] as const);
    return [{ owner: 'user' as const, what: { key: what, params }, next: { key: next, params } }];
  });

/** Everything a viewer shows of a site, computed from facts at this moment. */
export function siteStatus(agent: SiteParts): SiteStatus {
  const { settings, runtime, links, startedAt, version } = agent;
  const endpoints = agent.endpoints.facts();
  const views = links.map((link) => linkStatus(agent, link, endpoints));
  const failing: Explanation[] = endpoints.flatMap(({ endpoint, failure }) =>
    endpoint.startsWith('site:') && failure !== undefined ? [failureView(failure)] : [],
  );
  const { housekeeping } = agent;
  const { name, timeZone, language } = settings.site;
  return {
    site: { name, timeZone, language, startAtLogon: settings.desktop.startAtLogon },
    agent: { state: 'running', startedAt, version },
    at: runtime.wall(),
    light: worst([
      ...views.map((view) => view.light),
      // Nothing is carried, so nothing is known to be carried over.
      ...(views.length === 0 ? ['unknown' as const] : []),
      ...[...agent.notices, ...failing].map(() => 'attention' as const),
      SOUNDNESS_LIGHT[housekeeping.soundness()],
      ...(housekeeping.tidyFailure() === undefined ? [] : ['attention' as const]),
    ]),
    notices: [
      ...agent.notices,
      ...failing,
      ...storeNotices(agent),
      ...agent.alerting.notices(),
      ...firstLooks(views),
    ],
    alerts: agent.alerting.active(),
    links: views,
  };
}
