import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Item, NewItem } from '../../queue/item.ts';
import { backoffMs } from '../../queue/decide.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { SnapshotMeta } from '../../queue/queue-store.ts';
import { StoreError } from '../../queue/store-error.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { DiskError } from '../../runtime/disk.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { ReadBasis } from '../../reading/read-basis.ts';
import type { ErpUser } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { holdFor, unchanged } from './push-plan.ts';
import type { PacketList } from './segments/packet-list.ts';
import { auditSegments, type AuditEnd } from './snapshot-audit.ts';
import { SnapshotCollect, type CollectedSnapshot } from './snapshot-collect.ts';

const encoder = new TextEncoder();
/** So many packets become durable with one commit, where nothing has to be read in between. */
const STORE_TOGETHER = 32;
/** On its way, or at its end. */
const ENDED: ReadonlySet<Item['state']> = new Set(['working', 'settled', 'discarded']);
/** Somebody waited for us: a quarter of an hour's work of theirs is worth more than a fresh snapshot. */
const BLOCKED = { firstMs: 3 * 60_000, mostMs: 30 * 60_000 } as const;

export interface BuildCounts {
  built: number;
  unchanged: number;
  held: number;
  refused: number;
  /** Users whose snapshot was read without a consistent view, and not proven to be of one moment. */
  bestEffort: number;
}

interface Unstored {
  readonly item: NewItem;
  readonly meta: SnapshotMeta;
}

/** Builds the snapshots of one cycle, one user after the other: what the cloud does not have already is stored for sending. */
export class SnapshotBuild {
  readonly #parts: LinkParts;
  readonly #counts: BuildCounts;
  readonly #collect: SnapshotCollect;
  #unstored: Unstored[] = [];
  #unsent: Map<string, Item[]> | undefined;

  /** `anew`: everything is read, whatever is known. */
  constructor(
    parts: LinkParts,
    basis: ReadBasis,
    counts: BuildCounts,
    how: { readonly users: readonly ErpUser[]; readonly anew: boolean },
  ) {
    this.#parts = parts;
    this.#counts = counts;
    this.#collect = new SnapshotCollect(parts, basis, how);
  }

