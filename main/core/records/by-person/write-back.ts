import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { EntityPlan } from '../carry/entity-plan.ts';
import type { PassParts } from '../pass/pass-parts.ts';
import { runningEntities } from '../pass/running-entities.ts';
import { readAll } from '../pass/subjects.ts';
import type { PairId } from '../record-conflicts.ts';
import type { Cause } from '../record-state.ts';
import type { FieldTexts, Side, StoredRecord } from '../record-store.ts';

export interface WriteBack {
  readonly cause: Cause;
  readonly by: string;
  readonly entity: string;
  readonly pair: PairId;
  readonly on: Side;
  /** What is to be written, by the record as it is now. */
  readonly values: (plan: EntityPlan, now: StoredRecord) => Result<FieldTexts>;
}

/** `kept`: the next pass writes it. `already`: it was asked for before. */
export type WrittenBack = 'kept' | 'already';

export const cannot = (code: string, message: string): Result<never> =>
  fail({ kind: 'rejected', code, message });

/** Keeps an intent to write something a person wants to a record as it is now. Reads one record, writes to no side. */
export async function writeBack(
  parts: PassParts,
  { cause, by, entity, pair, on, values }: WriteBack,
  signal: AbortSignal,
): Promise<Result<WrittenBack>> {
  const { state, runtime, link, stores } = parts;
  const id = state.pair(pair)?.ids[on];
  if (id === undefined) return cannot('no-such-record', 'the pair is not known any more');
  const described = await runningEntities(parts, signal);
  if (!described.ok) return described;
  const running = described.value.entities.find(({ plan }) => plan.entity === entity);
  if (running === undefined) return cannot('not-running', `${entity} is not run: see why in its status`);
  if (!running.plan.may[on].update)
    return cannot('not-allowed', `the mapping does not allow writing ${entity} on ${on}`);
  const read = await readAll(stores[on], running, on, [id], signal);
  if (!read.ok) return read;
  const now = read.value.get(id);
  if (now === undefined || now.deleted === true)
    return cannot('no-such-record', `the record is not there any more on ${on}`);
  const wanted = values(running.plan, now);
  if (!wanted.ok) return wanted;
  const intent = {
    id: runtime.newId(),
    link,
    entity,
    pair,
    to: on,
    kind: 'update',
    target: id,
    values: wanted.value,
    expected: now.fields,
    basis: new Map(),
    edit: true,
  } as const;
  const kept = durablySync(runtime, 'records.intend', () =>
    state.intendByPerson(cause, by, intent, runtime.wall()),
  );
  return ok(kept ? 'kept' : 'already');
}
