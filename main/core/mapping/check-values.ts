import { parseFieldType } from '../../../shared/model/field-type.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { targetOf } from '../../../shared/model/mapping-targets.ts';
import type { FieldValue, LookupValue, PullValue } from '../../../shared/model/mapping-values.ts';
import { toErp } from './convert.ts';
import { applyConverters, parseConverter } from './converters.ts';
import { compileExpression } from './expressions.ts';
import { nearestName } from './nearest-name.ts';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string, hint: string) => void;

const SAME_ZONE = { area: 'UTC', erp: 'UTC' };

/** What the schema cannot see of one value: converters, expressions, lookups, and texts that must fit their type. Pure. */
export function checkValue(
  mapping: Mapping,
  value: PullValue,
  at: Path,
  report: Report,
  place: 'header' | 'line',
): void {
  if ('type' in value) checkLength(value, at, report);
  if ('constant' in value) checkFits(value.constant, value.type, [...at, 'constant'], report);
  else if ('field' in value) checkField(mapping, value, at, report);
  else if ('lookup' in value) checkLookup(mapping, value, at, report, place);
  else if ('cel' in value) {
    const compiled = compileExpression(value.cel, mapping.pull.codes, place);
    if (!compiled.ok) report([...at, 'cel'], compiled.failure.message, compiled.failure.hint);
  }
}

function checkLength(
  value: { readonly type: string; readonly tooLong?: 'refuse' | 'cut' | undefined },
  at: Path,
  report: Report,
): void {
  if (value.tooLong === 'cut' && parseFieldType(value.type)?.length === undefined)
    report([...at, 'tooLong'], `${value.type} has no length to cut at`, 'write the length: text(30)');
}

function checkField(mapping: Mapping, value: FieldValue, at: Path, report: Report): void {
  const { codes: name, convert = [] } = value;
  let known = true;
  convert.forEach((text, index) => {
    const converter = parseConverter(text);
    if (converter.ok) return;
    known = false;
    report([...at, 'convert', index], converter.failure.message, converter.failure.hint);
  });
  if (!known) return;
  const sample = value.default === undefined ? undefined : applyConverters(convert, value.default);
  if (sample !== undefined && !sample.ok) {
    report([...at, 'default'], sample.failure, 'a default stands for what the phone did not send');
    return;
  }
  if (name === undefined) {
    if (sample !== undefined && value.tooLong !== 'cut')
      checkFits(sample.value, value.type, [...at, 'default'], report);
    return;
  }
  const codes = Object.hasOwn(mapping.pull.codes, name) ? mapping.pull.codes[name] : undefined;
  if (codes === undefined) {
    const near = nearestName(name, Object.keys(mapping.pull.codes));
    report(
      [...at, 'codes'],
      `there is no code map "${name}"`,
      near === undefined ? 'add it to pull.codes' : `did you mean "${near}"? Otherwise add it to pull.codes`,
    );
    return;
  }
  if (value.tooLong !== 'cut')
    for (const [code, result] of Object.entries(codes))
      checkFits(result, value.type, ['pull', 'codes', name, code], report);
  if (sample !== undefined && !Object.hasOwn(codes, sample.value))
    report(
      [...at, 'default'],
      `the default ${JSON.stringify(value.default)} is not in the code map "${name}"`,
      'a default stands for what the phone did not send and is mapped like it',
    );
}

function checkLookup(
  mapping: Mapping,
  { lookup, type, otherwise }: LookupValue,
  at: Path,
  report: Report,
  place: 'header' | 'line',
): void {
  checkName(lookup.table, [...at, 'lookup', 'table'], report);
  checkNul(lookup.take, [...at, 'lookup', 'take'], report);
  const matched = Object.entries(lookup.match);
  if (matched.length === 0)
    report(
      [...at, 'lookup', 'match'],
      'nothing says which row is meant',
      'name at least one column that must be equal',
    );
  for (const [column, value] of matched) {
    const path: Path = [...at, 'lookup', 'match', column];
    checkNul(column, path, report);
    checkValue(mapping, value, path, report, place);
    if ('type' in value && parseFieldType(value.type)?.kind === 'binary')
      report([...path, 'type'], 'a row cannot be found by a binary value', 'match another column');
  }
  if (typeof otherwise === 'object') checkFits(otherwise.value, type, [...at, 'otherwise', 'value'], report);
}

/** Names reach the ERP in brackets, which hold every character but one. */
export function checkNames(mapping: Mapping, report: Report): void {
  mapping.push.entities.forEach(({ from, fields, filter, orderBy }, index) => {
    const path: Path = ['push', 'entities', index];
    if ('table' in from) checkName(from.table, [...path, 'from', 'table'], report);
    for (const [field, { column }] of Object.entries(fields))
      checkNul(column, [...path, 'fields', field, 'column'], report);
    filter.forEach(({ column }, at) => checkNul(column, [...path, 'filter', at, 'column'], report));
    orderBy.forEach((column, at) => checkNul(column, [...path, 'orderBy', at], report));
  });
  mapping.pull.documents.forEach(({ write, lines, returns, references, erpStatus }, index) => {
    const path: Path = ['pull', 'documents', index];
    checkWrite(write, [...path, 'write'], report);
    lines.forEach((line, at) => checkWrite(line.write, [...path, 'lines', at, 'write'], report));
    for (const part of ['key', 'number'] as const)
      checkNul(returns[part]?.name, [...path, 'returns', part, 'name'], report);
    references.forEach(({ to }, at) => {
      if (!('table' in to)) return;
      checkName(to.table, [...path, 'references', at, 'to', 'table'], report);
      checkNul(to.column, [...path, 'references', at, 'to', 'column'], report);
    });
    for (const part of ['column', 'number', 'reason'] as const)
      checkNul(erpStatus?.[part], [...path, 'erpStatus', part], report);
  });
}

type Write = Mapping['pull']['documents'][number]['write'];

function checkWrite({ to, values }: Write, path: Path, report: Report): void {
  checkName(targetOf(to), [...path, 'to'], report);
  for (const name of Object.keys(values)) checkNul(name, [...path, 'values', name], report);
}

function checkName({ schema, name }: SqlName, at: Path, report: Report): void {
  checkNul(schema, [...at, 'schema'], report);
  checkNul(name, [...at, 'name'], report);
}

function checkNul(name: string | undefined, at: Path, report: Report): void {
  if (name?.includes('\u0000') === true)
    report(at, 'a name holds a zero character, which no name of a server can', 'write the name anew');
}

function checkFits(text: string, typeText: string, at: Path, report: Report): void {
  const type = parseFieldType(typeText);
  if (type === undefined) return;
  const converted = toErp(text, type, SAME_ZONE);
  if (!converted.ok) report(at, converted.failure.message, `write a value of type ${typeText}`);
}
