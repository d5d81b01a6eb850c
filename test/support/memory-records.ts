import { ok } from '../../shared/model/result.ts';
import type { SyncFailure } from '../../shared/model/failure.ts';
import type {
  ChangePart,
  EntityShape,
  FieldTexts,
  RecordFilter,
  RecordStore,
  RecordWrite,
  Side,
  StoredRecord,
  WriteOutcome,
} from '../../main/core/records/record-store.ts';

/** What one write of a batch meets. `lost-after`: it happened, and nobody hears of it. */
export type WriteFault = 'none' | 'refused' | 'lost-before' | 'lost-after' | 'not-sent';

export interface MemorySide {
  readonly side: Side;
  readonly shapes: readonly EntityShape[];
  readonly createIdentity: 'client-id' | 'ledger';
  readonly deletions: 'reported' | 'sweep';
  /** What the side makes of a value that is written, by whomever. */
  readonly alter?: ((entity: string, field: string, value: string | null) => string | null) | undefined;
  readonly fault?: (() => WriteFault) | undefined;
  /** Called before each write of the program: another user may edit just now. */
  readonly beforeWrite?: ((write: RecordWrite) => void) | undefined;
  /** Whether every value ever written is kept in `history`; a bench has no use for it. */
  readonly keepHistory?: boolean | undefined;
  readonly idsPerRead?: number | undefined;
  readonly writesPerCall?: number | undefined;
}

export interface Written {
  readonly entity: string;
  readonly id: string;
  readonly field: string;
  readonly value: string | null;
  readonly by: 'user' | 'program';
}

interface Index {
  readonly entity: string;
  readonly by: readonly string[];
  readonly ids: Map<string, Set<string>>;
}

/** As this side compares: capitals say nothing. */
const keyOf = (values: readonly (string | null | undefined)[]): string =>
  JSON.stringify(values.map((value) => value?.toLowerCase() ?? null));

const partOf = ({ by }: Index, fields: FieldTexts): readonly (string | null | undefined)[] =>
  by.map((name) => fields.get(name));

function indexed(index: Index, id: string, fields: FieldTexts): void {
  const key = keyOf(partOf(index, fields));
  index.ids.set(key, (index.ids.get(key) ?? new Set()).add(id));
}

interface Row {
  readonly fields: Map<string, string | null>;
  version: bigint;
}

const lost: SyncFailure = { kind: 'unknown-outcome', endpoint: 'cloud:memory', operation: 'write' };
const away: SyncFailure = { kind: 'unreachable', endpoint: 'cloud:memory', cause: 'test' };
const START = 2n ** 53n;
/** Records named at once. */
const PART = 1_000;

/** One side that keeps its records in memory: versions that only rise, a log of deletions, and every value ever written. */
export class MemoryRecords implements RecordStore {
  readonly side: Side;
  readonly capabilities: RecordStore['capabilities'];
  readonly history: Written[] = [];
  /** Calls by name, for counting. */
  readonly calls = new Map<string, number>();
  created = 0;
  readonly #given: MemorySide;
  readonly #tables = new Map<string, Map<string, Row>>();
  readonly #deleted: { readonly entity: string; readonly id: string; readonly version: bigint }[] = [];
  readonly #ledger = new Map<string, string>();
  readonly #indexes = new Map<string, Index>();
  #version = START;
  #next = 1;

  constructor(given: MemorySide) {
    this.#given = given;
    this.side = given.side;
    this.capabilities = {
      createIdentity: given.createIdentity,
      guard: 'atomic',
      deletions: given.deletions,
      clock: 'unknown',
      idsPerRead: given.idsPerRead ?? 50,
      writesPerCall: given.writesPerCall ?? 20,
    };
  }

  // ---- as its users see it ----

  rows(entity: string): ReadonlyMap<string, { readonly fields: FieldTexts }> {
    return this.#table(entity);
  }

  insert(entity: string, id: string, fields: Readonly<Record<string, string | null>>): void {
    this.#put(entity, id, new Map(Object.entries(fields)), 'user');
  }

