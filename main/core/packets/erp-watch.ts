import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { LinkParts } from './link-parts.ts';

/** The lease is due for renewal this often; it lives more than three times as long. */
const RENEW_MS = 8_000;
/** Where somebody else's work renewed it meanwhile, its next turn is sooner than a whole round from now. */
const LOOK_AGAIN_MS = 1_000;
/** Longest sleep of a loop that waits for something else to change. */
const LOOK_MS = 10_000;
/**
 * How often the ERP gives a sign of life, and how long one may take. Together they stay below ten seconds with room to
 * spare: that is how soon a person at the screen may expect an ERP that went away, or froze, to be seen.
 */
export const BEAT_MS = 3_000;
export const BEAT_WAIT_MS = 4_000;

type WatchParts = Pick<LinkParts, 'runtime' | 'erp' | 'endpoints' | 'erpEndpoint' | 'changed'>;

/**
 * Keeps the lease, and keeps knowing whether the ERP answers. Two loops, since a renewal may wait for a unit of work under
 * way, which says nothing about the server.
 */
export class ErpWatch {
  readonly #parts: WatchParts;
  readonly #recovered: () => void;

  /** `recovered` is called when the ERP may be used again after it failed, or for the first time. */
  constructor(parts: WatchParts, recovered: () => void) {
    this.#parts = parts;
    this.#recovered = recovered;
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#leaseLoop(signal), this.#beatLoop(signal)]);
  }

  async #leaseLoop(signal: AbortSignal): Promise<void> {
    const { runtime, erp, endpoints, erpEndpoint, changed } = this.#parts;
    let wait = RENEW_MS;
    while (!signal.aborted) {
      await runtime.sleep(wait, signal);
      wait = RENEW_MS;
      if (signal.aborted || endpoints.restMs(erpEndpoint) > 0) continue;
      const ready = await erp.ready(signal);
      if (ready.ok && !ready.value.asked) wait = LOOK_AGAIN_MS;
      if (!ready.ok) {
        endpoints.backOff(erpEndpoint, ready.failure);
        changed();
      } else if (ready.value.asked && endpoints.isWell(erpEndpoint)) endpoints.succeeded(erpEndpoint);
    }
  }

  async #beatLoop(signal: AbortSignal): Promise<void> {
    const { runtime, endpoints, erpEndpoint } = this.#parts;
    while (!signal.aborted) {
      const wait = Math.max(this.#untilNextMs(), endpoints.restMs(erpEndpoint));
      if (wait > 0) await runtime.sleep(Math.min(wait, LOOK_MS), signal);
      else await (endpoints.isWell(erpEndpoint) ? this.#beat(signal) : this.#recover(signal));
    }
  }

  /** Whatever the ERP answered lately was a sign of life too. */
  #untilNextMs(): number {
    const { endpoints, erpEndpoint } = this.#parts;
    if (!endpoints.isWell(erpEndpoint)) return 0;
    return BEAT_MS - (endpoints.sinceHeardMs(erpEndpoint) ?? BEAT_MS);
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { endpoints, erpEndpoint, changed } = this.#parts;
    const answered = await this.#bounded(signal);
    if (answered.ok) {
      endpoints.succeeded(erpEndpoint);
      return;
    }
    endpoints.backOff(erpEndpoint, answered.failure);
    changed();
  }

  /** It failed, or was not asked since the start: an answer alone is not enough, it must let itself be written to as well. */
  async #recover(signal: AbortSignal): Promise<void> {
    const { erp, endpoints, erpEndpoint, changed } = this.#parts;
    const ready = await erp.ready(signal);
    const answered = ready.ok ? await this.#bounded(signal) : ready;
    if (signal.aborted) return;
    if (answered.ok) {
      endpoints.succeeded(erpEndpoint);
      this.#recovered();
    } else endpoints.backOff(erpEndpoint, answered.failure, BEAT_MS);
    changed();
  }

  /** A frozen server never answers, and a driver takes its time to give up: nobody here waits for either. */
  async #bounded(signal: AbortSignal): Promise<Result<unknown>> {
    const { runtime, erp, erpEndpoint } = this.#parts;
    const limit = new AbortController();
    const stop = (): void => limit.abort();
    signal.addEventListener('abort', stop, { once: true });
    const cause = `no answer within ${BEAT_WAIT_MS / 1_000} s`;
    const silent: SyncFailure = { kind: 'unreachable', endpoint: erpEndpoint, cause };
    try {
      const late = runtime.sleep(BEAT_WAIT_MS, limit.signal).then((): Result<unknown> => ({
        ok: false,
        failure: signal.aborted ? { kind: 'cancelled' } : silent,
      }));
      return await Promise.race([erp.beat(limit.signal), late]);
    } finally {
      limit.abort();
      signal.removeEventListener('abort', stop);
    }
  }
}
