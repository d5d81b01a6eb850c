import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { EntityPlan } from '../carry/entity-plan.ts';
import type { NewIntent } from '../record-state.ts';
import type { PassCounts, PassParts } from './pass-parts.ts';

/** What one entity was written so far in a pass. */
export type Spent = Record<'creates' | 'updates' | 'deletes', number>;

type Written = Pick<NewIntent, 'kind' | 'to' | 'values'>;

/** Whether it says of a record that it is not used any more. */
export function isMark(plan: EntityPlan, { kind, to, values }: Written): boolean {
  const mark = plan.mark[to];
  return (
    kind === 'update' &&
    mark !== undefined &&
    mark.size === values.size &&
    [...mark].every(([name, value]) => values.has(name) && values.get(name) === value)
  );
}

/** More than one pass may do of a kind, unless a person has said that it is meant. What is within is added to what is spent. */
export function overLimit(
  { mapping }: Pick<PassParts, 'mapping'>,
  plan: EntityPlan,
  intents: readonly NewIntent[],
  spent: Spent,
): SyncFailure | undefined {
  const now: Spent = { creates: 0, updates: 0, deletes: 0 };
  for (const intent of intents) {
    if (intent.kind === 'create') now.creates += 1;
    else if (intent.kind === 'delete' || isMark(plan, intent)) now.deletes += 1;
    else now.updates += 1;
  }
  for (const what of ['creates', 'updates', 'deletes'] as const) {
    const count = spent[what] + now[what];
    const most = mapping.limits[what];
    if (count > most)
      return {
        kind: 'rejected',
        code: `too-many-${what}`,
        where: plan.entity,
        message: `${count} ${what} where ${most} are allowed in one pass`,
      };
  }
  for (const what of ['creates', 'updates', 'deletes'] as const) spent[what] += now[what];
  return undefined;
}

/** So many refused records are one cause, not many: nothing more is tried. */
export function tooManyErrors(
  { mapping }: Pick<PassParts, 'mapping'>,
  { refused }: PassCounts,
): SyncFailure | undefined {
  const most = mapping.limits.errors;
  return refused <= most
    ? undefined
    : {
        kind: 'rejected',
        code: 'too-many-errors',
        message: `${refused} records are refused where ${most} are allowed in one pass`,
      };
}
