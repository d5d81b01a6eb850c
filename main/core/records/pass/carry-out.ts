import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import type { Conclusion, Intent } from '../record-state.ts';
import { SIDES, type RecordWrite, type Side, type WriteOutcome } from '../record-store.ts';
import { concluded, type Settled } from './end-of-write.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';

export interface CarriedOut {
  /** Something has to be decided anew in this pass. */
  readonly again: boolean;
  /** Why a side cannot be written to now. */
  readonly failure?: SyncFailure | undefined;
}

/**
 * Writes what intents of one entity say, batch by batch, and concludes each batch before the next is sent. An outcome that is not
 * known leaves its intent open: the next pass repeats it under the same id. `repeated`: what is read back then may be somebody's
 * edit since, and counts as one.
 */
export async function carryOut(
  parts: PassParts,
  entity: RunningEntity,
  intents: readonly Intent[],
  settled: ReadonlyMap<number, Settled> | 'repeated',
  counts: PassCounts,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const { plan } = entity;
  const { stores, state, runtime, link, log } = parts;
  const waiting = Map.groupBy(intents, ({ pair }) => pair);
  let again = false;
  const settledOf = (pair: number): Settled => (settled === 'repeated' ? [] : (settled.get(pair) ?? []));
  for (const side of SIDES) {
    const due = intents.filter(({ to }) => to === side);
    const size = stores[side].capabilities.writesPerCall;
    for (let at = 0; at < due.length; at += size) {
      if (signal.aborted) return { again, failure: { kind: 'cancelled' } };
      const batch = due.slice(at, at + size);
      const outcomes = await durably(runtime, 'records.write', () =>
        stores[side].write(
          batch.map((intent) => writeOf(plan, intent)),
          signal,
        ),
      );
      const conclusions: Conclusion[] = [];
      let failure: SyncFailure | undefined;
      for (const [index, intent] of batch.entries()) {
        const outcome = outcomes[index] ?? lost(side);
        const pair = state.pair(intent.pair);
        if (pair === undefined) continue;
        if (outcome.kind === 'not-sent') failure ??= outcome.failure;
        if (outcome.kind === 'unknown') {
          counts.unknown += 1;
          log.warn('a write may have happened', { entity: plan.entity, side, failure: outcome.failure.kind });
          continue;
        }
        if (outcome.kind === 'moved' || outcome.kind === 'missing') again = true;
        const rest = (waiting.get(intent.pair) ?? []).filter(({ id }) => id !== intent.id);
        waiting.set(intent.pair, rest);
        if (outcome.kind === 'missing')
          state.nominate(
            {
              link,
              entity: plan.entity,
              side,
              records: intent.target === undefined ? [] : [{ id: intent.target, gone: 'unseen' }],
            },
            runtime.wall(),
          );
        // The cloud is told the key the ERP gave: decided once more, with what was dirty.
        const toldNext = intent.kind === 'create' && side === 'erp' && plan.foreignKey !== undefined;
        if (toldNext && outcome.kind === 'done') again = true;
        const dirty = rest.length === 0 && !toldNext ? settledOf(intent.pair) : [];
        conclusions.push(
          concluded(
            parts,
            entity,
            { intent, pair, outcome, dirty, repeated: settled === 'repeated' },
            counts,
          ),
        );
      }
      if (conclusions.length > 0)
        durablySync(runtime, 'records.conclude', () => state.conclude(conclusions, runtime.wall()));
      if (failure !== undefined) return { again, failure };
    }
  }
  return { again };
}

const lost = (side: Side): WriteOutcome => ({
  kind: 'unknown',
  failure: { kind: 'defect', message: `the ${side} side answered fewer writes than it was given` },
});

function writeOf(plan: RunningEntity['plan'], intent: Intent): RecordWrite {
  const { id, to, kind, target, values, expected } = intent;
  const entity = plan.on[to];
  if (kind === 'create')
    return {
      kind,
      intent: id,
      entity,
      id: target,
      values,
      search: to === 'cloud' ? plan.foreignKey : undefined,
    };
  if (target === undefined) throw new Error(`intent ${id} has no target`);
  return kind === 'update'
    ? { kind, intent: id, entity, id: target, values, expected }
    : { kind, intent: id, entity, id: target, expected };
}
