import type { Sha256, SourceId } from '../../../shared/model/ids.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Catalogue, CatalogueQuestion } from '../drift/catalogue.ts';

/**
 * What packet exchange asks of the ERP. All values are canonical text (`null` for none): decimals as DecimalString,
 * dates `2025-03-10`, moments as the ERP's wall clock `2025-03-10T00:30:00.000`, booleans `1`/`0`, binary as Base64.
 * Failure kinds of every call: `unreachable` (nothing was done), `unauthorized`, `rejected` (SQL said no: code is its
 * number), `fenced`, `cancelled`; `unknown-outcome` only from `apply` and `voidPacket`.
 */
export interface PacketErp {
  /** Connects, checks that ledger and database are the ones known here, takes or renews the lease. Idempotent. */
  ready(signal: AbortSignal): Promise<Result<ErpState>>;
  /**
   * Asks the server for a sign of life: one tiny statement in a session of its own, touching no table and no lock. It proves
   * that the server answers, and nothing else. Idempotent.
   */
  beat(signal: AbortSignal): Promise<Result<void>>;
  /**
   * Which of these packets, known here as applied, its ledger lacks: after a restore of the ERP. Asked even while `ready`
   * is refused.
   */
  missing(packets: readonly KnownPacketRow[], signal: AbortSignal): Promise<Result<readonly string[]>>;
  /** Binds the ledger to the database it is in now, after a person has decided that this is the one to go on with. */
  rebind(signal: AbortSignal): Promise<Result<void>>;
  /**
   * What the ERP's catalogue shows of these objects, and whether it takes these SELECTs; reads no row of theirs. `rejected`
   * where this login may not read the catalogue.
   */
  catalogue(question: CatalogueQuestion, signal: AbortSignal): Promise<Result<Catalogue>>;
  reader: ErpReader;
  writer: ErpWriter;
  /** Gives the lease back so that another agent need not wait for its end. Best effort. */
  release(signal: AbortSignal): Promise<void>;
}

export interface KnownPacketRow {
  readonly packetId: string;
  readonly payloadHash: Sha256;
}

export interface ErpState {
  /** False: the lease is young enough, so the server was not asked. */
  readonly asked: boolean;
  readonly fence: number;
  readonly serverVersion: string;
  readonly database: string;
  /** Server UTC minus wall clock here, in milliseconds: shown by health. */
  readonly clockSkewMs: number;
}

export interface ErpReader {
  /** The users' query: first column is the user's name, all columns as text by name. */
  users(query: string, signal: AbortSignal): Promise<Result<readonly ErpUser[]>>;
  /**
   * Opens one consistent view for a cycle. `consistency` says what the server could give. Close it always.
   */
  openView(signal: AbortSignal): Promise<Result<ErpView>>;
  /**
   * The positions of these tables now: a token that differs once a row was inserted, changed or deleted and committed;
   * undefined where the server cannot tell. Cheap, reads no row it need not. Outside a view.
   */
  positions(tables: readonly SqlName[], signal: AbortSignal): Promise<Result<TablePositions>>;
  /** What these names are, for finding the base tables of a SELECT. */
  definitions(names: readonly SqlName[], signal: AbortSignal): Promise<Result<readonly SqlDefinition[]>>;
  /** One value for each question, in order: of the one row found, none, or more than one row. */
  lookups(
    questions: readonly LookupQuestion[],
    signal: AbortSignal,
  ): Promise<Result<readonly LookupAnswer[]>>;
  /** Whether a row with this value exists. */
  exists(table: SqlName, column: string, value: string, signal: AbortSignal): Promise<Result<boolean>>;
}

/** By `tableKey`. */
export type TablePositions = ReadonlyMap<string, string | undefined>;

export type SqlDefinition = SqlName &
  (
    | { readonly kind: 'table' }
    /** `text` is undefined where the login may not read it. */
    | { readonly kind: 'view'; readonly text: string | undefined }
    /** A synonym, a function, an object elsewhere, nothing at all: what is behind it is not known. */
    | { readonly kind: 'unknown' }
  );

