import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Result } from '../../../../shared/model/result.ts';
import { isColumnRefusal } from '../../mapping/column-rules.ts';
import { packetLabel, planPacket } from '../../mapping/plan-packet.ts';
import { photoTurn } from '../../photos/photo-plan.ts';
import { photoRefs } from '../../photos/photo-refs.ts';
import { decide } from '../../queue/decide.ts';
import type { Item, ItemEvent, ItemReason } from '../../queue/item.ts';
import { StoreError } from '../../queue/store-error.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import { changedDocument, foreignPacket, otherBytes, remaining } from './apply-decisions.ts';
import { collectPacket } from '../codec/collect-packet.ts';
import { APPLY_LIMITS, type Packet } from '../codec/packet.ts';
import type { DocumentResult, LedgerView, WriteUnit } from '../erp.ts';
import type { DriftWatch } from '../drift-watch.ts';
import { endPacket, unread, type InTheErp } from './end-packet.ts';
import { follow, packetStanding, together } from './handover.ts';
import { keepSeries } from './keep-series.ts';
import type { LinkParts } from '../link-parts.ts';
import { withLookups } from './lookups.ts';
import { awaitedReference } from './references.ts';
import { takeKey } from './take-key.ts';

/** A packet whose documents keep arriving by other packets meanwhile is planned anew at most this often at once. */
const REPLANS = 5;

/** `recorded`: the item has its new state. `rest`: so it has, and the lane must rest before the next one. */
export type Ended = 'recorded' | 'rest';

/**
 * Brings one claimed packet into the ERP, exactly once.
 *
 *   read body ▶ plan ▶ ledger: known? ▶ references there? ▶ one batch (ledger row first) ▶ settle
 *       │         │         │                 │                  │
 *     park      park    settle/park        wait, park     retry, probe, park, rest
 *
 * What the ERP has still to accept is handed over instead of settled; from then on only the ledger is looked at.
 * Whatever interrupts it leaves the item claimed; the next start makes that `unknown`, and the ledger row decides.
 */
export class PacketApplier {
  readonly #parts: LinkParts;
  readonly #drift: DriftWatch;
  #applied = 0;
  #parked = 0;

  constructor(parts: LinkParts, drift: DriftWatch) {
    this.#parts = parts;
    this.#drift = drift;
  }

