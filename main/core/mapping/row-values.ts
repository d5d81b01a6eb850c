import type {
  ExpressionValue,
  FieldValue,
  LookupValue,
  PullValue,
} from '../../../shared/model/mapping-values.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { shown } from '../packets/codec/refusal.ts';
import type { LookupQuestion, WriteValue } from '../packets/erp.ts';
import { checkColumn } from './column-rules.ts';
import { toErp } from './convert.ts';
import { applyConverters, firstChars } from './converters.ts';
import { evaluate } from './row-expression.ts';
import type { ValueNote } from './plan.ts';
import {
  fieldText,
  refused,
  typeOf,
  whereOf,
  type Placed,
  type RowValues,
  type ValueContext,
} from './plan-row.ts';

/** Of a text that was shortened, what people need to see of it. */
const NOTED_CHARS = 500;

/** A value before its column is looked at. */
interface Made {
  readonly type: FieldType;
  readonly value: string | null;
  /** Where it comes from, for words. */
  readonly field: string;
  /** The text before it was cut. */
  readonly uncut?: string | undefined;
  readonly taken: RowValues['taken'];
}

/** Converts what one write call takes from a row, and judges it by the columns it goes to. */
export function rowValues(
  at: Placed,
  wanted: Readonly<Record<string, PullValue>>,
  context: ValueContext,
): Result<RowValues> {
  const values: WriteValue[] = [];
  const taken: RowValues['taken'][number][] = [];
  const lookups: RowValues['lookups'][number][] = [];
  const notes: ValueNote[] = [];
  for (const [name, source] of Object.entries(wanted)) {
    if ('header' in source) {
      if (context.keyType === undefined) throw new Error('a key is used where no header returns one');
      values.push({ name, type: context.keyType, value: { headerKey: true } });
      continue;
    }
    const column = context.columns(name);
    if ('lookup' in source) {
      const asked = lookupQuestion(at, name, source, context);
      if (!asked.ok) return asked;
      values.push({ name, type: typeOf(source.type), value: null });
      taken.push(...asked.value.taken);
      const { question } = asked.value;
      lookups.push({ name, question, otherwise: source.otherwise, where: whereOf(at), column });
      continue;
    }
    const made = valueOf(at, name, source, context);
    if (!made.ok) return made;
    const { type, value, field, uncut } = made.value;
    values.push({ name, type, value });
    taken.push(...made.value.taken);
    const fits = column === undefined ? ok({ kept: undefined }) : checkColumn(value, type, column);
    if (!fits.ok) return refused(at, fits.failure.code, field, fits.failure.message);
    const kept = fits.value.kept ?? (uncut === undefined ? undefined : value);
    const was = uncut ?? value;
    if (kept !== undefined && kept !== null && was !== null)
      notes.push({
        document: context.document,
        where: whereOf(at),
        field,
        was: firstChars(was, NOTED_CHARS),
        kept: firstChars(kept, NOTED_CHARS),
      });
  }
  return ok({ values, taken, lookups, notes });
}

type Plain = Exclude<PullValue, LookupValue | { readonly header: 'key' }>;

function valueOf(at: Placed, name: string, source: Plain, context: ValueContext): Result<Made> {
  if ('packet' in source) {
    const value = { user: context.user, id: context.packetId, company: context.company }[source.packet];
    return ok({ type: { kind: 'text' }, value, field: `packet.${source.packet}`, taken: [] });
  }
  if ('constant' in source) {
    const type = typeOf(source.type);
    // The integrator writes ERP values: a moment in a mapping is the ERP's wall clock already.
    const converted = toErp(source.constant, type, { area: context.zones.erp, erp: context.zones.erp });
    if (!converted.ok) throw new Error(`the mapping holds a constant that does not fit ${source.type}`);
    return ok({ type, value: converted.value, field: name, taken: [] });
  }
  return 'cel' in source ? expressionValue(at, name, source, context) : fieldValue(at, name, source, context);
}

