import type { Mapping } from '../../../shared/model/mapping.ts';
import type { PullValue } from '../../../shared/model/mapping-values.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { PacketRow } from '../packets/codec/packet.ts';
import { rejected, shown } from '../packets/codec/refusal.ts';
import type { WriteValue } from '../packets/erp.ts';
import { canonicalGuid, toErp, type Zones } from './convert.ts';

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
}

export interface RowValues {
  readonly values: readonly WriteValue[];
  /** What came from the packet, by target, in canonical form and before code maps. */
  readonly taken: readonly (readonly [target: string, value: string | null])[];
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

/** Converts what one write call takes from a row. */
export function rowValues(
  at: Placed,
  wanted: Readonly<Record<string, PullValue>>,
  context: ValueContext,
): Result<RowValues> {
  const values: WriteValue[] = [];
  const taken: [string, string | null][] = [];
  for (const [name, source] of Object.entries(wanted)) {
    if ('header' in source) {
      if (context.keyType === undefined) throw new Error('a key is used where no header returns one');
      values.push({ name, type: context.keyType, value: { headerKey: true } });
    } else if ('packet' in source) {
      const value = { user: context.user, id: context.packetId, company: context.company }[source.packet];
      values.push({ name, type: { kind: 'text' }, value });
    } else if ('constant' in source) {
      const type = typeOf(source.type);
      // The integrator writes ERP values: a moment in a mapping is the ERP's wall clock already.
      const converted = toErp(source.constant, type, { area: context.zones.erp, erp: context.zones.erp });
      if (!converted.ok) throw new Error(`the mapping holds a constant that does not fit ${source.type}`);
      values.push({ name, type, value: converted.value });
    } else if (!('field' in source)) {
      return refused(at, 'not-supported', name, 'lookups and expressions cannot be used yet');
    } else {
      const converted = fieldValue(at, source, context);
      if (!converted.ok) return converted;
      values.push({ name, type: typeOf(source.type), value: converted.value.value });
      taken.push([name, converted.value.taken]);
    }
  }
  return ok({ values, taken });
}

type FieldSource = Extract<PullValue, { readonly field: string }>;

function fieldValue(
  at: Placed,
  source: FieldSource,
  context: ValueContext,
): Result<{ readonly value: string | null; readonly taken: string | null }> {
  const text = fieldText(at, source.field);
  if (!text.ok) return text;
  const raw = text.value ?? source.default ?? null;
  if (source.required && (raw === null || raw.trim() === ''))
    return refused(at, 'missing-field', source.field, 'the field is required and the phone sent nothing');
  const coded = source.codes === undefined ? ok(raw) : decode(at, source, source.codes, raw, context);
  if (!coded.ok) return coded;
  const converted = toErp(coded.value, typeOf(source.type), context.zones);
  if (!converted.ok) return refused(at, converted.failure.code, source.field, converted.failure.message);
  return ok({
    value: converted.value,
    taken: source.codes === undefined ? converted.value : (text.value ?? null),
  });
}

function decode(
  at: Placed,
  source: FieldSource,
  name: string,
  raw: string | null,
  context: ValueContext,
): Result<string | null> {
  const codes = Object.hasOwn(context.codes, name) ? context.codes[name] : undefined;
  if (codes === undefined) throw new Error(`the mapping has no code map ${name}`);
  if (raw === null) return ok(null);
  const code = Object.hasOwn(codes, raw) ? raw : raw.trim();
  const value = Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (value !== undefined) return ok(value);
  return code === ''
    ? ok(null)
    : refused(at, 'unmapped-code', source.field, `${shown(code)} is not in the code map "${name}"`);
}
