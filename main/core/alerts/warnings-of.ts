import type { Severity } from '../../../shared/contract/alert.ts';
import type { Explanation, Text } from '../../../shared/contract/explanation.ts';
import type { Place } from '../../../shared/contract/place.ts';
import type { Light, LinkStatus, RunView, SiteStatus } from '../../../shared/contract/status.ts';
import type { Owner } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { WarningCode } from '../../../shared/model/warning-codes.ts';
import { UNDECIDED } from '../health/lights.ts';
import { merge, pick, wayOut } from './merge-warnings.ts';
import type { Warning } from './warning.ts';

const HOUR_MS = 3_600_000;
/** Hours after which orders that wait are no longer a matter for the next break. */
const GRAVE_MS = 4 * HOUR_MS;

/**
 * What is wrong with a site, from the facts people see themselves. One warning for an ERP however many links share it. What
 * the status cannot know (no agent runs) is no warning. Pure.
 */
export function warningsOf(status: SiteStatus): readonly Warning[] {
  if (status.agent.state === 'none') return [];
  const all = status.links.map((link) => link.id);
  const found = [
    ...status.notices.flatMap((notice) => ofNotice(notice, all)),
    ...status.links.flatMap((link) => [
      ...ofLight(link, 'erp'),
      ...ofLight(link, 'cloud'),
      ...ofRetention(link, status.at),
      ...ofPause(link),
      ...ofCounts(link, status.at),
      ...ofHandedOver(link),
      ...ofRuns(link),
    ]),
  ];
  const merged = merge(found);
  return [...wayOut(merged), ...merged];
}

interface Case {
  readonly code: WarningCode;
  readonly variant?: string | undefined;
  readonly severity: Severity;
  readonly about: string;
  readonly links: readonly string[];
  readonly since?: Instant | undefined;
  readonly params?: Text['params'] | undefined;
  readonly place: Place;
  readonly owner: Owner;
  readonly next: Text;
  readonly amount?: number | undefined;
}

const warning = (one: Case): Warning => ({
  ...one,
  variant: one.variant ?? '',
  since: one.since,
  params: one.params ?? {},
  amount: one.amount,
});

const STATUS: Place = { screen: 'status' };

function ofNotice({ what, next, owner }: Explanation, links: readonly string[]): readonly Warning[] {
  const code = NOTICES[what.key];
  if (code === undefined) return [];
  const severity = code === 'archive-failing' ? 'warning' : 'critical';
  const params = pick(what.params, ['cause']);
  return [warning({ code, severity, about: 'site', links, params, place: STATUS, owner, next })];
}

const NOTICES: Readonly<Record<string, WarningCode>> = {
  'failure.disk.what': 'disk-refuses',
  'site.damaged.what': 'store-damaged',
  'site.archive.what': 'archive-failing',
};

/** Kind and case of a failing light, by the name of its failure. Another failure is the side's last resort. */
const LIGHTS: Readonly<Record<'erp' | 'cloud', Readonly<Record<string, readonly [WarningCode, string]>>>> = {
  erp: {
    erpUnreachable: ['erp-unreachable', ''],
    erpUnauthorized: ['erp-unauthorized', ''],
    'fenced.erp-restored': ['erp-restored', ''],
    'fenced.erp-copied': ['erp-restored', 'erp-copied'],
    'fenced.lease-held': ['erp-fenced', 'lease-held'],
    'fenced.fence-raised': ['erp-fenced', ''],
    'fenced.ledger-missing': ['erp-fenced', 'ledger-missing'],
  },
  cloud: {
    cloudUnreachable: ['cloud-unreachable', ''],
    cloudUnauthorized: ['cloud-unauthorized', ''],
    throttled: ['cloud-unreachable', 'throttled'],
    invalidResponse: ['cloud-unreadable', ''],
  },
};
const LAST_RESORT = { erp: ['erp-unreachable', 'other'], cloud: ['cloud-unreadable', 'other'] } as const;
/** A standby waits beside the one that works: nothing stands still. */
const MILD: ReadonlySet<string> = new Set(['lease-held', 'throttled']);

const SILENT: ReadonlySet<string> = new Set(['light.silent', 'light.unanswered']);

