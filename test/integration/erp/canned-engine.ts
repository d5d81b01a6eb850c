import type {
  LoginOutcome,
  SqlColumn,
  SqlEngine,
  SqlEvent,
  SqlMessage,
  SqlRequest,
} from '../../../main/sandbox/tsql/face.ts';

/** What a request answers; anything else gets a bare end. */
export type Canned = (text: string, signal: AbortSignal) => AsyncIterable<SqlEvent> | undefined;

export const message = (number: number, severity = 16): SqlMessage => ({
  number,
  state: 1,
  class: severity,
  message: `message ${number}`,
  procedure: '',
  line: 1,
});

/** An engine without SQL: for what the driver makes of answers. */
export function cannedEngine(answer: Canned, login?: () => SqlMessage | undefined): SqlEngine {
  let sessions = 50;
  return {
    serverName: 'CANNED',
    login(): LoginOutcome {
      const refusal = login?.();
      if (refusal !== undefined) return { ok: false, message: refusal };
      sessions += 1;
      return {
        ok: true,
        database: 'ERP',
        session: {
          id: sessions,
          async *execute(request, signal) {
            const canned = answer(textOf(request), signal);
            if (canned === undefined) yield { kind: 'done', select: false, inProcedure: false };
            else yield* untilAborted(canned, signal);
          },
          reset: () => undefined,
          close: () => undefined,
        },
      };
    },
  };
}

function textOf(request: SqlRequest): string {
  if (request.kind === 'batch') return request.text;
  if (request.kind === 'procedure') {
    const statement = request.parameters[0]?.value;
    return typeof statement === 'string' ? statement : request.name;
  }
  return request.kind;
}

export async function* rowsOf(
  columns: readonly SqlColumn[],
  rows: Iterable<readonly (string | number | bigint | boolean | null)[]>,
): AsyncIterable<SqlEvent> {
  yield { kind: 'columns', columns };
  let count = 0;
  for (const values of rows) {
    count += 1;
    yield { kind: 'row', values };
  }
  yield { kind: 'done', count, select: true, inProcedure: true };
}

/** A cancelled request simply stops; others get their turn, as with an engine that waits for locks. */
async function* untilAborted(events: AsyncIterable<SqlEvent>, signal: AbortSignal): AsyncIterable<SqlEvent> {
  let count = 0;
  for await (const event of events) {
    if (signal.aborted) return;
    yield event;
    count += 1;
    if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
