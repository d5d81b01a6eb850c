import { ok, type Result } from '../../../../shared/model/result.ts';
import type { LinkParts } from '../link-parts.ts';

export interface Reconciled {
  /** Packets known here as applied that were looked for. */
  readonly compared: number;
  readonly missing: readonly string[];
  /** Missing ones whose bytes are not kept any more: a person must enter them. */
  readonly gone: readonly string[];
  readonly replayed: boolean;
}

/** As many ledger rows as the store remembers. */
const LEDGER_COMPARED = 500;

/**
 * After the ERP was restored to an earlier moment: what is known here as applied and is missing there. With `replay` the
 * missing packets are written again from their kept bytes and the ledger is bound to the database as it is now. Idempotent.
 */
export async function reconcile(
  { store, link, source, erp, runtime, log }: LinkParts,
  replay: boolean,
  signal: AbortSignal,
): Promise<Result<Reconciled>> {
  const known = store.recentLedger(source, LEDGER_COMPARED);
  const missing = await erp.missing(known, signal);
  if (!missing.ok) return missing;
  const compared = known.length;
  if (!replay) return ok({ compared, missing: missing.value, gone: [], replayed: false });
  const gone = store.replay(link, source, missing.value, runtime.wall());
  const bound = await erp.rebind(signal);
  if (!bound.ok) return bound;
  log.warn('packets replayed', { missing: missing.value.length, gone: gone.length });
  return ok({ compared, missing: missing.value, gone, replayed: true });
}
