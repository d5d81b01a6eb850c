import { photoDocument, type DocumentHandler, type Mapping } from '../../../shared/model/mapping.ts';
import { type PullValue } from '../../../shared/model/mapping-values.ts';
import { isFieldName } from '../packets/codec/write-packet.ts';
import { checkChecks, checkJoin } from './check-lines.ts';
import { checkTargets } from './check-targets.ts';
import { checkNames, checkValue } from './check-values.ts';
import { pathText, type ConfigProblem } from './config-problem.ts';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string, hint: string) => void;

const lower = (text: string): string => text.toLowerCase();

/** What the schema cannot see: names that must exist elsewhere in the mapping, and values that must fit their type. Pure. */
export function checkMapping(mapping: Mapping): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report: Report = (path, message, hint) => problems.push({ path: pathText(path), message, hint });
  checkNames(mapping, report);
  checkPush(mapping, report);
  mapping.pull.documents.forEach((handler, index) =>
    checkHandler(mapping, handler, ['pull', 'documents', index], report),
  );
  checkPhotos(mapping, report);
  checkWords(mapping, report);
  checkChoice(mapping, report);
  return problems;
}

/** What a photo's row is made of: nothing else can be read from it. */
const PHOTO_FIELDS = ['bytes', 'id', 'entity', 'rowId', 'packet', 'key', 'number'];

function checkPhotos(mapping: Mapping, report: Report): void {
  const { photos, documents } = mapping.pull;
  if (photos === undefined) return;
  const path: Path = ['pull', 'photos'];
  checkHandler(mapping, photoDocument(photos), path, report);
  for (const [target, value] of Object.entries(photos.write.values))
    if ('field' in value && !PHOTO_FIELDS.map(lower).includes(lower(value.field)))
      report(
        [...path, 'write', 'values', target, 'field'],
        `a photo has no field "${value.field}"`,
        `use one of ${PHOTO_FIELDS.join(', ')}`,
      );
  const taken = documents.flatMap((one) => [one.entity, ...one.lines.map((line) => line.entity)]).map(lower);
  if (taken.includes(lower(photos.entity)))
    report(
      [...path, 'entity'],
      `"${photos.entity}" is a table of a document`,
      'what photos belong to is said in a table of its own',
    );
  if (documents.some(({ document }) => document === photos.document))
    report(
      [...path, 'document'],
      `the word "${photos.document}" names a document`,
      'give photos their own word',
    );
}

function checkPush(mapping: Mapping, report: Report): void {
  const entities = new Set<string>();
  mapping.push.entities.forEach((entity, index) => {
    const path: Path = ['push', 'entities', index];
    if (entities.has(lower(entity.entity)))
      report(
        [...path, 'entity'],
        `the entity "${entity.entity}" occurs twice`,
        'a packet holds each table once: join the two in one SELECT',
      );
    entities.add(lower(entity.entity));
    const fields = new Set<string>();
    if (Object.keys(entity.fields).length === 0)
      report([...path, 'fields'], 'no field', 'name at least one field of the app');
    for (const [field, column] of Object.entries(entity.fields)) {
      const at: Path = [...path, 'fields', field];
      if (!isFieldName(field))
        report(
          at,
          `"${field}" cannot be the name of a field in a packet`,
          'use letters, digits, "_", "." and "-"',
        );
      if (fields.has(lower(field)))
        report(at, `the field "${field}" occurs twice when capitals are ignored`, 'keep one of them');
      fields.add(lower(field));
      if (column.type === 'dateOfTime')
        report([...at, 'type'], 'dateOfTime is for what phones send', 'use date or datetime');
    }
    if ('select' in entity.from && !/^\s*(select|with)\b/i.test(entity.from.select))
      report([...path, 'from', 'select'], 'not a SELECT', 'begin it with SELECT or WITH');
  });
}

