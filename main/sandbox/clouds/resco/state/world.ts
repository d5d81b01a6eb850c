import type { Schema } from '../metadata/entity-types.ts';
import type { Fault } from '../fault-script.ts';
import type { Switches } from '../switches.ts';
import type { CallLog } from '../call-log.ts';
import type { Row, Table } from './table.ts';

export type PrivilegeKind = 'read' | 'create' | 'write' | 'delete';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly fullName: string;
  password: string;
  /** By entity; without any, everything is allowed. `own` is what the user owns. */
  privileges: Readonly<Record<string, readonly (PrivilegeKind | 'own')[]>> | undefined;
}

export interface Organisation {
  readonly name: string;
  id: string;
}

/** What the server does by itself after a write. */
export interface ServerRule {
  readonly kind: 'real-time' | 'workflow';
  readonly entity: string;
  readonly on: readonly ('create' | 'update' | 'delete')[];
  /** Name of the user under whom it works. */
  readonly as: string;
  /** Of a workflow: seconds after the write. */
  readonly afterSeconds?: number | undefined;
  /** Fields of the record to set; null clears. */
  readonly change?: ((row: Row) => Readonly<Record<string, string | null>> | undefined) | undefined;
  /** Another record to make. */
  readonly creates?:
    ((row: Row) => { entity: string; values: Readonly<Record<string, string>> } | undefined) | undefined;
}

export interface Hook {
  readonly id: string;
  readonly entity: string;
  readonly action: 'Create' | 'Update' | 'Delete';
  readonly url: string;
}

/** Writes that have their row versions but that nobody sees yet. */
export interface Stage {
  readonly rows: Map<string, Map<string, Row | null>>;
  lowest: bigint | undefined;
}

/** Something done by somebody else at a chosen moment of a call. */
export interface Moment {
  readonly on: string;
  readonly when: 'before' | 'after' | 'item';
  /** Of a batch: before the item at this place, from 0. */
  readonly item?: number | undefined;
  skip: number;
  readonly act: () => void;
}

export interface World {
  readonly switches: Switches;
  schema: Schema;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly organisation: Organisation;
  readonly businessUnit: string;
  readonly users: User[];
  readonly tables: Map<string, Table>;
  readonly versions: { last: bigint; reported: bigint };
  readonly rules: ServerRule[];
  readonly due: { at: number; rule: ServerRule; entity: string; row: Row }[];
  readonly hooks: Hook[];
  readonly hookCalls: { url: string; body: string; sent?: boolean | undefined }[];
  readonly callBack: ((request: Request) => Promise<unknown>) | undefined;
  readonly faults: Fault[];
  readonly moments: Moment[];
  /** Entities whose OData reads are broken, and how. */
  readonly broken: Map<string, '500' | 'truncated'>;
  readonly stages: Set<Stage>;
  /** The transaction that writes now, if a test is in one. */
  stage: Stage | undefined;
  /** Whether the server itself writes now, which sets off no further rules. */
  byServer: boolean;
  /** What takes back the writes of the call under way. */
  readonly undo: { readonly steps: (() => void)[]; depth: number };
  readonly log: CallLog;
}
