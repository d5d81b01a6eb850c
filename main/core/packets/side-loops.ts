import { activePause } from '../queue/active-pause.ts';
import { storeFailure } from '../queue/endpoints.ts';
import type { LinkParts } from './link-parts.ts';
import type { Reporter } from './report/reporter.ts';
import type { SnapshotSender } from './push/snapshot-sender.ts';

/** How often the report lane looks: a packet is reported at most this much later than its policy says. */
const REPORT_LOOK_MS = 1_000;
/** How often uploads in doubt are looked at. */
const SEND_LOOK_MS = 2_000;

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

/** A full disk ends no lane: it rests and goes on. */
async function guarded({ endpoints }: LinkParts, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    endpoints.diskFailed(storeFailure(error));
  }
}
