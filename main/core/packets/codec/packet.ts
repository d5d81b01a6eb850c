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
  | { readonly kind: 'header'; readonly user: string | undefined }
  | { readonly kind: 'table'; readonly name: string }
  | { readonly kind: 'row'; readonly table: string; readonly row: PacketRow };

export interface PacketTable {
  /** As the packet spells it. */
  readonly name: string;
  readonly rows: readonly PacketRow[];
}

/** A whole packet in memory, for applying. */
export interface Packet {
  /** The user the root names; undefined where it names none. */
  readonly user: string | undefined;
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

export interface ReadOptions {
  readonly runtime: Pick<Runtime, 'yield'>;
  readonly signal: AbortSignal;
  readonly limits?: ReadLimits | undefined;
  /** Bytes of the packet where they are known: what is too large is refused before it is read. */
  readonly size?: number | undefined;
  /** For looking, never for writing: where `status` and `state` of a row differ, `status` counts instead of refusing. */
  readonly statusWins?: boolean | undefined;
}
