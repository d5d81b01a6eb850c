import type { Mapping } from '../../../shared/model/mapping.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { PacketRow } from '../packets/codec/packet.ts';
import { rejected, shown } from '../packets/codec/refusal.ts';
import type { WriteValue } from '../packets/erp.ts';
import type { ColumnLookup } from './column-rules.ts';
import { canonicalGuid, type Zones } from './convert.ts';
import type { AwaitedLookup, ValueNote } from './plan.ts';

/** Longest row id and document number the ledger keeps. */
const KEY_CHARS = 100;

/** A row and the table it stands in, as the packet spells it. */
export interface Placed {
  readonly table: string;
  readonly row: PacketRow;
}

export interface ValueContext {
  readonly codes: Mapping['pull']['codes'];
  readonly zones: Zones;
  readonly user: string;
  readonly packetId: string;
  readonly company: string;
  /** Type of the key the header returns; undefined in headers. */
  readonly keyType?: FieldType | undefined;
  /** The header's row, in lines. */
  readonly header?: Placed | undefined;
  /** The word of the document. */
  readonly document: string;
  readonly columns: ColumnLookup;
}

export interface RowValues {
  readonly values: readonly WriteValue[];
  /** What came from the packet, by target, in canonical form and before code maps. */
  readonly taken: readonly (readonly [target: string, value: string | null])[];
  /** Without its place in the unit. */
  readonly lookups: readonly Omit<AwaitedLookup, 'entity' | 'rowId' | 'line'>[];
  readonly notes: readonly ValueNote[];
}

export const whereOf = ({ table, row }: Placed): string => `${table} row ${row.number}`;

export const refused = (
  at: Placed,
  code: string,
  field: string | undefined,
  message: string,
): Result<never> => fail(rejected({ code, where: whereOf(at), field, message }));

/** Text of a field; undefined when the row has none. */
export function fieldText(at: Placed, name: string): Result<string | undefined> {
  const field = at.row.fields.get(name.toLowerCase());
  if (field?.nested === true)
    return refused(
      at,
      'nested-field',
      field.name,
      'the field holds further elements, so its value is not known',
    );
  return ok(field?.value);
}

/** A text that identifies something: not blank, not cut, short enough to be kept as a key. Blank is undefined. */
export function keyText(at: Placed, name: string): Result<string | undefined> {
  const text = fieldText(at, name);
  if (!text.ok || text.value === undefined || text.value.trim() === '') return text.ok ? ok(undefined) : text;
  const key = text.value.trim();
  if (key.length > KEY_CHARS)
    return refused(
      at,
      'key-too-long',
      name,
      `${key.length} characters where ${KEY_CHARS} are kept: ${shown(key)}`,
    );
  return ok(key);
}

/** The id a row keeps for ever, a guid in one spelling. */
export function rowIdOf(at: Placed, field: string): Result<string> {
  const key = keyText(at, field);
  if (!key.ok) return key;
  if (key.value === undefined)
    return refused(at, 'missing-row-id', field, 'the row has no id, so it could be written twice');
  return ok(canonicalGuid(key.value) ?? key.value);
}

const types = new Map<string, FieldType>();

/** The mapping was checked when it was loaded, so a type that does not parse is a bug. */
export function typeOf(text: string): FieldType {
  const known = types.get(text) ?? parseFieldType(text);
  if (known === undefined) throw new Error(`the mapping holds the unknown type ${text}`);
  types.set(text, known);
  return known;
}

/** What people see of a field: trimmed, empty where it is absent or no plain text. */
export const plainText = (at: Placed, field: string | undefined): string => {
  const text = field === undefined ? ok(undefined) : fieldText(at, field);
  return text.ok ? (text.value?.trim() ?? '') : '';
};
