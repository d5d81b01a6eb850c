import type { SqlName } from '../../../shared/model/mapping-names.ts';

/** What the ERP's catalogue says of its tables, views and procedures, as far as this login may see them. */
export interface Catalogue {
  readonly objects: readonly CatalogueObject[];
  readonly procedures: readonly CatalogueProcedure[];
  /** Names that stand for something elsewhere: what is behind them cannot be seen from here. */
  readonly synonyms: readonly SqlName[];
  /** One for each SELECT that was asked about, in the order of the question. */
  readonly selects: readonly SelectAnswer[];
}

export interface CatalogueObject extends SqlName {
  readonly kind: 'table' | 'view';
  readonly columns: readonly CatalogueColumn[];
  readonly keys: readonly CatalogueKey[];
  readonly foreignKeys: readonly CatalogueForeignKey[];
  readonly triggers: readonly CatalogueTrigger[];
}

/** A type as the server names it; alias types are already the type they stand for. */
export interface ColumnType {
  readonly name: string;
  /** Characters of texts, bytes of binary types; absent for types without a length. */
  readonly length?: number | 'max' | undefined;
  readonly precision: number;
  readonly scale: number;
  /** Of texts that are not Unicode: the server's number of what they can hold; 65001 is UTF-8. */
  readonly codePage?: number | undefined;
}

export interface CatalogueColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly identity: boolean;
  readonly computed: boolean;
  /** The server fills it by itself: row version, or the period of a temporal table. */
  readonly generated: boolean;
  readonly hasDefault: boolean;
}

export interface CatalogueKey {
  readonly name: string;
  readonly primary: boolean;
  readonly columns: readonly string[];
}

export interface CatalogueForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly to: SqlName;
  readonly toColumns: readonly string[];
}

export interface CatalogueTrigger {
  readonly name: string;
  readonly enabled: boolean;
  readonly insteadOf: boolean;
}

export interface CatalogueProcedure extends SqlName {
  readonly parameters: readonly CatalogueParameter[];
}

export interface CatalogueParameter {
  /** Without the `@`. */
  readonly name: string;
  readonly type: ColumnType;
  readonly output: boolean;
  /** Undefined where the login may not read the procedure's text, which alone tells. */
  readonly hasDefault: boolean | undefined;
}

/** A SELECT of a mapping with the columns that are taken from it. */
export interface SelectQuestion {
  readonly select: string;
  readonly columns: readonly string[];
}

/** What the server said to reading no row of it. */
export type SelectAnswer =
  { readonly kind: 'fits' } | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface CatalogueQuestion {
  /** These objects, or every table and view. */
  readonly names: readonly SqlName[] | 'tables';
  readonly selects: readonly SelectQuestion[];
}

/** `nvarchar(30)`, `decimal(19,4)`, `int`. */
export function columnTypeText({ name, length, precision, scale }: ColumnType): string {
  if (length !== undefined) return `${name}(${length})`;
  if (name === 'decimal' || name === 'numeric') return `${name}(${precision},${scale})`;
  return name === 'datetime2' || name === 'datetimeoffset' || name === 'time' ? `${name}(${scale})` : name;
}
