import type { Hop } from '../../../shared/contract/settings-requests.ts';
import type { Text } from '../../../shared/contract/explanation.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';

export type AlertHop = 'resolve' | 'connect' | 'tls' | 'login' | 'accept';

/** A step that did not succeed, with its cause in words; ends the way there. */
export class HopFailed extends Error {
  override readonly name = 'HopFailed';
}

/** Writes down each step of a way: how long it took and what came of it. */
export class HopNotes {
  readonly #address: string;
  readonly #runtime: Pick<Runtime, 'monotonic'>;
  readonly #planned: readonly AlertHop[];
  readonly #done: Hop[] = [];
  #failure: { readonly hop: AlertHop; readonly cause: string } | undefined;

  constructor(address: string, planned: readonly AlertHop[], runtime: Pick<Runtime, 'monotonic'>) {
    this.#address = address;
    this.#planned = planned;
    this.#runtime = runtime;
  }

  get failure(): { readonly hop: AlertHop; readonly cause: string } | undefined {
    return this.#failure;
  }

  /** Steps in their order; those after a failure as skipped. */
  get hops(): readonly Hop[] {
    const rest = this.#planned.slice(this.#done.length);
    return [
      ...this.#done,
      ...rest.map((hop): Hop => ({
        name: nameOf(hop),
        address: this.#address,
        tookMs: 0,
        outcome: 'skipped',
      })),
    ];
  }

  /** Notes the step `act` is. A HopFailed it throws is noted and thrown on. */
  async step(hop: AlertHop, act: () => Promise<Text | undefined>): Promise<void> {
    const began = this.#runtime.monotonic();
    const took = (): number => Math.round(this.#runtime.monotonic() - began);
    try {
      const detail = await act();
      this.#done.push({ name: nameOf(hop), address: this.#address, tookMs: took(), outcome: 'ok', detail });
    } catch (error) {
      if (!(error instanceof HopFailed)) throw error;
      this.#failure = { hop, cause: error.message };
      const params = { cause: error.message, address: this.#address };
      this.#done.push({
        name: nameOf(hop),
        address: this.#address,
        tookMs: took(),
        outcome: 'failed',
        failure: {
          owner: 'user',
          what: { key: `alertHop.${hop}.what`, params },
          next: { key: `alertHop.${hop}.next`, params },
        },
      });
      throw error;
    }
  }
}

const nameOf = (hop: AlertHop): Text => ({ key: `alertHop.${hop}`, params: {} });
