import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { Item } from '../../queue/item.ts';
import { backoffMs } from '../../queue/decide.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { SnapshotMeta } from '../../queue/queue-store.ts';
import type { BodyRef } from '../../runtime/body-store.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { DiskError } from '../../runtime/disk.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { ReadBasis } from '../../reading/read-basis.ts';
import { standStill, type Positions } from '../../reading/table-positions.ts';
import type { ErpUser, ErpView } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { holdFor, unchanged } from './push-plan.ts';
import { CycleSegments, type Segment } from './segments/cycle-segments.ts';
import { packetList, type PacketList } from './segments/packet-list.ts';
import { hasRowIds, RowIds, type IdSegment } from './segments/row-ids.ts';
import { SegmentAsks, type SegmentAsk } from './segments/segment-asks.ts';

const encoder = new TextEncoder();
/** On its way, or at its end. */
const ENDED: ReadonlySet<Item['state']> = new Set(['working', 'settled', 'discarded']);
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

/** A packet as it is to be stored, or why it cannot be. */
interface Collected {
  readonly body: Result<PacketList>;
  readonly rows: ReadonlyMap<string, number>;
  readonly consistency: SnapshotMeta['consistency'];
}

/** Builds the snapshots of one cycle, one user after the other, from one view that is opened when it is first needed. */
export class SnapshotBuild {
  readonly #parts: LinkParts;
  readonly #basis: ReadBasis;
  readonly #counts: BuildCounts;
  readonly #segments: CycleSegments;
  readonly #asks: SegmentAsks;
  readonly #rowIds: RowIds;
  /** Whose turn has not come yet: what they need may be read with what another needs. */
  readonly #waiting: Map<string, ErpUser>;
  /** Segments of earlier cycles whose bytes were found to be what they were. */
  readonly #sound = new Set<string>();
  #view: ErpView | undefined;
  #unsent: Map<string, Item[]> | undefined;
  /** Where the tables stood when it was looked last; what is read from now on is of that moment or later. */
  #stood: Positions;
  #readSince = false;

  /** `anew`: everything is read, whatever is known. */
  constructor(
    parts: LinkParts,
    basis: ReadBasis,
    counts: BuildCounts,
    how: { readonly users: readonly ErpUser[]; readonly anew: boolean },
  ) {
    this.#parts = parts;
    this.#basis = basis;
    this.#counts = counts;
    this.#segments = new CycleSegments(parts, basis, how.anew);
    this.#asks = new SegmentAsks(parts, basis.entities);
    this.#rowIds = new RowIds(parts.bodies);
    this.#waiting = new Map(how.users.map((user) => [user.name, user]));
    this.#stood = basis.noted;
  }