  update(entity: string, id: string, fields: Readonly<Record<string, string | null>>): boolean {
    if (!this.#table(entity).has(id)) return false;
    this.#put(entity, id, new Map(Object.entries(fields)), 'user');
    return true;
  }

  delete(entity: string, id: string): boolean {
    if (!this.#table(entity).has(id)) return false;
    this.#reindex(entity, id, () => this.#table(entity).delete(id));
    this.#version += 1n;
    this.#deleted.push({ entity, id, version: this.#version });
    return true;
  }

  // ---- as the program sees it ----

  async identity(): ReturnType<RecordStore['identity']> {
    return ok(`memory-${this.side}`);
  }

  async describe(entities: readonly string[]): ReturnType<RecordStore['describe']> {
    return ok(this.#given.shapes.filter(({ entity }) => entities.includes(entity)));
  }

  async pulse(last: string | undefined): ReturnType<RecordStore['pulse']> {
    this.#called('pulse');
    const value = String(this.#version);
    return ok({ kind: last === value ? 'still' : 'moved', value });
  }

  async *changes({ entity, cursor }: Parameters<RecordStore['changes']>[0]): AsyncIterable<ChangePart> {
    this.#called('changes');
    const since = cursor === undefined ? 0n : BigInt(cursor);
    const rows = [...this.#table(entity)].filter(([, row]) => row.version > since);
    const gone = this.#given.deletions === 'reported' ? this.#deleted : [];
    const deleted = gone.filter(
      (one) => one.entity === entity && one.version > since && cursor !== undefined,
    );
    const named = [
      ...rows.map(([id]) => ({ id })),
      ...deleted.map(({ id }) => ({ id, gone: 'deleted' as const })),
    ];
    for (let at = 0; at === 0 || at < named.length; at += PART)
      yield { kind: 'named', records: named.slice(at, at + PART), cursor: undefined };
    yield { kind: 'end', cursor: String(this.#version) };
  }

  async ids({ entity, filter, after }: Parameters<RecordStore['ids']>[0]): ReturnType<RecordStore['ids']> {
    const all = [...this.#table(entity)]
      .filter(([id, row]) => (after === undefined || id > after) && within(row.fields, filter))
      .map(([id]) => id)
      .sort();
    return ok({ ids: all.slice(0, 50), more: all.length > 50 });
  }

  async read({
    entity,
    ids,
    fields,
    filter,
  }: Parameters<RecordStore['read']>[0]): ReturnType<RecordStore['read']> {
    this.#called('read');
    return ok(ids.flatMap((id) => this.#record(entity, id, fields, filter) ?? []));
  }

  async find({
    entity,
    by,
    values,
    fields,
  }: Parameters<RecordStore['find']>[0]): ReturnType<RecordStore['find']> {
    this.#called('find');
    const index = this.#index(entity, by);
    const ids = new Set(values.flatMap((set) => [...(index.get(keyOf(set)) ?? [])]));
    return ok([...ids].flatMap((id) => this.#record(entity, id, fields) ?? []));
  }

  async write(batch: readonly RecordWrite[]): ReturnType<RecordStore['write']> {
    this.#called('write');
    return batch.map((write) => this.#writeOne(write));
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  #writeOne(write: RecordWrite): WriteOutcome {
    this.#given.beforeWrite?.(write);
    const fault = this.#given.fault?.() ?? 'none';
    if (fault === 'not-sent') return { kind: 'not-sent', failure: away };
    if (fault === 'lost-before') return { kind: 'unknown', failure: lost };
    if (fault === 'refused')
      return { kind: 'refused', failure: { kind: 'rejected', code: 'test', message: 'not today' } };
    const outcome = this.#execute(write);
    return fault === 'lost-after' ? { kind: 'unknown', failure: lost } : outcome;
  }

  #execute(write: RecordWrite): WriteOutcome {
    const { entity } = write;
    const table = this.#table(entity);
    if (write.kind === 'create') {
      const known = this.#ledger.get(write.intent) ?? write.id;
      const row = known === undefined ? undefined : table.get(known);
      if (known !== undefined && (row !== undefined || this.#ledger.has(write.intent)))
        return { kind: 'done', id: known, stored: this.#record(entity, known) };
      const id = write.id ?? `${this.side}-${this.#next++}`;
      this.#ledger.set(write.intent, id);
      this.created += 1;
      this.#put(entity, id, write.values, 'program');
      return { kind: 'done', id, stored: this.#record(entity, id) };
    }
    const row = table.get(write.id);
    if (row === undefined) return { kind: 'missing' };
    // An answer that was lost: the repeated write finds what it wrote.
    if (this.#ledger.has(write.intent))
      return { kind: 'done', id: write.id, stored: this.#record(entity, write.id) };
    if ([...write.expected].some(([name, value]) => (row.fields.get(name) ?? null) !== value))
      return { kind: 'moved', current: this.#record(entity, write.id) };
    this.#ledger.set(write.intent, write.id);
    if (write.kind === 'delete') {
      this.delete(entity, write.id);
      return { kind: 'done', id: write.id };
    }
    this.#put(entity, write.id, write.values, 'program');
    return { kind: 'done', id: write.id, stored: this.#record(entity, write.id) };
  }

  #put(entity: string, id: string, fields: FieldTexts, by: Written['by']): void {
    this.#reindex(entity, id, (known) => {
      const row = known ?? { fields: new Map<string, string | null>(), version: 0n };
      for (const [field, given] of fields) {
        const value = this.#given.alter === undefined ? given : this.#given.alter(entity, field, given);
        row.fields.set(field, value);
        if (this.#given.keepHistory !== false) this.history.push({ entity, id, field, value, by });
      }
      this.#version += 1n;
      row.version = this.#version;
      this.#table(entity).set(id, row);
    });
  }

  #record(
    entity: string,
    id: string,
    fields?: readonly string[],
    filter?: RecordFilter,
  ): StoredRecord | undefined {
    const row = this.#table(entity).get(id);
    if (row === undefined) return undefined;
    const names = fields ?? [...row.fields.keys()];
    return {
      entity,
      id,
      fields: new Map(names.map((name) => [name, row.fields.get(name) ?? null])),
      version: String(row.version),
      inFilter: filter === undefined || within(row.fields, filter),
    };
  }

  #table(entity: string): Map<string, Row> {
    const known = this.#tables.get(entity);
    if (known !== undefined) return known;
    if (this.#given.shapes.every((shape) => shape.entity !== entity)) throw new Error(`no entity ${entity}`);
    const made = new Map<string, Row>();
    this.#tables.set(entity, made);
    return made;
  }

  /** Ids by what these fields hold; made when it is asked for first, and kept up to date from then on. */
  #index(entity: string, by: readonly string[]): Map<string, Set<string>> {
    const name = JSON.stringify([entity, ...by]);
    const known = this.#indexes.get(name);
    if (known !== undefined) return known.ids;
    const made = { entity, by, ids: new Map<string, Set<string>>() };
    this.#indexes.set(name, made);
    for (const [id, { fields }] of this.#table(entity)) indexed(made, id, fields);
    return made.ids;
  }

  #reindex(entity: string, id: string, change: (row: Row | undefined) => void): void {
    const mine = [...this.#indexes.values()].filter((index) => index.entity === entity);
    const before = this.#table(entity).get(id);
    for (const index of mine)
      if (before !== undefined) index.ids.get(keyOf(partOf(index, before.fields)))?.delete(id);
    change(before);
    const after = this.#table(entity).get(id);
    for (const index of mine) if (after !== undefined) indexed(index, id, after.fields);
  }

  #called(name: string): void {
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
  }
}

function within(fields: FieldTexts, { all }: RecordFilter): boolean {
  return all.every(({ field, is, values }) => {
    const value = fields.get(field) ?? null;
    if (is === 'null') return value === null;
    if (is === 'not-null') return value !== null;
    if (is === 'ne') return value !== values[0];
    if (is === 'eq' || is === 'in') return value !== null && values.includes(value);
    throw new Error(`memory records cannot compare ${is}`);
  });
}
