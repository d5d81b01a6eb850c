import { ok, type Result } from '../../../../shared/model/result.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { ChangePart, Side } from '../record-store.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';

/** A feed that starts anew twice in one pass never comes to an end. */
const MOST_RESETS = 2;

/** What one side names as changed becomes dirty here, with the cursor in the same transaction. */
export async function nominate(
  parts: PassParts,
  entity: RunningEntity,
  side: Side,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { link, state, stores, runtime, log } = parts;
  const { plan, filters, fields } = entity;
  const keep = (part: Extract<ChangePart, { kind: 'named' }>): void =>
    durablySync(runtime, 'records.nominate', () =>
      state.nominate(
        {
          link,
          entity: plan.entity,
          side,
          records: part.records.map(({ id, gone }) => ({ id, gone })),
          cursor: part.cursor,
        },
        runtime.wall(),
      ),
    );
  for (let resets = 0; ;) {
    let again = false;
    const request = {
      entity: plan.on[side],
      filter: filters[side],
      fields: fields[side],
      cursor: state.cursor(link, plan.entity, side),
    };
    for await (const part of stores[side].changes(request, signal)) {
      if (part.kind === 'failed') return { ok: false, failure: part.failure };
      if (part.kind === 'named') {
        counts.named += part.records.length;
        keep(part);
      } else if (part.kind === 'end') keep({ kind: 'named', records: [], cursor: part.cursor });
      else {
        log.warn('a feed starts anew', { entity: plan.entity, side, reason: part.reason });
        state.nominate({ link, entity: plan.entity, side, records: [], cursor: null }, runtime.wall());
        again = true;
        break;
      }
    }
    if (signal.aborted) return { ok: false, failure: { kind: 'cancelled' } };
    if (!again) return ok(undefined);
    resets += 1;
    if (resets > MOST_RESETS)
      return {
        ok: false,
        failure: {
          kind: 'rejected',
          code: 'feed-never-ends',
          where: plan.entity,
          message: `the changes of ${plan.on[side]} start anew again and again`,
        },
      };
  }
}
