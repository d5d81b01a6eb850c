import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { PassParts } from '../pass/pass-parts.ts';
import type { FieldTexts, StoredRecord } from '../record-store.ts';
import { cannot, writeBack, type WrittenBack } from './write-back.ts';

/** How long what was done by itself can be taken back. */
const UNDO_MS = 90 * 24 * 3_600_000;

/**
 * Takes back a write: the values before it are written again, while the record still holds what was written; else it is a
 * `conflict`, and nothing happens. Idempotent.
 */
export async function undoDecision(
  parts: PassParts,
  decision: number,
  by: string,
  signal: AbortSignal,
): Promise<Result<WrittenBack>> {
  const known = parts.state.decision(decision);
  if (known === undefined) return cannot('no-such-decision', `there is no decision ${decision}`);
  const { what, on, at, before, after, entity, pair, undoneBy } = known;
  if (undoneBy !== undefined) return ok('already');
  if (on === undefined || (what !== 'updated' && what !== 'marked'))
    return cannot('cannot-be-undone', `what is ${what} cannot be taken back by writing values`);
  if (at < parts.runtime.wall() - UNDO_MS) return cannot('too-old', 'it is older than 90 days');
  const values = (_plan: unknown, now: StoredRecord): Result<FieldTexts> => {
    const other = [...after].filter(([name, value]) => (now.fields.get(name) ?? null) !== value);
    return other.length === 0
      ? ok(before)
      : fail({
          kind: 'conflict',
          where: `${entity} ${now.id}`,
          message: `changed since: ${other.map(([name]) => name).join(', ')}`,
        });
  };
  return writeBack(parts, { cause: { decision }, by, entity, pair, on, values }, signal);
}
