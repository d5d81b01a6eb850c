import { activePause } from '../../queue/active-pause.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import { Bell } from '../../runtime/bell.ts';
import type { Handover } from '../erp.ts';
import { handoversOf } from './handover.ts';
import type { LinkParts } from '../link-parts.ts';
import { NoticeTeller } from '../notices.ts';

/** How often the ERP is asked what became of documents handed over to it. */
const ASK_MS = 30_000;

/**
 * Follows what the ERP makes of documents handed over, and tells its side of packets set aside. What changed makes the items
 * due; their turn in the lane reads the ledger and ends them.
 */
export class HandoverWatch {
  readonly #parts: LinkParts;
  readonly #handovers: readonly Handover[];
  readonly #notices: NoticeTeller;
  readonly #bell: Bell;
  /** The ledger may know more than was heard: after a start, and after an answer that was lost. */
  #doubt = true;
  #working: Promise<void> | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#handovers = handoversOf(parts.mapping);
    this.#notices = new NoticeTeller(parts);
    this.#bell = new Bell(parts.runtime);
  }

  /** Looks now instead of at its time. */
  wake(): void {
    this.#bell.ring();
  }

  /** Works until aborted. `changed` is called when items became due. */
  async run(changed: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (await this.round(signal)) changed();
      await this.#bell.wait(ASK_MS, signal);
    }
  }

  /** Asks and tells once. True when items became due. One at a time; whoever comes meanwhile waits and then asks anew. */
  async round(signal: AbortSignal): Promise<boolean> {
    // oxlint-disable-next-line no-unmodified-loop-condition -- other callers change it
    while (this.#working !== undefined) await this.#working;
    const round = this.#round(signal);
    this.#working = round.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await round;
    } catch (error) {
      if (!signal.aborted) this.#parts.endpoints.diskFailed(storeFailure(error));
      return false;
    } finally {
      this.#working = undefined;
    }
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    const { store, link, runtime, endpoints, erpEndpoint, erp } = this.#parts;
    const now = runtime.wall();
    if (signal.aborted || activePause(store, link, now) !== undefined) return false;
    const { waiting, parked } = store.handedCounts(link, now);
    const asks = waiting + parked > 0;
    if (!asks && !this.#notices.owes()) return false;
    if (endpoints.restMs(erpEndpoint) > 0 || endpoints.restMs('site:disk') > 0) {
      this.#doubt = true;
      return false;
    }
    const ready = await erp.ready(signal);
    if (!ready.ok) {
      this.#doubt = true;
      endpoints.backOff(erpEndpoint, ready.failure);
      return false;
    }
    const woken = asks && (await this.#ask(signal));
    await this.#notices.tell(signal);
    return woken;
  }

  async #ask(signal: AbortSignal): Promise<boolean> {
    const { store, link, source, runtime, endpoints, erp, erpEndpoint, log, changed } = this.#parts;
    const answer = await durably(runtime, 'handover.ask', () =>
      erp.writer.verdicts(source, this.#handovers, signal),
    );
    if (!answer.ok) {
      this.#doubt = true;
      if (signal.aborted) return false;
      log.warn('the ERP did not say what became of documents', { failure: answer.failure.kind });
      if ('endpoint' in answer.failure) endpoints.backOff(answer.failure.endpoint, answer.failure);
      return false;
    }
    endpoints.succeeded(erpEndpoint);
    if (!this.#doubt && answer.value.length === 0) return false;
    const woken = durablySync(runtime, 'handover.note', () =>
      store.wakeHanded(link, this.#doubt ? undefined : answer.value, runtime.wall()),
    );
    this.#doubt = false;
    if (woken > 0) changed();
    return woken > 0;
  }
}
