import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ChangePart,
  NamedRecord,
  RecordFilter,
  RecordId,
  RecordStore,
  RecordWrite,
  StoredRecord,
  WriteOutcome,
} from '../../main/core/records/record-store.ts';

/** What the suite calls the fields of one entity; all may be empty but `code`. */
export interface SuiteFields {
  /** A text nobody else has the same of. */
  readonly code: string;
  /** A text of at least forty characters. */
  readonly name: string;
  readonly note: string;
}

export type SuiteValues = Readonly<Partial<Record<keyof SuiteFields, string | null>>>;

/** A store, its users, and what may befall a write. Everything else the suite learns from the port. */
export interface RecordStoreHarness {
  readonly store: RecordStore;
  readonly entity: string;
  readonly fields: SuiteFields;
  /** As another user of that side. */
  insert(values: SuiteValues): Promise<RecordId>;
  update(id: RecordId, values: SuiteValues): Promise<void>;
  delete(id: RecordId): Promise<void>;
  /** How many records have this code now. */
  count(code: string): Promise<number>;
  /** The id of a record to be, where the side lets it be chosen. */
  newId(): RecordId;
  /** The answer of the next write is lost, before it happened or after. */
  lose(when: 'before' | 'after'): void;
  close(): Promise<void>;
}

const signal = new AbortController().signal;
const EVERYTHING: RecordFilter = { all: [] };
const HOSTILE = [
  "O'Brien; DROP TABLE x --",
  ' leading',
  'trailing  ',
  'ünïcödé Жя 漢字',
  '😀 pair',
  '[b] %_^ "q" \\ | &amp; <x/>',
  'tab\tand\nline',
  '',
];