function ofLight(link: LinkStatus, side: 'erp' | 'cloud'): readonly Warning[] {
  const light = link.lights[side];
  // It answers: a warning of its own says what it does not decide.
  if (light.fact.key === UNDECIDED) return [];
  if (light.state === 'attention') return failing(link, side, light);
  const asked = link.paused === undefined && link.flows.some((flow) => flow.enabled);
  if (light.state !== 'unknown' || !SILENT.has(light.fact.key) || !asked) return [];
  const code = side === 'erp' ? 'erp-unreachable' : 'cloud-unreachable';
  return [
    warning({
      code,
      variant: 'silent',
      severity: 'warning',
      // The light does not name the ERP when nothing fails there.
      about: `link:${link.id}`,
      links: [link.id],
      params: { link: link.id },
      place: STATUS,
      owner: 'vendor',
      next: { key: 'alert.silent.next', params: {} },
    }),
  ];
}

function failing(link: LinkStatus, side: 'erp' | 'cloud', light: Light): readonly Warning[] {
  const name = nameOfFailure(light.fact.key);
  // The disk has a notice of its own.
  if (name === 'disk') return [];
  const known = LIGHTS[side][name] ?? (ofErp(name) ? LIGHTS.erp['erpUnreachable'] : undefined);
  const [code, variant] = known ?? LAST_RESORT[side];
  const endpoint = light.fact.params['endpoint'];
  const about =
    side === 'erp' && typeof endpoint === 'string' && endpoint.startsWith('erp:')
      ? endpoint
      : `link:${link.id}`;
  const params = known === undefined ? {} : pick(light.fact.params, ['cause', 'name']);
  return [
    warning({
      code,
      variant,
      severity: MILD.has(variant) ? 'warning' : 'critical',
      about,
      links: [link.id],
      since: light.since,
      params: { ...params, link: link.id, erp: about.slice(about.indexOf(':') + 1) },
      place: STATUS,
      owner:
        side === 'erp' ? 'erp-administrator' : variant === 'throttled' ? 'nobody' : 'cloud-administrator',
      next:
        known === undefined
          ? { key: 'alert.other.next', params: {} }
          : { key: `failure.${name}.next`, params: pick(light.fact.params, ['name']) },
    }),
  ];
}

/** Packets that nobody fetches are deleted one day, and the cloud says nothing of it. */
function ofRetention({ id, retention }: LinkStatus, at: Instant): readonly Warning[] {
  if (retention === undefined) return [];
  const { level, since, until } = retention;
  return [
    warning({
      code: 'cloud-retention',
      variant: level === 'over' ? level : '',
      severity: level === 'warning' ? 'warning' : 'critical',
      about: `link:${id}`,
      links: [id],
      since,
      params: { link: id, until, hours: Math.max(1, Math.floor((until - at) / HOUR_MS)) },
      place: STATUS,
      owner: 'cloud-administrator',
      next: { key: 'alert.cloud-retention.next', params: { link: id } },
    }),
  ];
}

/** What a link is paused with that found evidence of somebody else on its area. */
const ANOTHER_CLIENT = 'failure.anotherClient.what';

function ofPause(link: LinkStatus): readonly Warning[] {
  const { paused, id } = link;
  if (paused === undefined) return [];
  const about = {
    about: `link:${id}`,
    links: [id],
    since: paused.since,
    params: { link: id },
    place: STATUS,
  };
  if (paused.by === 'person')
    return [
      warning({
        ...about,
        code: 'link-paused-long',
        severity: 'warning',
        owner: 'user',
        next: { key: 'alert.link-paused-long.next', params: {} },
      }),
    ];
  if (paused.explanation?.what.key === ANOTHER_CLIENT)
    return [
      warning({
        ...about,
        code: 'link-stopped',
        variant: 'another-client',
        severity: 'critical',
        params: { link: id, cases: paused.explanation.what.params['message'] ?? '' },
        owner: paused.explanation.owner,
        next: { key: 'alert.link-stopped.another-client.next', params: { link: id } },
      }),
    ];
  return [
    warning({
      ...about,
      code: 'link-stopped',
      severity: 'critical',
      owner: paused.explanation?.owner ?? 'integrator',
      next: { key: 'alert.link-stopped.next', params: { link: id } },
    }),
  ];
}

