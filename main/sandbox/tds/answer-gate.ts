import type { Deliver } from './outbox.ts';
import type { RequestPlan } from './wire-faults.ts';

/** Held back at most for "half of the answer": what is cut off anyway need not be kept. */
const MAX_HELD = 1024 * 1024;

/** The client is gone, or a fault made it so. Ends the connection without a word. */
export class ConnectionGone extends Error {}

export interface GateExits {
  /** Sends and waits for the client's pace. */
  readonly deliver: Deliver;
  /** Sends, waits until the bytes are out, then destroys the connection. */
  readonly cut: (last: Buffer) => Promise<void>;
  readonly delay: (ms: number) => Promise<void>;
}

/** Where wire faults meet the bytes of an answer. Without a fault it only passes them on. */
export class AnswerGate {
  readonly #exits: GateExits;
  #plan: RequestPlan | undefined;
  #sent = 0;
  #held: Buffer[] = [];
  #heldBytes = 0;

  constructor(exits: GateExits) {
    this.#exits = exits;
  }

  open(plan: RequestPlan): void {
    this.#plan = plan;
    this.#sent = 0;
    this.#held = [];
    this.#heldBytes = 0;
  }

  async deliver(bytes: Buffer): Promise<void> {
    const plan = this.#plan;
    if (!plan) return this.#exits.deliver(bytes);
    if (this.#sent === 0 && plan.delayMs > 0) await this.#exits.delay(plan.delayMs);
    const fault = plan.cut?.fault;
    if (fault?.at === 'after-execution') {
      if (this.#heldBytes < MAX_HELD) this.#held.push(bytes);
      this.#heldBytes += bytes.length;
      this.#sent += bytes.length;
      return;
    }
    if (fault?.at === 'in-answer' && this.#sent + bytes.length >= fault.bytes && plan.cut?.strike() === true)
      await this.#cut(bytes.subarray(0, Math.max(0, fault.bytes - this.#sent)));
    this.#sent += bytes.length;
    return this.#exits.deliver(bytes);
  }

  /** The answer is complete. */
  async close(): Promise<void> {
    const cut = this.#plan?.cut;
    this.#plan = undefined;
    if (cut?.fault.at !== 'after-execution') return;
    const held = Buffer.concat(this.#held);
    this.#held = [];
    if (!cut.strike()) return this.#exits.deliver(held);
    const { bytes } = cut.fault;
    const size = bytes === 'half' ? Math.ceil(held.length / 2) : (bytes ?? 0);
    await this.#cut(held.subarray(0, Math.min(size, held.length - 1)));
  }

  async #cut(last: Buffer): Promise<never> {
    await this.#exits.cut(last);
    throw new ConnectionGone('cut by a wire fault');
  }
}
