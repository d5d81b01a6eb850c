import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Item } from '../queue/item.ts';
import { backoffMs } from '../queue/decide.ts';
import { storeFailure } from '../queue/endpoints.ts';
import type { SnapshotMeta } from '../queue/queue-store.ts';
import { BodyStreamError } from '../runtime/body-stream-error.ts';
import { durably, durablySync } from '../runtime/runtime.ts';
import type { StoredBody } from '../runtime/body-store.ts';
import type { ReadBasis } from '../reading/read-basis.ts';
import { samePositions } from '../reading/whole-read.ts';
import type { ErpUser, ErpView } from './erp.ts';
import type { LinkParts } from './link-parts.ts';
import { holdFor, unchanged } from './push-plan.ts';
import { renderSnapshot } from './render-snapshot.ts';

/** How often a packet is read whose tables are changed while it is read. */
const ROUNDS = 3;
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

interface Rendered {
  readonly body: Result<StoredBody>;
  readonly rows: ReadonlyMap<string, number>;
  readonly consistency: SnapshotMeta['consistency'];
}

/** Builds the snapshots of one cycle, one user after the other, from one view that is opened when it is first needed. */
export class SnapshotBuild {
  /** Hash of each packet that was read, or is known to read as before. */
  readonly contents = new Map<string, string>();
  skipped = 0;
  readonly #parts: LinkParts;
  readonly #basis: ReadBasis;
  readonly #counts: BuildCounts;
  #view: ErpView | undefined;
  /** Where the tables stood last; what is read from now on is of that moment or later. */
  #stood: Readonly<Record<string, string>> | undefined;

  constructor(parts: LinkParts, basis: ReadBasis, counts: BuildCounts) {
    this.#parts = parts;
    this.#basis = basis;
    this.#counts = counts;
    this.#stood = basis.noted;
  }

  /**
   * One user's snapshot; the failure, if any, is his alone when `rejected`, else everybody's. `known` is the hash of what would
   * be read, where that is certain.
   */
  async user(
    user: ErpUser,
    inboundMark: number,
    known: string | undefined,
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy } = this.#parts;
    const now = runtime.wall();
    if (holdFor(store.openPacketsOf(link, user.name), policy.maxHoldMs, now) !== undefined) {
      this.#counts.held += 1;
      return undefined;
    }
    if (known !== undefined && this.#accepted(user, known)) {
      this.skipped += 1;
      this.contents.set(user.name, known);
      this.#unchanged(user);
      return undefined;
    }
    if (this.#view === undefined) {
      const opened = await this.#parts.erp.reader.openView(signal);
      if (!opened.ok) return noteErpFailure(this.#parts, opened.failure);
      this.#view = opened.value;
    }
    try {
      return await this.#read(this.#view, user, inboundMark, signal);
    } catch (error) {
      if (error instanceof BodyStreamError) return this.#refused(user, error.failure);
      return noteErpFailure(this.#parts, storeFailure(error));
    }
  }

  async close(): Promise<void> {
    await this.#view?.close();
  }

  async #read(
    view: ErpView,
    user: ErpUser,
    inboundMark: number,
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy, log } = this.#parts;
    const { body, rows, consistency } = await this.#render(view, user, signal);
    if (consistency === 'best-effort') this.#counts.bestEffort += 1;
    if (!body.ok) return this.#refused(user, body.failure);
    const now = runtime.wall();
    this.contents.set(user.name, body.value.hash);
    if (this.#accepted(user, body.value.hash)) {
      this.#unchanged(user);
      return undefined;
    }
    const item: Item = durablySync(runtime, 'push.store-snapshot', () =>
      store.storeSnapshot(
        {
          link,
          direction: 'out',
          externalId: runtime.newId(),
          user: user.name,
          company: '',
          label: user.name,
          body: body.value,
        },
        {
          user: user.name,
          modelHash: policy.modelHash,
          inboundMark,
          consistency,
          rows: Object.fromEntries(rows),
        },
        now,
      ),
    );
    this.#counts.built += 1;
    log.info('snapshot built', { item: item.id, bytes: body.value.size, consistency });
    return undefined;
  }

  /**
   * Reads a packet until no table it is from was changed meanwhile. What moved may also be why the packet is refused: half of
   * a change can lack a row.
   */
  async #render(view: ErpView, user: ErpUser, signal: AbortSignal): Promise<Rendered> {
    for (let round = 1; ; round += 1) {
      const rows = new Map<string, number>();
      if (view.consistency === 'snapshot')
        return { body: await this.#once(view, user, rows, signal), rows, consistency: 'snapshot' };
      const before = this.#stood ?? (await this.#basis.positions(signal));
      const body = await this.#once(view, user, rows, signal);
      const after = before === undefined ? undefined : await this.#basis.positions(signal);
      this.#stood = after;
      const known = before !== undefined && after !== undefined;
      if (known && samePositions(before, after)) return { body, rows, consistency: 'validated' };
      const final = !body.ok && body.failure.kind !== 'rejected';
      if (before === undefined || round === ROUNDS || final || signal.aborted)
        return { body, rows, consistency: 'best-effort' };
    }
  }

  async #once(
    view: ErpView,
    user: ErpUser,
    rows: Map<string, number>,
    signal: AbortSignal,
  ): Promise<Result<StoredBody>> {
    const { runtime, bodies, policy, cloud } = this.#parts;
    const limit = Math.min(cloud.capabilities.maxPacketBytes, policy.maxPacketBytes);
    try {
      return await durably(runtime, 'push.spool-snapshot', () =>
        bodies.receive(renderSnapshot(this.#parts, view, user, rows, signal), limit, signal),
      );
    } catch (error) {
      if (error instanceof BodyStreamError) return { ok: false, failure: error.failure };
      throw error;
    }
  }

  #accepted(user: ErpUser, hash: string): boolean {
    const { store, link, policy, runtime } = this.#parts;
    const content = { hash: hash as Sha256, modelHash: policy.modelHash };
    return unchanged(store.lastAccepted(link, user.name), content, policy.resendAfterMs, runtime.wall());
  }

  #unchanged(user: ErpUser): void {
    const { store, link, runtime } = this.#parts;
    this.#counts.unchanged += 1;
    // The ERP went back to what the cloud has: what was built in between must not go out any more.
    for (const older of store.unsentSnapshots(link))
      if (older.user === user.name && older.state !== 'working')
        store.discardSnapshot(older.id, 'the accepted one holds again', runtime.wall());
  }

  #refused(user: ErpUser, failure: SyncFailure): SyncFailure {
    this.#parts.log.warn('snapshot not built', { user: user.name, failure: failure.kind });
    this.#counts.refused += 1;
    return failure.kind === 'rejected' ? failure : noteErpFailure(this.#parts, failure);
  }
}

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
