import type { Instant } from '../../../../shared/model/time.ts';
import type { EntityPlan } from '../carry/entity-plan.ts';
import type { Pair, Swing } from '../record-state.ts';
import { otherSide, type FieldTexts, type Side } from '../record-store.ts';

/** One write that a decision asks for. */
export interface WantedWrite {
  readonly to: Side;
  readonly kind: 'update' | 'delete';
  readonly values: FieldTexts;
}

/** One field to and fro this often within a day is nobody's intention. */
const MOST_SWINGS = 3;
/** A field that a side stores otherwise this often within a day is not written to it any more. */
const MOST_ALTERED = 3;
export const SWING_MS = 24 * 3_600_000;

const recent = (swings: Pair['swings'], at: Instant): readonly Swing[] =>
  swings.filter((swing) => at - swing.at < SWING_MS && swing.at <= at);

/** Names of fields that a side makes something else of, each time they are written to it. Pure. */
export function alteredFields(
  swings: Pair['swings'],
  at: Instant,
): Readonly<Record<Side, ReadonlySet<string>>> {
  const of = (side: Side): ReadonlySet<string> => {
    const mine = recent(swings, at).filter(({ to, altered }) => to === side && altered === true);
    const times = Map.groupBy(mine, ({ field }) => field);
    return new Set([...times].flatMap(([field, list]) => (list.length >= MOST_ALTERED ? [field] : [])));
  };
  return { erp: of('erp'), cloud: of('cloud') };
}

/** The name of the field that was written in the other direction too often of late. */
export function swingOf(
  swings: Pair['swings'],
  plan: EntityPlan,
  writes: readonly WantedWrite[],
  at: Instant,
): string | undefined {
  const lately = recent(swings, at);
  for (const { to, values } of writes)
    for (const field of plan.fields) {
      if (!values.has(field.on[to])) continue;
      const ways = lately.filter(({ field: name }) => name === field.name).map((swing) => swing.to);
      const turns = ways.filter((way, index) => index > 0 && way !== ways[index - 1]).length;
      if (turns + (ways.at(-1) === otherSide(to) ? 1 : 0) >= MOST_SWINGS) return field.name;
    }
  return undefined;
}
