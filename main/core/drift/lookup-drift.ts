import { parseFieldType } from '../../../shared/model/field-type.ts';
import type { DocumentHandler } from '../../../shared/model/mapping.ts';
import type { LookupValue } from '../../../shared/model/mapping-values.ts';
import { columnTypeText, type Catalogue, type CatalogueColumn } from './catalogue.ts';
import { columnOf, objectOf, shownName, type FindingList } from './lookup.ts';
import { canBeCompared, readFit } from './type-fit.ts';

/** Values of a document that are found in the ERP: of the header, then of the lines. Pure. */
export const lookupsIn = (handler: DocumentHandler): readonly LookupValue[] =>
  [handler.write, ...handler.lines.map((line) => line.write)].flatMap(({ values }) =>
    Object.values(values).flatMap((value) => ('lookup' in value ? [value] : [])),
  );

/** What a lookup needs of the table it looks in. */
export function lookupDrift({ lookup, type }: LookupValue, catalogue: Catalogue, list: FindingList): void {
  const found = objectOf(catalogue, lookup.table);
  if (found === 'synonym') return;
  const place = shownName(lookup.table);
  if (found === undefined) {
    list.breaking('pull', 'missing-object', 'erp-administrator', place, {
      expected: 'table or view',
      found: 'nothing',
    });
    return;
  }
  const columnIn = (name: string): CatalogueColumn | undefined => {
    const column = columnOf(found, name);
    if (column === undefined)
      list.breaking('pull', 'missing-column', 'integrator', place, {
        column: name,
        expected: 'one',
        found: 'none',
      });
    return column;
  };
  for (const name of Object.keys(lookup.match)) {
    const column = columnIn(name);
    if (column !== undefined && !canBeCompared(column.type))
      list.breaking('pull', 'not-comparable', 'integrator', place, {
        column: column.name,
        expected: 'a type that can be compared',
        found: columnTypeText(column.type),
      });
  }
  const taken = columnIn(lookup.take);
  const wanted = parseFieldType(type);
  if (taken !== undefined && wanted !== undefined && readFit(wanted, taken.type) === 'breaks')
    list.breaking('pull', 'not-readable', 'integrator', place, {
      column: taken.name,
      expected: type,
      found: columnTypeText(taken.type),
    });
}
