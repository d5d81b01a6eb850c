import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Item } from '../../queue/item.ts';
import { durably } from '../../runtime/runtime.ts';
import type { DocumentResult } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';

export type KeyEnd =
  /** Nothing of the item can get in any more, except by an attempt with this revision. */
  | { readonly kind: 'taken'; readonly revision: number }
  /** It is in: these bytes were applied. */
  | { readonly kind: 'in-the-erp'; readonly documents: readonly DocumentResult[] }
  /** The ERP could not say; nothing was changed. */
  | { readonly kind: 'unproven'; readonly failure: SyncFailure };

type KeyParts = Pick<LinkParts, 'erp' | 'source' | 'runtime'>;

/**
 * Proves that an item is not applied by taking its key in the ledger: a `void` row in a transaction of its own, which waits
 * for a unit still under way and then either finds it or keeps it out. Idempotent. Call it with the lease held.
 */
export async function takeKey(
  { erp, source, runtime }: KeyParts,
  item: Item,
  signal: AbortSignal,
): Promise<KeyEnd> {
  const found = await erp.writer.look(source, item.externalId, [], signal);
  if (!found.ok) return { kind: 'unproven', failure: found.failure };
  const known = found.value.packet;
  if (known?.state === 'applied')
    return known.payloadHash === item.body.hash
      ? { kind: 'in-the-erp', documents: known.documents }
      : // Other contents stand under this id: these bytes can never get in, and the row must stay as it is.
        { kind: 'taken', revision: item.revision };
  // A void row that is there was taken over by whatever came after it: only a higher one keeps that out as well.
  const revision = known === undefined ? item.revision : Math.max(item.revision, known.revision + 1);
  const voided = await durably(runtime, 'pull.void', () =>
    erp.writer.voidPacket(source, item.externalId, revision, item.body.hash, signal),
  );
  if (!voided.ok) return { kind: 'unproven', failure: voided.failure };
  if (voided.value === 'voided') return { kind: 'taken', revision: revision + 1 };
  const landed = await erp.writer.look(source, item.externalId, [], signal);
  return landed.ok
    ? { kind: 'in-the-erp', documents: landed.value.packet?.documents ?? [] }
    : { kind: 'unproven', failure: landed.failure };
}
