import { Answer } from './answer.ts';
import type { SessionState } from './answer.ts';
import { ConnectionGone } from './answer-gate.ts';
import type { AnswerGate } from './answer-gate.ts';
import { readBulkLoad } from './bulk-load.ts';
import { ProtocolError } from './byte-reader.ts';
import { StreamCancelled } from './inbox.ts';
import type { IncomingStream, Inbox, Message } from './inbox.ts';
import type { Outbox } from './outbox.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { BULK_TEXT, requestText } from './request-text.ts';
import { readRequest } from './requests.ts';
import type { ClientRequest, RpcCall } from './requests.ts';
import { DONE_STATUS, DONE_TOKEN, writeDone } from './tokens.ts';
import { RefusedType } from './type-info.ts';
import type { RequestPlan } from './wire-faults.ts';
import type { SqlMessage, SqlRequest, SqlSession } from '../tsql/face.ts';

/** The engine broke its promise not to throw. The client is told, and the connection ends. */
export class EngineFailure extends Error {}

export interface LoopParts {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly gate: AnswerGate;
  readonly session: SqlSession;
  readonly state: SessionState;
  /** Most bytes of one row of a bulk load. */
  readonly maxRow: number;
  readonly plan: (text: string) => RequestPlan;
  /** Makes the connection half-open. */
  readonly freeze: () => void;
  /** Destroys the connection without a word. */
  readonly destroy: () => void;
}

type WholeMessage = Extract<Message, { kind: 'whole' }>;

/**
 * Answers requests one at a time, in order: every message of the client, an attention included, gets exactly one
 * message back. An attention also stops the request it overtakes.
 */
