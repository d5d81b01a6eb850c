import { Worker } from 'node:worker_threads';
import { StoreError } from '../../core/queue/store-error.ts';
import type { CheckAnswer } from './quick-check-worker.ts';

/**
 * `quickCheck` beside the agent's own thread: an empty list means that no damage was found. Rejects with StoreError when
 * the file cannot be read, or when aborted. The worker ends with its answer.
 */
export function checkInWorker(file: string, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new StoreError('busy', 'stopped'));
      return;
    }
    const worker = new Worker(new URL('./quick-check-worker.ts', import.meta.url), { workerData: file });
    // Its end must not hold up the program's.
    worker.unref();
    const stop = (): void => {
      void worker.terminate();
      reject(new StoreError('busy', 'stopped'));
    };
    signal.addEventListener('abort', stop, { once: true });
    worker.once('message', (answer: CheckAnswer) => {
      if ('findings' in answer) resolve(answer.findings);
      else reject(new StoreError(answer.code, answer.message));
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      // Settled long ago when it answered.
      reject(new StoreError('io', `the check ended with ${String(code)} and no answer`));
    });
  });
}