  /** What was done since this was made: for run counts. */
  get totals(): { readonly applied: number; readonly parked: number } {
    return { applied: this.#applied, parked: this.#parked };
  }

  /** Throws StoreError when the outcome could not be written down. */
  async attempt(item: Item, signal: AbortSignal): Promise<Ended> {
    try {
      return await this.#apply(item, signal);
    } catch (error) {
      if (signal.aborted || error instanceof StoreError) throw error;
      const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
      return this.#failed(item, { kind: 'defect', message }, signal);
    }
  }

  /**
   * A person sets an item aside. What may still land is voided first; undefined when the state does not allow parking now,
   * it is handed over, or the ERP cannot say (then nothing was changed). An item found applied is settled by its next turn instead.
   */
  async parkByPerson(item: Item, note: string, signal: AbortSignal): Promise<Item | undefined> {
    const { store, runtime, erp } = this.#parts;
    const reason: ItemReason = { kind: 'person', note };
    // The ERP may accept it at any moment.
    if (item.handed !== undefined) return undefined;
    if (item.direction === 'out' || !store.mayHaveHappened(item.id))
      return store.park(item.id, reason, runtime.wall());
    if (item.state === 'working') return undefined;
    const ready = await erp.ready(signal);
    if (!ready.ok) return undefined;
    const key = await takeKey(this.#parts, item, signal);
    if (key.kind !== 'taken') return undefined;
    return store.park(item.id, reason, runtime.wall(), Math.max(key.revision, item.revision + 1));
  }

  async #apply(claimed: Item, signal: AbortSignal): Promise<Ended> {
    const { bodies, runtime, endpoints, erpEndpoint, mapping } = this.#parts;
    const followed = claimed.handed === undefined ? undefined : await this.#follow(claimed, signal);
    if (followed !== undefined) return followed;
    if (claimed.queue === 'file') return this.#photo(claimed, signal);
    const packet = await collectPacket(bodies.open(claimed.body), { runtime, signal, limits: APPLY_LIMITS });
    if (!packet.ok) return this.#failed(claimed, packet.failure, signal);
    const item = { ...claimed, label: packetLabel(packet.value, mapping) ?? claimed.label };
    const problem = foreignPacket(item, packet.value.user, this.#parts.companies);
    if (problem !== undefined) return this.#failed(item, problem, signal);
    this.#notePhotos(item, packet.value);
    let revision = item.revision;
    for (let round = 0; round < REPLANS; round += 1) {
      const plan = planPacket({
        packet: packet.value,
        mapping: this.#parts.mapping,
        mappingHash: this.#parts.mappingHash,
        packetId: item.externalId,
        user: item.user,
        company: item.company,
        source: this.#parts.source,
        revision,
        payloadHash: item.body.hash,
        zones: this.#parts.zones,
        catalogue: this.#drift.catalogue,
        hash: this.#parts.hash,
      });
      if (!plan.ok && isColumnRefusal(plan.failure) && (await this.#drift.renewed(signal))) continue;
      if (!plan.ok) return this.#failed(item, plan.failure, signal);
      const changed = plan.value.changes.find((change) => change.decision !== 'ignore');
      if (changed !== undefined) return this.#failed(item, changedDocument(changed), signal);
      const ledger = await this.#look(plan.value.unit, signal);
      if (!ledger.ok) return this.#failed(item, ledger.failure, signal);
      endpoints.succeeded(erpEndpoint);
      const known = ledger.value.packet;
      // A void row holds nothing, whoever's bytes it was made for.
      if (known?.state === 'applied' && known.payloadHash !== item.body.hash)
        return this.#failed(item, otherBytes(item), signal);
      if (known?.state === 'applied') return this.#end(item, plan.value, 'already', together(ledger.value));
      if (known !== undefined) revision = Math.max(revision, known.revision + 1);
      const left = remaining(plan.value, ledger.value, revision);
      if (!left.ok) return this.#failed(item, left.failure, signal);
      const awaited = await awaitedReference(this.#parts, plan.value, signal);
      if (!awaited.ok) return this.#failed(item, awaited.failure, signal);
      if (awaited.value !== undefined) {
        const until = this.#waitsUntil(item);
        const { what, number, otherwise } = awaited.value;
        if (runtime.wall() < until)
          return this.#wait(item, { kind: 'waits-for', what, number, until }, until);
        if (otherwise === 'park')
          return this.#park(item, { kind: 'waits-for', what, number, until, overdue: true }, signal);
      }
      const unit = await withLookups(this.#parts.erp, left.value.unit, plan.value.lookups, signal);
      if (!unit.ok) return this.#failed(item, unit.failure, signal);
      const outcome = await durably(runtime, 'pull.apply', () =>
        this.#parts.erp.writer.apply(unit.value, signal),
      );
      if (!outcome.ok) return this.#failed(item, outcome.failure, signal);
      endpoints.succeeded(erpEndpoint);
      if (outcome.value.kind !== 'replan')
        return this.#end(item, plan.value, outcome.value.kind, [
          ...left.value.known,
          ...outcome.value.documents,
        ]);
    }
    return this.#again(item);
  }

  #again(item: Item): Ended {
    const { runtime, erpEndpoint } = this.#parts;
    return this.#record(item, {
      kind: 'retry',
      dueAt: runtime.wall() + 1_000,
      failure: { kind: 'unreachable', endpoint: erpEndpoint, cause: 'its documents are being written' },
    });
  }

  /**
   * Before it is written: then a packet the ERP has has told of its photos, wherever this was interrupted. Noting them again
   * changes nothing, so dying here is dying before the write.
   */
  #notePhotos({ user, externalId }: Item, packet: Packet): void {
    const { store, runtime, link, mapping } = this.#parts;
    const refs = photoRefs(packet, mapping);
    if (refs.length > 0) store.notePhotos(link, user, externalId, refs, runtime.wall());
  }

