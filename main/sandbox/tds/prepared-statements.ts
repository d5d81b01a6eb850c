import type { RpcCall } from './requests.ts';
import type { Output } from './tokens.ts';
import type { SqlMessage, SqlParameter, SqlValue } from '../tsql/face.ts';

/** Statements one connection may keep prepared; a client that never unprepares is told so. */
const MAX_PREPARED = 1000;
const HANDLE = { name: '@handle', type: { name: 'int' } } as const;
const LONG_TEXT = { name: 'nvarchar', length: 'max' } as const;

interface Prepared {
  readonly declaration: SqlValue;
  readonly statement: SqlValue;
}

export type Resolved =
  | { readonly kind: 'call'; readonly call: RpcCall; readonly handle?: Output | undefined }
  | { readonly kind: 'answered'; readonly handle?: Output | undefined }
  | { readonly kind: 'failed'; readonly message: SqlMessage };

/**
 * The protocol's prepared statements, which the engine does not have: a handle stands for a declaration and a
 * statement, and executing it is `sp_executesql` with both.
 */
export class PreparedStatements {
  readonly #byHandle = new Map<number, Prepared>();
  #last = 0;

  resolve(call: RpcCall): Resolved {
    switch (call.name.toLowerCase()) {
      case 'sp_prepare':
        return this.#prepare(call);
      case 'sp_prepexec':
        return this.#prepareAndRun(call);
      case 'sp_execute':
        return this.#run(call);
      case 'sp_unprepare':
        return this.#forget(call);
      default:
        return { kind: 'call', call };
    }
  }

  clear(): void {
    this.#byHandle.clear();
  }

  #keep(declaration: SqlValue, statement: SqlValue): number | undefined {
    if (this.#byHandle.size >= MAX_PREPARED) return undefined;
    this.#last += 1;
    this.#byHandle.set(this.#last, { declaration, statement });
    return this.#last;
  }

  #prepare({ parameters }: RpcCall): Resolved {
    const handle = this.#keep(parameters[1]?.value ?? null, parameters[2]?.value ?? null);
    if (handle === undefined) return failure(8179, 'Too many prepared statements on this connection.');
    return { kind: 'answered', handle: { ...HANDLE, value: handle } };
  }

  #prepareAndRun({ parameters }: RpcCall): Resolved {
    const prepared = { declaration: parameters[1]?.value ?? null, statement: parameters[2]?.value ?? null };
    const handle = this.#keep(prepared.declaration, prepared.statement);
    if (handle === undefined) return failure(8179, 'Too many prepared statements on this connection.');
    const call = executeSql(prepared, parameters.slice(3));
    return { kind: 'call', call, handle: { ...HANDLE, value: handle } };
  }

  #run({ parameters }: RpcCall): Resolved {
    const handle = Number(parameters[0]?.value);
    const prepared = this.#byHandle.get(handle);
    if (!prepared) return failure(8179, `Could not find prepared statement with handle ${handle}.`);
    return { kind: 'call', call: executeSql(prepared, parameters.slice(1)) };
  }

  #forget({ parameters }: RpcCall): Resolved {
    this.#byHandle.delete(Number(parameters[0]?.value));
    return { kind: 'answered' };
  }
}

function executeSql(prepared: Prepared, values: readonly SqlParameter[]): RpcCall {
  const text = (name: string, value: SqlValue): SqlParameter => ({
    name,
    type: LONG_TEXT,
    value,
    output: false,
  });
  const statement = text('@stmt', prepared.statement);
  const declares = typeof prepared.declaration === 'string' && prepared.declaration.trim() !== '';
  return {
    name: 'sp_executesql',
    parameters: declares ? [statement, text('@params', prepared.declaration), ...values] : [statement],
  };
}

function failure(number: number, text: string): Resolved {
  return { kind: 'failed', message: { number, state: 1, class: 16, message: text, procedure: '', line: 0 } };
}
