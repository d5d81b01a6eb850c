import { z } from 'zod';
import type {
  Conflict,
  Decision,
  NewConflict,
  NewDecision,
} from '../../../../core/records/record-conflicts.ts';
import type { DirtyRecord, Hold, Intent, Pair, Shadow } from '../../../../core/records/record-state.ts';
import { SIDES, type FieldTexts } from '../../../../core/records/record-store.ts';
import { linkId } from '../../../../../shared/model/ids.ts';
import { failureValue, jsonColumn } from '../../failure-codec.ts';
import { decode, optional } from '../../statements/decode.ts';

/** How rows of the records' tables and what the engine knows become each other. */

const side = z.enum(SIDES);
const text = z.string().nullable();
const texts = z.array(z.tuple([z.string(), text])).transform((pairs): FieldTexts => new Map(pairs));
const swings = z.array(
  z.object({ field: z.string(), to: side, at: z.int(), altered: z.literal(true).optional() }),
);

export const textsJson = (fields: FieldTexts): string => JSON.stringify([...fields]);
export const shadowJson = ({ fields, version, at }: Shadow): string =>
  JSON.stringify({ fields: [...fields], version, at });

const shadow = z.object({ fields: texts, version: z.string().optional(), at: z.int() });

const what = z.enum(['create', 'update', 'delete']);
const hold: z.ZodType<Hold> = z.object({
  reason: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('conflict'), fields: z.array(z.string()) }),
    z.object({ kind: z.literal('deleted-and-changed'), deletedIn: side }),
    z.object({ kind: z.literal('parent'), entity: z.string(), id: z.string() }),
    z.object({ kind: z.literal('review'), candidates: z.array(z.string()) }),
    z.object({ kind: z.literal('two-of-one-key'), with: z.array(z.string()) }),
    z.object({ kind: z.literal('swings'), field: z.string() }),
    z.object({
      kind: z.literal('many'),
      what: z.enum(['creates', 'updates', 'deletes', 'missing']),
      count: z.int(),
    }),
    z.object({ kind: z.literal('refused'), failure: failureValue }),
    z.object({ kind: z.literal('not-allowed'), what, on: side }),
  ]),
  since: z.int(),
  until: z.int().optional(),
});

const pairRow = z.object({
  id: z.int(),
  link: z.string().transform(linkId),
  entity: z.string(),
  erp_id: optional(z.string()),
  cloud_id: optional(z.string()),
  state: z.enum(['active', 'pending', 'frozen', 'unlinked', 'closed']),
  since: z.int(),
  erp_shadow: optional(jsonColumn(shadow)),
  cloud_shadow: optional(jsonColumn(shadow)),
  hold: optional(jsonColumn(hold)),
  swings: jsonColumn(swings),
});

export function pairOf(row: unknown): Pair {
  const { erp_id, cloud_id, erp_shadow, cloud_shadow, ...rest } = decode(pairRow, row, 'record_pair');
  return {
    ...rest,
    ids: { erp: erp_id, cloud: cloud_id },
    shadows: { erp: erp_shadow, cloud: cloud_shadow },
  };
}

const dirtyRow = z.object({
  row: z.int(),
  entity: z.string(),
  side,
  record_id: z.string(),
  gone: optional(z.enum(['deleted', 'unseen'])),
  mark: z.int(),
  since: z.int(),
  hold: optional(jsonColumn(hold)),
});

export function dirtyOf(row: unknown): DirtyRecord {
  const { record_id: id, ...rest } = decode(dirtyRow, row, 'record_dirty');
  return { ...rest, id };
}

const intentRow = z.object({
  id: z.string(),
  link: z.string().transform(linkId),
  entity: z.string(),
  pair: z.int(),
  side,
  kind: what,
  target: optional(z.string()),
  from_side: optional(side),
  from_id: optional(z.string()),
  values: jsonColumn(texts),
  expected: jsonColumn(texts),
  basis: jsonColumn(texts),
  edit: z.int(),
  created_at: z.int(),
});

export function intentOf(row: unknown): Intent {
  const {
    side: to,
    from_side,
    from_id,
    created_at: createdAt,
    edit,
    ...rest
  } = decode(intentRow, row, 'record_intent');
  const from =
    from_side === undefined || from_id === undefined ? undefined : { side: from_side, id: from_id };
  return { ...rest, to, from, createdAt, edit: edit === 1 ? true : undefined };
}

const sides = z.object({ erp: z.string().optional(), cloud: z.string().optional() });
const conflictContent = z.object({
  base: text.optional(),
  erp: text.optional(),
  cloud: text.optional(),
  versions: sides,
  editors: sides,
  rule: z.string(),
  private: z.boolean(),
});

export const conflictJson = ({
  base,
  erp,
  cloud,
  versions,
  editors,
  rule,
  private: hidden,
}: NewConflict): string => JSON.stringify({ base, erp, cloud, versions, editors, rule, private: hidden });

const conflictRow = z.object({
  id: z.int(),
  link: z.string().transform(linkId),
  entity: z.string(),
  pair: z.int(),
  at: z.int(),
  kind: z.enum([
    'field',
    'deleted-and-changed',
    'two-of-one-key',
    'match',
    'dangling-key',
    'too-long',
    'not-allowed',
  ]),
  field: optional(z.string()),
  state: z.enum(['decided', 'held', 'resolved']),
  content: jsonColumn(conflictContent),
  winner: optional(side),
  resolved_by: optional(z.string()),
  resolved_at: optional(z.int()),
});

export function conflictOf(row: unknown): Conflict {
  const { content, resolved_by, resolved_at, ...rest } = decode(conflictRow, row, 'record_conflict');
  return { ...rest, ...content, resolvedBy: resolved_by, resolvedAt: resolved_at };
}

const decisionContent = z.object({
  what: z.enum(['paired', 'created', 'updated', 'marked', 'deleted', 'unlinked', 'closed', 'held', 'frozen']),
  on: side.optional(),
  run: z.int().optional(),
  before: texts,
  after: texts,
  note: z.string(),
});

export const decisionJson = ({ before, after, ...rest }: NewDecision): string =>
  JSON.stringify({ ...rest, before: [...before], after: [...after] });

const decisionRow = z.object({
  id: z.int(),
  link: z.string().transform(linkId),
  entity: z.string(),
  pair: z.int(),
  at: z.int(),
  content: jsonColumn(decisionContent),
  undone_by: optional(z.string()),
});

export function decisionOf(row: unknown): Decision {
  const { content, undone_by, ...rest } = decode(decisionRow, row, 'record_decision');
  return { ...rest, ...content, undoneBy: undone_by };
}
