import type { SyncFailure } from '../../../../shared/model/failure.ts';

/** Never listed more often by a schedule: what the vendor names as usual is five minutes. */
export const LEAST_MS = 60_000;
/** The longest that refusals for asking too often stretch the time between two runs. */
const MOST_MS = 30 * 60_000;
/** Sites that were started together drift apart: by a twentieth of the time between runs, at most half a minute. */
const JITTER = { part: 0.05, mostMs: 30_000 } as const;
/** Calls that may follow one another at once before a set rate spaces them. */
const BURST = 10;

/** How long a run that is scheduled so long after the last one waits in truth. `jitter` in [0, 1). Pure. */
export function pacedMs(
  scheduledMs: number,
  { throttles, jitter }: { readonly throttles: number; readonly jitter: number },
): number {
  const wanted = Math.max(scheduledMs, LEAST_MS);
  const stretched =
    throttles === 0 ? wanted : Math.max(wanted, Math.min(MOST_MS, wanted * 2 ** Math.min(throttles, 10)));
  return Math.round(stretched + Math.min(JITTER.mostMs, stretched * JITTER.part) * jitter);
}

/** How often in a row the cloud wanted to be asked less, after one more run: each run that is well takes one back. Pure. */
export function throttlesAfter(throttles: number, failure: SyncFailure | undefined): number {
  if (failure?.kind === 'throttled') return throttles + 1;
  return failure === undefined ? Math.max(0, throttles - 1) : throttles;
}

/** A minute, and what one call may be longer under way than another. */
const WINDOW_MS = 61_000;

/**
 * Keeps calls at a rate: a few may follow one another at once, then they are spaced, and no minute holds more than
 * `perMinute`. In monotonic milliseconds.
 */
export class CallPace {
  readonly #perMinute: number;
  readonly #sent: number[] = [];
  #tat = 0;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Takes the next turn: how long until it comes. Turns come in the order they were taken. */
  takeTurn(now: number): number {
    const spacing = 60_000 / this.#perMinute;
    const ahead = (Math.min(BURST, this.#perMinute) - 1) * spacing;
    const theirs = Math.max(this.#tat, now);
    this.#tat = theirs + spacing;
    const first = this.#sent.length < this.#perMinute ? undefined : this.#sent.shift();
    const free = first === undefined ? now : first + WINDOW_MS;
    const at = Math.max(now, Math.ceil(theirs - ahead), free, this.#sent.at(-1) ?? now);
    this.#sent.push(at);
    return at - now;
  }
}
