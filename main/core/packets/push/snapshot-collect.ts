import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { SnapshotMeta } from '../../queue/queue-store.ts';
import type { ReadBasis } from '../../reading/read-basis.ts';
import { standStill, type Positions } from '../../reading/table-positions.ts';
import type { BodyRef } from '../../runtime/body-store.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import type { ErpUser, ErpView } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { CycleSegments, type Segment } from './segments/cycle-segments.ts';
import { packetList, type PacketList } from './segments/packet-list.ts';
import { SegmentCheck } from './segments/segment-check.ts';
import { SegmentAsks, type SegmentAsk } from './segments/segment-asks.ts';

/** How often a packet is read whose tables are changed while it is read. */
const ROUNDS = 3;
/** What is kept is looked up for so many users at once. */
const USERS_AT_ONCE = 32;

/** A packet as it is to be stored, or why it cannot be. */
export interface CollectedSnapshot {
  readonly body: Result<PacketList>;
  readonly rows: ReadonlyMap<string, number>;
  readonly consistency: SnapshotMeta['consistency'];
  /** The caller has it: its bytes were not looked at. */
  readonly known: boolean;
}

/** What a packet is compared with, and by. */
export interface SnapshotToAudit {
  readonly view: ErpView;
  readonly list: PacketList;
  readonly entities: readonly {
    readonly ask: SegmentAsk;
    readonly body: BodyRef;
    /** The clock has a say, or nobody knows what has: two readings need not be equal. */
    readonly passing: boolean;
  }[];
  /** Whether what is read until now from the view is of the moment of the packet. */
  readonly still: (signal: AbortSignal) => Promise<boolean>;
}

/** Collects packets of one cycle from segments, read from one view that is opened when it is first needed. Stores no packet. */
export class SnapshotCollect {
  readonly #parts: LinkParts;
  readonly #basis: ReadBasis;
  readonly #segments: CycleSegments;
  readonly #asks: SegmentAsks;
  readonly #check: SegmentCheck;
  /** Whose turn has not come yet: what they need may be read with what another needs. */
  readonly #waiting: Map<string, ErpUser>;
  /** Users for whom the store was asked what it keeps. */
  readonly #looked = new Set<string>();
  #view: ErpView | undefined;
  #begun = false;
  /** Where the tables stood when it was looked last; what is read from now on is of that moment or later. */
  #stood: Positions;
  #readSince = false;

  /** `anew`: everything is read, whatever is known. */
  constructor(
    parts: LinkParts,
    basis: ReadBasis,
    how: { readonly users: readonly ErpUser[]; readonly anew: boolean },
  ) {
    this.#parts = parts;
    this.#basis = basis;
    this.#segments = new CycleSegments(parts, basis, how.anew);
    this.#asks = new SegmentAsks(parts, basis.entities);
    this.#check = new SegmentCheck(parts, this.#segments);
    this.#waiting = new Map(how.users.map((user) => [user.name, user]));
    this.#stood = basis.noted;
  }

  /** Nobody's turn is still to come. */
  get done(): boolean {
    return this.#waiting.size === 0;
  }

  /** Whether all of a user's packet is there already: nothing has to be read for it. */
  atHand(user: ErpUser): boolean {
    return this.#asksOf(user).every((ask) => !this.#isDue(ask));
  }

  /** He gets none: nothing is read for him. */
  pass(user: ErpUser): void {
    this.#waiting.delete(user.name);
  }

