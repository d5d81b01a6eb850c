import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { ItemId } from '../../../shared/model/ids.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import { collectPacket } from './codec/collect-packet.ts';
import { planPacket } from '../mapping/plan-packet.ts';
import type { PacketPlan, RowChange } from '../mapping/plan.ts';
import { APPLY_LIMITS } from './codec/packet.ts';
import { activePause } from '../queue/active-pause.ts';
import { decide } from '../queue/decide.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { StoreError } from '../queue/store-error.ts';
import type { Item, ItemEvent, ItemReason } from '../queue/item.ts';
import { Bell } from '../runtime/bell.ts';
import { durably, durablySync } from '../runtime/runtime.ts';
import type { DocumentResult, LedgerView, WriteUnit } from './erp.ts';
import type { LinkParts } from './link-parts.ts';
import { awaitedReference } from './references.ts';

/** Longest sleep of an idle lane: a bound on how late it notices what no bell rang for. */
const IDLE_MS = 30_000;
/** Nothing waits that long by itself: the clock was set back, and claiming puts such times right. */
const CLOCK_WAS_SET_MS = 3_600_000;
/** A packet whose documents keep arriving by other packets meanwhile is planned anew at most this often at once. */
const REPLANS = 5;

type Ended =
  /** The item has its new state. */
  | { readonly kind: 'recorded' }
  /** The lane must rest before the next item: ERP away, link paused. */
  | { readonly kind: 'rest' };

const RECORDED: Ended = { kind: 'recorded' };
const REST: Ended = { kind: 'rest' };

/**
 * Brings stored packets into the ERP, one after the other, each exactly once.
 *
 *   claim ▶ read body ▶ plan ▶ ledger: known? ▶ references there? ▶ one batch (ledger row first) ▶ settle
 *              │          │         │                 │                  │
 *            park       park     settle/park        wait        retry, probe, park, rest
 *
 * Whatever interrupts it leaves the item claimed; the next start makes that `unknown`, and the ledger row decides.
 */
