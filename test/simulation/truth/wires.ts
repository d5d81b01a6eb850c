import type { HttpOutcome, HttpRequest, HttpTransport } from '../../../main/core/runtime/http-transport.ts';
import type {
  SqlCall,
  SqlConnect,
  SqlConnection,
  SqlFailed,
  SqlOutcome,
  SqlServer,
} from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { SqlStreamError } from '../../../main/adapters/erp-mssql/sql-connection.ts';

/** What the other side is like now. `frozen`: connections stand, and nothing comes back over them. */
export type Reach = 'up' | 'away' | 'frozen';

/** Someone who stands at the wires and sees what goes out and what came of it, never what the agent makes of it. */
export interface WireTap {
  sqlSent(call: SqlCall): (outcome: SqlOutcome | SqlConnect) => void;
  connecting(): (outcome: SqlConnect) => void;
  httpSent(request: HttpRequest): (outcome: HttpOutcome) => void;
}

interface WireClock {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How long a driver waits for a frozen server to confirm a cancel. */
const CANCEL_MS = 5_000;
const CONNECT_MS = 15_000;

/** An SQL server that can be away or frozen, and the tap on its wire. */
export function tappedSqlServer(
  inner: SqlServer,
  reach: () => Reach,
  clock: WireClock,
  tap: WireTap,
): SqlServer {
  return {
    sessionsOpened: () => inner.sessionsOpened(),
    connect: async (signal) => {
      const over = tap.connecting();
      const outcome = await connect(signal);
      over(outcome);
      return outcome;
    },
  };

  async function connect(signal: AbortSignal): Promise<SqlConnect> {
    if (reach() === 'frozen') {
      await clock.sleep(CONNECT_MS, signal);
      return signal.aborted
        ? { kind: 'not-applied', why: 'cancelled', cause: 'cancelled' }
        : { kind: 'not-applied', why: 'network', cause: 'ETIMEOUT' };
    }
    if (reach() === 'away') return { kind: 'not-applied', why: 'network', cause: 'ECONNREFUSED' };
    const made = await inner.connect(signal);
    return made.kind === 'connected' ? { ...made, connection: tappedConnection(made.connection) } : made;
  }

  function tappedConnection(connection: SqlConnection): SqlConnection {
    let dead = false;
    const silence = async (ms: number, signal: AbortSignal): Promise<SqlFailed> => {
      dead = true;
      await clock.sleep(ms, signal);
      if (signal.aborted) await clock.sleep(CANCEL_MS, new AbortController().signal);
      return { kind: 'unknown', cause: 'ETIMEOUT' };
    };
    const run = async (call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> => {
      if (dead || reach() === 'away') {
        dead = true;
        return { kind: 'not-applied', why: 'network', cause: 'ECONNRESET' };
      }
      if (reach() === 'frozen') return silence(call.timeoutMs, signal);
      const outcome = await connection.run(call, signal);
      if (reach() === 'up') return outcome;
      // It went while the request was under way: what became of it stays there.
      if (reach() === 'frozen') return silence(call.timeoutMs, signal);
      dead = true;
      return { kind: 'unknown', cause: 'ECONNRESET' };
    };
    const tapped = async (call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> => {
      const over = tap.sqlSent(call);
      const outcome = await run(call, signal);
      over(outcome);
      return outcome;
    };
    return {
      run: tapped,
      async *stream(call, signal) {
        const outcome = await tapped(call, signal);
        if (outcome.kind !== 'answered') throw new SqlStreamError(outcome);
        const [first] = outcome.recordsets;
        if (first !== undefined) yield first;
      },
      beginReading: async (isolation, signal) => {
        if (dead || reach() !== 'up')
          return { kind: 'not-applied', why: 'network', cause: 'the connection is gone' };
        return connection.beginReading(isolation, signal);
      },
      load: async (load, timeoutMs, signal) => {
        if (dead || reach() === 'away') {
          dead = true;
          return { kind: 'not-applied', why: 'network', cause: 'ECONNRESET' };
        }
        if (reach() === 'frozen') return silence(timeoutMs, signal);
        return connection.load(load, timeoutMs, signal);
      },
      close: () => connection.close(),
    };
  }
}

/** A network to the cloud that can be away or swallow requests, and the tap on it. */
export function tappedHttp(
  inner: HttpTransport,
  reach: () => Reach,
  clock: WireClock,
  tap: WireTap,
): HttpTransport {
  const send = async (request: HttpRequest, signal: AbortSignal): Promise<HttpOutcome> => {
    if (reach() === 'away') return { kind: 'not-sent', cause: 'ENETUNREACH' };
    if (reach() === 'frozen') {
      await clock.sleep(request.headTimeoutMs, signal);
      return { kind: 'maybe-sent', cause: 'ETIMEDOUT' };
    }
    return inner.send(request, signal);
  };
  return {
    send: async (request, signal) => {
      const over = tap.httpSent(request);
      const outcome = await send(request, signal);
      // Whoever taps the wire reads along; the body goes on untouched.
      const whole = outcome.kind === 'answered' ? await rebuilt(outcome) : outcome;
      over(whole);
      return whole;
    },
  };
}

type Answered = Extract<HttpOutcome, { kind: 'answered' }>;

export interface ReadAnswer extends Answered {
  readonly text: string;
}

async function rebuilt(outcome: Answered): Promise<ReadAnswer | Answered> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of outcome.response.body) chunks.push(chunk);
  } catch (error) {
    const broken = async function* (): AsyncIterable<Uint8Array> {
      yield* chunks;
      throw error;
    };
    return { ...outcome, response: { ...outcome.response, body: broken() } };
  }
  const whole = async function* (): AsyncIterable<Uint8Array> {
    yield* chunks;
  };
  const text = Buffer.concat(chunks).toString('utf8');
  return { ...outcome, response: { ...outcome.response, body: whole() }, text } as ReadAnswer;
}
