import { targetOf } from '../../../shared/model/mapping-targets.ts';
import { writers, type Mapping, type PushEntity } from '../../../shared/model/mapping.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { parseFieldType } from '../../../shared/model/field-type.ts';
import type { Catalogue, CatalogueColumn, CatalogueObject, CatalogueQuestion } from './catalogue.ts';
import { columnTypeText } from './catalogue.ts';
import type { Finding } from './finding.ts';
import { documentDrift } from './document-drift.ts';
import { lookupsIn } from './lookup-drift.ts';
import { columnOf, FindingList, objectOf, sameName, shownName } from './lookup.ts';
import { canBeCompared, readFit } from './type-fit.ts';

/** What must be asked of the ERP to compare it with a mapping. Pure. */
export function questionOf(mapping: Mapping): CatalogueQuestion {
  const names: SqlName[] = [];
  const add = (name: SqlName): void => {
    if (!names.some((one) => sameName(one, name))) names.push(name);
  };
  for (const { from } of mapping.push.entities) if ('table' in from) add(from.table);
  for (const handler of writers(mapping)) {
    for (const { to } of [handler.write, ...handler.lines.map((line) => line.write)]) add(targetOf(to));
    for (const { to } of handler.references) if ('table' in to) add(to.table);
    for (const { lookup } of lookupsIn(handler)) add(lookup.table);
  }
  const selects = selectEntities(mapping).map(({ from, ...entity }) => ({
    select: from.select,
    columns: columnsOf(entity),
  }));
  return { names, selects };
}

type FromSelect = PushEntity & { readonly from: { readonly select: string } };

const selectEntities = (mapping: Mapping): readonly FromSelect[] =>
  mapping.push.entities.filter((entity): entity is FromSelect => 'select' in entity.from);

/** Columns that are read, that rows are found by and that they are ordered by; each once. */
function columnsOf({ fields, filter, orderBy }: Pick<PushEntity, 'fields' | 'filter' | 'orderBy'>): string[] {
  return [
    ...new Set([
      ...Object.values(fields).map(({ column }) => column),
      ...filter.map(({ column }) => column),
      ...orderBy,
    ]),
  ];
}

/**
 * Where the ERP is not as the mapping says: breaking where a value that the mapping allows could not be read or written as it
 * is, or nothing at all could. `catalogue` answers `questionOf(mapping)`. Pure.
 */
export function driftOf(mapping: Mapping, catalogue: Catalogue): readonly Finding[] {
  const list = new FindingList();
  for (const entity of mapping.push.entities)
    if ('table' in entity.from) tableDrift(entity, entity.from.table, catalogue, list);
  selectEntities(mapping).forEach(({ entity }, index) => {
    const answer = catalogue.selects[index];
    if (answer?.kind !== 'refused') return;
    list.breaking('push', 'select-refused', 'integrator', entity, {
      expected: 'a SELECT that the server takes',
      found: `${answer.message} (${answer.code})`,
    });
  });
  for (const handler of writers(mapping)) documentDrift(handler, mapping.pull.codes, catalogue, list);
  return list.findings;
}

function tableDrift(entity: PushEntity, name: SqlName, catalogue: Catalogue, list: FindingList): void {
  const found = objectOf(catalogue, name);
  if (found === 'synonym') return;
  const place = shownName(name);
  if (found === undefined) {
    list.breaking('push', 'missing-object', 'erp-administrator', place, {
      expected: 'table or view',
      found: 'nothing',
    });
    return;
  }
  for (const { column: wanted, type: text } of Object.values(entity.fields)) {
    const column = columnIn(found, wanted, list);
    const type = parseFieldType(text);
    if (column === undefined || type === undefined) continue;
    const fit = readFit(type, column.type);
    if (fit === 'fits') continue;
    const about = { column: column.name, expected: text, found: columnTypeText(column.type) };
    if (fit === 'breaks') list.breaking('push', 'not-readable', 'integrator', place, about);
    else
      list.note('push', 'does-not-hold', 'integrator', place, {
        ...about,
        expected: about.found,
        found: text,
      });
  }
  for (const wanted of [...entity.filter.map(({ column }) => column), ...entity.orderBy]) {
    const column = columnIn(found, wanted, list);
    if (column !== undefined && !canBeCompared(column.type))
      list.breaking('push', 'not-comparable', 'integrator', place, {
        column: column.name,
        expected: 'a type that can be compared',
        found: columnTypeText(column.type),
      });
  }
}

function columnIn(object: CatalogueObject, wanted: string, list: FindingList): CatalogueColumn | undefined {
  const column = columnOf(object, wanted);
  if (column === undefined)
    list.breaking('push', 'missing-column', 'integrator', shownName(object), {
      column: wanted,
      expected: 'a column',
      found: 'none',
    });
  return column;
}

/** What came into the tables that a mapping writes to since the catalogue was read before: told, never stopping. Pure. */
export function newsOf(mapping: Mapping, before: Catalogue, now: Catalogue): readonly Finding[] {
  const list = new FindingList();
  for (const handler of writers(mapping))
    for (const { to } of [handler.write, ...handler.lines.map((line) => line.write)]) {
      if (!('table' in to)) continue;
      const [old, current] = [objectOf(before, to.table), objectOf(now, to.table)];
      if (typeof old !== 'object' || typeof current !== 'object') continue;
      const place = shownName(to.table);
      for (const { name, enabled } of current.triggers)
        if (enabled && !old.triggers.some((one) => one.enabled && one.name === name))
          list.note('pull', 'trigger', 'erp-administrator', place, {
            expected: 'no such trigger',
            found: name,
          });
      for (const column of current.columns)
        if (columnOf(old, column.name) === undefined)
          list.note('pull', 'new-column', 'integrator', place, {
            column: column.name,
            expected: 'no such column',
            found: columnTypeText(column.type),
          });
    }
  return list.findings;
}
