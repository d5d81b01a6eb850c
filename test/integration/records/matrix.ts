import type { Side } from '../../../main/core/records/record-store.ts';
import type { MemoryRecords } from '../../support/memory-records.ts';
import { ENTITIES, NAMES, type Entity } from './record-world.ts';

/** What happened to a record on a side since the last pass. One that is not there and was not is `unchanged`. */
export const HAPPENED = ['unchanged', 'inserted', 'updated', 'deleted'] as const;
type Happened = (typeof HAPPENED)[number];

type Seen = ReadonlyMap<string, string>;
export type Sides = Readonly<Record<Side, MemoryRecords>>;

/** Who looks at both sides from outside before and after each pass, and counts what a pass meets: ERP by cloud, by business key. */
export class Matrix {
  readonly cells = new Map<string, number>();
  #last: ReadonlyMap<string, Seen> = new Map();

  /** What a pass is about to meet. */
  count(sides: Sides): void {
    for (const entity of ENTITIES) {
      const now = { erp: seen(sides, entity, 'erp'), cloud: seen(sides, entity, 'cloud') };
      const was = { erp: this.#was(entity, 'erp'), cloud: this.#was(entity, 'cloud') };
      const codes = new Set([...now.erp.keys(), ...now.cloud.keys(), ...was.erp.keys(), ...was.cloud.keys()]);
      for (const code of codes) {
        const of = (side: Side): Happened => happened(was[side].get(code), now[side].get(code));
        const cell = `${of('erp')}/${of('cloud')}`;
        this.cells.set(cell, (this.cells.get(cell) ?? 0) + 1);
      }
    }
  }

  /** What a pass left behind, whether it came to its end or not. */
  remember(sides: Sides): void {
    this.#last = new Map(
      ENTITIES.flatMap((entity) => [
        [`${entity} erp`, seen(sides, entity, 'erp')],
        [`${entity} cloud`, seen(sides, entity, 'cloud')],
      ]),
    );
  }

  #was(entity: Entity, side: Side): Seen {
    return this.#last.get(`${entity} ${side}`) ?? new Map();
  }
}

function happened(before: string | undefined, now: string | undefined): Happened {
  if (before === now) return 'unchanged';
  if (before === undefined) return 'inserted';
  return now === undefined ? 'deleted' : 'updated';
}

function seen(sides: Sides, entity: Entity, side: Side): Seen {
  const code = side === 'erp' ? 'CODE' : 'code';
  return new Map(
    [...sides[side].rows(NAMES[entity][side]).values()].map(({ fields }) => [
      fields.get(code) ?? '',
      JSON.stringify([...fields].map((pair) => JSON.stringify(pair)).toSorted()),
    ]),
  );
}