export class ApplyLane {
  readonly #parts: LinkParts;
  readonly #bell: Bell;
  #working: Promise<void> | undefined;
  /** Items whose outcome could not be written down; settled with the next write that works. */
  readonly #orphans = new Set<ItemId>();
  #applied = 0;
  #parked = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#bell = new Bell(parts.runtime);
  }

  /** What this lane has done since it was made: for run counts. */
  get totals(): { readonly applied: number; readonly parked: number } {
    return { applied: this.#applied, parked: this.#parked };
  }

  wake(): void {
    this.#bell.ring();
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
    return Math.max(endpoints.restMs(erpEndpoint), endpoints.restMs('site:disk'));
  }

  async #drain(signal: AbortSignal): Promise<void> {
    try {
      await this.#work(signal);
    } catch (error) {
      this.#parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { store, link, startId, runtime, erp } = this.#parts;
    while (!signal.aborted && this.#restMs() === 0) {
      this.#adopt();
      const due = store.nextDue(link, 'in');
      if (due === undefined || (due > runtime.wall() && due < runtime.wall() + CLOCK_WAS_SET_MS)) return;
      const ready = await erp.ready(signal);
      if (!ready.ok) {
        this.#rest(ready.failure);
        return;
      }
      this.#parts.endpoints.succeeded(this.#parts.erpEndpoint);
      const item = durablySync(runtime, 'pull.begin-attempt', () =>
        store.claim(link, 'in', startId, runtime.wall()),
      );
      if (item === undefined) return;
      this.#orphans.add(item.id);
      const ended = await this.#attempt(item, signal);
      this.#orphans.delete(item.id);
      this.#parts.changed();
      if (ended.kind === 'rest') return;
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

  async #attempt(item: Item, signal: AbortSignal): Promise<Ended> {
    try {
      return await this.#apply(item, signal);
    } catch (error) {
      if (signal.aborted || error instanceof StoreError) throw error;
      const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
      return this.#failed(item, { kind: 'defect', message }, signal);
    }
  }

  async #apply(item: Item, signal: AbortSignal): Promise<Ended> {
    const { bodies, runtime } = this.#parts;
    const packet = await collectPacket(bodies.open(item.body), { runtime, signal, limits: APPLY_LIMITS });
    if (!packet.ok) return this.#failed(item, packet.failure, signal);
    const problem = this.#foreign(item, packet.value.user);
    if (problem !== undefined) return this.#failed(item, problem, signal);
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
        hash: this.#parts.hash,
      });
      if (!plan.ok) return this.#failed(item, plan.failure, signal);
      const changed = plan.value.changes.find((change) => change.decision !== 'ignore');
      if (changed !== undefined) return this.#failed(item, changedDocument(changed), signal);
      const ledger = await this.#look(plan.value.unit, signal);
      if (!ledger.ok) return this.#failed(item, ledger.failure, signal);
      const known = ledger.value.packet;
      if (known !== undefined && known.payloadHash !== item.body.hash)
        return this.#failed(item, otherBytes(item), signal);
      if (known?.state === 'applied') return this.#settle(item, plan.value, 'already', known.documents);
      if (known !== undefined) revision = Math.max(revision, known.revision + 1);
      const left = remaining(plan.value, ledger.value, revision);
      if (!left.ok) return this.#failed(item, left.failure, signal);
      const awaited = await awaitedReference(this.#parts, plan.value, signal);
      if (!awaited.ok) return this.#failed(item, awaited.failure, signal);
      if (awaited.value !== undefined) {
        const until = item.createdAt + this.#parts.policy.orderWindowMs;
        const { what, number, otherwise } = awaited.value;
        if (runtime.wall() < until)
          return this.#wait(item, { kind: 'waits-for', what, number, until }, until);
        if (otherwise === 'park')
          return this.#park(item, { kind: 'waits-for', what, number, until, overdue: true }, signal);
      }
      const outcome = await durably(runtime, 'pull.apply', () =>
        this.#parts.erp.writer.apply(left.value.unit, signal),
      );
      if (!outcome.ok) return this.#failed(item, outcome.failure, signal);
      if (outcome.value.kind !== 'replan')
        return this.#settle(item, plan.value, outcome.value.kind, [
          ...left.value.known,
          ...outcome.value.documents,
        ]);
    }
    return this.#record(item, {
      kind: 'retry',
      dueAt: runtime.wall() + 1_000,
      failure: {
        kind: 'unreachable',
        endpoint: this.#parts.erpEndpoint,
        cause: 'its documents are being written',
      },
    });
  }

  #look(unit: WriteUnit, signal: AbortSignal): Promise<Result<LedgerView>> {
    const rows = unit.documents.map(({ entity, rowId }) => ({ entity, rowId }));
    return this.#parts.erp.writer.look(unit.source, unit.packetId, rows, signal);
  }

  /** A packet this link must not write: of a company it does not list, or one whose text names another user than the list. */
  #foreign(item: Item, packetUser: string | undefined): SyncFailure | undefined {
    const { companies } = this.#parts;
    if (!companies.includes(item.company))
      return {
        kind: 'rejected',
        code: 'other-company',
        where: `packet ${item.externalId}`,
        field: 'companyId',
        message: item.company,
      };
    if (packetUser !== undefined && packetUser.toLowerCase() !== item.user.toLowerCase())
      return {
        kind: 'rejected',
        code: 'other-user',
        where: `packet ${item.externalId}`,
        field: 'salesmancode',
        message: packetUser,
      };
    return undefined;
  }

  #settle(
    item: Item,
    plan: PacketPlan,
    outcome: 'applied' | 'already',
    documents: readonly DocumentResult[],
  ): Ended {
    const { store, runtime, source, log } = this.#parts;
    durablySync(runtime, 'pull.settle', () =>
      store.settlePacket(
        item.id,
        {
          source,
          outcome,
          label: plan.label,
          documents,
          payloadHash: item.body.hash,
          unknownTables: plan.unknownTables,
        },
        runtime.wall(),
      ),
    );
    this.#applied += 1;
    log.info('packet applied', {
      item: item.id,
      packet: item.externalId,
      outcome,
      documents: documents.length,
    });
    return RECORDED;
  }

  #wait(item: Item, reason: ItemReason, dueAt: number): Ended {
    const { store, runtime } = this.#parts;
    durablySync(runtime, 'pull.wait', () =>
      store.record(item.id, { kind: 'wait', dueAt, reason }, runtime.wall()),
    );
    return RECORDED;
  }

  async #failed(item: Item, failure: SyncFailure, signal: AbortSignal): Promise<Ended> {
    const { runtime, endpoints, erpEndpoint, log, store, link } = this.#parts;
    const now = runtime.wall();
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
        return REST;
      case 'pause-lane':
        endpoints.rest(erpEndpoint, decision.afterMs);
        this.#record(item, { kind: 'retry', dueAt: now, failure });
        return REST;
      case 'pause-link':
        store.setPause({ link, by: 'program', since: now, reason: 'transaction-ended', failure });
        this.#record(item, { kind: 'unknown', dueAt: now, failure });
        return REST;
      case 'stop':
        this.#record(item, { kind: 'retry', dueAt: now, failure });
        return REST;
      case 'park':
        return this.#park(item, { kind: 'failure', failure }, signal);
    }
  }

  /**
   * Parks an item. If an earlier attempt may still land, its key is taken first, so that what a person then does by hand
   * cannot be doubled by a late commit.
   */
  async #park(item: Item, reason: ItemReason, signal: AbortSignal): Promise<Ended> {
    const { store, runtime, erp, source, log } = this.#parts;
    let revision = item.revision;
    if (store.mayHaveHappened(item.id)) {
      const voided = await durably(runtime, 'pull.void', () =>
        erp.writer.voidPacket(source, item.externalId, revision, item.body.hash, signal),
      );
      if (!voided.ok) {
        const { failure } = voided;
        if ('endpoint' in failure) this.#rest(failure);
        this.#record(item, { kind: 'unknown', dueAt: runtime.wall() + 1_000, failure });
        return REST;
      }
      if (voided.value === 'already')
        return this.#record(item, {
          kind: 'unknown',
          dueAt: runtime.wall(),
          failure: { kind: 'unknown-outcome', endpoint: this.#parts.erpEndpoint, operation: 'apply' },
        });
      revision += 1;
    }
    durablySync(runtime, 'pull.park', () =>
      store.record(item.id, { kind: 'park', reason, revision }, runtime.wall()),
    );
    this.#parked += 1;
    log.warn('packet parked', { item: item.id, packet: item.externalId });
    return RECORDED;
  }

  /**
   * A person sets an item aside. What may still land is voided first; undefined when the state does not allow parking now,
   * or the ERP cannot say (then nothing was changed). An item found applied is settled by its next turn instead.
   */
  async parkByPerson(item: Item, note: string, signal: AbortSignal): Promise<Item | undefined> {
    const { store, runtime, erp, source } = this.#parts;
    const reason: ItemReason = { kind: 'person', note };
    if (item.direction === 'out' || !store.mayHaveHappened(item.id))
      return store.park(item.id, reason, runtime.wall());
    if (item.state === 'working') return undefined;
    const ready = await erp.ready(signal);
    if (!ready.ok) return undefined;
    const voided = await durably(runtime, 'pull.void', () =>
      erp.writer.voidPacket(source, item.externalId, item.revision, item.body.hash, signal),
    );
    if (!voided.ok) return undefined;
    if (voided.value === 'already') {
      this.wake();
      return undefined;
    }
    return store.park(item.id, reason, runtime.wall(), item.revision + 1);
  }

  #record(item: Item, event: ItemEvent): Ended {
    const { store, runtime } = this.#parts;
    const still: ItemEvent =
      event.kind === 'retry' && store.mayHaveHappened(item.id) ? { ...event, kind: 'unknown' } : event;
    durablySync(runtime, 'pull.settle', () => store.record(item.id, still, runtime.wall()));
    return RECORDED;
  }

  #rest(failure: SyncFailure): void {
    const { endpoints, erpEndpoint } = this.#parts;
    endpoints.backOff(erpEndpoint, failure, IDLE_MS);
  }
}

