import type { PacketPlan, AwaitedReference } from '../../mapping/plan.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import type { LinkParts } from '../link-parts.ts';

type Known = Pick<LinkParts, 'store' | 'link' | 'erp' | 'source'>;

/**
 * The first thing the packet names that is neither in the packet itself, nor applied by this link, nor in the ERP;
 * undefined when it need not wait.
 */
export async function awaitedReference(
  known: Known,
  plan: PacketPlan,
  signal: AbortSignal,
): Promise<Result<AwaitedReference | undefined>> {
  for (const reference of plan.references) {
    const there = await isThere(known, reference, signal);
    if (!there.ok) return there;
    if (!there.value) return ok(reference);
  }
  return ok(undefined);
}

async function isThere(
  { store, link, erp, source }: Known,
  { document, number, table }: AwaitedReference,
  signal: AbortSignal,
): Promise<Result<boolean>> {
  if (document !== undefined) {
    if (store.documentKnown(link, document, number)) return ok(true);
    const applied = await erp.writer.documentKnown(source, document, number, signal);
    if (!applied.ok || applied.value) return applied;
  }
  return table === undefined ? ok(false) : erp.reader.exists(table.table, table.column, number, signal);
}
