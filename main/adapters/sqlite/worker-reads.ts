import { Worker } from 'node:worker_threads';
import { StoreError } from '../../core/queue/store-error.ts';
import type { ReadAnswer, ReadFailure, ViewerReads } from '../../core/queue/viewer-reads.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import type { ReaderOptions, ReadName } from './reader.ts';
import type { FromReader, ToReader } from './reader-protocol.ts';
import type { OnDamaged } from './store-context.ts';

/** Longer than a search through a million items takes on a slow disk, shorter than a person's patience. */
const TIMEOUT_MS = 20_000;

export interface WorkerReadsOptions extends ReaderOptions {
  readonly runtime: Pick<Runtime, 'sleep'>;
  readonly onDamaged?: OnDamaged | undefined;
  /** Told when the worker died by itself. */
  readonly onCrash?: ((error: unknown) => void) | undefined;
  readonly timeoutMs?: number | undefined;
}

const CANCELLED: ReadFailure = { kind: 'cancelled', message: 'The request was given up.' };
const ENDED: ReadFailure = { kind: 'ended', message: 'The reader of the local store ended.' };
const SLOW: ReadFailure = { kind: 'slow', message: 'Looking this up took too long and was given up.' };

interface Pending {
  readonly settle: (answer: ReadAnswer<unknown>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Reads beside the agent's thread: one worker with a connection of its own, started by the first request. A worker that dies
 * fails what it was asked, and the next request starts another; one that does not come back from a request is left behind.
 */
export function workerReads(options: WorkerReadsOptions): ViewerReads {
  const { file, spool, zone, runtime, timeoutMs = TIMEOUT_MS } = options;
  let current: Hand | undefined;
  let closed = false;
  let lastId = 0;

  const hand = (): Hand => {
    current ??= startHand();
    return current;
  };

  /** One worker and what it was asked. */
  interface Hand {
    readonly worker: Worker;
    readonly pending: Map<number, Pending>;
    /** How often it spoke: tells one that works from one that hangs. */
    heard: number;
  }

  function startHand(): Hand {
    const worker = new Worker(new URL('./reader-worker.ts', import.meta.url), {
      workerData: { file, spool, zone } satisfies ReaderOptions,
    });
    const own: Hand = { worker, pending: new Map(), heard: 0 };
    worker.on('message', (message: FromReader) => {
      own.heard += 1;
      hear(own, message);
    });
    worker.on('error', (error) => options.onCrash?.(error));
    worker.on('exit', () => {
      leave(own, ENDED);
    });
    return own;
  }

  /** Whatever it was asked gets this; the next request starts another. */
  function leave(own: Hand, failure: ReadFailure): void {
    if (current === own) current = undefined;
    for (const { settle } of own.pending.values()) settle(fail(failure));
  }

  function hear(own: Hand, message: FromReader): void {
    if (message.kind === 'damaged') {
      options.onDamaged?.(new StoreError(message.code, message.message));
      return;
    }
    const waiting = own.pending.get(message.id);
    if (message.kind === 'value') waiting?.settle(ok(message.value));
    else if (message.kind === 'failure') waiting?.settle(fail(message.failure));
    else waiting?.reject(new Error(`the reader of the store failed: ${message.message}`));
  }

  function ask<T>(name: ReadName, argument: unknown, signal: AbortSignal): Promise<ReadAnswer<T>> {
    if (closed || signal.aborted) return Promise.resolve(fail(CANCELLED));
    return new Promise((resolve, reject) => {
      const own = hand();
      const id = (lastId += 1);
      const over = new AbortController();
      const heardBefore = own.heard;
      const say = (message: ToReader): void => {
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads knows no origins
        own.worker.postMessage(message);
      };
      const end = (): void => {
        own.pending.delete(id);
        signal.removeEventListener('abort', giveUp);
        over.abort();
        // Only what somebody waits for may keep the program from ending.
        if (own.pending.size === 0) own.worker.unref();
      };
      const settle = (answer: ReadAnswer<unknown>): void => {
        end();
        resolve(answer as ReadAnswer<T>);
      };
      const giveUp = (): void => {
        settle(fail(CANCELLED));
        say({ kind: 'cancel', id });
      };
      own.pending.set(id, {
        settle,
        reject: (error) => {
          end();
          reject(error);
        },
      });
      own.worker.ref();
      signal.addEventListener('abort', giveUp, { once: true });
      say({ kind: 'read', id, name, argument });
      void runtime.sleep(timeoutMs, over.signal).then(() => {
        if (over.signal.aborted) return;
        settle(fail(SLOW));
        if (own.heard > heardBefore) say({ kind: 'cancel', id });
        else {
          // SQLite cannot be interrupted from here: the worker ends when its statement does.
          void own.worker.terminate();
          leave(own, ENDED);
        }
      });
    });
  }

  return {
    list: (query, signal) => ask('list', query, signal),
    show: (item, signal) => ask('show', item, signal),
    bodyPart: (wanted, signal) => ask('bodyPart', wanted, signal),
    compared: (wanted, signal) => ask('compared', wanted, signal),
    runs: (query, signal) => ask('runs', query, signal),
    history: (query, signal) => ask('history', query, signal),
    spooled: (wanted, signal) => ask('spooled', wanted, signal),
    users: (query, signal) => ask('users', query, signal),
    user: (wanted, signal) => ask('user', wanted, signal),
    close: async () => {
      closed = true;
      const own = current;
      if (own === undefined) return;
      leave(own, CANCELLED);
      await own.worker.terminate();
    },
  };
}