  /**
   * One user's packet; what `known` does not say the caller has already is checked byte for byte. A failure is everybody's; his
   * own is that of the body. Throws BodyStreamError where his packet cannot be, and what store and disk throw.
   */
  async packet(
    user: ErpUser,
    known: (list: PacketList) => boolean,
    signal: AbortSignal,
  ): Promise<Result<CollectedSnapshot>> {
    const asks = this.#asksOf(user);
    const unread = await this.#begin(signal);
    if (unread !== undefined) return fail(unread);
    this.#waiting.delete(user.name);
    for (;;) {
      const found = await this.#collect(user, asks, signal);
      if (!found.ok || !found.value.body.ok) return found;
      if (known(found.value.body.value)) return ok({ ...found.value, known: true });
      if (!(await this.#check.whole(asks))) continue;
      const clash = await this.#check.clash(asks);
      return clash === undefined ? found : ok({ ...found.value, body: fail(clash) });
    }
  }

  /**
   * What segments give for a user, to be compared with another rendering of the view, which is opened for it. Undefined where he
   * can have no packet: who builds it says why. His turn is still to come.
   */
  async toAudit(user: ErpUser, signal: AbortSignal): Promise<Result<SnapshotToAudit | undefined>> {
    const unopened = this.#view === undefined ? await this.#open(signal) : undefined;
    if (unopened !== undefined) return fail(unopened);
    this.#begun = true;
    const asks = this.#asksOf(user);
    for (;;) {
      const found = await this.#collect(user, asks, signal);
      if (!found.ok) return found;
      const { body } = found.value;
      const view = this.#view;
      if (!body.ok || view === undefined) return ok(undefined);
      if (!(await this.#check.whole(asks))) continue;
      const segments = asks.flatMap((ask) => this.#segments.find(ask) ?? []);
      const entities = asks.flatMap((ask, at) => {
        const of = segments[at]?.body;
        const passing = this.#basis.entities[ask.index]?.clock !== false;
        return of?.ok === true ? [{ ask, body: of.value, passing }] : [];
      });
      const still = async (stop: AbortSignal): Promise<boolean> => {
        if (view.consistency === 'snapshot') return true;
        const now = await this.#basis.positions(stop);
        return segments.every(({ positions }) => standStill(positions, now));
      };
      return ok({ view, list: body.value, entities, still });
    }
  }

  /** Some were wrong: all are read anew, each by itself. Before the first packet. */
  distrust(): void {
    this.#segments.distrust();
    this.#check.forget();
    this.#looked.clear();
  }

  /** After the last packet. Throws what store and disk throw. */
  async close(): Promise<void> {
    await this.#view?.close();
    await this.#segments.finish();
  }

  /**
   * Brings all segments of a packet to one moment: what does not hold is read, until no table it is from was changed meanwhile.
   * What moved may also be why a segment is refused: half of a change can lack a row.
   */
  async #collect(
    user: ErpUser,
    asks: readonly SegmentAsk[],
    signal: AbortSignal,
  ): Promise<Result<CollectedSnapshot>> {
    for (let round = 1; ; round += 1) {
      const failure = await this.#readWhatMoved(asks, signal);
      if (failure !== undefined) return { ok: false, failure };
      if (this.#readSince && this.#view?.consistency === 'moving') {
        this.#stood = await this.#basis.positions(signal);
        this.#readSince = false;
      }
      const segments = asks.flatMap((ask) => this.#segments.find(ask) ?? []);
      // One that was found went to make room while another was read.
      if (segments.length < asks.length && segments.every(({ body }) => body.ok)) continue;
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
    for (const ask of asks) {
      if (!this.#isDue(ask)) continue;
      if (this.#view === undefined) {
        const failure = await this.#open(signal);
        // What was kept was compared with a moment before the view: it may not be what the view shows.
        return failure ?? this.#readWhatMoved(asks, signal);
      }
      const others = (): readonly SegmentAsk[] =>
        [...this.#waiting.values()]
          .flatMap((user) => this.#othersOf(user)[ask.index] ?? [])
          .filter((other) => this.#isDue(other));
      const snapshot = this.#view.consistency === 'snapshot';
      const before = snapshot ? this.#basis.noted : this.#stood;
      this.#readSince = true;
      const failure = await this.#segments.read(this.#view, ask, others, before, signal);
      if (failure !== undefined) return failure;
      if (this.#segments.find(ask)?.body.ok === false) return undefined;
    }
    return undefined;
  }

  #isDue(ask: SegmentAsk): boolean {
    const segment = this.#segments.find(ask);
    if (segment === undefined) return true;
    return !this.#holds(segment) && !(segment.read && segment.positions === undefined);
  }

  /**
   * Before the first packet, for whatever one of them needs: were the view opened for a later one, those before it would be of an
   * earlier moment, and a row that moves from one user to another could be in both their packets.
   */
  async #begin(signal: AbortSignal): Promise<SyncFailure | undefined> {
    if (this.#begun) return undefined;
    const due = [...this.#waiting.values()].some((user) => {
      this.#look(user);
      return this.#othersOf(user).some((ask) => this.#isDue(ask));
    });
    const failure = due && this.#view === undefined ? await this.#open(signal) : undefined;
    this.#begun = failure === undefined;
    return failure;
  }

  #asksOf(user: ErpUser): readonly SegmentAsk[] {
    const asks = this.#asks.of(user);
    this.#look(user);
    return asks;
  }

  #look(user: ErpUser): void {
    if (this.#looked.has(user.name)) return;
    const next = [user];
    for (const other of this.#waiting.values()) {
      if (next.length === USERS_AT_ONCE) break;
      if (!this.#looked.has(other.name)) next.push(other);
    }
    this.#segments.look(next.flatMap((one) => this.#othersOf(one)));
    for (const { name } of next) this.#looked.add(name);
  }

  /** Whoever cannot have a packet is told so when his turn comes. */
  #othersOf(user: ErpUser): readonly SegmentAsk[] {
    try {
      return this.#asks.of(user);
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
  ): CollectedSnapshot {
    const rows = new Map<string, number>();
    const bodies: BodyRef[] = [];
    for (const [index, segment] of segments.entries()) {
      const { body } = segment;
      if (!body.ok) return { body, rows, consistency, known: false };
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
    return { body: list.size > limit ? fail(tooLarge) : ok(list), rows, consistency, known: false };
  }
}
