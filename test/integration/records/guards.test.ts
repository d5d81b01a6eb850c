import { describe, expect, it } from 'vitest';
import type { RecordMapping } from '../../../shared/model/record-mapping.ts';
import { LINK, NAMES, world, type Policy, type World, type WorldOptions } from './record-world.ts';

const POLICY: Policy = {
  owner: 'erp',
  onDelete: 'mark',
  unpairedParent: 'hold',
  deletions: 'sweep',
  merge: 'field',
};
const { erp: TABLE, cloud: ACCOUNT } = NAMES.customer;

const customer = (made: World, id: string, more: Record<string, string | null> = {}): void =>
  made.erp.insert(TABLE, id, { CODE: `code ${id}`, NAME: `name ${id}`, ...more });

const accounts = (made: World) => [...made.cloud.rows(ACCOUNT)];

const firstAccount = (made: World): string => accounts(made)[0]?.[0] ?? '';

const limited =
  (limits: Partial<RecordMapping['limits']>) =>
  (mapping: RecordMapping): RecordMapping => ({ ...mapping, limits: { ...mapping.limits, ...limits } });

const withKey = (mapping: RecordMapping): RecordMapping => ({
  ...mapping,
  entities: mapping.entities.map((one) =>
    one.entity === 'customer' ? { ...one, cloud: { ...one.cloud, foreignKey: 'erpkey' } } : one,
  ),
});

async function loaded(count: number, options: WorldOptions = {}): Promise<World> {
  const made = world(3, POLICY, options);
  for (let id = 1; id <= count; id += 1) customer(made, String(id));
  await made.pass();
  expect(accounts(made)).toHaveLength(count);
  return made;
}

describe('a sweep', () => {
  it('takes what is missing twice in a row for deleted, and what came back for there', async () => {
    const made = await loaded(4);
    made.erp.delete(TABLE, '1');
    made.erp.delete(TABLE, '2');
    await made.pass({ sweep: 'ids' });
    expect(accounts(made).filter(([, { fields }]) => fields.get('state') === '1')).toHaveLength(0);
    customer(made, '2');
    expect((await made.pass({ sweep: 'ids' }))?.counts).toMatchObject({ marked: 1, missing: 1 });
    made.erp.delete(TABLE, '2');
    // Seen in between: it is counted from the beginning.
    expect((await made.pass({ sweep: 'ids' }))?.counts).toMatchObject({ marked: 0, missing: 1 });
    expect((await made.pass({ sweep: 'ids' }))?.counts).toMatchObject({ marked: 1, missing: 1 });
    expect((await made.pass({ sweep: 'ids' }))?.counts).toMatchObject({ marked: 0, missing: 0 });
  });

  it('deletes nothing where an entity reads empty, or too many are missing, until a person says so', async () => {
    const made = await loaded(30, { mapping: limited({ missing: 3, missingPercent: 5 }) });
    for (const id of ['1', '2', '3', '4']) made.erp.delete(TABLE, id);
    for (let sweep = 0; sweep < 3; sweep += 1)
      expect(await made.pass({ sweep: 'ids' })).toMatchObject({
        failure: { code: 'too-many-missing', where: TABLE },
        counts: { marked: 0 },
      });
    await made.pass({ sweep: 'ids', unlimited: true });
    expect((await made.pass({ sweep: 'ids', unlimited: true }))?.counts.marked).toBe(4);
    const small = await loaded(2);
    small.erp.delete(TABLE, '1');
    small.erp.delete(TABLE, '2');
    for (let sweep = 0; sweep < 3; sweep += 1)
      expect((await small.pass({ sweep: 'ids' }))?.failure).toMatchObject({ code: 'too-many-missing' });
  });

  it('finds by contents what a side never named', async () => {
    const made = await loaded(3);
    const id = firstAccount(made);
    made.cloud.update(ACCOUNT, id, { phone: '5' });
    const state = made.parts.state;
    const cursor = String(2n ** 60n);
    state.nominate({ link: LINK, entity: 'customer', side: 'cloud', records: [], cursor }, 0);
    expect((await made.pass({ sweep: 'ids' }))?.counts.updated).toBe(0);
    expect((await made.pass({ sweep: 'contents' }))?.counts.updated).toBe(1);
  });
});

