import { compileEntity } from '../../../main/core/records/carry/compile-entity.ts';
import type { EntityPlan } from '../../../main/core/records/carry/entity-plan.ts';
import type { EntityShape, FieldShape, StoredRecord } from '../../../main/core/records/record-store.ts';
import { recordMappingSchema, type RecordMapping } from '../../../shared/model/record-mapping.ts';

const can = { read: true, create: true, update: true, find: true };
export const text = (name: string, more: Partial<FieldShape> = {}): FieldShape => ({
  name,
  type: 'text',
  required: false,
  can,
  ...more,
});

/** An entity whose fields have one name on both sides. */
export function mappingOf(
  entity: Record<string, unknown>,
  codes: Record<string, unknown> = {},
): RecordMapping {
  return recordMappingSchema.parse({
    mappingVersion: 1,
    name: 'test',
    kind: 'records',
    entities: [
      {
        entity: 'customer',
        erp: { table: { name: 'Customer' }, key: ['No'] },
        cloud: { entity: 'account' },
        ...entity,
      },
    ],
    codes,
  });
}

export function planOf(mapping: RecordMapping, fields: readonly FieldShape[]): EntityPlan {
  const [entity] = mapping.entities;
  if (entity === undefined) throw new Error('no entity');
  const shape = (name: string): EntityShape => ({ entity: name, key: ['id'], fields, remarks: [] });
  const { plan, problems } = compileEntity(
    mapping,
    entity,
    { erp: shape('dbo.Customer'), cloud: shape('account') },
    'Europe/Sofia',
  );
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return plan;
}

export const record = (
  fields: Readonly<Record<string, string | null>>,
  more: Partial<StoredRecord> = {},
): StoredRecord => ({
  entity: 'x',
  id: '1',
  fields: new Map(Object.entries(fields)),
  inFilter: true,
  ...more,
});
