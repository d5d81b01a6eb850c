import { z } from 'zod';
import { fieldType, name, sqlName } from './mapping-names.ts';

/** Where a column or parameter of the ERP gets its value from when a phone's row is written. */

/** What is done to the text before it is converted, in this order: `trim`, `upper`, `left(10)`; see `core/mapping/converters.ts`. */
const convert = z.array(z.string().min(1).max(60)).max(10).optional();

/** A text longer than its type: refused (default), or cut and noted in the packet's outcome. */
const tooLong = z.enum(['refuse', 'cut']).optional();

const fieldValue = z.strictObject({
  field: name,
  type: fieldType,
  /** Name of a code map of the mapping: an unmapped value parks the packet. */
  codes: name.optional(),
  required: z.boolean().default(false),
  /** Used when the field is absent. */
  default: z.string().optional(),
  convert,
  tooLong,
});
const constantValue = z.strictObject({ constant: z.string(), type: fieldType });
const packetValue = z.strictObject({ packet: z.enum(['user', 'id', 'company']) });

const lookupValue = z.strictObject({
  /** One row of the ERP, found by equal columns; two rows are refused. */
  lookup: z.strictObject({
    table: sqlName,
    match: z.record(name, z.union([fieldValue, constantValue, packetValue])),
    /** The column that is taken. */
    take: name,
  }),
  type: fieldType,
  /** No row is found: the packet is parked (default), or the value is NULL, or this text. */
  otherwise: z
    .union([z.literal('park'), z.literal('null'), z.strictObject({ value: z.string() })])
    .default('park'),
});

const expressionValue = z.strictObject({
  /** An expression over the row as text: `row.name`, `packet.user`, `mul(row.quantity, row.unitPrice)`. */
  cel: z.string().min(1).max(2000),
  type: fieldType,
  required: z.boolean().default(false),
  tooLong,
});

export const pullValue = z.union([
  fieldValue,
  constantValue,
  /** The key the header's write returned. Lines only. */
  z.strictObject({ header: z.literal('key') }),
  packetValue,
  lookupValue,
  expressionValue,
]);
export type PullValue = z.infer<typeof pullValue>;
export type FieldValue = z.infer<typeof fieldValue>;
export type LookupValue = z.infer<typeof lookupValue>;
export type ExpressionValue = z.infer<typeof expressionValue>;
