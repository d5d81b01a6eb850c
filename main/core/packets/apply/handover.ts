import { ERP_REFUSED, type SyncFailure } from '../../../../shared/model/failure.ts';
import type { Mapping } from '../../../../shared/model/mapping.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { parseDuration, type Instant } from '../../../../shared/model/time.ts';
import { handoverOf } from '../../mapping/plan-packet.ts';
import type { HandedRow } from '../../queue/handover-store.ts';
import type { Item } from '../../queue/item.ts';
import type { DocumentResult, Handover, LedgerView, Standing } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';

/** What the documents of one packet amount to: the worst of them. */
export type PacketStanding = 'taken' | 'handed-over' | 'refused';

/** Where a mapping says no time, and where its handler is gone. */
const WITHIN_MS = 30 * 60_000;
const REASON_LENGTH = 400;

/** What the ERP is asked about. The word of a document names one handler: a mapping with two is refused. Pure. */
export const handoversOf = (mapping: Mapping): readonly Handover[] =>
  mapping.pull.documents.flatMap((handler) => handoverOf(handler) ?? []);

/** The worst of them: one refused document is a person's matter though others are open. Pure. */
export function packetStanding(documents: readonly { readonly standing: Standing }[]): PacketStanding {
  const all = documents.map(({ standing }) => standing);
  if (all.includes('refused')) return 'refused';
  return all.includes('handed-over') ? 'handed-over' : 'taken';
}

/** By when the ERP should have decided: the shortest time of the kinds that are open. Pure. */
export function decidedBy(mapping: Mapping, documents: readonly DocumentResult[], since: Instant): Instant {
  const times = documents
    .filter(({ standing }) => standing !== 'accepted' && standing !== 'applied')
    .flatMap(({ document }) =>
      mapping.pull.documents
        .filter((handler) => handler.document === document)
        .map(({ erpStatus }) => parseDuration(erpStatus?.within ?? '') ?? WITHIN_MS),
    );
  return since + (times.length === 0 ? WITHIN_MS : Math.min(...times));
}

/** The keys by which the ledger finds these documents again, whichever packet brought them. Pure. */
export const rowsOf = (mapping: Mapping, documents: readonly DocumentResult[]): readonly HandedRow[] =>
  documents.map(({ document, rowId }) => ({
    entity: mapping.pull.documents.find((handler) => handler.document === document)?.entity ?? '',
    document,
    rowId,
  }));

const nameOf = ({ document, number }: DocumentResult): string =>
  [document, number ?? ''].filter((part) => part !== '').join(' ');

/** Words for the documents that are open, a few of them. Pure. */
export const openNames = (documents: readonly DocumentResult[]): readonly string[] =>
  documents
    .filter(({ standing }) => standing === 'handed-over')
    .slice(0, 5)
    .map(nameOf);

/** The refusal as the failure of its packet: the ERP's own words, bounded. Pure. */
export function refusalOf(documents: readonly DocumentResult[]): SyncFailure {
  const refused = documents.filter(({ standing }) => standing === 'refused');
  const said = refused.flatMap(({ reason }) => (reason === null ? [] : [reason])).join('; ');
  return {
    kind: 'rejected',
    code: ERP_REFUSED,
    where: refused.slice(0, 5).map(nameOf).join(', '),
    message: said === '' ? 'no reason given' : said.slice(0, REASON_LENGTH).toWellFormed(),
  };
}

/** Documents of a packet and those found by row, which may be of other packets, each once. Pure. */
export function together(ledger: Pick<LedgerView, 'packet' | 'documents'>): readonly DocumentResult[] {
  const all = [...(ledger.packet?.documents ?? []), ...ledger.documents];
  return [...new Map(all.map((one) => [JSON.stringify([one.document, one.rowId]), one])).values()];
}

export interface Followed {
  /** Of this packet, whichever packets brought them in. */
  readonly documents: readonly DocumentResult[];
  readonly standing: PacketStanding;
}

/**
 * What the ledger says of an item that was handed over; undefined when its packet is not in the ledger (any more). A document
 * that is not found counts as undecided.
 */
export async function follow(
  { erp, source, store }: Pick<LinkParts, 'erp' | 'source' | 'store'>,
  item: Item,
  signal: AbortSignal,
): Promise<Result<Followed | undefined>> {
  const rows = store.handedRows(item.id);
  const look = await erp.writer.look(
    source,
    item.externalId,
    rows.map(({ entity, rowId }) => ({ entity, rowId })),
    signal,
  );
  if (!look.ok) return look;
  const { packet } = look.value;
  if (packet?.state !== 'applied' || packet.payloadHash !== item.body.hash) return ok(undefined);
  const documents = together(look.value);
  const lost = rows.some(
    (row) => !documents.some((one) => one.document === row.document && one.rowId === row.rowId),
  );
  const standing = packetStanding(documents);
  return ok({ documents, standing: lost && standing === 'taken' ? 'handed-over' : standing });
}