  /** Packets of some are compared with a rendering of their own where that is due. Before the first user's. */
  async audit(users: readonly ErpUser[], signal: AbortSignal): Promise<AuditEnd> {
    try {
      return await auditSegments(this.#parts, this.#collect, users, signal);
    } catch (error) {
      const failure = noteErpFailure(this.#parts, localFailure(error));
      return { audited: 0, mended: undefined, failure };
    }
  }

  /** One user's snapshot; the failure, if any, is his alone when `rejected`, else everybody's. */
  async user(user: ErpUser, inboundMark: number, signal: AbortSignal): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy } = this.#parts;
    if (holdFor(store.openPacketsOf(link, user.name), policy.maxHoldMs, runtime.wall()) !== undefined) {
      this.#collect.pass(user);
      this.#counts.held += 1;
      return undefined;
    }
    try {
      // Who sends does not wait for a reading.
      const earlier = this.#collect.atHand(user) ? undefined : this.#storeWaiting();
      if (earlier !== undefined) return earlier;
      const failure = await this.#build(user, inboundMark, signal);
      const ends = this.#unstored.length >= STORE_TOGETHER || this.#collect.done;
      return (ends ? this.#storeWaiting() : undefined) ?? failure;
    } catch (error) {
      if (error instanceof BodyStreamError) return this.#refused(user, error.failure);
      return noteErpFailure(this.#parts, localFailure(error));
    }
  }

  /** What was built is stored, whatever ended the cycle. */
  async close(): Promise<void> {
    try {
      this.#storeWaiting();
      await this.#collect.close();
    } catch (error) {
      // Losing what is kept costs a read: nothing else depends on it.
      this.#parts.endpoints.diskFailed(localFailure(error));
    }
  }

  async #build(user: ErpUser, inboundMark: number, signal: AbortSignal): Promise<SyncFailure | undefined> {
    const found = await this.#collect.packet(user, (list) => this.#accepted(user, list), signal);
    if (!found.ok) return noteErpFailure(this.#parts, found.failure);
    const { body, consistency, known } = found.value;
    if (consistency === 'best-effort') this.#counts.bestEffort += 1;
    if (!body.ok) return this.#refused(user, body.failure);
    if (known) this.#unchanged(user);
    else this.#unstored.push(this.#toStore(user, body.value, found.value, inboundMark));
    return undefined;
  }

  #toStore(
    user: ErpUser,
    { text, size, segments }: PacketList,
    { rows, consistency }: CollectedSnapshot,
    inboundMark: number,
  ): Unstored {
    const { link, runtime, policy, hash } = this.#parts;
    return {
      item: {
        link,
        direction: 'out',
        externalId: runtime.newId(),
        user: user.name,
        company: '',
        label: user.name,
        body: { place: 'spool', hash: hash(text), size, list: { bytes: encoder.encode(text), segments } },
      },
      meta: {
        user: user.name,
        modelHash: policy.modelHash,
        inboundMark,
        consistency,
        rows: Object.fromEntries(rows),
      },
    };
  }

  /** With one commit; where that is refused with one for each, in their order, until one is refused. */
  #storeWaiting(): SyncFailure | undefined {
    const waiting = this.#unstored;
    this.#unstored = [];
    try {
      this.#storeAll(waiting);
      return undefined;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    try {
      for (const one of waiting) this.#storeAll([one]);
      return undefined;
    } catch (error) {
      return noteErpFailure(this.#parts, storeFailure(error));
    }
  }

  #storeAll(waiting: readonly Unstored[]): void {
    if (waiting.length === 0) return;
    const { store, runtime, log } = this.#parts;
    const stored = durablySync(runtime, 'push.store-snapshot', () =>
      store.together(() =>
        waiting.map(({ item, meta }) => ({
          item: store.storeSnapshot(item, meta, runtime.wall()),
          consistency: meta.consistency,
        })),
      ),
    );
    this.#counts.built += stored.length;
    for (const { item, consistency } of stored)
      log.info('snapshot built', { item: item.id, bytes: item.body.size, consistency });
  }

  #accepted(user: ErpUser, list: PacketList): boolean {
    const { store, link, policy, runtime } = this.#parts;
    const content = { hash: this.#parts.hash(list.text), modelHash: policy.modelHash };
    return unchanged(store.lastAccepted(link, user.name), content, policy.resendAfterMs, runtime.wall());
  }

  #unchanged(user: ErpUser): void {
    const { store, link, runtime } = this.#parts;
    this.#counts.unchanged += 1;
    // The ERP went back to what the cloud has: what was built in between must not go out any more.
    // Asked once a cycle: nobody else adds to them, and what has left them since is looked at again.
    this.#unsent ??= Map.groupBy(store.unsentSnapshots(link), (item) => item.user);
    for (const { id } of this.#unsent.get(user.name) ?? []) {
      const older = store.get(id);
      if (older !== undefined && !ENDED.has(older.state))
        store.discardSnapshot(id, 'the accepted one holds again', runtime.wall());
    }
  }

  #refused(user: ErpUser, failure: SyncFailure): SyncFailure {
    this.#parts.log.warn('snapshot not built', { user: user.name, failure: failure.kind });
    this.#counts.refused += 1;
    return failure.kind === 'rejected' ? failure : noteErpFailure(this.#parts, failure);
  }
}

/** Of the store or of the disk; anything else is a bug and goes on up. */
const localFailure = (error: unknown): SyncFailure =>
  error instanceof DiskError
    ? { kind: 'disk', cause: `${error.code}: ${error.message}` }
    : storeFailure(error);

/** Counts a failure of the ERP and lets it rest as decided; longer where somebody had to wait for us. */
export function noteErpFailure(
  { endpoints, erpEndpoint, runtime }: LinkParts,
  failure: SyncFailure,
): SyncFailure {
  endpoints.backOff(erpEndpoint, failure);
  if (failure.kind === 'unreachable' && failure.trouble === 'blocking') {
    const failures = endpoints.failures(erpEndpoint);
    endpoints.rest(erpEndpoint, backoffMs(failures, { ...BLOCKED, jitter: runtime.random() }));
  }
  return failure;
}
