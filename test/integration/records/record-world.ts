import { recordPass } from '../../../main/core/records/pass/record-pass.ts';
import type { PassEnd, PassParts, PassWish } from '../../../main/core/records/pass/pass-parts.ts';
import type { EntityShape, RecordWrite, Side } from '../../../main/core/records/record-store.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { recordMappingSchema, type RecordMapping } from '../../../shared/model/record-mapping.ts';
import { MemoryRecords, type WriteFault } from '../../support/memory-records.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createTestRuntime, SimulatedCrash, type TestRuntime } from '../../support/test-runtime.ts';
import { store } from '../../unit/sqlite/sample.ts';

export const LINK = linkId('crm');

/** Three entities that refer to each other, with other names on each side. */
export const NAMES = {
  customer: { erp: 'dbo.Customer', cloud: 'account' },
  contact: { erp: 'dbo.Contact', cloud: 'contact' },
  visit: { erp: 'dbo.Visit', cloud: 'task' },
} as const;
export type Entity = keyof typeof NAMES;
export const ENTITIES: readonly Entity[] = ['customer', 'contact', 'visit'];

export interface Policy {
  readonly owner: 'erp' | 'cloud' | 'manual';
  readonly onDelete: 'ignore' | 'mark' | 'delete';
  readonly unpairedParent: 'hold' | 'omit';
  readonly deletions: 'reported' | 'sweep';
  readonly merge: 'field' | 'row';
}

const plain = (name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  erp: name.toUpperCase(),
  cloud: name,
  type: 'text(40)',
  ...more,
});

export function mappingOf(policy: Policy): RecordMapping {
  const entity = (word: Entity, fields: readonly Record<string, unknown>[]): Record<string, unknown> => ({
    entity: word,
    erp: {
      table: { name: NAMES[word].erp.slice(4) },
      key: ['ID'],
      mark: { BLOCKED: { type: 'text', value: 'yes' } },
    },
    cloud: { entity: NAMES[word].cloud, mark: { state: '1' } },
    match: { by: ['code'] },
    toErp: { delete: true },
    toCloud: { delete: true },
    onDelete: { inErp: policy.onDelete, inCloud: policy.onDelete },
    owner: policy.owner,
    merge: policy.merge,
    unpairedParent: policy.unpairedParent,
    fields: [plain('code'), plain('name'), plain('phone'), ...fields],
  });
  return recordMappingSchema.parse({
    mappingVersion: 1,
    name: 'world',
    kind: 'records',
    entities: [
      entity('visit', [
        plain('customer', { reference: 'customer' }),
        plain('contact', { reference: 'contact' }),
      ]),
      entity('contact', [plain('customer', { reference: 'customer' })]),
      entity('customer', [plain('level', { codes: 'levels' })]),
    ],
    codes: { levels: { A: '1', B: '2', C: '3' } },
    limits: { creates: 10_000, deletes: 10_000, updates: 10_000 },
  });
}

const shapesOf = (side: Side): readonly EntityShape[] =>
  ENTITIES.map((word) => {
    const names = ['code', 'name', 'phone', 'level', 'customer', 'contact'];
    const can = { read: true, create: true, update: true, find: true };
    return {
      entity: NAMES[word][side],
      key: ['id'],
      fields: [...names, side === 'erp' ? 'blocked' : 'state', 'erpkey'].map((name) => ({
        name: side === 'erp' ? name.toUpperCase() : name,
        type: side === 'cloud' && (name === 'customer' || name === 'contact') ? 'reference' : 'text',
        required: false,
        can,
      })),
      remarks: [],
    } satisfies EntityShape;
  });

export interface World {
  readonly erp: MemoryRecords;
  readonly cloud: MemoryRecords;
  readonly parts: PassParts;
  readonly runtime: TestRuntime;
  readonly random: () => number;
  /** What the next writes meet; set by the test. */
  readonly faults: { chance: number; crash: number };
  readonly beforeWrite: { act: ((side: Side, write: RecordWrite) => void) | undefined };
  /** A pass that may die in the middle: then `undefined`, and the next one goes on. */
  pass(wish?: Partial<PassWish>): Promise<PassEnd | undefined>;
}

export interface WorldOptions {
  readonly confirmed?: boolean | undefined;
  /** What a side makes of values that are written to it. */
  readonly alter?: ((side: Side, field: string, value: string | null) => string | null) | undefined;
  readonly mapping?: ((mapping: RecordMapping) => RecordMapping) | undefined;
}

export function world(seed: number, policy: Policy, options: WorldOptions = {}): World {
  const random = seededRandom(seed);
  const runtime = createTestRuntime({ seed });
  const faults = { chance: 0, crash: 0 };
  const beforeWrite: World['beforeWrite'] = { act: undefined };
  const fault = (): WriteFault => {
    if (random() >= faults.chance) return 'none';
    const kinds = ['refused', 'lost-before', 'lost-after', 'lost-after', 'not-sent'] as const;
    return kinds[Math.floor(random() * kinds.length)] ?? 'none';
  };
  const side = (name: Side): MemoryRecords =>
    new MemoryRecords({
      side: name,
      shapes: shapesOf(name),
      createIdentity: name === 'erp' ? 'ledger' : 'client-id',
      deletions: policy.deletions,
      fault,
      alter: (_entity, field, value) => options.alter?.(name, field, value) ?? value,
      beforeWrite: (write) => beforeWrite.act?.(name, write),
    });
  const [erp, cloud] = [side('erp'), side('cloud')];
  runtime.onStep = (name, phase) => {
    if (name.startsWith('records.') && random() < faults.crash) throw new SimulatedCrash(name, phase);
  };
  const parts: PassParts = {
    link: LINK,
    mapping: options.mapping?.(mappingOf(policy)) ?? mappingOf(policy),
    stores: { erp, cloud },
    state: store().records,
    runtime,
    log: { info: () => undefined, warn: () => undefined },
    zone: 'Europe/Sofia',
    skewMs: undefined,
    refusedRestMs: 60_000,
    sweepsUntilGone: 2,
  };
  if (options.confirmed !== false) parts.state.confirmFirst(LINK, 'test', runtime.wall());
  return {
    erp,
    cloud,
    parts,
    runtime,
    random,
    faults,
    beforeWrite,
    pass: async (wish = {}) => {
      try {
        return await recordPass(parts, { unlimited: false, ...wish }, new AbortController().signal);
      } catch (error) {
        if (error instanceof SimulatedCrash) return undefined;
        throw error;
      }
    },
  };
}
