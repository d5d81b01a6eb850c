import { assertNever } from '../../../../shared/model/result.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { OpenListing } from '../../queue/queue-store.ts';

/**
 * When a pulled packet may be reported done, so that the cloud deletes its copy. Never before its bytes are durable here
 * and this very delivery's bytes were compared with them.
 */
export interface ReportPolicy {
  readonly acknowledge: 'auto' | 'after-apply' | 'after-store';
  /** `auto` waits this long for the ERP. */
  readonly ackWithinMs: number;
  /** How long a list waits for a body in it that the cloud no longer has; absent: until a person agrees that it is lost. */
  readonly lostBodyAfterMs?: number | undefined;
}

/** `after-apply` gives up waiting here: queues forget what is not reported for long, this program does not. */
export const AFTER_APPLY_LIMIT_MS = 15 * 60_000;

type ListedPacket = OpenListing['entries'][number];

/** The moment from which the packet may be reported; undefined while nothing durable is known of this delivery. Pure. */
export function reportableAt(packet: ListedPacket, policy: ReportPolicy, now: Instant): Instant | undefined {
  if (!packet.checked || packet.items.length === 0) return undefined;
  const awaited = packet.items.filter((item) => item.awaitsBody === true);
  if (awaited.length > 0) {
    const dues = awaited.map(({ createdAt }) => lostBodyDue(createdAt, policy, now));
    return dues.every((due) => due !== undefined) ? Math.max(...dues) : undefined;
  }
  const storedAt = Math.max(...packet.items.map((item) => item.createdAt));
  // What was handed over stands in the ERP; whether the ERP accepts it is no matter of the cloud's copy, unless it was to be.
  const decided = packet.items.every(
    ({ state, handed }) =>
      state === 'settled' ||
      state === 'parked' ||
      state === 'discarded' ||
      (handed === true && policy.acknowledge !== 'after-apply'),
  );
  // Stored in the future: the clock was set back. What is durable may be reported early, but not hours late.
  if (decided || storedAt > now) return Math.min(storedAt, now);
  switch (policy.acknowledge) {
    case 'after-store':
      return storedAt;
    case 'auto':
      return storedAt + policy.ackWithinMs;
    case 'after-apply':
      return storedAt + AFTER_APPLY_LIMIT_MS;
    default:
      return assertNever(policy.acknowledge);
  }
}

/**
 * When a body that was missed at that moment is waited for no longer: what is listed behind it must come in. Its entry's text and
 * its item stay. Undefined: only a person ends it. Pure.
 */
export function lostBodyDue(
  missedAt: Instant,
  { lostBodyAfterMs }: Pick<ReportPolicy, 'lostBodyAfterMs'>,
  now: Instant,
): Instant | undefined {
  if (lostBodyAfterMs === undefined) return undefined;
  // Further ahead than the whole wait: the clock was set back by more than that, and it would never be over.
  return missedAt > now + lostBodyAfterMs ? now : missedAt + lostBodyAfterMs;
}

export interface ReportPlan {
  /** Whole lists whose every entry may be reported now. */
  readonly whole: readonly OpenListing[];
  /** Entries of other lists that may be reported now: for links that take parts. */
  readonly parts: readonly { readonly listing: OpenListing; readonly entries: readonly ListedPacket[] }[];
  /** When to look again; undefined when only something new can change the plan. */
  readonly nextAt: Instant | undefined;
}

/** Reporting a packet's newest delivery ends its older ones: a list that newer ones cover whole is not posted as well. Pure. */
function newestOf(whole: readonly OpenListing[]): readonly OpenListing[] {
  const covered = new Set<string>();
  const newest = whole.toReversed().filter(({ queue, entries }) => {
    const open = entries.filter(({ reported }) => !reported).map(({ entry }) => `${queue} ${entry.id}`);
    const adds = open.some((one) => !covered.has(one));
    for (const one of open) covered.add(one);
    return adds;
  });
  return newest.toReversed();
}

/** Sorts the open lists into what can be reported now and what must wait. Pure. */
export function planReports(
  listings: readonly OpenListing[],
  policy: ReportPolicy,
  now: Instant,
): ReportPlan {
  const whole: OpenListing[] = [];
  const parts: { listing: OpenListing; entries: ListedPacket[] }[] = [];
  let nextAt: Instant | undefined;
  for (const listing of listings) {
    const open = listing.entries.filter((packet) => !packet.reported);
    if (open.length === 0) continue;
    const due: ListedPacket[] = [];
    let latest: Instant | undefined = 0;
    for (const packet of open) {
      const at = reportableAt(packet, policy, now);
      if (at !== undefined && at <= now) due.push(packet);
      else if (at !== undefined && (nextAt === undefined || at < nextAt)) nextAt = at;
      latest = at === undefined || latest === undefined ? undefined : Math.max(latest, at);
    }
    if (latest !== undefined && latest <= now) whole.push(listing);
    else if (due.length > 0) parts.push({ listing, entries: due });
  }
  return { whole: newestOf(whole), parts, nextAt };
}
