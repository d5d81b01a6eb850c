import type { Result } from '../../../../shared/model/result.ts';
import { isColumnRefusal } from '../../mapping/column-rules.ts';
import { packetLabel, planPacket } from '../../mapping/plan-packet.ts';
import { photoTurn } from '../../photos/photo-plan.ts';
import { photoRefs } from '../../photos/photo-refs.ts';
import type { Item } from '../../queue/item.ts';
import { StoreError } from '../../queue/store-error.ts';
import { durably } from '../../runtime/runtime.ts';
import { collectPacket } from '../codec/collect-packet.ts';
import { APPLY_LIMITS, type Packet } from '../codec/packet.ts';
import type { DriftWatch } from '../drift-watch.ts';
import type { LedgerView, WriteUnit } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { changedDocument, foreignPacket, otherBytes, remaining } from './apply-decisions.ts';
import { AttemptEnds, type ApplyTotals, type Ended } from './attempt-ends.ts';
import { unread } from './end-packet.ts';
import { follow, together } from './handover.ts';
import { withLookups } from './lookups.ts';
import { awaitedReference } from './references.ts';

/** A packet whose documents keep arriving by other packets meanwhile is planned anew at most this often at once. */
const REPLANS = 5;

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
  readonly #ends: AttemptEnds;

  constructor(parts: LinkParts, drift: DriftWatch) {
    this.#parts = parts;
    this.#drift = drift;
    this.#ends = new AttemptEnds(parts, drift);
  }

  /** What was done since this was made: for run counts. */
  get totals(): ApplyTotals {
    return this.#ends.totals;
  }

  /** Throws StoreError when the outcome could not be written down. */
  async attempt(item: Item, signal: AbortSignal): Promise<Ended> {
    try {
      return await this.#apply(item, signal);
    } catch (error) {
      if (signal.aborted || error instanceof StoreError) throw error;
      const message = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown error';
      return this.#ends.failed(item, { kind: 'defect', message }, signal);
    }
  }

  async #apply(claimed: Item, signal: AbortSignal): Promise<Ended> {
    const { bodies, runtime, endpoints, erpEndpoint, mapping } = this.#parts;
    const followed = claimed.handed === undefined ? undefined : await this.#follow(claimed, signal);
    if (followed !== undefined) return followed;
    if (claimed.queue === 'file') return this.#photo(claimed, signal);
    const packet = await collectPacket(bodies.open(claimed.body), {
      runtime,
      signal,
      limits: APPLY_LIMITS,
      size: claimed.body.size,
    });
    if (!packet.ok) return this.#ends.failed(claimed, packet.failure, signal);
    const item = { ...claimed, label: packetLabel(packet.value, mapping) ?? claimed.label };
    const problem = foreignPacket(item, packet.value.user, this.#parts.companies);
    if (problem !== undefined) return this.#ends.failed(item, problem, signal);
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
      if (!plan.ok) return this.#ends.failed(item, plan.failure, signal);
      const changed = plan.value.changes.find((change) => change.decision !== 'ignore');
      if (changed !== undefined) return this.#ends.failed(item, changedDocument(changed), signal);
      const ledger = await this.#look(plan.value.unit, signal);
      if (!ledger.ok) return this.#ends.failed(item, ledger.failure, signal);
      endpoints.succeeded(erpEndpoint);
      const known = ledger.value.packet;
      // A void row holds nothing, whoever's bytes it was made for.
      if (known?.state === 'applied' && known.payloadHash !== item.body.hash)
        return this.#ends.failed(item, otherBytes(item), signal);
      if (known?.state === 'applied')
        return this.#ends.inTheErp(item, plan.value, 'already', together(ledger.value));
      if (known !== undefined) revision = Math.max(revision, known.revision + 1);
      const left = remaining(plan.value, ledger.value, revision);
      if (!left.ok) return this.#ends.failed(item, left.failure, signal);
      const awaited = await awaitedReference(this.#parts, plan.value, signal);
      if (!awaited.ok) return this.#ends.failed(item, awaited.failure, signal);
      if (awaited.value !== undefined) {
        const until = this.#ends.waitsUntil(item);
        const { what, number, otherwise } = awaited.value;
        if (runtime.wall() < until)
          return this.#ends.wait(item, { kind: 'waits-for', what, number, until }, until);
        if (otherwise === 'park')
          return this.#ends.park(item, { kind: 'waits-for', what, number, until, overdue: true }, signal);
      }
      const unit = await withLookups(this.#parts.erp, left.value.unit, plan.value.lookups, signal);
      if (!unit.ok) return this.#ends.failed(item, unit.failure, signal);
      const outcome = await durably(runtime, 'pull.apply', () =>
        this.#parts.erp.writer.apply(unit.value, signal),
      );
      if (!outcome.ok) return this.#ends.failed(item, outcome.failure, signal);
      endpoints.succeeded(erpEndpoint);
      if (outcome.value.kind !== 'replan')
        return this.#ends.inTheErp(item, plan.value, outcome.value.kind, [
          ...left.value.known,
          ...outcome.value.documents,
        ]);
    }
    return this.#ends.again(item);
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
    if (!turn.ok) return this.#ends.failed(claimed, turn.failure, signal);
    endpoints.succeeded(erpEndpoint);
    switch (turn.value.kind) {
      case 'already':
        return this.#ends.inTheErp(claimed, unread(claimed), 'already', turn.value.documents);
      case 'alone': {
        const { what, number, until } = turn.value;
        return runtime.wall() < until
          ? this.#ends.wait(claimed, { kind: 'waits-for', what, number, until }, until)
          : this.#ends.park(claimed, { kind: 'waits-for', what, number, until, overdue: true }, signal);
      }
      case 'write': {
        const { plan } = turn.value;
        const outcome = await durably(runtime, 'pull.apply', () => erp.writer.apply(plan.unit, signal));
        if (!outcome.ok) return this.#ends.failed(claimed, outcome.failure, signal);
        if (outcome.value.kind === 'replan') return this.#ends.again(claimed);
        return this.#ends.inTheErp(claimed, plan, outcome.value.kind, outcome.value.documents);
      }
    }
  }

  #look(unit: WriteUnit, signal: AbortSignal): Promise<Result<LedgerView>> {
    const rows = unit.documents.map(({ entity, rowId }) => ({ entity, rowId }));
    return this.#parts.erp.writer.look(unit.source, unit.packetId, rows, signal);
  }

  /** The ERP has the item already: nothing of it is planned or written; undefined when it is not in the ledger any more. */
  async #follow(item: Item, signal: AbortSignal): Promise<Ended | undefined> {
    const found = await follow(this.#parts, item, signal);
    if (!found.ok) return this.#ends.failed(item, found.failure, signal);
    this.#parts.endpoints.succeeded(this.#parts.erpEndpoint);
    if (found.value === undefined) {
      this.#parts.log.warn('handed over and not in the ledger', { item: item.id, packet: item.externalId });
      return undefined;
    }
    return this.#ends.inTheErp(item, unread(item), 'already', found.value.documents, found.value.standing);
  }
}
