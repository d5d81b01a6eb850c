import type { Sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import { isQuiet, type QuietHours } from '../../alerts/quiet-hours.ts';
import type { PushHold } from '../../queue/item.ts';
import type { AcceptedSnapshot } from '../../queue/queue-store.ts';
import { dayAt, minutesOf, momentOf } from '../../schedule/calendar.ts';

export type Hold = 'packets-pending' | 'packet-parked' | undefined;

/**
 * Whether a user's snapshot must wait for his own packets: one that is stored and not applied yet would vanish from his
 * phone; a parked one holds it only for a while, since it may wait for a person for days. Pure.
 */
export function holdFor(
  packets: { readonly pending: number; readonly parkedSince: Instant | undefined },
  maxHoldMs: number,
  now: Instant,
): Hold {
  if (packets.pending > 0) return 'packets-pending';
  if (packets.parkedSince !== undefined && now - packets.parkedSince < maxHoldMs) return 'packet-parked';
  return undefined;
}

/**
 * Whether the cloud has this content already: same bytes, same mapping, area and ERP, accepted not too long ago. Never
 * called up to date: what the cloud made of it is invisible. A clock set back makes it send, never keep silent. Pure.
 */
export function unchanged(
  last: AcceptedSnapshot | undefined,
  content: { readonly hash: Sha256; readonly modelHash: string },
  resendAfterMs: number,
  now: Instant,
): boolean {
  if (last === undefined || last.contentHash !== content.hash || last.modelHash !== content.modelHash)
    return false;
  const age = now - last.acceptedAt;
  return age >= 0 && age < resendAfterMs;
}

/** Whose phones get snapshots, and when. */
export interface PushRules {
  /** Only these users' phones; undefined: everybody's. */
  readonly pilot?: readonly string[] | undefined;
  readonly pausedUsers: readonly string[];
  readonly quietHours?: QuietHours | undefined;
  /** The site's zone, on whose clock the quiet hours are. */
  readonly zone: string;
  /** Least time between two snapshots for one user. */
  readonly minIntervalMs: number;
}

/** The cloud's names differ from each other in more than capitals, so a name typed by a person need not match in those. */
export const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const named = (names: readonly string[], user: string): boolean => names.some((name) => sameName(name, user));

/** Whether nothing may be built for a user, by hand neither. Pure. */
export function userHold(rules: PushRules | undefined, user: string): 'pilot' | 'paused' | undefined {
  if (rules === undefined) return undefined;
  if (rules.pilot !== undefined && !named(rules.pilot, user)) return 'pilot';
  return named(rules.pausedUsers, user) ? 'paused' : undefined;
}

/**
 * Why a built snapshot must not leave now, and until when that is certain; undefined: it may. A person who asks ends quiet
 * hours and the interval, not a pilot or a pause. A clock set back makes it send. Pure.
 */
export function uploadHold(
  rules: PushRules | undefined,
  question: {
    readonly user: string;
    readonly lastAcceptedAt: Instant | undefined;
    readonly now: Instant;
    readonly byHand: boolean;
  },
): PushHold | undefined {
  const { user, lastAcceptedAt, now, byHand } = question;
  if (rules === undefined) return undefined;
  const lasting = userHold(rules, user);
  if (lasting !== undefined) return { why: lasting };
  if (byHand) return undefined;
  if (isQuiet(now, rules.quietHours, rules.zone))
    return { why: 'quiet', until: quietEnd(now, rules.quietHours, rules.zone) };
  const age = lastAcceptedAt === undefined ? undefined : now - lastAcceptedAt;
  return age !== undefined && age >= 0 && age < rules.minIntervalMs
    ? { why: 'interval', until: now - age + rules.minIntervalMs }
    : undefined;
}

const WEEK_DAYS = 7;
const HOUR_MINUTES = 60;

/**
 * The first moment from `now` on outside the quiet hours; `now` itself when it is; undefined when there is none. Where the
 * clocks repeat an hour the hours may end twice; where they skip the end, they end with the jump. Pure.
 */
export function quietEnd(now: Instant, hours: QuietHours | undefined, zone: string): Instant | undefined {
  if (hours === undefined || !isQuiet(now, hours, zone)) return now;
  const to = minutesOf(hours.to);
  const full = Math.ceil(to / HOUR_MINUTES) * HOUR_MINUTES;
  const today = dayAt(now, zone);
  const ends: Instant[] = [];
  for (let day = today - 1; day <= today + WEEK_DAYS + 1; day += 1) {
    // Midnight too: there a day that has no quiet hours begins, when they last the whole day.
    const first = [momentOf(day, to, zone), momentOf(day, full, zone), momentOf(day, 0, zone)];
    ends.push(...first, ...first.map((moment) => moment + HOUR_MINUTES * 60_000));
  }
  return ends
    .sort((one, other) => one - other)
    .find((moment) => moment > now && !isQuiet(moment, hours, zone));
}
