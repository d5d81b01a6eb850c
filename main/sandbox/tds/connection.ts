import type { Socket } from 'node:net';
import { AnswerGate, ConnectionGone } from './answer-gate.ts';
import { ProtocolError } from './byte-reader.ts';
import { StreamCancelled } from './inbox.ts';
import { logIn } from './login.ts';
import type { WindowsAccount } from './ntlm.ts';
import { Outbox } from './outbox.ts';
import type { TdsLog } from './server-log.ts';
import { EngineFailure, SessionLoop } from './session-loop.ts';
import type { TlsContexts } from './tls-in-tds.ts';
import type { WireFaults } from './wire-faults.ts';
import { Wire } from './wire.ts';
import type { SqlEngine } from '../tsql/face.ts';

/** Largest request: a photo of 100 MB as a parameter, in UTF-16 or with what surrounds it, still fits. */
const MAX_MESSAGE = 256 * 1024 * 1024;

export interface ConnectionParts {
  readonly id: number;
  readonly engine: SqlEngine;
  readonly accounts: readonly WindowsAccount[];
  readonly faults: WireFaults;
  readonly contexts: TlsContexts;
  readonly log: TdsLog;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One client from its first byte to its last. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #wire: Wire;
  readonly #gone = new AbortController();
  /** Resolves when the socket is closed and the engine's session with it; never rejects. */
  readonly finished: Promise<void>;

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#parts = parts;
    this.#wire = new Wire(socket);
    void this.#wire.closed.then(() => this.#gone.abort());
    this.finished = this.#run();
  }

  close(): void {
    this.#wire.destroy();
  }

  freeze(): void {
    this.#wire.freeze();
  }

  async #run(): Promise<void> {
    const { id, log } = this.#parts;
    log({ connection: id, event: 'open' });
    try {
      await this.#serve();
    } catch (error) {
      this.#explain(error);
    }
    // A frozen connection stays until its client gives up.
    this.#wire.end();
    await this.#wire.closed;
    log({ connection: id, event: 'closed' });
  }

  async #serve(): Promise<void> {
    const { id, engine, faults, contexts, log, sleep } = this.#parts;
    const wire = this.#wire;
    const negotiated = await wire.negotiate(contexts);
    if (!negotiated) return;
    const gate = new AnswerGate({
      deliver: (bytes) => wire.deliver(bytes),
      cut: (last) => wire.cut(last),
      delay: (ms) => sleep(ms, this.#gone.signal),
    });
    const outbox = new Outbox((bytes) => gate.deliver(bytes));
    const login = await logIn({
      inbox: wire.inbox,
      outbox,
      engine,
      strict: negotiated.strict,
      accounts: this.#parts.accounts,
    });
    if (!login) return;
    log({
      connection: id,
      event: login.ok ? 'login' : 'login-refused',
      detail: negotiated.encrypted ? `${login.detail}, encrypted` : login.detail,
    });
    if (!login.ok) return;
    wire.inbox.allow(MAX_MESSAGE);
    try {
      const loop = new SessionLoop({
        inbox: wire.inbox,
        outbox,
        gate,
        session: login.session,
        state: login.state,
        maxRow: MAX_MESSAGE,
        plan: (text) => faults.atRequest(text, id),
        freeze: () => wire.freeze(),
        destroy: () => wire.destroy(),
      });
      await loop.run();
    } finally {
      login.session.close();
    }
  }

  #explain(error: unknown): void {
    if (error instanceof ConnectionGone || error instanceof StreamCancelled) return;
    const detail = error instanceof Error ? error.message : String(error);
    const event = error instanceof ProtocolError ? 'protocol-error' : 'engine-error';
    this.#parts.log({ connection: this.#parts.id, event, detail });
    // A client that breaks the protocol gets no goodbye; one whose request broke the engine gets its error first.
    if (!(error instanceof EngineFailure)) this.#wire.destroy();
  }
}
