import type { Result } from '../../../shared/model/result.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';

/**
 * One side of two-way records: the ERP or a cloud. Both are this one port; what one can and another cannot is a value of
 * `capabilities`, never a question after its name. Everything is canonical text: equal contents are equal texts on both sides.
 */
export interface RecordStore {
  readonly side: Side;
  readonly capabilities: RecordCapabilities;

  /**
   * What is behind the address: an organisation, an installation, a database. Another value than the one kept means that
   * cursors and pairs are of something else.
   */
  identity(signal: AbortSignal): Promise<Result<string>>;

  /** Entities and their fields as they are now. An entity that is not there is left out. Changes nothing. */
  describe(entities: readonly string[], signal: AbortSignal): Promise<Result<readonly EntityShape[]>>;

  /**
   * One cheap call before any entity is asked. `still`: nothing changed since `last`, so no entity need be asked. `behind`: the
   * side was set back to an earlier state. A side without such a call answers `unknown` without asking anybody.
   */
  pulse(last: string | undefined, signal: AbortSignal): Promise<Result<Pulse>>;

  /**
   * Names records that may have changed since the cursor, and never leaves one out; may name too many. Without a cursor: all of
   * them. A part's cursor is to be kept in one transaction with what the part named; a broken stream goes on from there.
   */
  changes(request: ChangeRequest, signal: AbortSignal): AsyncIterable<ChangePart>;

  /** Ids in an order of its own, from after `after`; the filter of the request holds. For sweeps: what is missing may be gone. */
  ids(request: IdsRequest, signal: AbortSignal): Promise<Result<IdsPage>>;

  /**
   * Records by id, with the fields asked for; at most `capabilities.idsPerRead`. One that cannot be seen is left out: gone, or
   * not for our eyes. A record outside the filter is given with `inFilter: false`.
   */
  read(request: ReadRecords, signal: AbortSignal): Promise<Result<readonly StoredRecord[]>>;

  /**
   * Records whose fields hold one of the sets of values, as this side compares; whoever asks compares again. Deleted ones too,
   * where the side still shows them.
   */
  find(request: FindRecords, signal: AbortSignal): Promise<Result<readonly StoredRecord[]>>;

  /**
   * Writes, at most `capabilities.writesPerCall`, never two of one record; one outcome each, in their order. Never throws for
   * an expected failure. A repeated `intent` is found to be done, not done twice, as `capabilities.createIdentity` says.
   */
  write(batch: readonly RecordWrite[], signal: AbortSignal): Promise<readonly WriteOutcome[]>;

  /** Ends what a pass opened: sessions, cursors. Idempotent. */
  close(): Promise<void>;
}

export const SIDES = ['erp', 'cloud'] as const;
export type Side = (typeof SIDES)[number];
export const otherSide = (side: Side): Side => (side === 'erp' ? 'cloud' : 'erp');

export interface RecordCapabilities {
  /**
   * How a create that may have happened is found: its id was chosen here (`client-id`); its ledger row says so (`ledger`); it
   * must be searched by the field that carries the other side's key (`search`).
   */
  readonly createIdentity: 'client-id' | 'ledger' | 'search';
  /** `atomic`: an update whose expected values do not hold is refused by the side itself. `read-before`: there is a gap. */
  readonly guard: 'atomic' | 'read-before';
  /** `reported`: the feed names deleted records. `sweep`: only missing ids tell. */
  readonly deletions: 'reported' | 'sweep';
  /** Whether `changedAt` is a moment that can be compared with the other side's. */
  readonly clock: 'known' | 'unknown';
  readonly idsPerRead: number;
  readonly writesPerCall: number;
}

/** The key on its side as canonical text; several columns are a JSON array of texts. */
export type RecordId = string;

/**
 * Fields by their name on that side. `null` is no value. A field that is absent was not read, or may not be seen: nothing is
 * known of it, which is not the same.
 */
export type FieldTexts = ReadonlyMap<string, string | null>;

/**
 * Canonical texts: `decimal` without needless zeros or plus (`1234.5`), `int` and `bigint` as digits, `bool` as `true` or
 * `false`, `instant` in UTC to the second (`2026-11-20T09:00:00Z`), `date` as `2026-11-20`, `guid` in small letters, `choice` as
 * the number of the list, `choices` as numbers in order parted by commas, `reference` as `entity:id`, `binary` as Base64, `text` as
 * it is.
 */
