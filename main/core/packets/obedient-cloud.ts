import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, type Result } from '../../../shared/model/result.ts';
import type { Endpoints } from '../queue/endpoints.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { PacketCloud } from './packet-cloud.ts';
import { CallPace } from './pull/pull-pace.ts';

/**
 * The same cloud, left alone while it asked to be: whichever lane wants something of it then is told `throttled` until that
 * time, and nothing is sent; a rate that was set is kept. Also keeps how long a call has had no answer; the body of an upload is not waited for, since a
 * large one takes its time.
 */
export function obedientCloud(
  cloud: PacketCloud,
  parts: {
    readonly endpoint: Endpoint;
    readonly endpoints: Endpoints;
    readonly runtime: Pick<Runtime, 'wall' | 'monotonic' | 'sleep'>;
    /** Calls of the area in a minute, where somebody said how many it allows. */
    readonly callsPerMinute?: number | undefined;
  },
): PacketCloud {
  const { endpoint, endpoints, runtime, callsPerMinute } = parts;
  const pace = callsPerMinute === undefined ? undefined : new CallPace(callsPerMinute);

  /** Waits its turn at the area's rate; calls at the same time stand in line. */
  const turn = async (signal: AbortSignal): Promise<void> => {
    const waitMs = pace?.takeTurn(runtime.monotonic()) ?? 0;
    if (waitMs > 0) await runtime.sleep(waitMs, signal);
  };

  const call = async <T>(act: () => Promise<Result<T>>, signal: AbortSignal): Promise<Result<T>> => {
    if (endpoints.heldMs(endpoint) === 0) await turn(signal);
    return ask(act, true);
  };
  const ask = async <T>(act: () => Promise<Result<T>>, waited: boolean): Promise<Result<T>> => {
    const heldMs = endpoints.heldMs(endpoint);
    if (heldMs > 0) return fail(throttledUntil(runtime.wall() + heldMs));
    const answered = waited ? endpoints.asking(endpoint) : undefined;
    try {
      const outcome = await act();
      // At once, before any other lane gets its turn.
      if (!outcome.ok && outcome.failure.kind === 'throttled' && outcome.failure.retryAt !== undefined)
        endpoints.rest(endpoint, outcome.failure.retryAt - runtime.wall(), 'theirs');
      return outcome;
    } finally {
      answered?.();
    }
  };
  const throttledUntil = (retryAt: number): SyncFailure => ({ kind: 'throttled', endpoint, retryAt });

  return {
    capabilities: cloud.capabilities,
    list: (queue, signal) => call(() => cloud.list(queue, signal), signal),
    download: (entry, signal) => call(() => cloud.download(entry, signal), signal),
    reportDone: (report, signal) => call(() => cloud.reportDone(report, signal), signal),
    requestUpload: (request, signal) => call(() => cloud.requestUpload(request, signal), signal),
    upload: (ticket, body, signal) => ask(() => cloud.upload(ticket, body, signal), false),
  };
}
