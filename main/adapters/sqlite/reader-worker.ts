import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from '../../core/queue/store-error.ts';
import type { Steps } from './read-steps.ts';
import { begin, openReader, type ReaderOptions } from './reader.ts';
import type { FromReader, ToReader } from './reader-protocol.ts';

const port = parentPort;
if (port === null) throw new Error('this runs as a worker');

const say = (message: FromReader): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads knows no origins
  port.postMessage(message);
};

let opened: ReturnType<typeof openReader> | undefined;
const reader = (): ReturnType<typeof openReader> =>
  (opened ??= openReader(workerData as ReaderOptions, ({ code, message }) => {
    say({ kind: 'damaged', code, message });
  }));

/** Reads that are not at their end. */
const running = new Map<number, Steps<unknown>>();

/** One step; the next one after whatever came in meanwhile, so that a long search holds up nobody. */
function go(id: number): void {
  const steps = running.get(id);
  if (steps === undefined) return;
  try {
    const step = steps.next();
    if (step.done !== true) {
      setImmediate(go, id);
      return;
    }
    say({ kind: 'value', id, value: step.value });
  } catch (error) {
    say(
      error instanceof StoreError
        ? { kind: 'failure', id, failure: { kind: 'store', message: error.message } }
        : { kind: 'bug', id, message: error instanceof Error ? error.message : 'unknown' },
    );
  }
  running.delete(id);
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'cancel') {
    running.delete(message.id);
    return;
  }
  const { id, name, argument } = message;
  try {
    running.set(id, begin(reader(), name, argument));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    say({ kind: 'failure', id, failure: { kind: 'store', message: error.message } });
    return;
  }
  go(id);
});