  /** A file: written once what it belongs to is in the ERP. */
  async #photo(claimed: Item, signal: AbortSignal): Promise<Ended> {
    const { runtime, erp, endpoints, erpEndpoint } = this.#parts;
    const turn = await photoTurn(this.#parts, claimed, this.#drift.catalogue, signal);
    if (!turn.ok) return this.#failed(claimed, turn.failure, signal);
    endpoints.succeeded(erpEndpoint);
    switch (turn.value.kind) {
      case 'already':
        return this.#end(claimed, unread(claimed), 'already', turn.value.documents);
      case 'alone': {
        const { what, number, until } = turn.value;
        return runtime.wall() < until
          ? this.#wait(claimed, { kind: 'waits-for', what, number, until }, until)
          : this.#park(claimed, { kind: 'waits-for', what, number, until, overdue: true }, signal);
      }
      case 'write': {
        const { plan } = turn.value;
        const outcome = await durably(runtime, 'pull.apply', () => erp.writer.apply(plan.unit, signal));
        if (!outcome.ok) return this.#failed(claimed, outcome.failure, signal);
        if (outcome.value.kind === 'replan') return this.#again(claimed);
        return this.#end(claimed, plan, outcome.value.kind, outcome.value.documents);
      }
    }
  }

  #look(unit: WriteUnit, signal: AbortSignal): Promise<Result<LedgerView>> {
    const rows = unit.documents.map(({ entity, rowId }) => ({ entity, rowId }));
    return this.#parts.erp.writer.look(unit.source, unit.packetId, rows, signal);
  }

  #end(
    item: Item,
    plan: InTheErp['plan'],
    outcome: InTheErp['outcome'],
    documents: readonly DocumentResult[],
    standing = packetStanding(documents),
  ): Ended {
    endPacket(this.#parts, item, { plan, outcome, documents, standing });
    if (standing === 'refused') this.#parked += 1;
    // What was handed over was counted then.
    else if (item.handed === undefined) this.#applied += 1;
    return 'recorded';
  }

  /** The ERP has the item already: nothing of it is planned or written; undefined when it is not in the ledger any more. */
  async #follow(item: Item, signal: AbortSignal): Promise<Ended | undefined> {
    const found = await follow(this.#parts, item, signal);
    if (!found.ok) return this.#failed(item, found.failure, signal);
    this.#parts.endpoints.succeeded(this.#parts.erpEndpoint);
    if (found.value === undefined) {
      this.#parts.log.warn('handed over and not in the ledger', { item: item.id, packet: item.externalId });
      return undefined;
    }
    return this.#end(item, unread(item), 'already', found.value.documents, found.value.standing);
  }

  /**
   * The end of the window since the item came. A clock set back after that must not make the window hours long, nor every
   * look begin it anew.
   */
  #waitsUntil({ createdAt, reason }: Item): number {
    const { runtime, policy } = this.#parts;
    const before = reason?.kind === 'waits-for' ? reason.until : Number.POSITIVE_INFINITY;
    return Math.min(before, Math.min(createdAt, runtime.wall()) + policy.orderWindowMs);
  }

  #wait(item: Item, reason: ItemReason, dueAt: number): Ended {
    const { store, runtime } = this.#parts;
    durablySync(runtime, 'pull.wait', () =>
      store.record(item.id, { kind: 'wait', dueAt, reason, label: item.label }, runtime.wall()),
    );
    return 'recorded';
  }

  async #failed(item: Item, failure: SyncFailure, signal: AbortSignal): Promise<Ended> {
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
        return this.#park(item, { kind: 'failure', failure }, signal);
    }
  }

  /**
   * Parks an item, unless the ERP has it: what is in is settled, whatever this program thinks of it by now. If an earlier
   * attempt may still land, its key is taken first, so that what a person then does by hand cannot be doubled by a late commit.
   */
  async #park(item: Item, reason: ItemReason, signal: AbortSignal): Promise<Ended> {
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
      if (key.kind === 'in-the-erp') return this.#end(item, unread(item), 'already', key.documents);
      revision = key.revision;
    } else {
      const documents = await this.#appliedBefore(item, signal);
      if (documents !== undefined) return this.#end(item, unread(item), 'already', documents);
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
