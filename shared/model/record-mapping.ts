import { z } from 'zod';
import { fieldType, name, sqlName } from './mapping-names.ts';

/**
 * A mapping for two-way records says which ERP rows and which records of a cloud are the same thing, field by field. A JSON
 * file in `mappings/`, as the one for packets.
 */

const condition = z.strictObject({
  field: name,
  is: z.enum(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'null', 'not-null']),
  values: z.array(z.string()).max(100).default([]),
});

/** A record that leaves the filter of either side is frozen as it is, never deleted. */
const filter = z.array(condition).max(20).default([]);

export const FIELD_OWNERS = ['erp', 'cloud', 'latest', 'manual'] as const;
/** Whose value wins when both sides changed a field; `latest` only where both clocks are known. */
const owner = z.enum(FIELD_OWNERS);

export const DIRECTIONS = ['both', 'to-erp', 'to-cloud'] as const;
const direction = z.enum(DIRECTIONS);

const recordField = z.strictObject({
  /** Word for people, and for groups. */
  name,
  erp: name,
  cloud: name,
  /** As the ERP stores it. */
  type: fieldType,
  direction: direction.default('both'),
  /** Absent: the entity's. */
  owner: owner.optional(),
  /** Fields of one group move together: amount and currency, the lines of an address. */
  group: name.optional(),
  /** Name of a code map of the mapping: ERP text to cloud text. What is not in it parks the record. */
  codes: name.optional(),
  /** The field holds the key of another mapped entity's record. */
  reference: name.optional(),
  /** A text longer than the other side keeps: the record is parked (default), or cut and noted. */
  tooLong: z.enum(['refuse', 'cut']).default('refuse'),
  /** Of `row`, the fields of the ERP's record by `erp`, canonical texts; instead of the plain value. */
  toCloud: z.strictObject({ cel: z.string().min(1).max(2000) }).optional(),
  /** Of `row`, the fields of the cloud's record by `cloud`. */
  toErp: z.strictObject({ cel: z.string().min(1).max(2000) }).optional(),
  /** For a new record whose other side has no value. */
  defaults: z.strictObject({ erp: z.string().optional(), cloud: z.string().optional() }).default({}),
  /** A value that must not be written into logs of conflicts in full. */
  private: z.boolean().default(false),
});
export type RecordField = z.infer<typeof recordField>;

const operations = z
  .strictObject({
    create: z.boolean().default(true),
    update: z.boolean().default(true),
    delete: z.boolean().default(false),
  })
  .prefault({});

/** What becomes of the record on the other side when one is deleted. */
const onDelete = z.enum(['ignore', 'unlink', 'mark', 'delete']).default('mark');

const recordEntity = z.strictObject({
  /** Word for people: customer. */
  entity: name,
  erp: z.strictObject({
    table: sqlName,
    key: z.array(name).min(1).max(8),
    filter,
    /** A column into which the ERP writes the moment of each change. */
    changedAt: z.strictObject({ column: name, clock: z.enum(['local', 'utc']) }).optional(),
    /** Columns whose values the ERP assigns itself: never written. */
    assigned: z.array(name).default([]),
    /** Fixed values of a new row, beside the mapped fields. */
    constants: z.record(name, z.strictObject({ type: fieldType, value: z.string() })).default({}),
    /** What marks a row as not used any more, for `onDelete: mark`. */
    mark: z.record(name, z.strictObject({ type: fieldType, value: z.string() })).optional(),
  }),
  cloud: z.strictObject({
    entity: name,
    filter,
    constants: z.record(name, z.string()).default({}),
    mark: z.record(name, z.string()).optional(),
    /** The field that carries the ERP's key, where the cloud links by one. */
    foreignKey: name.optional(),
  }),
  /** How unpaired records find each other; never by a name alone. */
  match: z
    .strictObject({
      /** Names of fields that together are the business key; empty: never. */
      by: z.array(name).max(5).default([]),
      /** No counterpart: it is created there, waits for a person, or is left alone. */
      otherwise: z.enum(['create', 'review', 'leave']).default('create'),
    })
    .prefault({}),
  toErp: operations,
  toCloud: operations,
  owner: owner.default('erp'),
  /** `row`: any two changes of one record are a conflict. */
  merge: z.enum(['field', 'row']).default('field'),
  onDelete: z.strictObject({ inErp: onDelete, inCloud: onDelete }).prefault({}),
  /** A parent that is not paired yet: the record waits, or goes without it. */
  unpairedParent: z.enum(['hold', 'omit']).default('hold'),
  fields: z.array(recordField).min(1).max(500),
});
export type RecordEntity = z.infer<typeof recordEntity>;

const limits = z
  .strictObject({
    creates: z.int().min(0).default(500),
    updates: z.int().min(0).default(5_000),
    deletes: z.int().min(0).default(50),
    errors: z.int().min(1).default(100),
    /** Of paired records; the larger of it and `missing` stops the handling of deletions. */
    missingPercent: z.number().min(0).max(100).default(5),
    missing: z.int().min(0).default(20),
  })
  .prefault({});

export const recordMappingSchema = z.strictObject({
  mappingVersion: z.literal(1),
  name,
  kind: z.literal('records'),
  /** In any order; who refers to whom decides which goes first. */
  entities: z.array(recordEntity).min(1).max(200),
  /** ERP text to cloud text. Both ways: no value occurs twice on either side. */
  codes: z.record(name, z.record(z.string(), z.string())).default({}),
  /** Most of one run; what is beyond waits for a person. */
  limits,
});
export type RecordMapping = z.infer<typeof recordMappingSchema>;
