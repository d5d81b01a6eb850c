import type { RowCheck } from '../../../shared/model/mapping.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import { shown } from '../packets/codec/refusal.ts';
import { refused, type Placed, type ValueContext } from './plan-row.ts';
import { evaluate } from './row-expression.ts';

/** Refuses a row that a check of the mapping is false for, in the check's own words. Pure. */
export function checkRow(at: Placed, checks: readonly RowCheck[], context: ValueContext): Result<void> {
  for (const { cel, says } of checks) {
    const evaluated = evaluate(at, cel, context);
    if (!evaluated.ok) return evaluated;
    const { result } = evaluated.value;
    if (!result.ok)
      return refused(
        at,
        result.failure.code,
        undefined,
        `${result.failure.message}; the check is ${shown(cel)}`,
      );
    if (result.value !== 'true') return refused(at, 'check-failed', undefined, says);
  }
  return ok(undefined);
}
