import type { Explanation, Text } from '../../../shared/contract/explanation.ts';
import type { Hop } from '../../../shared/contract/settings-requests.ts';

type Words = Readonly<Record<string, string>>;

/** A step that did not succeed, as people read it. */
export class StepFailed extends Error {
  readonly explanation: Explanation;

  /** `name`: the sentences `hop.<name>.what` and `.next`. */
  constructor(owner: Explanation['owner'], name: string, params: Words = {}) {
    super(name);
    this.name = 'StepFailed';
    const text = (part: string): Text => ({ key: `hop.${name}.${part}`, params: { ...params } });
    this.explanation = { owner, what: text('what'), next: text('next') };
  }
}

export const detail = (name: string, params: Words = {}): Text => ({
  key: `hop.detail.${name}`,
  params: { ...params },
});

export interface PlannedHop {
  /** `hop.<name>` is what people read. */
  readonly name: string;
  /** A function where an earlier step finds it. */
  readonly address: string | (() => string);
}

/** Notes each step in its order; those behind a failed one are skipped. */
export class Way {
  readonly #planned: readonly PlannedHop[];
  readonly #monotonic: () => number;
  readonly #done: Hop[] = [];

  constructor(planned: readonly PlannedHop[], monotonic: () => number) {
    this.#planned = planned;
    this.#monotonic = monotonic;
  }

  get hops(): readonly Hop[] {
    const skipped = this.#planned
      .slice(this.#done.length)
      .map((hop): Hop => ({ ...named(hop), tookMs: 0, outcome: 'skipped' }));
    return [...this.#done, ...skipped];
  }

  /** The next planned step. False when it failed; what is no StepFailed is a bug and goes on. */
  async step(act: () => Promise<Text | undefined>): Promise<boolean> {
    const planned = this.#planned[this.#done.length];
    if (planned === undefined) throw new Error('more steps than were planned');
    const began = this.#monotonic();
    const took = (): number => Math.round(this.#monotonic() - began);
    try {
      const found = await act();
      this.#done.push({ ...named(planned), tookMs: took(), outcome: 'ok', detail: found });
      return true;
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      const failure = error.explanation;
      this.#done.push({ ...named(planned), tookMs: took(), outcome: 'failed', failure });
      return false;
    }
  }
}

const named = ({ name, address }: PlannedHop): Pick<Hop, 'name' | 'address'> => ({
  name: { key: `hop.${name}`, params: {} },
  address: typeof address === 'string' ? address : address(),
});
