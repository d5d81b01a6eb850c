import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { EntityPlan, FieldPlan, References } from '../carry/entity-plan.ts';
import type { NewConflict } from '../record-conflicts.ts';
import { otherSide, SIDES, type FieldTexts, type Side, type StoredRecord } from '../record-store.ts';

export interface MergeInput {
  readonly plan: EntityPlan;
  readonly now: Readonly<Record<Side, StoredRecord>>;
  /** What each side stored at the last agreement; undefined where nothing was agreed yet. */
  readonly base: { readonly erp?: FieldTexts | undefined; readonly cloud?: FieldTexts | undefined };
  readonly references: References;
  /** By how much the sides' clocks may differ, in milliseconds; undefined where one of them is not known. */
  readonly skewMs: number | undefined;
  /** Values a person chose for conflicts of this pair: field name to the side whose value stays. */
  readonly chosen?: ReadonlyMap<string, Side> | undefined;
  /** Names of fields that a side stores otherwise again and again: what is to be written there, a person decides. */
  readonly altered?: Readonly<Record<Side, ReadonlySet<string>>> | undefined;
}

export interface Merged {
  /** What is to be written to that side; only what differs from what it has. */
  readonly write: Readonly<Record<Side, ReadonlyMap<string, string | null>>>;
  /** Decided ones have a winner. */
  readonly conflicts: readonly NewConflict[];
  /** Names of fields a person has to decide about; nothing of them is written. */
  readonly held: readonly string[];
  /** What a field refers to has no counterpart; the field is not written. */
  readonly parents: readonly { readonly entity: string; readonly id: string; readonly from: Side }[];
  /** Values that cannot be carried over; the record is not written. */
  readonly refused: readonly SyncFailure[];
  /** Names of fields whose text is cut on its way. */
  readonly cut: readonly string[];
  /** Names of fields of which nothing may be noted as agreed: held, or waiting for a parent. */
  readonly open: readonly string[];
}

/** The rule of a conflict: a side makes something else of what is written to it, each time. */
const STORED_OTHERWISE = 'stored-otherwise';

/** Two clocks that are both right to the second may still differ by this. */
const TIE_MS = 2_000;

/**
 * Three ways, field by field: what a side changed since the last agreement goes to the other; what both changed to the same is
 * agreed; what both changed differently goes to the field's owner, and the loser into the conflicts. Without a base every
 * difference is such a one. Pure.
 */
export function mergeFields(input: MergeInput): Merged {
  const merge = new Merging(input);
  const { plan } = input;
  if (plan.merge === 'row' && merge.rowConflict()) merge.group(plan.fields, plan.owner);
  else
    for (const fields of Map.groupBy(plan.fields, ({ group }) => group).values())
      merge.group(fields, fields[0]?.owner ?? plan.owner);
  return merge.merged;
}

class Merging {
  readonly #input: MergeInput;
  readonly #write = { erp: new Map<string, string | null>(), cloud: new Map<string, string | null>() };
  readonly #conflicts: NewConflict[] = [];
  readonly #held: string[] = [];
  readonly #parents: Merged['parents'][number][] = [];
  readonly #refused: SyncFailure[] = [];
  readonly #cut: string[] = [];

  constructor(input: MergeInput) {
    this.#input = input;
  }

  get merged(): Merged {
    return {
      write: this.#write,
      conflicts: this.#conflicts,
      held: this.#held,
      parents: this.#parents,
      refused: this.#refused,
      cut: this.#cut,
      open: this.#open,
    };
  }

  readonly #open: string[] = [];

