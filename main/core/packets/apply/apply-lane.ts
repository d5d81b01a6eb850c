import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { ItemId } from '../../../../shared/model/ids.ts';
import { activePause } from '../../queue/active-pause.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { Item } from '../../queue/item.ts';
import { Bell } from '../../runtime/bell.ts';
import { durablySync } from '../../runtime/runtime.ts';
import { PacketApplier } from './apply-packet.ts';
import type { ApplyTotals } from './attempt-ends.ts';
import { parkItem } from '../by-person/park-item.ts';
import type { DriftWatch } from '../drift-watch.ts';
import type { LinkParts } from '../link-parts.ts';

/** Longest sleep of an idle lane: a bound on how late it notices what no bell rang for. */
const IDLE_MS = 30_000;
/** Nothing waits that long by itself: the clock was set back, and claiming puts such times right. */
const CLOCK_WAS_SET_MS = 3_600_000;

/** Takes stored packets one after the other and has each applied; rests while the ERP, the disk or a pause says so. */
export class ApplyLane {
  readonly #parts: LinkParts;
  readonly #bell: Bell;
  #working: Promise<void> | undefined;
  /** Items whose outcome could not be written down; settled with the next write that works. */
  readonly #orphans = new Set<ItemId>();
  readonly #applier: PacketApplier;
  readonly #drift: DriftWatch;

  constructor(parts: LinkParts, drift: DriftWatch) {
    this.#parts = parts;
    this.#drift = drift;
    this.#bell = new Bell(parts.runtime);
    this.#applier = new PacketApplier(parts, drift);
  }

  /** What this lane has done since it was made: for run counts. */
  get totals(): ApplyTotals {
    return this.#applier.totals;
  }

  wake(): void {
    this.#bell.ring();
  }

  /** See `parkItem`. An item found applied is settled by its next turn. */
  async parkByPerson(item: Item, note: string, signal: AbortSignal): Promise<Item | undefined> {
    const parked = await parkItem(this.#parts, item, note, signal);
    this.wake();
    return parked;
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.drain(signal);
      await this.#bell.wait(this.#idleMs(), signal);
    }
  }

  /** Applies what is due now and returns. Calls at the same time share one run. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#working !== undefined) await this.#working;
    this.#working ??= this.#drain(signal).finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  #idleMs(): number {
    const { store, link, runtime } = this.#parts;
    const rest = this.#restMs();
    const due = store.nextDue(link, 'in');
    const wait = due === undefined ? IDLE_MS : Math.min(IDLE_MS, Math.max(0, due - runtime.wall()));
    return Math.max(rest, wait);
  }

  #restMs(): number {
    const { store, link, runtime, endpoints, erpEndpoint } = this.#parts;
    const pause = activePause(store, link, runtime.wall());
    if (pause !== undefined)
      return pause.until === undefined
        ? IDLE_MS
        : Math.max(1, Math.min(IDLE_MS, pause.until - runtime.wall()));
    return Math.max(endpoints.restMs(erpEndpoint), endpoints.restMs('site:disk'), this.#drift.restMs('pull'));
  }

  async #drain(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(signal);
    } catch (error) {
      // Stopped in the middle of a call: the claim stays, and the next start asks the ledger.
      if (signal.aborted) return;
      this.#parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { store, link, startId, runtime, erp, endpoints, erpEndpoint } = this.#parts;
    while (!signal.aborted && this.#restMs() === 0) {
      this.#adopt();
      const due = store.nextDue(link, 'in');
      if (due === undefined || (due > runtime.wall() && due < runtime.wall() + CLOCK_WAS_SET_MS)) return;
      const ready = await erp.ready(signal);
      if (!ready.ok) {
        endpoints.backOff(erpEndpoint, ready.failure, IDLE_MS);
        return;
      }
      if (ready.value.asked) endpoints.succeeded(erpEndpoint);
      const looked = await this.#drift.look(signal);
      if (!looked.ok) {
        endpoints.backOff(erpEndpoint, looked.failure, IDLE_MS);
        return;
      }
      // Nothing is claimed: what waits is as it was, and goes on when the ERP fits again.
      if (this.#drift.stops('pull') !== undefined) return;
      const item = durablySync(runtime, 'pull.begin-attempt', () =>
        store.claim(link, 'in', startId, runtime.wall()),
      );
      if (item === undefined) return;
      this.#orphans.add(item.id);
      const ended = await this.#applier.attempt(item, signal);
      this.#orphans.delete(item.id);
      this.#parts.changed();
      if (ended === 'rest') return;
    }
  }

  /** What became of these is not known here: the ledger is asked at their next turn. */
  #adopt(): void {
    const { store, runtime } = this.#parts;
    for (const id of this.#orphans) {
      const now = runtime.wall();
      const failure: SyncFailure = { kind: 'disk', cause: 'the outcome could not be written down' };
      if (store.get(id)?.state === 'working') store.record(id, { kind: 'unknown', dueAt: now, failure }, now);
      this.#orphans.delete(id);
    }
  }
}
