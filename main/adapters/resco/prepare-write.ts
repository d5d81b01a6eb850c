import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { FieldTexts, RecordWrite, StoredRecord, WriteOutcome } from '../../core/records/record-store.ts';
import type { RescoEntity } from './metadata.ts';
import { fieldOf } from './organisation.ts';
import { guidOf, sameInResco, toResco } from './values.ts';
import { itemXml, type WriteItem } from './write-body.ts';

/** A write that can be sent as it is. */
export interface PreparedWrite {
  readonly write: RecordWrite;
  readonly id: string;
  readonly entity: RescoEntity;
  /** What is to be known of the record to decide about it. */
  readonly fields: readonly string[];
  readonly item: WriteItem;
  readonly xml: string;
}

/** The failure names the field that cannot be sent. Nothing is left for the cloud to cut or to decide. Pure. */
export function prepareWrite(
  write: RecordWrite,
  entity: RescoEntity,
  createAction: 'Create' | 'Upsert',
): Result<PreparedWrite> {
  const refused = (code: string, message: string, field?: string): Result<never> =>
    fail({ kind: 'rejected', code, where: entity.name, ...(field === undefined ? {} : { field }), message });
  const id = guidOf(write.id ?? '');
  if (id === undefined) return refused('no-id', 'the record has no id that was chosen before it is sent');
  const given: FieldTexts = write.kind === 'delete' ? new Map() : write.values;
  const values = new Map<string, string | null>();
  for (const [name, value] of given) {
    if (name === entity.key) continue;
    const field = fieldOf(entity, name);
    if (!field.ok) return field;
    const { shape, type } = field.value;
    if (!(write.kind === 'create' ? shape.can.create : shape.can.update))
      return refused('not-writable', `${name} may not be written`, name);
    const text = value === null ? null : toResco(type, value);
    if (text === undefined) return refused('bad-value', `the value is no ${type}`, name);
    if (text !== null && shape.length !== undefined && text.length > shape.length)
      return refused('too-long', `${text.length} characters where ${shape.length} are kept`, name);
    if (text !== null && shape.choices !== undefined && !shape.choices.includes(text))
      return refused('not-a-choice', `${text} is not in the list`, name);
    values.set(name, text);
  }
  const expected = write.kind === 'create' ? [] : [...write.expected.keys()];
  for (const name of expected) {
    const field = fieldOf(entity, name);
    if (!field.ok) return field;
  }
  const action = write.kind === 'create' ? createAction : write.kind === 'update' ? 'Update' : 'Delete';
  const item: WriteItem = { entity: entity.name, key: entity.key, id, action, values };
  const xml = itemXml(item);
  if (xml === undefined) return refused('control-character', 'a text has a character XML cannot carry');
  return ok({ write, id, entity, fields: [...new Set([...given.keys(), ...expected])], item, xml });
}

/** Whether the record holds what was to be written. Pure. */
export function holds(stored: StoredRecord, values: FieldTexts): boolean {
  return [...values].every(
    ([name, value]) => stored.fields.has(name) && sameInResco(stored.fields.get(name) ?? null, value),
  );
}

/** What is known before anything is sent; undefined: it is to be sent. Pure. */
export function decideBefore(
  { write, id }: PreparedWrite,
  stored: StoredRecord | undefined,
): WriteOutcome | undefined {
  if (write.kind === 'create')
    // Its id was chosen here: who else should have made it.
    return stored === undefined ? undefined : { kind: 'done', id, stored };
  if (stored === undefined) return { kind: 'missing' };
  if (write.kind === 'update' && holds(stored, write.values)) return { kind: 'done', id, stored };
  return holds(stored, write.expected) ? undefined : { kind: 'moved', current: stored };
}
