import type { SyncFailure } from '../../../../../shared/model/failure.ts';
import type { Sha256 } from '../../../../../shared/model/ids.ts';
import { ok, type Result } from '../../../../../shared/model/result.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { ReadBasis } from '../../../reading/read-basis.ts';
import { positionsOf, standStill, youngEnough, type Positions } from '../../../reading/table-positions.ts';
import type { BodyRef, StoredBody } from '../../../runtime/body-store.ts';
import { BodyStreamError } from '../../../runtime/body-stream-error.ts';
import { durably } from '../../../runtime/runtime.ts';
import { writeTable } from '../../codec/write-packet.ts';
import type { ErpRow, ErpView } from '../../erp.ts';
import type { LinkParts } from '../../link-parts.ts';
import { entityTable } from '../render-snapshot.ts';
import { RowGroups } from './row-groups.ts';
import type { SegmentAsk } from './segment-asks.ts';
import type { KeptSegment, NewSegment } from './segment-store.ts';

/** From so many on, those of one table that are to be read are read by one statement. */
const TOGETHER_ABOVE = 8;
/** Parameters of a statement: the server takes 2100. */
const MOST_VALUES = 1_500;
/** Statements for many: a table that is changed all the time is then read user by user. */
const TOGETHER_TIMES = 3;
/** Small segments become durable together; so much may wait in memory. */
const KEEP_BYTES = 8 * 1024 * 1024;
/** All segments of a site together. */
const CAP_BYTES = 4 * 1024 ** 3;
/** Tells a row that changes with every reading from one whose day has just begun. */
const RESTLESS_TIMES = 2;

/** One segment as this cycle knows it. */
export interface Segment {
  /** A refusal is the segment's own: it holds for all who have it in their packets. */
  readonly body: Result<BodyRef>;
  readonly rows: number;
  /** Where its tables stood before it was read, where that is known. */
  readonly positions: Positions | undefined;
  /** Read in this cycle, or in an earlier one. */
  readonly read: boolean;
}

/** The segments of one cycle: each is read and rendered once, or not at all where it reads as before. */
export class CycleSegments {
  readonly #parts: LinkParts;
  readonly #basis: ReadBasis;
  readonly #startedAt: Instant;
  #anew: boolean;
  readonly #known = new Map<string, Segment>();
  /** What the store keeps, by key, as far as it was asked. */
  readonly #kept = new Map<string, KeptSegment | undefined>();
  readonly #used = new Set<Sha256>();
  readonly #together = new Map<number, number>();
  readonly #restless = new Set<string>();
  #unsaved: NewSegment[] = [];
  #unsavedBytes = 0;

  /** `anew`: what was kept by earlier cycles does not count. */
  constructor(parts: LinkParts, basis: ReadBasis, anew: boolean) {
    this.#parts = parts;
    this.#basis = basis;
    this.#anew = anew;
    this.#startedAt = parts.runtime.wall();
  }