  /** One user's snapshot; the failure, if any, is his alone when `rejected`, else everybody's. */
  async user(user: ErpUser, inboundMark: number, signal: AbortSignal): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy } = this.#parts;
    const now = runtime.wall();
    this.#waiting.delete(user.name);
    if (holdFor(store.openPacketsOf(link, user.name), policy.maxHoldMs, now) !== undefined) {
      this.#counts.held += 1;
      return undefined;
    }
    try {
      const asks = this.#asks.of(user);
      let found = await this.#collect(user, asks, signal);
      if (!found.ok) return noteErpFailure(this.#parts, found.failure);
      while (found.value.body.ok && !this.#accepted(user, found.value.body.value)) {
        if (await this.#whole(asks)) return await this.#store(user, asks, found.value, inboundMark);
        found = await this.#collect(user, asks, signal);
        if (!found.ok) return noteErpFailure(this.#parts, found.failure);
      }
      const { body, consistency } = found.value;
      if (consistency === 'best-effort') this.#counts.bestEffort += 1;
      if (!body.ok) return this.#refused(user, body.failure);
      this.#unchanged(user);
      return undefined;
    } catch (error) {
      if (error instanceof BodyStreamError) return this.#refused(user, error.failure);
      return noteErpFailure(this.#parts, storeFailure(error));
    }
  }

  async close(): Promise<void> {
    await this.#view?.close();
    try {
      await this.#segments.finish();
    } catch (error) {
      // Losing what is kept costs a read: nothing else depends on it.
      this.#parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  /**
   * Brings all segments of a packet to one moment: what does not hold is read, until no table it is from was changed meanwhile.
   * What moved may also be why a segment is refused: half of a change can lack a row.
   */
  async #collect(
    user: ErpUser,
    asks: readonly SegmentAsk[],
    signal: AbortSignal,
  ): Promise<Result<Collected>> {
    for (let round = 1; ; round += 1) {
      const failure = await this.#readWhatMoved(asks, signal);
      if (failure !== undefined) return { ok: false, failure };
      if (this.#readSince && this.#view?.consistency === 'moving') {
        this.#stood = await this.#basis.positions(signal);
        this.#readSince = false;
      }
      const segments = asks.flatMap((ask) => this.#segments.find(ask) ?? []);
      const known = segments.every(({ positions }) => positions !== undefined);
      const still = segments.every((segment) => this.#holds(segment));
      if (!still && known && round < ROUNDS && !signal.aborted) continue;
      const consistency =
        this.#view?.consistency === 'snapshot' ? 'snapshot' : still ? 'validated' : 'best-effort';
      return ok(this.#listed(user, asks, segments, consistency));
    }
  }

  /** Reads segments that are not known or do not hold. What nobody can tell of is read once a cycle. */
  async #readWhatMoved(asks: readonly SegmentAsk[], signal: AbortSignal): Promise<SyncFailure | undefined> {
    const due = (ask: SegmentAsk): boolean => {
      const segment = this.#segments.find(ask);
      if (segment === undefined) return true;
      return !this.#holds(segment) && !(segment.read && segment.positions === undefined);
    };
    for (const ask of asks) {
      if (!due(ask)) continue;
      if (this.#view === undefined) {
        const failure = await this.#open(signal);
        // What was kept was compared with a moment before the view: it may not be what the view shows.
        return failure ?? this.#readWhatMoved(asks, signal);
      }
      const others = (): readonly SegmentAsk[] =>
        [...this.#waiting.values()].flatMap((user) => this.#othersOf(user, ask.index)).filter(due);
      const snapshot = this.#view.consistency === 'snapshot';
      const before = snapshot ? this.#basis.noted : this.#stood;
      this.#readSince = true;
      const failure = await this.#segments.read(this.#view, ask, others, before, signal);
      if (failure !== undefined) return failure;
      if (this.#segments.find(ask)?.body.ok === false) return undefined;
    }
    return undefined;
  }

  /** Whoever cannot have a packet is told so when his turn comes. */
  #othersOf(user: ErpUser, index: number): readonly SegmentAsk[] {
    try {
      const ask = this.#asks.of(user)[index];
      return ask === undefined ? [] : [ask];
    } catch (error) {
      if (error instanceof BodyStreamError) return [];
      throw error;
    }
  }

  async #open(signal: AbortSignal): Promise<SyncFailure | undefined> {
    const opened = await this.#parts.erp.reader.openView(signal);
    if (!opened.ok) return opened.failure;
    this.#view = opened.value;
    if (opened.value.consistency === 'snapshot') this.#stood = await this.#basis.positions(signal);
    return undefined;
  }

  /** Whether a segment is what would be read now; in a view of one moment, what it would show. */
  #holds({ read, positions }: Segment): boolean {
    return (read && this.#view?.consistency === 'snapshot') || standStill(positions, this.#stood);
  }

  #listed(
    user: ErpUser,
    asks: readonly SegmentAsk[],
    segments: readonly Segment[],
    consistency: SnapshotMeta['consistency'],
  ): Collected {
    const rows = new Map<string, number>();
    const bodies: BodyRef[] = [];
    for (const [index, segment] of segments.entries()) {
      const { body } = segment;
      if (!body.ok) return { body, rows, consistency };
      bodies.push(body.value);
      rows.set(asks[index]?.entity.entity ?? '', segment.rows);
      this.#segments.used(segment);
    }
    const list = packetList(user.name, bodies);
    const limit = Math.min(this.#parts.cloud.capabilities.maxPacketBytes, this.#parts.policy.maxPacketBytes);
    const tooLarge = {
      kind: 'rejected',
      code: 'body-too-large',
      message: `more than ${limit} bytes`,
    } as const;
    return { body: list.size > limit ? fail(tooLarge) : ok(list), rows, consistency };
  }

  /** Whether the bytes of all segments of earlier cycles are there and right; those that are not are forgotten. */
  async #whole(asks: readonly SegmentAsk[]): Promise<boolean> {
    let whole = true;
    for (const ask of asks) {
      const segment = this.#segments.find(ask);
      if (segment === undefined) whole = false;
      if (segment?.body.ok !== true || segment.read || this.#sound.has(segment.body.value.hash)) continue;
      try {
        // Every chunk passes the comparison with the hash.
        for await (const chunk of this.#parts.bodies.open(segment.body.value)) void chunk;
        this.#sound.add(segment.body.value.hash);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.#parts.log.warn('a segment is lost and read again', {
          entity: ask.entity.entity,
          cause: error.code,
        });
        this.#segments.forget(ask);
        whole = false;
      }
    }
    return whole;
  }

  async #store(
    user: ErpUser,
    asks: readonly SegmentAsk[],
    { body, rows, consistency }: Collected,
    inboundMark: number,
  ): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy, log, hash } = this.#parts;
    if (consistency === 'best-effort') this.#counts.bestEffort += 1;
    if (!body.ok) return this.#refused(user, body.failure);
    const { text, size, segments } = body.value;
    const clash = await this.#rowIds.clash(this.#withRowIds(asks));
    if (clash !== undefined) {
      const [one, other] = clash.entities;
      return this.#refused(user, {
        kind: 'rejected',
        code: 'row-id-twice',
        where: `${one} and ${other}`,
        field: 'DMS_ROWID',
        message: `the row id ${clash.id} occurs in both tables`,
      });
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
          body: { place: 'spool', hash: hash(text), size, list: { bytes: encoder.encode(text), segments } },
        },
        {
          user: user.name,
          modelHash: policy.modelHash,
          inboundMark,
          consistency,
          rows: Object.fromEntries(rows),
        },
        runtime.wall(),
      ),
    );
    this.#counts.built += 1;
    log.info('snapshot built', { item: item.id, bytes: size, consistency });
    return undefined;
  }

  #withRowIds(asks: readonly SegmentAsk[]): readonly IdSegment[] {
    return asks.flatMap((ask) => {
      const body = this.#segments.find(ask)?.body;
      if (body?.ok !== true || body.value.size === 0 || !hasRowIds(ask.entity.fields)) return [];
      return { entity: ask.entity.entity, body: body.value };
    });
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
