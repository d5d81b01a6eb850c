import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from '../../core/queue/store-error.ts';
import { quickCheck } from './quick-check.ts';

/** What a worker answers. Errors cross as data: a class does not survive the way. */
export type CheckAnswer =
  { readonly findings: readonly string[] } | { readonly code: StoreError['code']; readonly message: string };

function answer(file: string): CheckAnswer {
  try {
    return { findings: quickCheck(file) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { code: error.code, message: error.message };
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads knows no origins
parentPort?.postMessage(answer(String(workerData)));