describe('the first synchronisation', () => {
  it('writes nothing before a person confirmed its report, and then what the report said', async () => {
    const made = world(5, POLICY, { confirmed: false });
    customer(made, '1');
    customer(made, '2');
    customer(made, '3');
    made.erp.insert(NAMES.contact.erp, '1', { CODE: 'c1', NAME: 'child', CUSTOMER: '3' });
    made.cloud.insert(ACCOUNT, 'same', { code: 'CODE 1', name: 'name 1' });
    made.cloud.insert(ACCOUNT, 'differs', { code: 'code 2', name: 'other' });
    made.cloud.insert(ACCOUNT, 'only', { code: 'code 9', name: 'nine', level: '9' });
    made.cloud.insert(ACCOUNT, 'twin a', { code: 'code 8', name: 'eight' });
    made.cloud.insert(ACCOUNT, 'twin b', { code: 'code 8', name: 'eight' });
    const before = made.erp.history.length + made.cloud.history.length;
    const dry = await made.pass({ dry: true });
    expect(dry?.failure).toBeUndefined();
    const refused = await made.pass();
    expect(refused?.failure).toMatchObject({ code: 'first-sync-not-confirmed' });
    expect(refused?.report).toEqual(dry?.report);
    const [customers, contacts] = dry?.report?.entities ?? [];
    expect(customers).toMatchObject({
      entity: 'customer',
      records: { erp: 3, cloud: 5 },
      matched: 2,
      created: { erp: 0, cloud: 1 },
      review: { count: 2 },
      refused: { count: 1, samples: [{ side: 'cloud', id: 'only', failure: { code: 'unmapped-code' } }] },
      differing: {
        count: 2,
        samples: [
          { field: 'code', winner: 'erp' },
          { field: 'name', ids: { erp: '2', cloud: 'differs' }, values: { erp: 'name 2', cloud: 'other' } },
        ],
      },
    });
    expect(contacts).toMatchObject({ entity: 'contact', created: { cloud: 1 }, waiting: 0 });
    expect(made.erp.history.length + made.cloud.history.length).toBe(before);
    expect(made.parts.state.counts(LINK)).toMatchObject({ pairs: 0, pending: { erp: 0, cloud: 0 } });
    made.parts.state.confirmFirst(LINK, 'anna', made.runtime.wall());
    expect(await made.pass()).toMatchObject({ counts: { paired: 2, created: 2 } });
  });
});

describe('limits of one pass', () => {
  it('stop what is beyond them, unless a person said that it is meant', async () => {
    const made = world(1, POLICY, { mapping: limited({ creates: 2 }) });
    for (const id of ['1', '2', '3']) customer(made, id);
    expect(await made.pass()).toMatchObject({
      failure: { code: 'too-many-creates' },
      counts: { created: 0 },
    });
    expect(await made.pass({ unlimited: true })).toMatchObject({ counts: { created: 3 } });
  });

  it('end a pass of which too many records are refused', async () => {
    const made = world(1, POLICY, { mapping: limited({ errors: 2 }) });
    for (const id of ['1', '2', '3']) customer(made, id, { LEVEL: 'unknown' });
    made.erp.insert(NAMES.contact.erp, '1', { CODE: 'c', NAME: 'n' });
    expect(await made.pass()).toMatchObject({
      failure: { code: 'too-many-errors' },
      counts: { refused: 3, created: 0 },
    });
    await made.pass();
    expect(made.cloud.rows(NAMES.contact.cloud).size).toBe(1);
  });
});

describe('a field that goes to and fro', () => {
  it('is stopped, with the reason', async () => {
    const made = await loaded(1);
    const id = firstAccount(made);
    for (let turn = 0; turn < 8; turn += 1) {
      if (turn % 2 === 0) made.erp.update(TABLE, '1', { NAME: `e${turn}` });
      else made.cloud.update(ACCOUNT, id, { name: `c${turn}` });
      await made.pass();
    }
    const [pair] = made.parts.state.pairs(LINK, 'customer', 'erp', ['1']);
    expect(pair?.hold?.reason).toEqual({ kind: 'swings', field: 'name' });
  });
});

describe('a side that stores something else than was written', () => {
  const upper = (side: string, field: string, value: string | null): string | null =>
    side === 'cloud' && field === 'name' ? (value?.toUpperCase() ?? null) : value;

  it('makes no conflict and nothing comes back', async () => {
    const made = await loaded(1, { alter: upper });
    made.erp.update(TABLE, '1', { NAME: 'again' });
    await made.pass();
    await made.pass({ sweep: 'contents' });
    expect(accounts(made)[0]?.[1].fields.get('name')).toBe('AGAIN');
    expect(made.erp.rows(TABLE).get('1')?.fields.get('NAME')).toBe('again');
    expect(made.erp.history.filter(({ by }) => by === 'program')).toEqual([]);
    expect(made.parts.state.conflicts({ link: LINK, limit: 9, offset: 0 }).total).toBe(0);
  });

  it('is not written that field any more after three times; the others go on', async () => {
    const made = await loaded(1, { alter: upper });
    for (const name of ['a', 'b', 'c']) {
      made.erp.update(TABLE, '1', { NAME: name });
      await made.pass();
    }
    made.erp.update(TABLE, '1', { NAME: 'd', PHONE: '4' });
    await made.pass();
    expect(accounts(made)[0]?.[1].fields.get('name')).toBe('C');
    expect(accounts(made)[0]?.[1].fields.get('phone')).toBe('4');
    const { conflicts } = made.parts.state.conflicts({ link: LINK, limit: 9, offset: 0 });
    expect(conflicts).toMatchObject([{ field: 'name', state: 'held', rule: 'stored-otherwise', erp: 'd' }]);
  });
});

