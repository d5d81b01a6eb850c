import { otherSide, SIDES, type Side } from '../../../main/core/records/record-store.ts';
import type { MemoryRecords } from '../../support/memory-records.ts';
import { ENTITIES, NAMES, type Entity, type World } from './record-world.ts';

const LEVELS: Readonly<Record<Side, readonly string[]>> = { erp: ['A', 'B', 'C'], cloud: ['1', '2', '3'] };

export const of = (world: World, side: Side): MemoryRecords => (side === 'erp' ? world.erp : world.cloud);
export const named = (side: Side, field: string): string => (side === 'erp' ? field.toUpperCase() : field);

/** What people do on either side while the program runs; every value they type is one nobody typed before. */
export class People {
  readonly #world: World;
  #typed = 0;
  #made = 0;

  constructor(given: World) {
    this.#world = given;
  }

  get #random(): () => number {
    return this.#world.random;
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#random() * list.length)];
  }

  #fresh(): string {
    this.#typed += 1;
    return `typed ${this.#typed}`;
  }

  /** The same record, on both sides at once. */
  #bothSides(entity: Entity): void {
    const ids = (side: Side): ReadonlyMap<string, string> =>
      new Map(
        [...of(this.#world, side).rows(NAMES[entity][side])].map(([id, { fields }]) => [
          fields.get(named(side, 'code')) ?? '',
          id,
        ]),
      );
    const [erp, cloud] = [ids('erp'), ids('cloud')];
    const both = this.#pick([...erp.keys()].filter((code) => cloud.has(code)));
    if (both === undefined || this.#random() < 0.25) {
      const code = this.#insert('erp', entity);
      this.#insert('cloud', entity, code);
      return;
    }
    for (const [side, id] of [
      ['erp', erp.get(both) ?? ''],
      ['cloud', cloud.get(both) ?? ''],
    ] as const)
      if (this.#random() < 0.5) this.#type(side, entity, id);
      else of(this.#world, side).delete(NAMES[entity][side], id);
  }

  /** Somebody makes a record on one side and then changes or deletes it, while another makes it on the other: between two passes. */
  async late(unseen: () => Promise<void>): Promise<void> {
    const side = this.#pick(SIDES) ?? 'erp';
    const entity = this.#pick(ENTITIES) ?? 'customer';
    const code = this.#insert(side, entity);
    const id = `${side}-user-${this.#made}`;
    await unseen();
    if (this.#random() < 0.5) this.#type(side, entity, id);
    else of(this.#world, side).delete(NAMES[entity][side], id);
    this.#insert(otherSide(side), entity, code);
  }

  #type(side: Side, entity: Entity, id: string): void {
    const field = this.#pick(['name', 'phone']) ?? 'name';
    of(this.#world, side).update(NAMES[entity][side], id, { [named(side, field)]: this.#fresh() });
  }

  act(): void {
    const side = this.#pick(SIDES) ?? 'erp';
    const entity = this.#pick(ENTITIES) ?? 'customer';
    const records = of(this.#world, side);
    const rows = [...records.rows(NAMES[entity][side]).keys()];
    if (this.#random() < 0.2) {
      this.#bothSides(entity);
      return;
    }
    const chance = this.#random();
    if (chance < 0.3 || rows.length === 0) this.#insert(side, entity);
    else if (chance < 0.9) this.edit(side, entity, this.#pick(rows) ?? '');
    else records.delete(NAMES[entity][side], this.#pick(rows) ?? '');
  }

  edit(side: Side, entity: Entity, id: string): void {
    const field = this.#pick(['name', 'phone', 'name', 'parent', 'level']) ?? 'name';
    const records = of(this.#world, side);
    if (field === 'parent') {
      const parents = this.#parents(side, entity);
      if (Object.keys(parents).length > 0) records.update(NAMES[entity][side], id, parents);
    } else if (field === 'level') {
      if (entity === 'customer')
        records.update(NAMES[entity][side], id, { [named(side, 'level')]: this.#pick(LEVELS[side]) ?? null });
    } else records.update(NAMES[entity][side], id, { [named(side, field)]: this.#fresh() });
  }

  #insert(side: Side, entity: Entity, given?: string): string {
    this.#made += 1;
    const code = given ?? `code ${this.#made}`;
    of(this.#world, side).insert(NAMES[entity][side], `${side}-user-${this.#made}`, {
      [named(side, 'code')]: code,
      [named(side, 'name')]: this.#fresh(),
      ...this.#parents(side, entity),
    });
    return code;
  }

  #parents(side: Side, entity: Entity): Record<string, string | null> {
    const parent = (word: Entity): Record<string, string | null> => {
      const id = this.#pick([...of(this.#world, side).rows(NAMES[word][side]).keys()]);
      if (id === undefined) return {};
      return { [named(side, word)]: side === 'cloud' ? `${NAMES[word].cloud}:${id}` : id };
    };
    if (entity === 'contact') return parent('customer');
    return entity === 'visit' ? { ...parent('customer'), ...parent('contact') } : {};
  }
}
