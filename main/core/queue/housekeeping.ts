import type { LinkId, StartId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { StoreError } from './store-error.ts';

/** What is known of the store's soundness. */
export interface StoreCheck {
  /** When it was last known to be sound: made, or looked through without a finding. */
  readonly soundAt: Instant;
  /** Since when a look is owed; undefined when none is. */
  readonly owedSince: Instant | undefined;
  /** What the last look found; empty when nothing, or when none found anything yet. */
  readonly findings: readonly string[];
}

/** The part of the local store that keeps it small and tells whether it is sound. Each method throws StoreError. */
export interface HousekeepingStore {
  /**
   * Moves a batch of what was settled or discarded before, oldest first, into the archive: there durably, then gone here.
   * Interrupted anywhere, nothing is lost or doubled. Packets keep what `known` needs; unreported ones stay.
   */
  archiveSome(before: Instant): { readonly moved: number; readonly more: boolean };
  /** Deletes archived months that ended before; returns them. Bodies they named in the spool are for its sweep. */
  dropMonths(before: Instant): readonly string[];
  /** Forgets archived packets, documents, closed lists and ended runs before, and ledger rows beyond the newest 500 of a source. */
  forgetOld(before: Instant): void;
  /** Notes how long the queues of these links are, for the charts. Idempotent per minute: the last one counts. */
  sampleQueue(links: readonly LinkId[], now: Instant): void;
  /** This start has the store. When an earlier one did not give it back, a check is owed. */
  markStarted(start: StartId, now: Instant): void;
  /** This start gives it back. */
  markStopped(start: StartId): void;
  storeCheck(): StoreCheck | undefined;
  /** A check ended; empty: the store is sound. */
  noteCheck(findings: readonly string[], now: Instant): void;
}

/** `sound`: as far as is known. `owed`: not known. `damaged`: a check found damage. */
export type Soundness = 'sound' | 'owed' | 'damaged';

export interface HousekeepingParts {
  readonly runtime: Runtime;
  readonly store: HousekeepingStore;
  /** Looks for damage without holding up the caller; empty: none. Rejects when it cannot look, or is aborted. */
  readonly check: (signal: AbortSignal) => Promise<readonly string[]>;
  /** Removes spooled bodies that neither the store nor an archive names. */
  readonly sweep: () => Promise<unknown>;
  readonly retentionMs: number;
  /** Links that run here: a chart shows a gap where nothing says how long their queues were. */
  readonly links?: (() => readonly LinkId[]) | undefined;
  readonly log: {
    info(event: string, facts: Readonly<Record<string, string | number>>): void;
    warn(event: string, facts: Readonly<Record<string, string | number>>): void;
  };
  readonly onChange: () => void;
}

/**
 * How long a settled item stays at hand. Two days: longer than the longest day of any zone (25 h), so that "settled today"
 * is always counted from the store.
 */
const AT_HAND_MS = 48 * 3_600_000;
const WEEK_MS = 7 * 86_400_000;
/** A week's check that could not be made is not known to pass; one that is about to be made turns no light. */
const CHECK_LATE_MS = 86_400_000;
const TIDY_EVERY_MS = 3_600_000;
/** After something refused (a virus scanner, a full disk). */
const AGAIN_MS = 5 * 60_000;
const MINUTE_MS = 60_000;
/** Samples stand for the end of their minute, and must not slip into the next one when a timer is late. */
const SAMPLE_SECOND_MS = 50_000;
/** Longest sleep: a wall clock that jumps is noticed. */
const LOOK_MS = 60_000;

/**
 * Keeps the local store small and looks whether it is sound. One at a time, in small steps, with room for others between;
 * it may be stopped or killed anywhere. What it cannot do it tries again, and says so meanwhile.
 */
export class Housekeeping {
  readonly #parts: HousekeepingParts;
  #busy: Promise<void> | undefined;
  #tidyFailed: string | undefined;
  /** In monotonic time. */
  #nextTidy: number;
  #nextCheck = 0;

  constructor(parts: HousekeepingParts) {
    this.#parts = parts;
    this.#nextTidy = parts.runtime.monotonic();
  }

  soundness(): Soundness {
    const known = this.#known();
    if (known === undefined) return 'owed';
    if (known.findings.length > 0) return 'damaged';
    if (known.owedSince !== undefined) return 'owed';
    return this.#age(known) > WEEK_MS + CHECK_LATE_MS ? 'owed' : 'sound';
  }

  /** The first thing the last check found. */
  finding(): string | undefined {
    return this.#known()?.findings[0];
  }

  /** Why the archive does not take what is settled; undefined while it does. */
  tidyFailure(): string | undefined {
    return this.#tidyFailed;
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#look(signal), this.#sample(signal)]);
  }

  /** A row a minute while an agent runs, whatever else goes on. */
  async #sample(signal: AbortSignal): Promise<void> {
    const { runtime, store, links } = this.#parts;
    if (links === undefined) return;
    while (!signal.aborted) {
      const now = runtime.wall();
      try {
        store.sampleQueue(links(), now);
      } catch (error) {
        // A gap in a chart; a disk that refuses is told of by those who need it.
        if (!(error instanceof StoreError)) throw error;
      }
      const into = now % MINUTE_MS;
      await runtime.sleep((into < SAMPLE_SECOND_MS ? 0 : MINUTE_MS) + SAMPLE_SECOND_MS - into, signal);
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { runtime } = this.#parts;
    while (!signal.aborted) {
      const now = runtime.monotonic();
      if (this.#checkDue() && now >= this.#nextCheck) {
        await this.#alone(() => this.#check(signal));
        this.#nextCheck = runtime.monotonic() + (this.soundness() === 'damaged' ? TIDY_EVERY_MS : AGAIN_MS);
      }
      // In a store that may be damaged nothing is moved about: that could only make less of it readable.
      if (!signal.aborted && now >= this.#nextTidy && this.soundness() === 'sound') {
        await this.#alone(() => this.#tidy(signal));
        this.#nextTidy = runtime.monotonic() + (this.#tidyFailed === undefined ? TIDY_EVERY_MS : AGAIN_MS);
      }
      await runtime.sleep(LOOK_MS, signal);
    }
  }

  /** The check that an unclean end owes, and nothing else: for a single round. */
  async checkOwed(signal: AbortSignal): Promise<void> {
    if (this.#known()?.owedSince !== undefined) await this.#alone(() => this.#check(signal));
  }

  /** Moves and drops what is old enough now. Calls at the same time share one. */
  tidy(signal: AbortSignal): Promise<void> {
    return this.#alone(() => this.#tidy(signal));
  }

  async #alone(act: () => Promise<void>): Promise<void> {
    this.#busy ??= act().finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  #known(): StoreCheck | undefined {
    try {
      return this.#parts.store.storeCheck();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return undefined;
    }
  }

  /** A moment in the future (the clock was set back) says nothing: as old as can be. */
  #age(known: StoreCheck): number {
    const age = this.#parts.runtime.wall() - known.soundAt;
    return age < -CHECK_LATE_MS ? Number.POSITIVE_INFINITY : age;
  }

  #checkDue(): boolean {
    const known = this.#known();
    return known === undefined || known.owedSince !== undefined || this.#age(known) > WEEK_MS;
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { runtime, store, check, log, onChange } = this.#parts;
    try {
      const findings = await check(signal);
      if (signal.aborted) return;
      store.noteCheck(findings, runtime.wall());
      if (findings.length === 0) log.info('the local store is sound', {});
      else log.warn('the local store is damaged', { findings: findings.length, first: findings[0] ?? '' });
    } catch (error) {
      if (signal.aborted) return;
      // The check stays owed, and the light says so.
      log.warn('the local store could not be looked through', { cause: words(error) });
    }
    onChange();
  }

  async #tidy(signal: AbortSignal): Promise<void> {
    const { runtime, store, sweep, retentionMs, log, onChange } = this.#parts;
    const failedBefore = this.#tidyFailed;
    try {
      const now = runtime.wall();
      let moved = 0;
      for (let more = true; more && !signal.aborted;) {
        const batch = store.archiveSome(now - AT_HAND_MS);
        moved += batch.moved;
        more = batch.more;
        await runtime.yield();
      }
      if (signal.aborted) return;
      const dropped = store.dropMonths(now - retentionMs);
      store.forgetOld(now - retentionMs);
      // Snapshots leave their bodies in the spool when they move, months when they are dropped.
      if (moved + dropped.length > 0) {
        log.info('settled items archived', { moved, months: dropped.join(' ') });
        await sweep();
      }
      this.#tidyFailed = undefined;
    } catch (error) {
      this.#tidyFailed = words(error);
      log.warn('the archive could not be kept', { cause: this.#tidyFailed });
    }
    if (failedBefore !== this.#tidyFailed) onChange();
  }
}

const words = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