  /** Whether both sides changed something, and not to the same. */
  rowConflict(): boolean {
    const seen = this.#input.plan.fields.filter((field) => this.#visible(field));
    return (
      SIDES.every((side) => seen.some((field) => this.#changed(field, side))) &&
      seen.some((field) => !this.#equal(field))
    );
  }

  group(fields: readonly FieldPlan[], owner: FieldPlan['owner']): void {
    const seen = fields.filter((field) => this.#visible(field));
    if (seen.length === 0) return;
    const changed = (side: Side): boolean => seen.some((field) => this.#changed(field, side));
    const [inErp, inCloud] = [changed('erp'), changed('cloud')];
    if (!inErp && !inCloud) return;
    if (seen.every((field) => this.#equal(field))) return;
    const chosen = this.#chosenOf(seen);
    const source = sourceOf(seen);
    if (chosen !== undefined) this.#carry(seen, chosen);
    else if (inErp && inCloud) this.#clash(seen, source ?? owner, source === undefined ? owner : 'one-way');
    else {
      const from: Side = inErp ? 'erp' : 'cloud';
      // A value that only ever comes from the other side is put back, and what was typed there is kept in the log.
      if (source !== undefined && source !== from) this.#clash(seen, source, 'one-way');
      else if (this.#altered(seen, from)) this.#clash(seen, 'manual', STORED_OTHERWISE);
      else this.#carry(seen, from);
    }
  }

  #clash(fields: readonly FieldPlan[], owner: FieldPlan['owner'], given: string): void {
    const wins = owner === 'latest' ? this.#latest() : owner === 'manual' ? undefined : owner;
    const suspended = wins !== undefined && this.#altered(fields, wins);
    const [winner, rule] = suspended ? [undefined, STORED_OTHERWISE] : [wins, given];
    const { now, base } = this.#input;
    for (const field of fields) {
      if (this.#equal(field)) continue;
      this.#conflicts.push({
        kind: 'field',
        field: field.name,
        base: base.erp?.get(field.on.erp),
        erp: now.erp.fields.get(field.on.erp),
        cloud: now.cloud.fields.get(field.on.cloud),
        versions: { erp: now.erp.version, cloud: now.cloud.version },
        editors: { erp: now.erp.changedBy, cloud: now.cloud.changedBy },
        rule,
        winner,
        private: field.private,
      });
    }
    if (winner !== undefined) return this.#carry(fields, winner);
    const names = fields.map(({ name }) => name);
    this.#held.push(...names);
    this.#open.push(...names);
  }

  #altered(fields: readonly FieldPlan[], from: Side): boolean {
    return fields.some(({ name }) => this.#input.altered?.[otherSide(from)].has(name) === true);
  }

  /** All values of a group or none. */
  #carry(fields: readonly FieldPlan[], from: Side): void {
    const { now, references, plan } = this.#input;
    const to = otherSide(from);
    const values: [FieldPlan, string | null][] = [];
    const parents: Merged['parents'][number][] = [];
    for (const field of fields) {
      const carried = field.to[to](now[from].fields, references);
      if (carried.kind === 'refused') {
        this.#refused.push(carried.failure);
        this.#open.push(...fields.map(({ name }) => name));
        return;
      }
      if (carried.kind === 'parent') parents.push({ entity: carried.entity, id: carried.id, from });
      if (carried.kind !== 'value') continue;
      if (carried.cut === true) this.#cut.push(field.name);
      values.push([field, carried.value]);
    }
    this.#parents.push(...parents);
    if (parents.length > 0 && plan.unpairedParent === 'hold') {
      this.#open.push(...fields.map(({ name }) => name));
      return;
    }
    for (const [field, value] of values)
      if (now[to].fields.get(field.on[to]) !== value) this.#write[to].set(field.on[to], value);
    if (parents.length > 0) this.#open.push(...fields.map(({ name }) => name));
  }

  /** Neither is known to be later: nobody's clock decides. */
  #latest(): Side {
    const { now, skewMs, plan } = this.#input;
    const fallback: Side = plan.owner === 'cloud' ? 'cloud' : 'erp';
    const [erp, cloud] = [now.erp.changedAt, now.cloud.changedAt];
    if (skewMs === undefined || erp === undefined || cloud === undefined) return fallback;
    if (Math.abs(erp - cloud) <= skewMs + TIE_MS) return fallback;
    return erp > cloud ? 'erp' : 'cloud';
  }

  #visible(field: FieldPlan): boolean {
    return SIDES.every((side) => this.#input.now[side].fields.has(field.on[side]));
  }

  /** A field that was never agreed upon counts as changed: nobody may say that it was not. */
  #changed(field: FieldPlan, side: Side): boolean {
    const { now, base } = this.#input;
    const shadow = base[side];
    const name = field.on[side];
    return shadow === undefined || !shadow.has(name) || shadow.get(name) !== now[side].fields.get(name);
  }

  /** Whether the two values say the same, whichever way they are carried. */
  #equal(field: FieldPlan): boolean {
    const { now, references } = this.#input;
    return SIDES.some((from) => {
      const to = otherSide(from);
      const carried = field.to[to](now[from].fields, references);
      return (
        carried.kind === 'value' && carried.cut !== true && carried.value === now[to].fields.get(field.on[to])
      );
    });
  }

  #chosenOf(fields: readonly FieldPlan[]): Side | undefined {
    for (const { name } of fields) {
      const side = this.#input.chosen?.get(name);
      if (side !== undefined) return side;
    }
    return undefined;
  }
}

/** The side a one-way field comes from; a group with fields of both ways is two-way. */
function sourceOf(fields: readonly FieldPlan[]): Side | undefined {
  const directions = new Set(fields.map(({ direction }) => direction));
  const [only] = directions;
  if (directions.size !== 1 || only === 'both') return undefined;
  return only === 'to-cloud' ? 'erp' : 'cloud';
}