export interface LookupQuestion {
  readonly table: SqlName;
  readonly where: readonly {
    readonly column: string;
    readonly type: FieldType;
    readonly value: string | null;
  }[];
  readonly take: { readonly column: string; readonly type: FieldType };
}

export type LookupAnswer =
  | { readonly kind: 'found'; readonly value: string | null }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous' };

export interface ErpView {
  /** `snapshot`: everything read is of one moment. `moving`: it is not; whoever needs that compares positions. */
  readonly consistency: 'snapshot' | 'moving';
  /**
   * Rows in order, in chunks, values in the order of `request.columns`. With `groups` the rows of the first group come first,
   * then those of the next; each row ends with the number of its group. The stream throws BodyStreamError on a failure.
   */
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<readonly ErpRow[]>;
  close(): Promise<void>;
}

export interface ErpUser {
  readonly name: string;
  readonly values: ReadonlyMap<string, string | null>;
}

export type ErpRow = readonly (string | null)[];

export interface ReadRequest {
  readonly from: { readonly table: SqlName } | { readonly select: string };
  readonly columns: readonly { readonly column: string; readonly type: FieldType }[];
  readonly where: readonly { readonly column: string; readonly value: string | null }[];
  /**
   * The same question for several sets of values at once, as `where` asks it for one: the server compares, so a row may be of
   * more than one group. No value is null.
   */
  readonly groups?: RowGroups | undefined;
  readonly orderBy: readonly string[];
  /** Values for `@user_<Column>` in a SELECT. */
  readonly user: ErpUser;
  /** The link's source, for `@source` in a SELECT. */
  readonly source: SourceId;
}

export interface RowGroups {
  readonly columns: readonly string[];
  readonly values: readonly (readonly string[])[];
}

// ---- writing ----

export interface WriteUnit {
  readonly source: SourceId;
  readonly packetId: string;
  /** 0 at first; raised by a `void` row, which only an attempt with the next revision may take over. */
  readonly revision: number;
  readonly payloadHash: Sha256;
  readonly mappingHash: Sha256;
  readonly user: string;
  readonly company: string;
  readonly documents: readonly WriteDocument[];
  readonly series: readonly SeriesValue[];
}

export interface WriteDocument {
  /** Handler's word: `order`. */
  readonly document: string;
  readonly entity: string;
  readonly rowId: string;
  /** The phone's number; null where the document has none. */
  readonly number: string | null;
  /** Hash of what the mapping takes from the packet for it: same row id with another hash is a conflict. */
  readonly contentHash: Sha256;
  /** Set for a row the ERP still has to accept: it is handed over, and `ErpWriter.verdicts` says what became of it. */
  readonly handover?: Handover | undefined;
  readonly header: WriteCall;
  readonly lines: readonly WriteCall[];
}

/** Where the ERP says what became of rows of a staging table. The row is found by the key its INSERT returned. */
export interface Handover {
  readonly document: string;
  readonly staging: SqlName;
  readonly key: { readonly name: string; readonly type: FieldType };
  readonly column: string;
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
  readonly number?: string | undefined;
  readonly reason?: string | undefined;
}

/** What the ERP holds of a document. Only `applied` and `accepted` are the end of it. */
export type Standing = 'applied' | 'handed-over' | 'accepted' | 'refused';

export interface WriteCall {
  /** `upsert`: the row with the key columns of `upsert` is updated or kept; where there is none it is inserted. */
  readonly kind: 'insert' | 'upsert' | 'procedure';
  readonly target: SqlName;
  readonly values: readonly WriteValue[];
  readonly upsert?: { readonly key: readonly string[]; readonly onExisting: 'update' | 'keep' } | undefined;
  readonly returnsKey?: { readonly name: string; readonly type: FieldType } | undefined;
  readonly returnsNumber?: { readonly name: string; readonly type: FieldType } | undefined;
}