export const RECORD_TYPES = [
  'text',
  'decimal',
  'int',
  'bigint',
  'bool',
  'instant',
  'date',
  'guid',
  'choice',
  'choices',
  'reference',
  'binary',
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export interface FieldShape {
  readonly name: string;
  readonly type: RecordType;
  /** Characters of a text that the side keeps. */
  readonly length?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  /** Canonical decimals. */
  readonly least?: string | undefined;
  readonly most?: string | undefined;
  /** Of a choice. */
  readonly choices?: readonly string[] | undefined;
  /** Entities a reference may lead to. */
  readonly targets?: readonly string[] | undefined;
  readonly required: boolean;
  readonly can: {
    readonly read: boolean;
    readonly create: boolean;
    readonly update: boolean;
    readonly find: boolean;
  };
}

export interface EntityShape {
  readonly entity: string;
  /** The field or fields that are the id. */
  readonly key: readonly string[];
  /** What people know a record by. */
  readonly title?: string | undefined;
  readonly fields: readonly FieldShape[];
  /** Why the feed of this entity is weaker than it could be, in words for an integrator. */
  readonly remarks: readonly string[];
}

export type Pulse =
  { readonly kind: 'unknown' } | { readonly kind: 'still' | 'moved' | 'behind'; readonly value: string };

export interface RecordFilter {
  /** All of them hold. `in` has several values, `null` and `not-null` none, the others one. */
  readonly all: readonly {
    readonly field: string;
    readonly is: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'in' | 'null' | 'not-null';
    readonly values: readonly string[];
  }[];
}

export interface ChangeRequest {
  readonly entity: string;
  readonly filter: RecordFilter;
  readonly fields: readonly string[];
  readonly cursor: string | undefined;
}

export interface NamedRecord {
  readonly id: RecordId;
  /** Where the feed had to read it anyhow. It may be old when it is decided upon: read again then. */
  readonly seen?: StoredRecord | undefined;
  /** `deleted`: the side says so. `unseen`: it is not there for us, whatever the reason. */
  readonly gone?: 'deleted' | 'unseen' | undefined;
}

export type ChangePart =
  | { readonly kind: 'named'; readonly records: readonly NamedRecord[]; readonly cursor: string | undefined }
  /** Everything committed before the call was named by this feed or by an earlier call. */
  | { readonly kind: 'end'; readonly cursor: string }
  /** The cursor says nothing any more: all of it is to be compared, and nothing missing is taken for deleted. */
  | { readonly kind: 'reset'; readonly reason: string; readonly words: string }
  | { readonly kind: 'failed'; readonly failure: SyncFailure };

export interface IdsRequest {
  readonly entity: string;
  readonly filter: RecordFilter;
  readonly after: RecordId | undefined;
}

export interface IdsPage {
  readonly ids: readonly RecordId[];
  readonly more: boolean;
}

export interface ReadRecords {
  readonly entity: string;
  readonly ids: readonly RecordId[];
  readonly fields: readonly string[];
  /** Absent: every record is within it. */
  readonly filter?: RecordFilter | undefined;
}

export interface FindRecords {
  readonly entity: string;
  readonly by: readonly string[];
  /** One set a candidate, values in the order of `by`. */
  readonly values: readonly (readonly string[])[];
  readonly fields: readonly string[];
}

export interface StoredRecord {
  readonly entity: string;
  readonly id: RecordId;
  readonly fields: FieldTexts;
  /** In the side's own form; compared for equality only. */
  readonly version?: string | undefined;
  readonly changedAt?: Instant | undefined;
  readonly changedBy?: string | undefined;
  readonly inFilter: boolean;
  /** The side marks it as deleted and still shows it. */
  readonly deleted?: boolean | undefined;
}

/** Kept durably before it is sent; what is repeated carries the same one. */
export type IntentId = string;

export type RecordWrite =
  | {
      readonly kind: 'create';
      readonly intent: IntentId;
      readonly entity: string;
      /** Chosen before the first attempt, where `createIdentity` is `client-id`. */
      readonly id?: RecordId | undefined;
      readonly values: FieldTexts;
      /** Where `createIdentity` is `search`: the field among `values` that nobody else has this value of. */
      readonly search?: string | undefined;
    }
  | {
      readonly kind: 'update';
      readonly intent: IntentId;
      readonly entity: string;
      readonly id: RecordId;
      /** Changed fields only. */
      readonly values: FieldTexts;
      /** What the decision was made upon: other contents now mean that somebody edited meanwhile. */
      readonly expected: FieldTexts;
      readonly version?: string | undefined;
    }
  | {
      readonly kind: 'delete';
      readonly intent: IntentId;
      readonly entity: string;
      readonly id: RecordId;
      readonly expected: FieldTexts;
      readonly version?: string | undefined;
    };

export type WriteOutcome =
  /** It is so now; `stored` is what the side made of it, where it could be read back. */
  | { readonly kind: 'done'; readonly id: RecordId; readonly stored?: StoredRecord | undefined }
  /** Somebody edited meanwhile: nothing was written, decide anew. */
  | { readonly kind: 'moved'; readonly current?: StoredRecord | undefined }
  /** There is no such record (any more): nothing was written. For a delete that is `done`. */
  | { readonly kind: 'missing' }
  /** The side refuses this record and will again: nothing was written. */
  | { readonly kind: 'refused'; readonly failure: SyncFailure }
  /** It may or may not have happened: repeat with the same intent. */
  | { readonly kind: 'unknown'; readonly failure: SyncFailure }
  /** Certainly nothing happened; not this record's fault. */
  | { readonly kind: 'not-sent'; readonly failure: SyncFailure };
