import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { SqlParameter } from './sql-connection.ts';

/** The server takes 2,100 parameters; the statement and its declaration are two of them, the rest is reserve. */
export const MAX_PARAMETERS = 2_000;

/** Ends a compilation; never leaves `compileUnit`. */
export class Refused extends Error {
  readonly failure: SyncFailure;

  constructor(code: string, message: string, where?: string, field?: string) {
    super(code);
    this.failure = { kind: 'rejected', code, message, where, field };
  }
}

/** The values of a unit, in the order they were met. */
export class Parameters {
  readonly all: SqlParameter[] = [];

  fixed(name: string, value: string | null): void {
    this.all.push({ name, type: 'nvarchar', value });
  }

  add(type: SqlParameter['type'], value: string | Uint8Array): string {
    const name = `p${this.all.length}`;
    this.all.push({ name, type, value });
    if (this.all.length > MAX_PARAMETERS)
      throw new Refused(
        'unit-too-large',
        `the packet has more than ${MAX_PARAMETERS} values for one transaction`,
      );
    return `@${name}`;
  }

  text(value: string): string {
    return this.add('nvarchar', value);
  }
}

/** A key as it is, or a refusal where the ledger would cut it. */
export const limited = (what: string, value: string, length: number): string => {
  if (value.length > length)
    throw new Refused(
      'key-too-long',
      `${what} has ${value.length} characters, the ledger holds ${length}`,
      what,
    );
  return value;
};

/** What the parts of one document are compiled into. */
export interface Scope {
  readonly p: Parameters;
  readonly declarations: string[];
  readonly body: string[];
  readonly positions: string[];
  /** Variable with what the header returned, for its lines. */
  keyVariable: string | undefined;
}
