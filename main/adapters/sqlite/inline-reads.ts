import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { StoreError } from '../../core/queue/store-error.ts';
import type { ReadAnswer, ViewerReads } from '../../core/queue/viewer-reads.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import { begin, openReader, type ReaderOptions, type ReadName } from './reader.ts';
import type { OnDamaged } from './store-context.ts';

/**
 * Reads on the caller's own thread, for a command that does nothing else and for tests. A site that never ran has no store:
 * there is nothing in it.
 */
export function inlineReads(options: ReaderOptions, onDamaged: OnDamaged = () => undefined): ViewerReads {
  let reader: ReturnType<typeof openReader> | undefined;
  let closed = false;

  const ask = async <T>(name: ReadName, argument: unknown, signal: AbortSignal): Promise<ReadAnswer<T>> => {
    const given = (): boolean => signal.aborted || closed;
    if (given()) return fail({ kind: 'cancelled', message: 'The request was given up.' });
    try {
      reader ??= openReader(options, onDamaged);
      const steps = begin(reader, name, argument);
      for (;;) {
        const step = steps.next();
        if (step.done === true) return ok(step.value as T);
        await setImmediate();
        if (given()) return fail({ kind: 'cancelled', message: 'The request was given up.' });
      }
    } catch (error) {
      if (error instanceof StoreError) return fail({ kind: 'store', message: error.message });
      throw error;
    }
  };

  return {
    list: async (query, signal) =>
      existsSync(options.file) ? ask('list', query, signal) : ok({ items: [], total: 0 }),
    show: async (item, signal) => (existsSync(options.file) ? ask('show', item, signal) : ok(undefined)),
    bodyPart: async (wanted, signal) =>
      existsSync(options.file) ? ask('bodyPart', wanted, signal) : ok(undefined),
    compared: async (wanted, signal) =>
      existsSync(options.file) ? ask('compared', wanted, signal) : ok(undefined),
    runs: async (query, signal) => (existsSync(options.file) ? ask('runs', query, signal) : ok([])),
    history: (query, signal) => ask('history', query, signal),
    spooled: async (wanted, signal) =>
      existsSync(options.file) ? ask('spooled', wanted, signal) : ok(undefined),
    users: async (query, signal) =>
      existsSync(options.file) ? ask('users', query, signal) : ok({ users: [], total: 0 }),
    user: async (wanted, signal) => (existsSync(options.file) ? ask('user', wanted, signal) : ok(undefined)),
    close: async () => {
      closed = true;
      reader?.close();
      reader = undefined;
    },
  };
}
