import { ok, type Result } from '../../../../shared/model/result.ts';
import type { EntityPlan } from '../carry/entity-plan.ts';
import type { PassParts } from '../pass/pass-parts.ts';
import { otherSide, type FieldTexts } from '../record-store.ts';
import { cannot, writeBack, type WrittenBack } from './write-back.ts';

/**
 * The value that lost a decided conflict is written to its own side again, as an edit, and carried over from there. Idempotent;
 * `rejected` where there is nothing to restore.
 */
export async function restoreLoser(
  parts: PassParts,
  conflict: number,
  by: string,
  signal: AbortSignal,
): Promise<Result<WrittenBack>> {
  const known = parts.state.conflict(conflict);
  if (known === undefined) return cannot('no-such-conflict', `there is no conflict ${conflict}`);
  if (known.state === 'resolved') return ok('already');
  const { winner, field, kind, rule, pair, entity } = known;
  if (winner === undefined) return cannot('not-decided', 'nothing lost yet: say whose value stays');
  const on = otherSide(winner);
  const lost = known[on];
  if (field === undefined || kind !== 'field' || lost === undefined)
    return cannot('nothing-to-restore', 'no value of a field was kept with it');
  // The other side would be put back at once.
  if (rule === 'one-way')
    return cannot('one-way', `${field} only ever comes from ${winner}: change it there, or the mapping`);
  const values = (plan: EntityPlan): Result<FieldTexts> => {
    const name = plan.fields.find((one) => one.name === field)?.on[on];
    return name === undefined
      ? cannot('not-mapped', `${field} is not mapped any more`)
      : ok(new Map([[name, lost]]));
  };
  return writeBack(parts, { cause: { conflict }, by, entity, pair, on, values }, signal);
}
