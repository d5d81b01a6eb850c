import type { PacketPlan } from '../../mapping/plan.ts';
import type { Item } from '../../queue/item.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { DocumentResult } from '../erp.ts';
import { decidedBy, openNames, refusalOf, rowsOf, type PacketStanding } from './handover.ts';
import type { LinkParts } from '../link-parts.ts';

/** Nothing was heard of a document for so long: the ledger is looked at again. Within the hour that a claim believes. */
const LOOK_AGAIN_MS = 30 * 60_000;

/** A packet the ERP has, with what it makes of it. */
export interface InTheErp {
  readonly plan: Pick<PacketPlan, 'label'> & Partial<Pick<PacketPlan, 'notes' | 'unknown'>>;
  readonly outcome: 'applied' | 'already';
  readonly documents: readonly DocumentResult[];
  readonly standing: PacketStanding;
}

/** Settled without having been planned: its label stays what it was. */
export const unread = (item: Item): InTheErp['plan'] => ({ label: item.label });

/**
 * Writes down that the ERP has a claimed packet: settled when all its documents are taken, waiting while one is not decided,
 * parked when one is refused.
 */
export function endPacket(parts: LinkParts, item: Item, end: InTheErp): void {
  const { store, runtime, source, mapping, log } = parts;
  const { plan, outcome, documents, standing } = end;
  const now = runtime.wall();
  const applied = {
    source,
    outcome,
    label: plan.label,
    documents,
    payloadHash: item.body.hash,
    unknown: plan.unknown,
    notes: plan.notes,
  };
  const facts = { item: item.id, packet: item.externalId, outcome, documents: documents.length };
  if (standing === 'taken') {
    durablySync(runtime, 'pull.settle', () => store.settlePacket(item.id, applied, now));
    log.info('packet applied', facts);
    return;
  }
  // Written once more after a restore of the ERP: its time begins anew. A clock set back makes nothing wait longer.
  const since = outcome === 'applied' ? now : Math.min(item.handed?.since ?? now, now);
  const refused = standing === 'refused';
  durablySync(runtime, refused ? 'pull.park' : 'pull.settle', () =>
    store.handOver(
      item.id,
      {
        ...applied,
        rows: rowsOf(mapping, documents),
        since,
        until: decidedBy(mapping, documents, since),
        dueAt: now + LOOK_AGAIN_MS,
        refused,
        reason: refused
          ? { kind: 'failure', failure: refusalOf(documents) }
          : { kind: 'handed-over', since, documents: openNames(documents) },
      },
      now,
    ),
  );
  if (refused) log.warn('packet refused by the ERP', facts);
  else log.info('packet handed over', facts);
}
