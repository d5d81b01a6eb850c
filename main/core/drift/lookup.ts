import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type { Catalogue, CatalogueColumn, CatalogueObject } from './catalogue.ts';
import type { DriftFlow, Finding, FindingKind } from './finding.ts';

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Names that differ in capitals only are one, as most servers take them. */
export const sameName = (one: SqlName, other: SqlName): boolean =>
  same(one.schema, other.schema) && same(one.name, other.name);

export const shownName = ({ schema, name }: SqlName): string => `${schema}.${name}`;

function named<T extends SqlName>(all: readonly T[], name: SqlName): T | undefined {
  return (
    all.find((one) => one.schema === name.schema && one.name === name.name) ??
    all.find((one) => sameName(one, name))
  );
}

export function objectOf(catalogue: Catalogue, name: SqlName): CatalogueObject | 'synonym' | undefined {
  return (
    named(catalogue.objects, name) ??
    (named(catalogue.synonyms, name) === undefined ? undefined : ('synonym' as const))
  );
}

export const procedureOf = (
  catalogue: Catalogue,
  name: SqlName,
): Catalogue['procedures'][number] | 'synonym' | undefined =>
  named(catalogue.procedures, name) ??
  (named(catalogue.synonyms, name) === undefined ? undefined : ('synonym' as const));

export const columnOf = (object: CatalogueObject, name: string): CatalogueColumn | undefined =>
  object.columns.find((one) => one.name === name) ?? object.columns.find((one) => same(one.name, name));

export const isNamed = (one: { readonly name: string }, name: string): boolean => same(one.name, name);

interface About {
  readonly column?: string | undefined;
  readonly expected: string;
  readonly found: string;
}

/** Findings in the order they were made; the same one of a flow counts once. */
export class FindingList {
  readonly findings: Finding[] = [];

  breaking(flow: DriftFlow, kind: FindingKind, owner: Finding['owner'], table: string, about: About): void {
    this.#add({ severity: 'breaking', flow, kind, owner, table, ...about });
  }

  note(flow: DriftFlow, kind: FindingKind, owner: Finding['owner'], table: string, about: About): void {
    this.#add({ severity: 'note', flow, kind, owner, table, ...about });
  }

  #add(finding: Finding): void {
    const there = this.findings.some(
      (one) =>
        one.severity === finding.severity &&
        one.flow === finding.flow &&
        one.kind === finding.kind &&
        one.table === finding.table &&
        one.column === finding.column,
    );
    if (!there) this.findings.push(finding);
  }
}