export interface WriteValue {
  readonly name: string;
  readonly type: FieldType;
  /** `{ headerKey: true }` in lines: what the header's `returnsKey` gave. */
  readonly value: string | null | { readonly headerKey: true };
}

export interface SeriesValue {
  readonly user: string;
  readonly series: string;
  /** Whole number as text; the highest ever stays. */
  readonly current: string;
}

export interface DocumentResult {
  readonly document: string;
  readonly rowId: string;
  readonly number: string | null;
  readonly erpKey: string | null;
  readonly erpNumber: string | null;
  readonly standing: Standing;
  /** The ERP's words for a refusal. */
  readonly reason: string | null;
}

export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly documents: readonly DocumentResult[] }
  /** The ledger row of this packet is there with the same payload: applied before, possibly just now by our own lost commit. */
  | { readonly kind: 'already'; readonly documents: readonly DocumentResult[] }
  /** One of its documents got in by another packet meanwhile: look again at what is known and build the unit anew. */
  | { readonly kind: 'replan' };

/** What the ledger knows of a packet and of documents. A positive answer is conclusive, an absence is not. */
export interface LedgerView {
  readonly packet?:
    | {
        readonly state: 'applied' | 'void';
        readonly payloadHash: Sha256;
        readonly revision: number;
        readonly documents: readonly DocumentResult[];
      }
    | undefined;
  /** By `entity` and row id, for those asked. */
  readonly documents: readonly (DocumentResult & {
    readonly entity: string;
    readonly contentHash: Sha256;
    readonly packetId: string;
  })[];
}

/** What is told to the ERP side of a packet that is not applied, so that a mapping can carry it to the phone. */
export interface PacketNotice {
  readonly packetId: string;
  readonly user: string;
  /** What is known of its document: absent where the packet could not be read. */
  readonly document?: string | undefined;
  readonly number?: string | undefined;
  /** `none` takes the notice back: the packet is applied, or goes on. */
  readonly state: 'parked' | 'discarded' | 'none';
  readonly reason: string;
}

export interface ErpWriter {
  /** Idempotent by (source, packet id): the ledger row is the first write of its one transaction. */
  apply(unit: WriteUnit, signal: AbortSignal): Promise<Result<ApplyOutcome>>;
  /**
   * Asks the ERP about documents handed over and not accepted yet, writes what changed into their ledger rows, and returns
   * those. Idempotent: a second call returns only what changed since. A refusal that the ERP turned into an acceptance is a
   * change too.
   */
  verdicts(
    source: SourceId,
    handovers: readonly Handover[],
    signal: AbortSignal,
  ): Promise<Result<readonly (DocumentResult & { readonly packetId: string })[]>>;
  /** Keeps notices in the ledger's schema, newest wins. Idempotent. Never part of a unit: a lost one is told again. */
  notify(source: SourceId, notices: readonly PacketNotice[], signal: AbortSignal): Promise<Result<void>>;
  look(
    source: SourceId,
    packetId: string,
    rows: readonly { readonly entity: string; readonly rowId: string }[],
    signal: AbortSignal,
  ): Promise<Result<LedgerView>>;
  /** Whether a document with this phone number was applied for this source. */
  documentKnown(
    source: SourceId,
    document: string,
    number: string,
    signal: AbortSignal,
  ): Promise<Result<boolean>>;
  /**
   * Proves that the packet is not applied by taking its key: `voided`, or `already` when it was applied. Done before an
   * item with an unknown outcome is parked, discarded or edited. A lock time-out is `unknown-outcome`.
   */
  voidPacket(
    source: SourceId,
    packetId: string,
    revision: number,
    payloadHash: Sha256,
    signal: AbortSignal,
  ): Promise<Result<'voided' | 'already'>>;
}