function ofCounts(link: LinkStatus, at: Instant): readonly Warning[] {
  const { id, parked, unknown, pendingIn, pendingOut } = link;
  const about = { about: `link:${id}`, links: [id] };
  // What a person paused waits because that person wants it so; a long pause is a kind of its own.
  const waits = link.paused?.by !== 'person';
  const late = (
    code: WarningCode,
    view: 'in' | 'out',
    { count, oldest }: LinkStatus['pendingIn'],
  ): Warning[] =>
    count === 0 || oldest === undefined || !waits
      ? []
      : [
          warning({
            ...about,
            code,
            severity: code === 'orders-late' && at - oldest >= GRAVE_MS ? 'critical' : 'warning',
            since: oldest,
            params: { link: id, count, oldest },
            place: { screen: 'queue', view, link: id },
            owner: 'integrator',
            next: { key: `alert.${code}.next`, params: {} },
          }),
        ];
  const waiting = (code: WarningCode, view: 'parked' | 'unknown', count: number): Warning[] =>
    count === 0
      ? []
      : [
          warning({
            ...about,
            code,
            severity: 'warning',
            params: { link: id, count },
            place: { screen: 'queue', view, link: id },
            owner: code === 'items-parked' ? 'user' : 'integrator',
            next: { key: `alert.${code}.next`, params: {} },
            amount: code === 'items-parked' ? count : undefined,
          }),
        ];
  return [
    ...waiting('items-parked', 'parked', parked),
    ...late('orders-late', 'in', pendingIn),
    ...late('snapshots-late', 'out', pendingOut),
    ...waiting('outcome-unknown', 'unknown', unknown),
  ];
}

function ofHandedOver({ id, handedOver }: LinkStatus): readonly Warning[] {
  const late = handedOver?.late;
  if (late === undefined) return [];
  return [
    warning({
      code: 'erp-undecided',
      severity: 'warning',
      about: `link:${id}`,
      links: [id],
      since: late.since,
      params: { link: id, count: late.count },
      place: { screen: 'queue', view: 'in', link: id },
      owner: 'erp-administrator',
      next: { key: 'alert.erp-undecided.next', params: {} },
    }),
  ];
}

/** Failures of the other side or the disk: while they last their light says it, and the next run does better. */
const PASSING: ReadonlySet<string> = new Set([
  'erpUnreachable',
  'cloudUnreachable',
  'erpUnauthorized',
  'cloudUnauthorized',
  'throttled',
  'invalidResponse',
  'unknownOutcome',
  'disk',
  'cancelled',
]);

/** The newest ended run of a flow failed: at once when it will fail again, else when the one before did too. */
function ofRuns(link: LinkStatus): readonly Warning[] {
  const failed = link.flows.flatMap(({ flow, enabled }): readonly RunView[] => {
    const ended = link.lastRuns.filter((run) => run.flow === flow && run.outcome !== 'running');
    const [newest, before] = ended;
    if (!enabled || newest?.outcome !== 'failed') return [];
    const name = nameOfFailure(newest.failure?.what.key ?? '');
    const passing = PASSING.has(name) || ofErp(name) || name.startsWith('fenced.');
    return passing && before?.outcome !== 'failed' ? [] : [newest];
  });
  // One warning for a link; a pull that fails stops the orders, so it speaks for both.
  const run = failed.find((one) => one.flow === 'pull') ?? failed[0];
  if (run === undefined) return [];
  const known = run.failure;
  return [
    warning({
      code: 'run-failed',
      variant: run.flow,
      severity: 'warning',
      about: `link:${link.id}`,
      links: [link.id],
      since: run.endedAt,
      params: { link: link.id },
      place: { screen: 'runs', link: link.id },
      owner: known?.owner ?? 'integrator',
      next: { key: 'alert.run-failed.next', params: {} },
    }),
  ];
}

/** A cause with words of its own; to be told of it is the same as of any ERP that does nothing. */
const ofErp = (name: string): boolean => name.startsWith('erp.');

const nameOfFailure = (key: string): string => /^failure\.(.+)\.what$/.exec(key)?.[1] ?? key;
