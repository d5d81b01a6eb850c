import { activePause } from '../queue/active-pause.ts';
import type { ListAge } from '../health/list-age.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { ClockWatch } from '../schedule/clock-watch.ts';
import type { LinkParts } from './link-parts.ts';
import type { Reporter } from './report/reporter.ts';
import type { SnapshotSender } from './push/snapshot-sender.ts';

/** How often the report lane looks: a packet is reported at most this much later than its policy says. */
const REPORT_LOOK_MS = 1_000;
/** How often uploads in doubt are looked at. */
const SEND_LOOK_MS = 2_000;
/** How often the two clocks are compared: a wait is late by this much at most, however far back the clock was set. */
const CLOCK_LOOK_MS = 2_000;

/** Reports what became due outside a run. Works until aborted. */
export async function reportLoop(parts: LinkParts, reporter: Reporter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const wait = Math.max(REPORT_LOOK_MS, reporter.nextLookMs());
    await parts.runtime.sleep(Math.min(wait, REPORT_LOOK_MS * 5), signal);
    if (!signal.aborted) await guarded(parts, () => reporter.reportDue(signal));
  }
}

/** Sends again what was in doubt or had to wait. Works until aborted. */
export async function sendLoop(parts: LinkParts, sender: SnapshotSender, signal: AbortSignal): Promise<void> {
  const { runtime, store, link } = parts;
  while (!signal.aborted) {
    await runtime.sleep(SEND_LOOK_MS, signal);
    if (signal.aborted || activePause(store, link, runtime.wall()) !== undefined) continue;
    const due = store.nextDue(link, 'out');
    if (due !== undefined && due <= runtime.wall()) await guarded(parts, () => sender.sendDue(signal));
  }
}

/**
 * A clock that was set back delays nothing: what waits for a moment waits as long as it was to, from then on. At the start
 * too, since nobody looked before. Works until aborted.
 */
export async function clockLoop(
  parts: LinkParts,
  lists: ListAge,
  wake: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, store, link, log } = parts;
  const clock = new ClockWatch(runtime);
  let owed = true;
  while (!signal.aborted) {
    const setBackMs = clock.setBackMs();
    if (setBackMs > 0) log.info('the clock was set back', { ms: setBackMs });
    owed ||= setBackMs > 0;
    if (owed)
      await guarded(parts, () => {
        lists.putRight();
        const moved = store.putWaitsRight(link, runtime.wall());
        owed = false;
        if (setBackMs > 0 || moved > 0) wake();
        return Promise.resolve();
      });
    await runtime.sleep(CLOCK_LOOK_MS, signal);
  }
}

/** A full disk ends no lane: it rests and goes on. */
async function guarded({ endpoints }: LinkParts, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    endpoints.diskFailed(storeFailure(error));
  }
}
