import type { ByteWriter } from './byte-writer.ts';
import {
  DONE_STATUS,
  DONE_TOKEN,
  isError,
  writeColumns,
  writeDatabase,
  writeDone,
  writeMessage,
  writeReset,
  writeReturnStatus,
  writeReturnValue,
  writeTransaction,
} from './tokens.ts';
import type { Done, Output, WriteRow } from './tokens.ts';
import type { SqlEvent } from '../tsql/face.ts';

/** What the connection remembers between answers. */
export interface SessionState {
  readonly server: string;
  database: string;
  /** Transaction the client knows to be open. */
  transaction: bigint | undefined;
}

/**
 * Turns the engine's events into the tokens of one answer. The one thing an event alone does not tell is whether more
 * follows, which every DONE has to say: so the latest DONE waits until the next event or the end.
 */
export class Answer {
  readonly #out: ByteWriter;
  readonly #state: SessionState;
  readonly #rpc: boolean;
  #waiting: Done | undefined;
  #writeRow: WriteRow | undefined;
  #failed = false;
  #anyError = false;
  #returnStatus: number | undefined;
  #outputs: Output[] = [];

  constructor(out: ByteWriter, state: SessionState, form: 'batch' | 'rpc') {
    this.#out = out;
    this.#state = state;
    this.#rpc = form === 'rpc';
  }

  /** Must be the first thing in an answer. Tells of the transaction the reset rolled back. */
  reset(): void {
    writeReset(this.#out);
    if (this.#state.transaction === undefined) return;
    writeTransaction(this.#out, 'rollback', this.#state.transaction);
    this.#state.transaction = undefined;
  }

  add(event: SqlEvent): void {
    if (event.kind === 'row') {
      if (!this.#writeRow) throw new Error('the engine gave a row before its columns');
      this.#writeRow(this.#out, event.values);
      return;
    }
    switch (event.kind) {
      case 'columns':
        this.#release();
        this.#writeRow = writeColumns(this.#out, event.columns);
        return;
      case 'done':
        this.#done(event);
        return;
      case 'message':
        this.#release();
        writeMessage(this.#out, event.message, this.#state.server);
        if (isError(event.message)) {
          this.#failed = true;
          this.#anyError = true;
        }
        return;
      case 'transaction':
        this.#release();
        writeTransaction(this.#out, event.change, event.id);
        this.#state.transaction = event.change === 'begin' ? event.id : undefined;
        return;
      case 'database':
        this.#database(event.name);
        return;
      case 'returnStatus':
        this.#status(event.value);
        return;
      case 'output':
        if (this.#rpc) this.#outputs.push(event);
        return;
    }
  }

  /** Adds an output of the protocol's own, such as the handle of a prepared statement. */
  output(output: Output): void {
    this.#outputs.push(output);
  }

  /** Closes the answer; `more` when another call of the same message follows. */
  end(more = false): void {
    const last = more ? DONE_STATUS.more : 0;
    if (this.#rpc) {
      this.#release();
      // Success is status 0 even where a statement, not a procedure, was run.
      const status = this.#returnStatus ?? (this.#anyError ? undefined : 0);
      if (status !== undefined) writeReturnStatus(this.#out, status);
      this.#outputs.forEach((output, ordinal) => writeReturnValue(this.#out, ordinal, output));
      writeDone(this.#out, { token: DONE_TOKEN.procedure, status: last | this.#takeError() });
      return;
    }
    const waiting = this.#waiting;
    if (waiting && waiting.token !== DONE_TOKEN.inProcedure) {
      this.#waiting = undefined;
      writeDone(this.#out, { ...waiting, status: waiting.status | last });
      return;
    }
    this.#release();
    writeDone(this.#out, { token: DONE_TOKEN.done, status: last | this.#takeError() });
  }

  #done(event: Extract<SqlEvent, { kind: 'done' }>): void {
    this.#release();
    this.#waiting = {
      token: this.#rpc || event.inProcedure ? DONE_TOKEN.inProcedure : DONE_TOKEN.done,
      status: this.#takeError(),
      count: event.count,
      select: event.select,
    };
  }

  #database(name: string): void {
    this.#release();
    writeDatabase(this.#out, name, this.#state.database);
    this.#state.database = name;
  }

  /** In a batch a procedure's end closes it at once; in an RPC only the outermost status is told, at the end. */
  #status(value: number): void {
    if (this.#rpc) {
      this.#returnStatus = value;
      return;
    }
    this.#release();
    writeReturnStatus(this.#out, value);
    this.#waiting = { token: DONE_TOKEN.procedure, status: this.#takeError() };
  }

  #release(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    writeDone(this.#out, { ...waiting, status: waiting.status | DONE_STATUS.more });
  }

  #takeError(): number {
    const status = this.#failed ? DONE_STATUS.error : 0;
    this.#failed = false;
    return status;
  }
}
