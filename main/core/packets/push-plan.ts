import type { Sha256 } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { AcceptedSnapshot } from '../queue/queue-store.ts';

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
