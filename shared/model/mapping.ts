import { z } from 'zod';
import { fieldType, name, sqlName } from './mapping-names.ts';
import { erpStatus, returned, writeTarget } from './mapping-targets.ts';
import { pullValue } from './mapping-values.ts';

/**
 * A mapping says how one link's ERP tables and the app's entities meet. It is a JSON file in `mappings/`; the hash of
 * its text goes into every ledger row, so it is known under which mapping a document was written.
 */

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

/** What a row must be like beyond the types of its values, in words of the integrator's own: otherwise the packet is parked. */
const check = z.strictObject({
  /** An expression over the row that gives true or false. */
  cel: z.string().min(1).max(2000),
  /** What people are told when it gives false. */
  says: z.string().min(1).max(300),
});

const lineHandler = z.strictObject({
  entity: name,
  /** Line field = header field. Left out only for the rows of a document made with `group`. */
  join: z.strictObject({ line: name, header: name }).optional(),
  /** The row belongs to one line of this other table of the document too: a lot to its line. */
  under: z
    .strictObject({
      entity: name,
      /** Field of this row = field of the line it belongs to; all of them. */
      join: z.array(z.strictObject({ line: name, to: name })).min(1),
    })
    .optional(),
  checks: z.array(check).optional(),
  write: z.strictObject({ to: writeTarget, values: z.record(name, pullValue) }),
});

const documentHandler = z.strictObject({
  /** Word for people and references: `order`, `payment`, `visit start`. */
  document: name,
  /** Header table of the packet. */
  entity: name,
  /** Only rows whose field holds one of the values. */
  when: z.strictObject({ field: name, in: z.array(z.string()).min(1) }).optional(),
  /**
   * For a table of lines without a header: rows with equal values of these fields are one document. Its header is written from
   * the row with the smallest id, and each row is a line.
   */
  group: z.array(name).min(1).optional(),
  /** Field that identifies the row for ever. */
  rowId: name.default('DMS_ROWID'),
  /** Field with the number the phone gave. */
  number: name.optional(),
  customer: name.optional(),
  amount: name.optional(),
  write: z.strictObject({ to: writeTarget, values: z.record(name, pullValue) }),
  /** `key` is handed to lines; `number` is shown and kept as the ERP's document number. */
  returns: z.strictObject({ key: returned.optional(), number: returned.optional() }).default({}),
  /** Required for a header that goes to a staging table, and only there. */
  erpStatus: erpStatus.optional(),
  lines: z.array(lineHandler).default([]),
  checks: z.array(check).optional(),
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

/**
 * What becomes of a photo once its file and the packet that names it are both there. Its values read a row of these fields:
 * `bytes` (Base64), `id`, `entity` and `rowId` of what it belongs to, `key` and `number` the ERP gave that document.
 */
const photoHandler = z.strictObject({
  document: name.default('photo'),
  /** Table of a packet that says what photos belong to. */
  entity: name.default('Snapshot'),
  /** Its fields: `dms://` and the file's id, the table, the row. */
  image: name.default('imageName'),
  owner: name.default('entityName'),
  ownerRow: name.default('entityDMSROWID'),
  /** A larger one is kept and parked. */
  maxBytes: z.int().min(1).max(50_000_000).default(10_000_000),
  write: z.strictObject({ to: writeTarget, values: z.record(name, pullValue) }),
});

export const mappingSchema = z.strictObject({
  mappingVersion: z.literal(1),
  name,
  push: z.strictObject({ entities: z.array(pushEntity).min(1) }),
  pull: z.strictObject({
    documents: z.array(documentHandler).min(1),
    series: z.array(seriesHandler).default([]),
    /** Without it the queue of files is left alone. */
    photos: photoHandler.optional(),
    /** Tables that are kept in the stored packet and written nowhere. Others that no handler names are shown as unknown. */
    keepOnly: z.array(name).default([]),
    /** Code maps: device value to ERP value. */
    codes: z.record(name, z.record(z.string(), z.string())).default({}),
  }),
});

export type Mapping = z.infer<typeof mappingSchema>;
export type PushEntity = z.infer<typeof pushEntity>;
export type DocumentHandler = z.infer<typeof documentHandler>;
export type PhotoHandler = z.infer<typeof photoHandler>;
export type RowCheck = z.infer<typeof check>;

/** A photo as a document: the row it is written from has the fields named above. */
export const photoDocument = ({ document, entity, write }: PhotoHandler): DocumentHandler => ({
  document,
  entity,
  write,
  rowId: 'id',
  returns: {},
  lines: [],
  references: [],
  onInsert: 'apply',
  onUpdate: 'park',
  onDelete: 'park',
});

/** Everything that writes into the ERP: documents, and photos where the mapping has them. Pure. */
export const writers = ({ pull }: Pick<Mapping, 'pull'>): readonly DocumentHandler[] =>
  pull.photos === undefined ? pull.documents : [...pull.documents, photoDocument(pull.photos)];
