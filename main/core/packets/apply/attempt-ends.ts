import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { decide } from '../../queue/decide.ts';
import type { Item, ItemEvent, ItemReason } from '../../queue/item.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { DriftWatch } from '../drift-watch.ts';
import type { DocumentResult } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { endPacket, unread, type InTheErp } from './end-packet.ts';
import { packetStanding } from './handover.ts';
import { keepSeries } from './keep-series.ts';
import { takeKey } from './take-key.ts';

/** `recorded`: the item has its new state. `rest`: so it has, and the lane must rest before the next one. */
export type Ended = 'recorded' | 'rest';

export interface ApplyTotals {
  readonly applied: number;
  readonly parked: number;
  /** Applied packets with tables or codes that the mapping does not know. */
  readonly unknownKept: number;
}

/** Writes down what became of one attempt, whatever it was. Each method leaves the item claimed by nobody. Throws StoreError. */
export class AttemptEnds {
  readonly #parts: LinkParts;
  readonly #drift: DriftWatch;
  #applied = 0;
  #parked = 0;
  #unknownKept = 0;

  constructor(parts: LinkParts, drift: DriftWatch) {
    this.#parts = parts;
    this.#drift = drift;
  }

  /** What was done since this was made: for run counts. */
  get totals(): ApplyTotals {
    return { applied: this.#applied, parked: this.#parked, unknownKept: this.#unknownKept };
  }

  /** Tried again in a second. */
  again(item: Item): Ended {
    const { runtime, erpEndpoint } = this.#parts;
    return this.#record(item, {
      kind: 'retry',
      dueAt: runtime.wall() + 1_000,
      failure: { kind: 'unreachable', endpoint: erpEndpoint, cause: 'its documents are being written' },
    });
  }

  /** The ERP has it: settled, followed or, where a document of it is refused, parked. */
  inTheErp(
    item: Item,
    plan: InTheErp['plan'],
    outcome: InTheErp['outcome'],
    documents: readonly DocumentResult[],
    standing = packetStanding(documents),
  ): Ended {
    endPacket(this.#parts, item, { plan, outcome, documents, standing });
    if (standing === 'refused') this.#parked += 1;
    // What was handed over was counted then.
    else if (item.handed === undefined) {
      this.#applied += 1;
      if ((plan.unknown?.length ?? 0) > 0) this.#unknownKept += 1;
    }
    return 'recorded';
  }

  /**
   * The end of the window since the item came. A clock set back after that must not make the window hours long, nor every
   * look begin it anew.
   */
  waitsUntil({ createdAt, reason }: Item): number {
    const { runtime, policy } = this.#parts;
    const before = reason?.kind === 'waits-for' ? reason.until : Number.POSITIVE_INFINITY;
    return Math.min(before, Math.min(createdAt, runtime.wall()) + policy.orderWindowMs);
  }

  /** It waits for something until then. */
  wait(item: Item, reason: ItemReason, dueAt: number): Ended {
    const { store, runtime } = this.#parts;
    durablySync(runtime, 'pull.wait', () =>
      store.record(item.id, { kind: 'wait', dueAt, reason, label: item.label }, runtime.wall()),
    );
    return 'recorded';
  }

  /** Retried, parked or left unknown, as the failure asks for. */
  async failed(item: Item, failure: SyncFailure, signal: AbortSignal): Promise<Ended> {
    const { runtime, endpoints, erpEndpoint, log, store, link } = this.#parts;
    const now = runtime.wall();
    // Not this packet is wrong but the ERP is another: it waits with all others.
    if (await this.#drift.explains(failure, 'pull', signal)) {
      this.#record(item, { kind: 'retry', dueAt: now, failure });
      return 'rest';
    }
    const failures = 'endpoint' in failure ? endpoints.failed(failure.endpoint, failure) : item.attempts;
    const decision = decide(failure, { failures, attempts: item.attempts, jitter: runtime.random() }, now);
    log.warn('packet not applied', {
      item: item.id,
      packet: item.externalId,
      failure: failure.kind,
      decision: decision.kind,
    });
    switch (decision.kind) {
      case 'retry':
        return this.#record(item, { kind: 'retry', dueAt: now + decision.afterMs, failure });
      case 'probe':
        return this.#record(item, { kind: 'unknown', dueAt: now + decision.afterMs, failure });
      case 'pause-endpoint':
        endpoints.rest(decision.endpoint, decision.afterMs);
        this.#record(item, { kind: 'retry', dueAt: now, failure });
        return 'rest';
      case 'pause-lane':
        endpoints.rest(erpEndpoint, decision.afterMs);
        this.#record(item, { kind: 'retry', dueAt: now, failure });
        return 'rest';
      case 'pause-link':
        store.setPause({ link, by: 'program', since: now, reason: 'transaction-ended', failure });
        this.#record(item, { kind: 'unknown', dueAt: now, failure });
        return 'rest';
      case 'stop':
        this.#record(item, { kind: 'retry', dueAt: now, failure });
        return 'rest';
      case 'park':
        return this.park(item, { kind: 'failure', failure }, signal);
    }
  }

  /**
   * Parks an item, unless the ERP has it: what is in is settled, whatever this program thinks of it by now. If an earlier
   * attempt may still land, its key is taken first, so that what a person then does by hand cannot be doubled by a late commit.
   */
  async park(item: Item, reason: ItemReason, signal: AbortSignal): Promise<Ended> {
    const { store, runtime, log } = this.#parts;
    const series = await keepSeries(this.#parts, item, signal);
    if (!series.ok && 'endpoint' in series.failure) {
      this.#parts.endpoints.backOff(series.failure.endpoint, series.failure);
      this.#record(item, { kind: 'retry', dueAt: runtime.wall() + 1_000, failure: series.failure });
      return 'rest';
    }
    if (!series.ok) log.warn('number series not kept', { item: item.id, failure: series.failure.kind });
    let revision = item.revision;
    if (store.mayHaveHappened(item.id)) {
      const key = await takeKey(this.#parts, item, signal);
      if (key.kind === 'unproven') {
        const { failure } = key;
        if ('endpoint' in failure) this.#parts.endpoints.backOff(failure.endpoint, failure);
        this.#record(item, { kind: 'unknown', dueAt: runtime.wall() + 1_000, failure });
        return 'rest';
      }
      if (key.kind === 'in-the-erp') return this.inTheErp(item, unread(item), 'already', key.documents);
      revision = key.revision;
    } else {
      const documents = await this.#appliedBefore(item, signal);
      if (documents !== undefined) return this.inTheErp(item, unread(item), 'already', documents);
    }
    durablySync(runtime, 'pull.park', () =>
      store.record(item.id, { kind: 'park', reason, revision, label: item.label }, runtime.wall()),
    );
    this.#parked += 1;
    log.warn('packet parked', { item: item.id, packet: item.externalId });
    return 'recorded';
  }

  /** What the ledger has of exactly these bytes; undefined also where it cannot be asked, since nothing is in doubt. */
  async #appliedBefore(item: Item, signal: AbortSignal): Promise<readonly DocumentResult[] | undefined> {
    const { erp, source } = this.#parts;
    const found = await erp.writer.look(source, item.externalId, [], signal);
    const packet = found.ok ? found.value.packet : undefined;
    return packet?.state === 'applied' && packet.payloadHash === item.body.hash
      ? packet.documents
      : undefined;
  }

  #record(item: Item, event: ItemEvent): Ended {
    const { store, runtime } = this.#parts;
    const still: ItemEvent =
      event.kind === 'retry' && store.mayHaveHappened(item.id) ? { ...event, kind: 'unknown' } : event;
    durablySync(runtime, 'pull.settle', () =>
      store.record(item.id, { ...still, label: item.label }, runtime.wall()),
    );
    return 'recorded';
  }
}