describe('a text that is too long', () => {
  const short =
    (tooLong: 'cut' | 'refuse') =>
    (mapping: RecordMapping): RecordMapping => ({
      ...mapping,
      entities: mapping.entities.map((one) => ({
        ...one,
        fields: one.fields.map((field) =>
          field.name === 'name' ? { ...field, type: 'text(5)', tooLong } : field,
        ),
      })),
    });

  it('is cut with a line that keeps all of it, and does not come back cut', async () => {
    const made = world(1, POLICY, { mapping: short('cut') });
    made.cloud.insert(ACCOUNT, 'x', { code: 'a', name: 'much too long' });
    await made.pass();
    await made.pass({ sweep: 'contents' });
    expect([...made.erp.rows(TABLE).values()][0]?.fields.get('NAME')).toBe('much ');
    expect(made.cloud.rows(ACCOUNT).get('x')?.fields.get('name')).toBe('much too long');
    const { conflicts } = made.parts.state.conflicts({ link: LINK, limit: 9, offset: 0 });
    expect(conflicts).toMatchObject([
      { kind: 'too-long', field: 'name', cloud: 'much too long', erp: 'much ', winner: 'cloud' },
    ]);
  });

  it('is held with its reason where it may not be cut', async () => {
    const made = world(1, POLICY, { mapping: short('refuse') });
    made.cloud.insert(ACCOUNT, 'x', { code: 'a', name: 'much too long' });
    expect((await made.pass())?.counts).toMatchObject({ created: 0, held: 1, refused: 1 });
    const [row] = made.parts.state.dirtyOf(LINK, 'customer', 'cloud', ['x']);
    expect(row?.hold?.reason).toMatchObject({ kind: 'refused', failure: { field: 'NAME' } });
  });
});

describe('the key of the ERP in the cloud', () => {
  it('is told the cloud after the ERP gave it, and the echo is nothing', async () => {
    const made = world(1, POLICY, { mapping: withKey });
    made.cloud.insert(ACCOUNT, 'x', { code: 'a', name: 'n' });
    await made.pass();
    const [key] = [...made.erp.rows(TABLE).keys()];
    expect(made.cloud.rows(ACCOUNT).get('x')?.fields.get('erpkey')).toBe(key);
    const writes = made.erp.history.length + made.cloud.history.length;
    await made.pass({ sweep: 'contents' });
    expect(made.erp.history.length + made.cloud.history.length).toBe(writes);
  });

  it('pairs what carries it, and parts what lost it', async () => {
    const made = world(1, POLICY, { mapping: withKey });
    made.cloud.insert(ACCOUNT, 'x', { code: 'other', name: 'name 1', erpkey: '1' });
    customer(made, '1');
    expect((await made.pass())?.counts).toMatchObject({ paired: 1, created: 0 });
    made.cloud.update(ACCOUNT, 'x', { erpkey: null });
    await made.pass();
    expect(made.parts.state.pairs(LINK, 'customer', 'erp', ['1'])[0]?.state).toBe('unlinked');
  });

  it('on two records stops both until one of them has it no more', async () => {
    const made = await loaded(1, { mapping: withKey });
    const id = firstAccount(made);
    made.cloud.insert(ACCOUNT, 'copy', { code: 'copy', name: 'copied', erpkey: '1' });
    await made.pass();
    made.erp.update(TABLE, '1', { NAME: 'new' });
    await made.pass();
    expect(accounts(made).map(([, { fields }]) => fields.get('name'))).toEqual(['name 1', 'copied']);
    expect(made.parts.state.pairs(LINK, 'customer', 'cloud', [id])[0]?.hold?.reason).toEqual({
      kind: 'two-of-one-key',
      with: ['copy'],
    });
    expect(made.erp.rows(TABLE).size).toBe(1);
    made.cloud.update(ACCOUNT, 'copy', { erpkey: null });
    await made.runtime.advance(11 * 60_000);
    await made.pass();
    expect(made.cloud.rows(ACCOUNT).get(id)?.fields.get('name')).toBe('new');
    expect(made.erp.rows(TABLE).size).toBe(2);
  });

  it('of another record is not taken over before a person said so', async () => {
    const made = await loaded(2, { mapping: withKey });
    const id = firstAccount(made);
    made.cloud.update(ACCOUNT, id, { erpkey: '77', name: 'changed' });
    await made.pass();
    expect(made.erp.rows(TABLE).get('1')?.fields.get('NAME')).toBe('name 1');
    expect(made.parts.state.conflicts({ link: LINK, limit: 9, offset: 0 }).conflicts).toMatchObject([
      { kind: 'dangling-key', erp: '1', cloud: '77', state: 'held' },
    ]);
  });
});
