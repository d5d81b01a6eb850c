import type { DecimalString } from '../../../shared/model/decimal.ts';
import type { Sha256, SourceId } from '../../../shared/model/ids.ts';
import type { Mapping, SqlName } from '../../../shared/model/mapping.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { WriteUnit } from '../packets/erp.ts';
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

/**
 * A row the phone sent as updated or deleted. Those decided `apply` are in the unit, those decided `ignore` are not; one
 * whose handler says `park` makes the whole plan a refusal.
 */
export interface RowChange {
  readonly document: string;
  readonly entity: string;
  readonly rowId: string;
  /** Number of the row in its table. */
  readonly row: number;
  readonly status: 'update' | 'delete';
  readonly decision: 'apply' | 'ignore';
}

export interface PacketPlan {
  readonly unit: WriteUnit;
  /** Words of the documents whose handler ignores what is sent again with other contents. */
  readonly ignoreChanged: ReadonlySet<string>;
  readonly references: readonly AwaitedReference[];
  readonly changes: readonly RowChange[];
  /** Tables with rows that the mapping does not name. */
  readonly unknownTables: readonly string[];
  /** `order SO-1042, C-1001`. */
  readonly label: string;
  /** Sum of the documents' amounts; null when none has one. */
  readonly amount: DecimalString | null;
}

/**
 * Turns a packet into one unit of work: documents in the order of their handlers, then of the packet. Pure; every
 * refusal is `rejected` with table, row and field.
 */
export function planPacket(input: PlanInput): Result<PacketPlan> {
  throw new Error(`not yet: ${input.packetId}`);
}
