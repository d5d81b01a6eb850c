import type { Endpoint } from '../../../../shared/model/failure.ts';
import type { Result } from '../../../../shared/model/result.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** What a row asks for. A row without a status is an insert. */
export type RowStatus = 'insert' | 'update' | 'delete';

export interface PacketField {
  /** As the packet spells it. */
  readonly name: string;
  readonly value: string;
  /** The element held further elements: `value` is their text only, and nothing may be written from it. */
  readonly nested: boolean;
}

export interface PacketRow {
  /** 1 for the first row of its table. */
  readonly number: number;
  readonly status: RowStatus;
  /** By lower-case name: devices do not agree on capitals. */
  readonly fields: ReadonlyMap<string, PacketField>;
  /** `line:column` of the row's start tag. */
  readonly at: string;
}

export type PacketEvent =
  | { readonly kind: 'header'; readonly user: string }
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'row'; readonly table: string; readonly row: PacketRow };

export interface PacketTable {
  /** As the packet spells it. */
  readonly name: string;
  readonly rows: readonly PacketRow[];
}

/** A whole packet in memory, for applying. */
export interface Packet {
  readonly user: string;
  /** By lower-case name, in the order of the packet. */
  readonly tables: ReadonlyMap<string, PacketTable>;
}

export interface ReadLimits {
  readonly bytes: number;
  /** Levels of elements; a plain packet has four. */
  readonly depth: number;
  /** Characters between two pieces of markup, of an attribute, of a comment. */
  readonly textChars: number;
  readonly attributes: number;
  readonly tables: number;
  /** Rows of the whole packet. */
  readonly rows: number;
  readonly fieldsPerRow: number;
}

/** For reading as a stream: the protocol's largest packet passes. */
export const STREAM_LIMITS: ReadLimits = {
  bytes: 100_000_000,
  depth: 16,
  textChars: 8 * 1024 * 1024,
  attributes: 32,
  tables: 1_000,
  rows: 2_000_000,
  fieldsPerRow: 1_000,
};

/** For applying: a device's document is kilobytes, a signature in it perhaps a megabyte; more is a person's case. */
export const APPLY_LIMITS: ReadLimits = { ...STREAM_LIMITS, bytes: 16 * 1024 * 1024, rows: 20_000 };

/**
 * Reads a packet as a stream. Refusals are thrown as BodyStreamError with a `rejected` failure saying what, where (table,
 * row, field, line:column) and why; an aborted signal as `cancelled`; errors of `chunks` pass through.
 */
export type ReadPacket = (
  chunks: AsyncIterable<Uint8Array>,
  limits: ReadLimits,
  runtime: Pick<Runtime, 'yield'>,
  signal: AbortSignal,
) => AsyncIterable<PacketEvent>;

/** The same into memory; refusals are returned. A BodyStreamError of `chunks` is returned as its failure. */
export type CollectPacket = (
  chunks: AsyncIterable<Uint8Array>,
  limits: ReadLimits,
  runtime: Pick<Runtime, 'yield'>,
  signal: AbortSignal,
) => Promise<Result<Packet>>;

/**
 * Passes a download through and ends with BodyStreamError `invalid-response` when it is no packet (HTML, JSON, nothing)
 * or is cut. A whole packet that is malformed passes: it is stored as it is and parked with its bytes kept.
 */
export type CheckBody = (
  chunks: AsyncIterable<Uint8Array>,
  endpoint: Endpoint,
) => AsyncIterable<Uint8Array>;

/** One row to write: fields in order; null is left out, empty text is an empty element. */
export type RowToWrite = Iterable<readonly [field: string, value: string | null]>;

export interface TableToWrite {
  readonly name: string;
  readonly rows: Iterable<RowToWrite> | AsyncIterable<RowToWrite>;
  /** Written even without rows; otherwise an empty table is left out. */
  readonly keepEmpty?: boolean | undefined;
}

/** Writes strict XML in chunks of at most 64 KiB. Throws BodyStreamError `rejected` for what XML cannot carry. */
export type WritePacket = (packet: {
  readonly user: string;
  readonly tables: Iterable<TableToWrite> | AsyncIterable<TableToWrite>;
}) => AsyncIterable<Uint8Array>;