  /** Asks the store once for all that are to be found. */
  look(asks: readonly SegmentAsk[]): void {
    const open = new Set<string>();
    for (const { key } of asks) if (!this.#kept.has(key)) open.add(key);
    if (open.size === 0) return;
    const kept = this.#parts.store.segments([...open]);
    for (const key of open) this.#kept.set(key, kept.get(key));
  }

  /** What is known of a segment; whether it still holds is the caller's to say. */
  find(ask: SegmentAsk): Segment | undefined {
    const { key, index } = ask;
    const known = this.#known.get(key);
    if (known !== undefined || this.#anew || this.#basis.entities[index]?.clock !== false) return known;
    const kept = this.#keptOf(ask);
    if (kept?.positions === undefined || !youngEnough(kept.readAt, this.#startedAt)) return undefined;
    const segment: Segment = {
      body: ok(kept.body),
      rows: kept.rows,
      positions: kept.positions,
      read: false,
    };
    this.#known.set(key, segment);
    return segment;
  }

  /**
   * Reads what is asked, and with it what else is asked of the same table where there is much of it. `before`: where the tables
   * stood before the view could see anything. A failure is everybody's; that of a segment is kept with it.
   */
  async read(
    view: ErpView,
    ask: SegmentAsk,
    others: () => readonly SegmentAsk[],
    before: Positions,
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const times = this.#together.get(ask.index) ?? 0;
    if (ask.together && times < TOGETHER_TIMES) {
      const alike = others().filter(({ together }) => together);
      const asks = [...new Map([ask, ...alike].map((one) => [one.key, one])).values()];
      if (asks.length > TOGETHER_ABOVE) {
        this.#together.set(ask.index, times + 1);
        const failure = await this.#readTogether(view, asks, before, signal);
        // What one statement cannot do, one for each may.
        if (failure === undefined) return undefined;
        if (failure.kind !== 'rejected' && failure.kind !== 'disk') return failure;
        this.#together.set(ask.index, TOGETHER_TIMES);
      }
    }
    const body = await this.#render(ask, () => view.read(ask.request, signal), before, signal);
    if (body?.kind === 'disk') {
      await this.#makeRoom(0);
      // What no packet of this cycle lists may have gone: whether it is there is asked again.
      this.#kept.clear();
      for (const [key, { body: found, read }] of this.#known)
        if (found.ok && !read && !this.#used.has(found.value.hash)) this.#known.delete(key);
      return (await this.#render(ask, () => view.read(ask.request, signal), before, signal)) ?? this.#save();
    }
    return body ?? this.#save();
  }

  /** Its bytes are gone or damaged: it is read again when it is asked for. */
  forget({ key }: SegmentAsk): void {
    const segment = this.#known.get(key);
    this.#known.delete(key);
    if (segment?.body.ok !== true) return;
    const { hash } = segment.body.value;
    for (const [other, { body }] of this.#known)
      if (body.ok && body.value.hash === hash) this.#known.delete(other);
    for (const [other, kept] of this.#kept) if (kept?.body.hash === hash) this.#kept.set(other, undefined);
    this.#used.delete(hash);
    this.#parts.store.forgetSegment(hash);
  }

  /** One was wrong: nothing that is kept counts any more, and each is read by a statement of its own. Before anything is built. */
  distrust(): void {
    this.#save();
    this.#parts.store.forgetSegments();
    this.#known.clear();
    this.#kept.clear();
    this.#used.clear();
    this.#anew = true;
    for (const index of this.#basis.entities.keys()) this.#together.set(index, TOGETHER_TIMES);
  }

  /** A packet with it was built or compared. */
  used({ body, read }: Segment): void {
    if (body.ok && !read) this.#used.add(body.value.hash);
  }

  /** After the last packet of the cycle. Throws what store and disk throw. */
  async finish(): Promise<void> {
    await this.#makeRoom(this.#parts.policy.segmentCapBytes ?? CAP_BYTES);
  }

  async #readTogether(
    view: ErpView,
    asks: readonly SegmentAsk[],
    before: Positions,
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const [first] = asks;
    if (first === undefined) return undefined;
    const columns = first.request.where.map(({ column }) => column);
    const atOnce = Math.max(1, Math.floor(MOST_VALUES / columns.length));
    for (let from = 0; from < asks.length; from += atOnce) {
      const some = asks.slice(from, from + atOnce);
      const values = some.map(({ request }) => request.where.map(({ value }) => value ?? ''));
      const request = { ...first.request, where: [], groups: { columns, values } };
      const groups = new RowGroups(view.read(request, signal));
      try {
        for (const [group, ask] of some.entries()) {
          const failure = await this.#render(ask, () => groups.rowsOf(group), before, signal, groups);
          if (failure !== undefined) return failure;
        }
        // Rows of a group that nobody asked for would be somebody's.
        for await (const rows of groups.rowsOf(some.length))
          if (rows.length > 0) return { kind: 'rejected', code: 'group', message: 'rows of no group' };
      } catch (error) {
        if (error instanceof BodyStreamError) return error.failure;
        throw error;
      } finally {
        await groups.close();
      }
    }
    return this.#save();
  }

  /** Renders one segment and keeps it. Returns a failure that is not its own. */
  async #render(
    ask: SegmentAsk,
    rows: () => AsyncIterable<readonly ErpRow[]>,
    before: Positions,
    signal: AbortSignal,
    groups?: RowGroups,
  ): Promise<SyncFailure | undefined> {
    const { bodies, runtime } = this.#parts;
    const counts = new Map<string, number>();
    const body = await durably(runtime, 'push.spool-snapshot', () =>
      bodies.receive(
        writeTable(entityTable(this.#parts, ask.entity, rows(), counts)),
        this.#limit(),
        signal,
        'again',
      ),
    );
    if (groups?.failure !== undefined) return groups.failure;
    if (!body.ok && body.failure.kind !== 'rejected') return body.failure;
    const positions = positionsOf(this.#basis.entities[ask.index]?.tables, before);
    const count = counts.get(ask.entity.entity) ?? 0;
    const known = body.ok ? ok(refOf(body.value)) : body;
    this.#known.set(ask.key, { body: known, rows: count, positions, read: true });
    if (body.ok) this.#keep(ask, body.value, count, positions);
    return undefined;
  }

  #limit(): number {
    const { cloud, policy } = this.#parts;
    return Math.min(cloud.capabilities.maxPacketBytes, policy.maxPacketBytes);
  }

  #keep(ask: SegmentAsk, body: StoredBody, rows: number, positions: Positions | undefined): void {
    const { runtime, log } = this.#parts;
    const last = this.#keptOf(ask);
    const still = positions !== undefined && standStill(last?.positions, positions);
    const restless = last === undefined || !still || last.body.hash === body.hash ? 0 : last.restless + 1;
    const { entity } = ask.entity;
    if (restless >= RESTLESS_TIMES && !this.#restless.has(entity)) {
      this.#restless.add(entity);
      log.warn('a table changes with every reading, so its packets are sent every time', { entity });
    }
    const segment = { rows, positions, restless, readAt: runtime.wall() };
    this.#unsaved.push({ ...segment, key: ask.key, body });
    this.#kept.set(ask.key, { ...segment, body: refOf(body) });
    if (body.place === 'row') this.#unsavedBytes += body.size;
    if (this.#unsavedBytes > KEEP_BYTES) this.#save();
  }

  #keptOf(ask: SegmentAsk): KeptSegment | undefined {
    this.look([ask]);
    return this.#kept.get(ask.key);
  }

  #save(): undefined {
    const unsaved = this.#unsaved;
    this.#unsaved = [];
    this.#unsavedBytes = 0;
    this.#parts.store.keepSegments(unsaved, this.#parts.runtime.wall());
    return undefined;
  }

  async #makeRoom(capBytes: number): Promise<void> {
    const { store, bodies, runtime } = this.#parts;
    this.#save();
    store.useSegments([...this.#used], this.#startedAt);
    const gone = store.tidySegments({ now: runtime.wall(), capBytes, usedSince: this.#startedAt });
    await bodies.remove(gone);
  }
}

/** Without the bytes of a small one: those of many users would fill the memory. */
const refOf = ({ place, hash, size }: StoredBody): BodyRef => ({ place, hash, size });
