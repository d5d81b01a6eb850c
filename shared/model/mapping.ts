import { z } from 'zod';

/**
 * A mapping says how one link's ERP tables and the app's entities meet. It is a JSON file in `mappings/`; the hash of
 * its text goes into every ledger row, so it is known under which mapping a document was written.
 */

export interface FieldType {
  readonly kind:
    | 'text'
    | 'decimal'
    | 'int'
    | 'bigint'
    | 'bool'
    /** A moment: shifted between the area's zone and the ERP's zone. */
    | 'datetime'
    /** A calendar day, never shifted. */
    | 'date'
    /** The calendar day, in the ERP's zone, of a moment. Pull only. */
    | 'dateOfTime'
    | 'guid'
    | 'binary';
  /** Characters of a text. */
  readonly length?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

const SIMPLE = new Set(['text', 'int', 'bigint', 'bool', 'datetime', 'date', 'dateOfTime', 'guid', 'binary']);

/** Reads `text`, `text(30)`, `decimal(18,4)`, `int` …; undefined when it is none of them. */
export function parseFieldType(text: string): FieldType | undefined {
  if (SIMPLE.has(text)) return { kind: text as FieldType['kind'] };
  const sized = /^text\((\d{1,4})\)$/.exec(text);
  if (sized !== null) return { kind: 'text', length: Number(sized[1]) };
  const decimal = /^decimal\((\d{1,2}),\s*(\d{1,2})\)$/.exec(text);
  if (decimal === null) return undefined;
  const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
  return precision >= 1 && precision <= 38 && scale <= precision
    ? { kind: 'decimal', precision, scale }
    : undefined;
}

const name = z.string().min(1).max(128);
const fieldType = z.string().refine((text) => parseFieldType(text) !== undefined, {
  error: 'expected text(n), decimal(p,s), int, bigint, bool, datetime, date, dateOfTime, guid or binary',
});

/** An ERP object by its two names, unquoted: `{ "schema": "dbo", "name": "Sales Order Line" }`. */
const sqlName = z.strictObject({ schema: name.default('dbo'), name });

// ---- push: ERP to phone ----

const pushColumn = z.strictObject({
  /** Column of the table or of the SELECT. */
  column: name,
  type: fieldType,
  /** Sent even when NULL: as empty text. Otherwise a NULL field is left out. */
  keepEmpty: z.boolean().optional(),
});

const userValue = z.strictObject({
  column: name,
  /** A column of `push.users.query` whose value for this user must equal `column`. */
  equalsUser: name,
});

const pushEntity = z.strictObject({
  entity: name,
  from: z.union([
    z.strictObject({ table: sqlName }),
    /** One SELECT without ORDER BY. `@user_<Column>` are the user's columns of `push.users.query`, `@source` the ledger's source. */
    z.strictObject({ select: z.string().min(1) }),
  ]),
  /** App field to ERP column, in the order they are written. */
  fields: z.record(name, pushColumn),
  filter: z.array(userValue).default([]),
  /** ERP columns; the order must be total, so that equal data give equal bytes. */
  orderBy: z.array(name).min(1),
  /** The packet is not sent when the entity has no row. */
  required: z.boolean().default(false),
});

// ---- pull: phone to ERP ----

const pullValue = z.union([
  z.strictObject({
    field: name,
    type: fieldType,
    /** Name of a code map of the mapping: an unmapped value parks the packet. */
    codes: name.optional(),
    required: z.boolean().default(false),
    /** Used when the field is absent. */
    default: z.string().optional(),
  }),
  z.strictObject({ constant: z.string(), type: fieldType }),
  /** The key the header's write returned. Lines only. */
  z.strictObject({ header: z.literal('key') }),
  z.strictObject({ packet: z.enum(['user', 'id', 'company']) }),
]);

const writeTarget = z.union([z.strictObject({ table: sqlName }), z.strictObject({ procedure: sqlName })]);

/** What the ERP gives back: a column of the inserted row, or an OUTPUT parameter of the procedure (without @). */
const returned = z.strictObject({ name, type: fieldType });

const reference = z.strictObject({
  /** Field of the header (or of `entity`'s lines) that names something else. Absent or empty: nothing is awaited. */
  field: name,
  entity: name.optional(),
  to: z.union([
    /** A document of this link by its number: the `number` field of that document handler. */
    z.strictObject({ document: name }),
    /** A row of the ERP. */
    z.strictObject({ table: sqlName, column: name }),
    /** Either: known as a document of this link, or as a row. */
    z.strictObject({ document: name, table: sqlName, column: name }),
  ]),
  /** After `orderWindow` without it. */
  otherwise: z.enum(['apply', 'park']).default('park'),
});

/** What a row with status update or delete, or a known row id with other content, does. */
const onChange = z.enum(['park', 'ignore']);

const documentHandler = z.strictObject({
  /** Word for people and references: `order`, `payment`, `visit start`. */
  document: name,
  /** Header table of the packet. */
  entity: name,
  /** Only rows whose field holds one of the values. */
  when: z.strictObject({ field: name, in: z.array(z.string()).min(1) }).optional(),
  /** Field that identifies the row for ever. */
  rowId: name.default('DMS_ROWID'),
  /** Field with the number the phone gave. */
  number: name.optional(),
  customer: name.optional(),
  amount: name.optional(),
  write: z.strictObject({ to: writeTarget, values: z.record(name, pullValue) }),
  /** `key` is handed to lines; `number` is shown and kept as the ERP's document number. */
  returns: z.strictObject({ key: returned.optional(), number: returned.optional() }).default({}),
  lines: z
    .array(
      z.strictObject({
        entity: name,
        /** Line field = header field. */
        join: z.strictObject({ line: name, header: name }),
        write: z.strictObject({ to: writeTarget, values: z.record(name, pullValue) }),
      }),
    )
    .default([]),
  references: z.array(reference).default([]),
  onInsert: z.literal('apply').default('apply'),
  onUpdate: onChange.default('park'),
  onDelete: onChange.default('park'),
});

const seriesHandler = z.strictObject({
  entity: name,
  /** Fields naming the series, joined in this order. */
  key: z.array(name).min(1),
  current: name,
});

export const mappingSchema = z.strictObject({
  mappingVersion: z.literal(1),
  name,
  push: z.strictObject({ entities: z.array(pushEntity).min(1) }),
  pull: z.strictObject({
    documents: z.array(documentHandler).min(1),
    series: z.array(seriesHandler).default([]),
    /** Tables that are kept in the stored packet and written nowhere. Others that no handler names are shown as unknown. */
    keepOnly: z.array(name).default([]),
    /** Code maps: device value to ERP value. */
    codes: z.record(name, z.record(z.string(), z.string())).default({}),
  }),
});

export type Mapping = z.infer<typeof mappingSchema>;
export type PushEntity = z.infer<typeof pushEntity>;
export type DocumentHandler = z.infer<typeof documentHandler>;
export type PullValue = z.infer<typeof pullValue>;
export type WriteTarget = z.infer<typeof writeTarget>;
export type SqlName = z.infer<typeof sqlName>;
