import type { Runtime } from '../runtime/runtime.ts';
import { backoffMs } from '../queue/decide.ts';
import { Bell } from '../runtime/bell.ts';
import type { AlertChannel, AlertMessage, ChannelName } from './alert-channel.ts';
import type { Delivery } from './alert-store.ts';

/** What a courier takes tellings from and gives results to. */
export interface CourierDesk {
  /** Waiting tellings of a channel that may go out now or later, the oldest first; none in quiet hours. */
  waiting(channel: ChannelName): readonly Delivery[];
  message(delivery: Delivery): AlertMessage;
  /** Remembered at once where the store takes it, else as soon as it does; never sent again by this start. */
  sent(delivery: Delivery): void;
  failed(delivery: Delivery, cause: string, dueInMs: number): void;
  /** A day went by. */
  givenUp(delivery: Delivery): void;
}

const DAY_MS = 24 * 3_600_000;
/** Half a minute, a minute … half an hour: a server that restarts is met soon, one that is away for hours is left in peace. */
const BACKOFF = { firstMs: 30_000, mostMs: 30 * 60_000 } as const;
/** Longest sleep: the end of quiet hours, and a wall clock that jumps, are noticed. */
const LOOK_MS = 30_000;

/**
 * Carries the tellings of one channel out, one at a time, beside everything else. A telling is sent and then noted: killed in
 * between, it is sent once more after the next start, never left out.
 */
export class Courier {
  readonly #channel: AlertChannel;
  readonly #desk: CourierDesk;
  readonly #runtime: Pick<Runtime, 'wall' | 'random'>;
  readonly #bell: Bell;

  constructor(channel: AlertChannel, desk: CourierDesk, runtime: Runtime) {
    this.#channel = channel;
    this.#desk = desk;
    this.#runtime = runtime;
    this.#bell = new Bell(runtime);
  }

  /** There is something new, or something changed that let earlier tries fail. */
  wake(): void {
    this.#bell.ring();
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const now = this.#runtime.wall();
      const waiting = this.#desk.waiting(this.#channel.name);
      const due = waiting.find((one) => leftMs(one, now) === 0);
      if (due === undefined) {
        const next = Math.min(LOOK_MS, ...waiting.map((one) => leftMs(one, now)));
        await this.#bell.wait(next, signal);
      } else if (now - due.createdAt > DAY_MS && due.attempts > 0) this.#desk.givenUp(due);
      else await this.#try(due, signal);
    }
  }

  async #try(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const sent = await this.#channel.send(this.#desk.message(delivery), signal);
    if (sent.ok) this.#desk.sent(delivery);
    else if (!signal.aborted) {
      const jitter = this.#runtime.random();
      this.#desk.failed(delivery, sent.failure, backoffMs(delivery.attempts + 1, { ...BACKOFF, jitter }));
    }
  }
}

/** A time further ahead than any wait was set by another clock. */
function leftMs({ dueAt }: Delivery, now: number): number {
  const left = Math.max(0, dueAt - now);
  return left > BACKOFF.mostMs ? 0 : left;
}
