import { durablySync } from '../../runtime/runtime.ts';
import type { Conflict, Resolution, PairId } from '../record-conflicts.ts';
import type { PassParts } from '../pass/pass-parts.ts';

/** More questions about one record than this nobody asks. */
const MOST = 1_000;

/**
 * Whose value stays: of one field, or of all that is asked about the record. The next pass writes it. Idempotent: what is resolved
 * already is left as it is and not among the answer.
 */
export function resolveConflicts(
  { state, runtime }: Pick<PassParts, 'state' | 'runtime'>,
  about: { readonly pair: PairId; readonly field?: string | undefined },
  resolution: Resolution,
): readonly Conflict[] {
  const { conflicts } = state.conflicts({ pair: about.pair, states: ['held'], limit: MOST, offset: 0 });
  return conflicts
    .filter(({ field }) => about.field === undefined || about.field === field)
    .flatMap(
      ({ id }) =>
        durablySync(runtime, 'records.intend', () => state.resolve(id, resolution, runtime.wall())) ?? [],
    );
}