function checkHandler(mapping: Mapping, handler: DocumentHandler, path: Path, report: Report): void {
  const hasKey = handler.returns.key !== undefined;
  checkValues(mapping, handler.write.values, [...path, 'write', 'values'], report, 'header');
  checkTargets(handler, path, report);
  checkChecks(mapping, handler.checks ?? [], [...path, 'checks'], report, 'header');
  if (
    handler.group !== undefined &&
    !handler.lines.some((line) => lower(line.entity) === lower(handler.entity))
  )
    report(
      [...path, 'group'],
      'its rows would be written nowhere',
      `give it lines of "${handler.entity}": each row of a group is one`,
    );
  const lines = new Set<string>();
  handler.lines.forEach((line, index) => {
    const at: Path = [...path, 'lines', index];
    checkJoin(handler, line, at, report);
    checkChecks(mapping, line.checks ?? [], [...at, 'checks'], report, 'line');
    if (lines.has(lower(line.entity)))
      report([...at, 'entity'], `"${line.entity}" occurs twice`, 'write a line once');
    lines.add(lower(line.entity));
    checkValues(
      mapping,
      line.write.values,
      [...at, 'write', 'values'],
      report,
      hasKey ? 'line' : 'line-without-key',
    );
  });
  handler.references.forEach((reference, index) => {
    const at: Path = [...path, 'references', index];
    const { to, entity } = reference;
    if (entity !== undefined && lower(entity) !== lower(handler.entity) && !lines.has(lower(entity)))
      report(
        [...at, 'entity'],
        `"${entity}" is no table of this document`,
        'name the header or one of its lines',
      );
    if (!('document' in to)) return;
    const target = mapping.pull.documents.find((one) => one.document === to.document);
    if (target === undefined)
      report(
        [...at, 'to', 'document'],
        `there is no document "${to.document}"`,
        'name a document of this mapping',
      );
    else if (target.number === undefined)
      report(
        [...at, 'to', 'document'],
        `the document "${to.document}" has no number to be found by`,
        'give that document a "number" field',
      );
  });
}

function checkValues(
  mapping: Mapping,
  values: Readonly<Record<string, PullValue>>,
  path: Path,
  report: Report,
  place: 'header' | 'line' | 'line-without-key',
): void {
  const names = Object.keys(values);
  if (names.length === 0) report(path, 'nothing to write', 'name at least one column or parameter');
  const seen = new Set<string>();
  for (const [target, value] of Object.entries(values)) {
    const at: Path = [...path, target];
    if (seen.has(lower(target)))
      report(at, `"${target}" occurs twice when capitals are ignored`, 'keep one of them');
    seen.add(lower(target));
    if ('header' in value) {
      if (place === 'header')
        report(at, 'a header cannot use its own key', 'use { "header": "key" } in lines only');
      if (place === 'line-without-key')
        report(at, 'the header returns no key', 'set "returns": { "key": … } in this document');
    } else checkValue(mapping, value, at, report, place === 'header' ? 'header' : 'line');
  }
}

/** A document's word is how references and people name it. */
function checkWords(mapping: Mapping, report: Report): void {
  const words = new Set<string>();
  mapping.pull.documents.forEach(({ document }, index) => {
    if (words.has(document))
      report(
        ['pull', 'documents', index, 'document'],
        `the word "${document}" names two documents`,
        'give each its own word, such as "order" and "return"',
      );
    words.add(document);
  });
}

/** Every row must have one handler at most, and every handler must be reachable. */
function checkChoice(mapping: Mapping, report: Report): void {
  const { documents, series } = mapping.pull;
  const taken = new Map<string, { readonly field: string; readonly values: Set<string> } | 'all'>();
  documents.forEach(({ entity, when }, index) => {
    const path: Path = ['pull', 'documents', index];
    const before = taken.get(lower(entity));
    if (before === 'all') {
      report(path, `an earlier document takes every row of "${entity}"`, 'give that one a "when"');
      return;
    }
    if (when === undefined) {
      taken.set(lower(entity), 'all');
      return;
    }
    if (before !== undefined && before.field !== lower(when.field)) {
      report(
        [...path, 'when', 'field'],
        `documents of "${entity}" are told apart by "${before.field}" and by "${when.field}"`,
        'use one field for all of them',
      );
      return;
    }
    const values = before?.values ?? new Set<string>();
    for (const value of when.in) {
      if (values.has(value))
        report(
          [...path, 'when', 'in'],
          `an earlier document takes "${value}" too`,
          'leave it in one of them',
        );
      values.add(value);
    }
    taken.set(lower(entity), { field: lower(when.field), values });
  });
  const entities = new Set(
    documents.flatMap((one) => [one.entity, ...one.lines.map((line) => line.entity)]).map(lower),
  );
  series.forEach(({ entity }, index) => {
    if (entities.has(lower(entity)))
      report(
        ['pull', 'series', index, 'entity'],
        `"${entity}" is a table of a document`,
        'number series have a table of their own',
      );
  });
}