const otherBytes = (item: Item): SyncFailure => ({
  kind: 'conflict',
  where: `packet ${item.externalId}`,
  message: 'the ERP has a packet with this id and other contents',
});

const changedDocument = (change: RowChange): SyncFailure => ({
  kind: 'conflict',
  where: `${change.entity} row ${change.row}`,
  message: `the phone sent ${change.document} ${change.rowId} as ${change.status}d`,
});

interface Remaining {
  readonly unit: WriteUnit;
  /** Documents an earlier packet brought in, with what the ERP made of them. */
  readonly known: readonly DocumentResult[];
}

/** The unit without what is in the ERP already; a document that is there with other contents is a conflict. Pure. */
export function remaining(plan: PacketPlan, ledger: LedgerView, revision: number): Result<Remaining> {
  const known: DocumentResult[] = [];
  const left = [];
  for (const [index, document] of plan.unit.documents.entries()) {
    const there = ledger.documents.find(
      (one) => one.entity === document.entity && one.rowId === document.rowId,
    );
    if (there === undefined) left.push(document);
    else if (there.contentHash === document.contentHash || plan.onConflict[index] === 'ignore')
      known.push(there);
    else
      return {
        ok: false,
        failure: {
          kind: 'conflict',
          where: `${document.entity} ${document.rowId}`,
          message: `${document.document} ${document.number ?? ''} was applied with other contents by packet ${there.packetId}`,
        },
      };
  }
  return ok({ unit: { ...plan.unit, revision, documents: left }, known });
}
