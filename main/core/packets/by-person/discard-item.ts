import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Item } from '../../queue/item.ts';
import { isLostBody } from '../../queue/lost-body.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { LinkParts } from '../link-parts.ts';
import { follow, handoversOf } from '../apply/handover.ts';
import { takeKey, type KeyEnd } from '../apply/take-key.ts';

export type DiscardEnd =
  | { readonly kind: 'discarded'; readonly item: Item }
  /** The ERP has it: it goes on, and its next turn settles it. */
  | { readonly kind: 'in-the-erp' }
  /** The ERP has it and has not decided: it may accept it at any moment. */
  | { readonly kind: 'handed-over' }
  /** It is not parked, or not any more. */
  | { readonly kind: 'not-parked' }
  /** The ERP could not say; nothing was changed here. */
  | { readonly kind: 'unproven'; readonly failure: SyncFailure };

/**
 * Gives a parked item up for good. One from a phone is first made impossible in the ERP by taking its key; one that the ERP
 * refused has its key taken by its own ledger row, which stays, so that nothing of it is written again. Interrupted anywhere it
 * may be repeated.
 */
export async function discardItem(
  parts: LinkParts,
  item: Item,
  note: string,
  signal: AbortSignal,
): Promise<DiscardEnd> {
  const { store, runtime, log, erp, endpoints } = parts;
  if (item.state !== 'parked') return { kind: 'not-parked' };
  // Nothing of a packet without a body was ever tried: there is no key to take.
  if (item.direction === 'in' && !isLostBody(item)) {
    const ready = await erp.ready(signal);
    const key = ready.ok
      ? await keyToDiscard(parts, item, signal)
      : ({ kind: 'unproven', failure: ready.failure } as const);
    if (key.kind === 'unproven') {
      if ('endpoint' in key.failure) endpoints.backOff(key.failure.endpoint, key.failure);
      return key;
    }
    if (key.kind === 'handed-over') {
      // Out of the parked state: it goes on waiting for the ERP's word.
      store.retry(item.id, runtime.wall());
      return key;
    }
    if (key.kind === 'in-the-erp')
      // Out of the parked state, so that its next turn finds the ledger row and settles it.
      return store.retry(item.id, runtime.wall()) === undefined
        ? { kind: 'not-parked' }
        : { kind: 'in-the-erp' };
  }
  const discarded = durablySync(runtime, 'pull.discard', () => store.discard(item.id, note, runtime.wall()));
  // Somebody retried it meanwhile: what is ready is applied over the void row, as after any retry.
  if (discarded === undefined) return { kind: 'not-parked' };
  log.warn('item discarded', { item: item.id, packet: item.externalId });
  return { kind: 'discarded', item: discarded };
}

type KeyToDiscard = KeyEnd | { readonly kind: 'handed-over' };

async function keyToDiscard(parts: LinkParts, item: Item, signal: AbortSignal): Promise<KeyToDiscard> {
  const key = await takeKey(parts, item, signal);
  if (key.kind !== 'in-the-erp') return key;
  // What it refused it may have accepted since.
  const asked = await parts.erp.writer.verdicts(parts.source, handoversOf(parts.mapping), signal);
  if (!asked.ok) return { kind: 'unproven', failure: asked.failure };
  const found = await follow(parts, item, signal);
  if (!found.ok) return { kind: 'unproven', failure: found.failure };
  switch (found.value?.standing) {
    case 'refused':
      return { kind: 'taken', revision: item.revision };
    case 'handed-over':
      return { kind: 'handed-over' };
    case 'taken':
    case undefined:
      return key;
    default:
      throw new Error('unreachable');
  }
}
