import type { DecimalString } from '../../../shared/model/decimal.ts';
import type { Sha256, SourceId } from '../../../shared/model/ids.ts';
import type { DocumentHandler, Mapping } from '../../../shared/model/mapping.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type { Catalogue } from '../drift/catalogue.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { LookupQuestion, WriteUnit } from '../packets/erp.ts';
import type { LookupValue } from '../../../shared/model/mapping-values.ts';
import type { TakenColumn } from './column-rules.ts';
import type { Zones } from './convert.ts';

export interface PlanInput {
  readonly packet: Packet;
  readonly mapping: Mapping;
  readonly mappingHash: Sha256;
  readonly packetId: string;
  readonly user: string;
  readonly company: string;
  readonly source: SourceId;
  readonly revision: number;
  readonly payloadHash: Sha256;
  readonly zones: Zones;
  /** What the ERP's catalogue says of the columns, where it is known: values are judged by it before the ERP sees them. */
  readonly catalogue?: Catalogue | undefined;
  readonly hash: (text: string) => Sha256;
}

/** Something a document names that must be there before it is written. What the packet itself brings is not listed. */
export interface AwaitedReference {
  /** Word for people: the document's, else the table's name. */
  readonly what: string;
  readonly number: string;
  /** Set when a document of this link with that number would do. */
  readonly document?: string | undefined;
  /** Set when a row of the ERP would do. With both set, either will. */
  readonly table?: { readonly table: SqlName; readonly column: string } | undefined;
  readonly otherwise: 'apply' | 'park';
}

export type ChangeDecision = DocumentHandler['onUpdate'];

/** A row the phone sent as updated or deleted. Documents whose header is one are not in the unit, nor are such lines. */
export interface RowChange {
  readonly document: string;
  readonly entity: string;
  readonly rowId: string;
  /** Number of the row in its table. */
  readonly row: number;
  readonly status: 'update' | 'delete';
  readonly decision: ChangeDecision;
}

/** A value the ERP gets otherwise than the phone sent it, because the mapping or the column says so. */
export interface ValueNote {
  readonly document: string;
  /** `SalesLine row 2`. */
  readonly where: string;
  readonly field: string;
  readonly was: string;
  readonly kept: string;
}

/** What the mapping does not know: a table with rows, or a code of a kept table that no document is for. */
export interface Unknown {
  readonly what: 'table' | 'code';
  readonly name: string;
}

/** A value of the unit that the ERP must be asked for before it is written; null until then. */
export interface AwaitedLookup {
  /** Its document in the unit. */
  readonly entity: string;
  readonly rowId: string;
  /** Index of the line; undefined in the header. */
  readonly line: number | undefined;
  /** Column or parameter. */
  readonly name: string;
  readonly question: LookupQuestion;
  readonly otherwise: LookupValue['otherwise'];
  /** For words: `SalesLine row 2`. */
  readonly where: string;
  readonly column?: TakenColumn | undefined;
}

export interface PacketPlan {
  readonly unit: WriteUnit;
  readonly lookups: readonly AwaitedLookup[];
  readonly notes: readonly ValueNote[];
  /** By document of the unit, same order: what to do when its row id is known with another content hash. */
  readonly onConflict: readonly ChangeDecision[];
  readonly references: readonly AwaitedReference[];
  readonly changes: readonly RowChange[];
  readonly unknown: readonly Unknown[];
  /** `order SO-1042, C-1001`. */
  readonly label: string;
  /** Sum of the documents' amounts; null when none has one. */
  readonly amount: DecimalString | null;
}
