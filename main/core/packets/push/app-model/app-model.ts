import { z } from 'zod';

/**
 * What an app takes, as far as somebody knows it: tables and fields it needs, sizes, types, how many rows. A JSON file in
 * `models/`, to be edited. What it does not name is let through: nobody outside the app's own vendor knows all of it.
 */

const note = z.string().max(400).optional();

const MODEL_TYPES = ['text', 'int', 'decimal', 'bool', 'date', 'datetime', 'guid', 'binary'] as const;

const field = z.strictObject({
  /** Absent: any text. */
  type: z.enum(MODEL_TYPES).optional(),
  /** Characters at most. */
  size: z.int().min(1).optional(),
  /** In every row, and not empty. */
  required: z.boolean().default(false),
  note,
});

const table = z.strictObject({
  /** With at least one row in every packet. */
  required: z.boolean().default(false),
  maxRows: z.int().min(1).optional(),
  /** Said with the refusal when the table is missing. */
  note,
  fields: z.record(z.string().min(1).max(128), field).default({}),
});

export const appModelSchema = z.strictObject({
  modelVersion: z.literal(1),
  app: z.string().min(1).max(100),
  note,
  tables: z.record(z.string().min(1).max(128), table),
});

export type AppModel = z.infer<typeof appModelSchema>;

export type ModelField = AppModel['tables'][string]['fields'][string];

/** A model with the names of the files that a person would edit. */
export interface UsedModel {
  readonly model: AppModel;
  /** `models/field-sales.json`. */
  readonly file: string;
  /** `mappings/field-sales.json`. */
  readonly mappingFile: string;
}
