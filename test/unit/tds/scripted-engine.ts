import type {
  LoginOutcome,
  SqlColumn,
  SqlEngine,
  SqlEvent,
  SqlMessage,
  SqlRequest,
  SqlSession,
  SqlType,
  SqlValue,
} from '../../../main/sandbox/tsql/face.ts';

export interface Call {
  readonly session: number;
  readonly request: SqlRequest;
  readonly signal: AbortSignal;
}

type Script = (call: Call) => AsyncIterable<SqlEvent> | Iterable<SqlEvent>;

/** An engine that answers by script and remembers what it was asked. The driver's opening `SET` batch is answered bare. */
export class ScriptedEngine implements SqlEngine {
  readonly serverName = 'SCRIPTED';
  readonly calls: Call[] = [];
  readonly resets: number[] = [];
  readonly closed: number[] = [];
  readonly #script: Script;
  #lastSession = 50;
  #onClosed: (() => void) | undefined;

  constructor(script: Script) {
    this.#script = script;
  }

  login(request: { user: string; password: string; database: string }): LoginOutcome {
    if (request.user !== 'sa' || request.password !== 'pässwörd "1"')
      return { ok: false, message: message(18456, 14, `Login failed for user '${request.user}'.`) };
    if (request.database === 'missing')
      return {
        ok: false,
        message: message(
          4060,
          11,
          'Cannot open database "missing" requested by the login. The login failed.',
        ),
      };
    this.#lastSession += 1;
    return { ok: true, session: this.#session(this.#lastSession), database: request.database || 'master' };
  }

  #session(id: number): SqlSession {
    return {
      id,
      execute: (request, signal) => this.#run({ session: id, request, signal }),
      reset: () => void this.resets.push(id),
      close: () => {
        this.closed.push(id);
        this.#onClosed?.();
      },
    };
  }

  async *#run(call: Call): AsyncGenerator<SqlEvent> {
    if (call.request.kind === 'batch' && /^set ansi_nulls/i.test(call.request.text)) return;
    this.calls.push(call);
    yield* this.#script(call);
  }

  /** Resolves when `count` sessions were closed. */
  async sessionsClosed(count: number): Promise<void> {
    while (this.closed.length < count)
      await new Promise<void>((resolve) => {
        this.#onClosed = resolve;
      });
  }
}

export function message(
  number: number,
  severity: number,
  text: string,
  procedure = '',
  line = 1,
): SqlMessage {
  return { number, state: 7, class: severity, message: text, procedure, line };
}

export function text(request: SqlRequest): string {
  if (request.kind === 'batch') return request.text;
  if (request.kind !== 'procedure') return request.kind;
  const statement = request.parameters[0]?.value;
  return request.name === 'sp_executesql' && typeof statement === 'string' ? statement : request.name;
}

export function column(name: string, type: SqlType, nullable = true): SqlColumn {
  return { name, type, nullable };
}

export function* result(
  columns: readonly SqlColumn[],
  rows: readonly (readonly SqlValue[])[],
): Iterable<SqlEvent> {
  yield { kind: 'columns', columns };
  for (const values of rows) yield { kind: 'row', values };
  yield { kind: 'done', count: rows.length, select: true, inProcedure: false };
}

export const INT: SqlType = { name: 'int' };
export const NVARCHAR: SqlType = { name: 'nvarchar', length: 50 };