function fieldValue(at: Placed, name: string, source: FieldValue, context: ValueContext): Result<Made> {
  const { field, convert = [] } = source;
  const text = fieldText(at, field);
  if (!text.ok) return text;
  const raw = text.value ?? source.default ?? null;
  if (source.required && (raw === null || raw.trim() === ''))
    return refused(at, 'missing-field', field, 'the field is required and the phone sent nothing');
  const changed = raw === null ? ok(null) : applyConverters(convert, raw);
  if (!changed.ok) return refused(at, 'not-convertible', field, changed.failure);
  if (source.required && changed.value?.trim() === '')
    return refused(
      at,
      'missing-field',
      field,
      `the field is required and nothing is left of ${shown(raw ?? '')} after ${convert.join(', ')}`,
    );
  const coded =
    source.codes === undefined ? changed : decode(at, source, source.codes, changed.value, context);
  if (!coded.ok) return coded;
  const made = typed(at, field, coded.value, source, context);
  if (!made.ok) return made;
  return ok({
    ...made.value,
    field,
    taken: [
      [name, source.codes === undefined ? (made.value.uncut ?? made.value.value) : (text.value ?? null)],
    ],
  });
}

function decode(
  at: Placed,
  source: FieldValue,
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

/** Text to the type of the mapping; cut first where the mapping says so. */
function typed(
  at: Placed,
  field: string,
  text: string | null,
  source: { readonly type: string; readonly tooLong?: 'refuse' | 'cut' | undefined },
  context: ValueContext,
): Result<Pick<Made, 'type' | 'value' | 'uncut'>> {
  const type = typeOf(source.type);
  const cut =
    source.tooLong === 'cut' && type.length !== undefined && text !== null && text.length > type.length
      ? firstChars(text, type.length)
      : undefined;
  const converted = toErp(cut ?? text, type, context.zones);
  if (!converted.ok) return refused(at, converted.failure.code, field, converted.failure.message);
  return ok({
    type,
    value: converted.value,
    ...(cut === undefined || text === null ? {} : { uncut: text }),
  });
}

function expressionValue(
  at: Placed,
  name: string,
  source: ExpressionValue,
  context: ValueContext,
): Result<Made> {
  const evaluated = evaluate(at, source.cel, context);
  if (!evaluated.ok) return evaluated;
  const { read, result } = evaluated.value;
  // What it reads, not what comes out: the result may hold the packet's id.
  const taken = read.map(([field, value]) => [`${name} ${field}`, value] as const);
  const shownCel = shown(source.cel);
  if (!result.ok)
    return refused(at, result.failure.code, name, `${result.failure.message}; the expression is ${shownCel}`);
  if (source.required && (result.value ?? '').trim() === '')
    return refused(
      at,
      'missing-field',
      name,
      `a value is required and the expression ${shownCel} gives none`,
    );
  const made = typed(at, name, result.value, source, context);
  if (!made.ok) {
    const { failure } = made;
    return failure.kind === 'rejected'
      ? refused(at, failure.code, name, `${failure.message}; the expression is ${shownCel}`)
      : made;
  }
  return ok({ ...made.value, field: name, taken });
}

function lookupQuestion(
  at: Placed,
  name: string,
  { lookup, type }: LookupValue,
  context: ValueContext,
): Result<{ readonly question: LookupQuestion; readonly taken: RowValues['taken'] }> {
  const where: { column: string; type: FieldType; value: string | null }[] = [];
  const taken: RowValues['taken'][number][] = [];
  for (const [column, source] of Object.entries(lookup.match)) {
    const made = valueOf(at, `${name} ${column}`, source, context);
    if (!made.ok) return made;
    where.push({ column, type: made.value.type, value: made.value.value });
    taken.push(...made.value.taken);
  }
  return ok({
    question: { table: lookup.table, where, take: { column: lookup.take, type: typeOf(type) } },
    taken,
  });
}