/** What every side of two-way records must do, whatever is behind it. */
export function recordStoreSuite(what: string, open: () => Promise<RecordStoreHarness>): void {
  describe(`${what} as a store of records`, () => {
    let h: RecordStoreHarness;
    let store: RecordStore;
    let next = 0;
    beforeAll(async () => {
      h = await open();
      ({ store } = h);
    });
    afterAll(() => h?.close());

    const code = (): string => `S-${(next += 1)}-${randomUUID().slice(0, 8)}`;
    const all = (): string[] => [h.fields.code, h.fields.name, h.fields.note];
    const named = (values: SuiteValues): Map<string, string | null> =>
      new Map(
        Object.entries(values).map(([name, value]) => [h.fields[name as keyof SuiteFields], value ?? null]),
      );
    const must = <T>(result: { ok: true; value: T } | { ok: false; failure: unknown }): T => {
      if (!result.ok) throw new Error(JSON.stringify(result.failure));
      return result.value;
    };
    const read = async (id: RecordId): Promise<StoredRecord | undefined> =>
      must(await store.read({ entity: h.entity, ids: [id], fields: all() }, signal))[0];
    const changes = async (
      cursor: string | undefined,
      filter = EVERYTHING,
    ): Promise<{ records: NamedRecord[]; cursor: string }> => {
      const parts: ChangePart[] = [];
      for await (const part of store.changes({ entity: h.entity, filter, fields: all(), cursor }, signal))
        parts.push(part);
      const end = parts.at(-1);
      if (end?.kind !== 'end') throw new Error(`no end: ${JSON.stringify(end)}`);
      return {
        records: parts.flatMap((part) => (part.kind === 'named' ? part.records : [])),
        cursor: end.cursor,
      };
    };
    const idsOf = async (filter = EVERYTHING): Promise<RecordId[]> => {
      const ids: RecordId[] = [];
      for (let after: RecordId | undefined; ;) {
        const page = must(await store.ids({ entity: h.entity, filter, after }, signal));
        ids.push(...page.ids);
        if (!page.more) return ids;
        after = page.ids.at(-1);
      }
    };
    const create = (values: SuiteValues): Extract<RecordWrite, { kind: 'create' }> => ({
      kind: 'create',
      intent: randomUUID(),
      entity: h.entity,
      id: store.capabilities.createIdentity === 'client-id' ? h.newId() : undefined,
      values: named(values),
      search: store.capabilities.createIdentity === 'search' ? h.fields.code : undefined,
    });
    const update = (id: RecordId, values: SuiteValues, expected: SuiteValues): RecordWrite => ({
      kind: 'update',
      intent: randomUUID(),
      entity: h.entity,
      id,
      values: named(values),
      expected: named(expected),
    });
    const remove = (id: RecordId, expected: SuiteValues): RecordWrite => ({
      kind: 'delete',
      intent: randomUUID(),
      entity: h.entity,
      id,
      expected: named(expected),
    });
    const write = async (one: RecordWrite): Promise<WriteOutcome> => {
      const [outcome] = await store.write([one], signal);
      if (outcome === undefined) throw new Error('no outcome');
      return outcome;
    };
    const createdId = (outcome: WriteOutcome): RecordId => {
      if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
      return outcome.id;
    };

    it('says what it is, the same each time', async () => {
      const first = must(await store.identity(signal));
      expect(first).not.toBe('');
      expect(must(await store.identity(signal))).toBe(first);
    });

    it('describes the entities that are there', async () => {
      const shapes = must(await store.describe([h.entity, 'no-such-entity'], signal));
      expect(shapes.map(({ entity }) => entity)).toEqual([h.entity]);
      const names = shapes[0]?.fields.map(({ name }) => name) ?? [];
      expect(names).toEqual(expect.arrayContaining(all()));
    });

    it('names all records without a cursor, then what changed', async () => {
      const [kept, changed] = [await h.insert({ code: code() }), await h.insert({ code: code() })];
      const first = await changes(undefined);
      expect(first.records.map(({ id }) => id)).toEqual(expect.arrayContaining([kept, changed]));
      await h.update(changed, { name: 'changed' });
      const added = await h.insert({ code: code() });
      const second = await changes(first.cursor);
      expect(second.records.map(({ id }) => id)).toEqual(expect.arrayContaining([changed, added]));
      expect(
        must(await store.read({ entity: h.entity, ids: [changed], fields: [h.fields.name] }, signal)),
      ).toMatchObject([{ id: changed, fields: new Map([[h.fields.name, 'changed']]), inFilter: true }]);
    });

    it('lets a deletion be seen: by the feed, or by its missing id', async () => {
      const id = await h.insert({ code: code() });
      const { cursor } = await changes(undefined);
      await h.delete(id);
      const told = (await changes(cursor)).records.find((record) => record.id === id);
      if (store.capabilities.deletions === 'reported') expect(told?.gone).toBeDefined();
      expect(await idsOf()).not.toContain(id);
      expect(await read(id)).toBeUndefined();
    });

    it('still names and shows what left the filter', async () => {
      const filter: RecordFilter = { all: [{ field: h.fields.note, is: 'eq', values: ['in'] }] };
      const id = await h.insert({ code: code(), note: 'in' });
      const { cursor } = await changes(undefined, filter);
      expect(await idsOf(filter)).toContain(id);
      await h.update(id, { note: 'out' });
      expect((await changes(cursor, filter)).records.map((record) => record.id)).toContain(id);
      expect(await idsOf(filter)).not.toContain(id);
      const [record] = must(await store.read({ entity: h.entity, ids: [id], fields: all(), filter }, signal));
      expect(record?.inFilter).toBe(false);
    });

    it('reads many at once and leaves out what is not there', async () => {
      const ids = [await h.insert({ code: code() }), await h.insert({ code: code() })];
      const gone = await h.insert({ code: code() });
      await h.delete(gone);
      const found = must(await store.read({ entity: h.entity, ids: [...ids, gone], fields: all() }, signal));
      expect(found.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    });

    it('finds by values', async () => {
      const value = code();
      const id = await h.insert({ code: value, name: 'found' });
      await h.insert({ code: code(), name: 'found' });
      const by = [h.fields.code, h.fields.name];
      const asked = {
        entity: h.entity,
        by,
        values: [
          [value, 'found'],
          ['nobody', 'found'],
        ],
        fields: all(),
      };
      expect(must(await store.find(asked, signal)).map((record) => record.id)).toEqual([id]);
    });

    it('keeps every value as it is, and no value apart from an empty one', async () => {
      for (const value of [...HOSTILE, null]) {
        const made = await write(create({ code: code(), name: value, note: 'n' }));
        expect(made, JSON.stringify(value)).toMatchObject({ kind: 'done' });
        const id = createdId(made);
        expect((await read(id))?.fields.get(h.fields.name), JSON.stringify(value)).toBe(value);
        expect(await write(update(id, { note: 'm' }, { name: value })), JSON.stringify(value)).toMatchObject({
          kind: 'done',
        });
        expect(await write(update(id, { note: 'o' }, { name: value === '' ? null : '' }))).toMatchObject(
          value === null ? { kind: 'moved' } : { kind: 'moved' },
        );
      }
    });

    it('creates once, however often it is asked', async () => {
      const value = code();
      const one = create({ code: value, name: 'once' });
      const first = await write(one);
      expect(first).toMatchObject({ kind: 'done', stored: { inFilter: true } });
      const again = await write(one);
      expect(again).toMatchObject({ kind: 'done', id: createdId(first) });
      expect(await h.count(value)).toBe(1);
    });

    it.each(['before', 'after'] as const)(
      'an answer lost %s it happened is found out by the same intent',
      async (when) => {
        const value = code();
        const one = create({ code: value, name: 'lost' });
        h.lose(when);
        expect(await write(one)).toMatchObject({ kind: 'unknown' });
        const again = await write(one);
        expect(again).toMatchObject({ kind: 'done' });
        expect(await h.count(value)).toBe(1);
        const id = createdId(again);
        const edit = update(id, { name: 'second' }, { name: 'lost' });
        h.lose(when);
        expect(await write(edit)).toMatchObject({ kind: 'unknown' });
        const edited = await write(edit);
        // A side without a ledger sees its own edit as somebody's.
        expect(edited.kind).toBe(
          store.capabilities.createIdentity === 'ledger' || when === 'before' ? 'done' : edited.kind,
        );
        expect((await read(id))?.fields.get(h.fields.name)).toBe('second');
      },
    );

    it('writes nothing over what somebody edited meanwhile', async () => {
      const id = await h.insert({ code: code(), name: 'ours', note: 'theirs' });
      await h.update(id, { name: 'edited' });
      expect(await write(update(id, { name: 'new' }, { name: 'ours' }))).toMatchObject({ kind: 'moved' });
      expect(await write(remove(id, { name: 'ours' }))).toMatchObject({ kind: 'moved' });
      expect((await read(id))?.fields.get(h.fields.name)).toBe('edited');
      expect(await write(update(id, { name: 'new' }, { name: 'edited' }))).toMatchObject({
        kind: 'done',
        id,
      });
      expect((await read(id))?.fields).toEqual(
        new Map([...(await read(id))!.fields, [h.fields.name, 'new'], [h.fields.note, 'theirs']]),
      );
    });

    it('tells that a record is gone', async () => {
      const id = await h.insert({ code: code(), name: 'x' });
      expect(await write(remove(id, { name: 'x' }))).toMatchObject({ kind: 'done' });
      expect(await read(id)).toBeUndefined();
      expect(await write(update(id, { name: 'y' }, { name: 'x' }))).toEqual({ kind: 'missing' });
      expect(['done', 'missing']).toContain((await write(remove(id, { name: 'x' }))).kind);
    });

    it('answers each write of a batch, in their order', async () => {
      const values = Array.from({ length: Math.min(6, store.capabilities.writesPerCall) }, code);
      const edited = await h.insert({ code: code(), name: 'is' });
      const batch = [
        ...values.map((value) => create({ code: value })),
        update(edited, { name: 'new' }, { name: 'is not' }),
        create({ code: code(), name: 'last' }),
      ].slice(-store.capabilities.writesPerCall);
      const outcomes = await store.write(batch, signal);
      expect(outcomes.map(({ kind }) => kind)).toEqual([...values.map(() => 'done'), 'moved', 'done']);
      for (const [index, value] of values.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new Error('no outcome');
        expect((await read(createdId(outcome)))?.fields.get(h.fields.code)).toBe(value);
      }
    });
  });
}
