import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import type { PacketPlan, RowChange } from '../../mapping/plan.ts';
import type { Item } from '../../queue/item.ts';
import type { DocumentResult, LedgerView, WriteUnit } from '../erp.ts';

/** What is decided about a packet before anything is written. All pure. */

/** A packet this link must not write: of a company it does not list, or one whose text names another user than the list. */
export function foreignPacket(
  item: Item,
  packetUser: string | undefined,
  companies: readonly string[],
): SyncFailure | undefined {
  const where = `packet ${item.externalId}`;
  if (!companies.includes(item.company))
    return { kind: 'rejected', code: 'other-company', where, field: 'companyId', message: item.company };
  if (packetUser !== undefined && packetUser.toLowerCase() !== item.user.toLowerCase())
    return { kind: 'rejected', code: 'other-user', where, field: 'salesmancode', message: packetUser };
  return undefined;
}

export const otherBytes = (item: Item): SyncFailure => ({
  kind: 'conflict',
  where: `packet ${item.externalId}`,
  message: 'the ERP has a packet with this id and other contents',
});

export const changedDocument = (change: RowChange): SyncFailure => ({
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