export class SessionLoop {
  readonly #parts: LoopParts;
  readonly #prepared = new PreparedStatements();
  #running: AbortController | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    parts.inbox.onAttention = () => this.#running?.abort();
    parts.inbox.onEnd = () => this.#running?.abort();
  }

  /** Until the client leaves. Throws `ProtocolError`, `ConnectionGone` or `EngineFailure`. */
  async run(): Promise<void> {
    const { inbox } = this.#parts;
    for (let message = await inbox.next(); message; message = await inbox.next()) {
      if (message.kind === 'attention') await this.#acknowledge();
      else await this.#answer(message);
    }
  }

  async #acknowledge(): Promise<void> {
    const { outbox } = this.#parts;
    writeDone(outbox.tokens, { token: DONE_TOKEN.done, status: DONE_STATUS.attention });
    await outbox.end();
  }

  async #answer(message: Exclude<Message, { kind: 'attention' }>): Promise<void> {
    const { inbox, outbox, gate } = this.#parts;
    const running = new AbortController();
    this.#running = running;
    // Both may have come in one piece with the request itself, before it was taken.
    if (inbox.attentionWaiting || inbox.ended) running.abort();
    try {
      const answered =
        message.kind === 'whole' ? await this.#whole(message, running) : await this.#bulk(message, running);
      if (!answered) return;
      await outbox.end();
      await gate.close();
    } finally {
      this.#running = undefined;
    }
  }

  /** False when a fault decided that there is no answer. */
  async #whole(message: WholeMessage, running: AbortController): Promise<boolean> {
    let request: ClientRequest;
    try {
      request = readRequest(message.type, message.body);
    } catch (error) {
      // A cancelled message may be cut anywhere; nothing of it counts.
      if (message.ignored) request = { kind: 'batch', text: '' };
      else if (error instanceof RefusedType) return this.#refuse(error, message.reset);
      else throw error;
    }
    if (!message.ignored && !this.#meet(requestText(request))) return false;
    if (message.ignored) running.abort();
    switch (request.kind) {
      case 'batch':
        await this.#execute(request, 'batch', running, { reset: message.reset });
        return true;
      case 'transaction':
        await this.#execute(request.request, 'batch', running, { reset: message.reset });
        return true;
      case 'rpc':
        await this.#calls(request.calls, running, message.reset);
        return true;
    }
  }

  async #calls(calls: readonly RpcCall[], running: AbortController, reset: boolean): Promise<void> {
    for (const [n, call] of calls.entries()) {
      const context = { reset: reset && n === 0, more: n < calls.length - 1 };
      if (context.reset) this.#prepared.clear();
      const resolved = this.#prepared.resolve(call);
      if (resolved.kind === 'call') {
        const request: SqlRequest = { kind: 'procedure', ...resolved.call };
        await this.#execute(request, 'rpc', running, { ...context, output: resolved.handle });
        continue;
      }
      const answer = this.#begin('rpc', context.reset);
      if (resolved.kind === 'failed') answer.add({ kind: 'message', message: resolved.message });
      else if (resolved.handle) answer.output(resolved.handle);
      answer.end(context.more);
    }
  }

  async #bulk(message: Extract<Message, { kind: 'stream' }>, running: AbortController): Promise<boolean> {
    if (!this.#meet(BULK_TEXT)) return false;
    const { stream } = message;
    try {
      // Stopped before it throws: half a load must never look like a whole one.
      const load = await readBulkLoad(stream, this.#parts.maxRow, () => running.abort());
      const request: SqlRequest = { kind: 'bulk', columns: load.columns, rows: load.rows };
      await this.#execute(request, 'batch', running, { reset: message.reset, stream });
    } catch (error) {
      if (error instanceof RefusedType) {
        await skip(stream);
        return this.#refuse(error, message.reset);
      }
      if (!(error instanceof StreamCancelled)) throw error;
      this.#begin('batch', message.reset).end();
    }
    return true;
  }

  /** Applies the faults that strike before execution; false when one ended the request. */
  #meet(text: string): boolean {
    const plan = this.#parts.plan(text);
    if (plan.freeze) {
      this.#parts.freeze();
      return false;
    }
    if (plan.cut?.fault.at === 'before-execution' && plan.cut.strike()) {
      this.#parts.destroy();
      return false;
    }
    this.#parts.gate.open(plan);
    return true;
  }

  #refuse(error: RefusedType, reset: boolean): true {
    const answer = this.#begin('rpc', reset);
    const problem = error.number === 8009 ? 'is unknown' : 'has an invalid data length or metadata length';
    answer.add({
      kind: 'message',
      message: {
        number: error.number,
        state: 1,
        class: 16,
        message: `The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect. ${error.message} ${problem}.`,
        procedure: '',
        line: 1,
      },
    });
    answer.end();
    return true;
  }

  #begin(form: 'batch' | 'rpc', reset: boolean): Answer {
    const { outbox, state, session } = this.#parts;
    const answer = new Answer(outbox.tokens, state, form);
    if (reset) {
      session.reset();
      answer.reset();
    }
    return answer;
  }

  async #execute(
    request: SqlRequest,
    form: 'batch' | 'rpc',
    running: AbortController,
    context: {
      reset: boolean;
      more?: boolean;
      output?: Parameters<Answer['output']>[0] | undefined;
      stream?: IncomingStream;
    },
  ): Promise<void> {
    const { outbox, session } = this.#parts;
    const answer = this.#begin(form, context.reset);
    if (context.output) answer.output(context.output);
    let whole = outbox.tokens.length;
    try {
      if (!running.signal.aborted) {
        for await (const event of session.execute(request, running.signal)) {
          // After a cancel only what changes the connection's state still matters.
          if (running.signal.aborted && event.kind === 'row') continue;
          answer.add(event);
          if (outbox.full) await outbox.flush();
          whole = outbox.tokens.length;
        }
      }
      if (context.stream) await skip(context.stream);
    } catch (error) {
      if (error instanceof StreamCancelled) return answer.end(context.more);
      if (error instanceof RefusedType || error instanceof ProtocolError || error instanceof ConnectionGone)
        throw error;
      outbox.tokens.truncate(whole);
      answer.add({ kind: 'message', message: engineFailed(error) });
      answer.end();
      await outbox.end();
      throw new EngineFailure(error instanceof Error ? error.message : String(error), { cause: error });
    }
    answer.end(context.more);
  }
}

/** Reads to the end of a message nobody is interested in any more. */
async function skip(stream: IncomingStream): Promise<void> {
  try {
    while ((await stream.next()) !== null);
  } catch (error) {
    if (!(error instanceof StreamCancelled)) throw error;
  }
}

function engineFailed(error: unknown): SqlMessage {
  const text = error instanceof Error ? error.message : String(error);
  return { number: 3624, state: 1, class: 20, message: `The engine failed: ${text}`, procedure: '', line: 1 };
}
