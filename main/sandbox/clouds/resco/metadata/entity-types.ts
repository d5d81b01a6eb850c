export type AttributeType =
  | 'UniqueIdentifier'
  | 'String'
  | 'Integer'
  | 'Float'
  | 'Decimal'
  | 'DateTime'
  | 'Picklist'
  | 'PicklistMap'
  | 'Boolean'
  | 'Money'
  | 'Binary'
  | 'Lookup'
  | 'RowVersion'
  | 'PartyList';

export type Permission = 'Read' | 'Create' | 'Update' | 'NoQuery';

export interface Attribute {
  readonly name: string;
  readonly type: AttributeType;
  /** Characters. */
  readonly length?: number | undefined;
  /** Decimal texts. */
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  /** Money: -1 or -2; DateTime: 1 user-local, 2 date only, 3 no zone. */
  readonly precision?: number | undefined;
  readonly required?: boolean | undefined;
  readonly system?: boolean | undefined;
  readonly default?: string | undefined;
  readonly format?: string | undefined;
  readonly targets?: readonly string[] | undefined;
  readonly cascade?: boolean | undefined;
  /** Values with their labels; of a PicklistMap, all of all states. */
  readonly options?: Readonly<Record<number, string>> | undefined;
  /** Of a PicklistMap: each state with its reasons, the default first. */
  readonly map?: readonly (readonly [state: number, ...reasons: number[]])[] | undefined;
  readonly blob?: boolean | undefined;
  readonly permissions: readonly Permission[];
}

export interface EntityDefinition {
  readonly name: string;
  readonly description: string;
  readonly key?: string | undefined;
  readonly title?: string | undefined;
  readonly flags?: readonly string[] | undefined;
  readonly parent?: string | undefined;
  readonly typeCode?: number | undefined;
  readonly userOwned?: boolean | undefined;
  /** Of an intersect entity: its two lookups. */
  readonly pair?: readonly [string, string] | undefined;
  readonly attributes: readonly Attribute[];
}

export interface Entity extends EntityDefinition {
  readonly key: string;
  readonly title: string;
  /** What the entity itself declares, with key and row version. */
  readonly own: readonly Attribute[];
  /** With what it shares with its parent. */
  readonly all: ReadonlyMap<string, Attribute>;
  readonly versionName: string;
}

export type Schema = ReadonlyMap<string, Entity>;
