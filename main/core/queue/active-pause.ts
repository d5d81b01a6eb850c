import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Pause, QueueStore } from './queue-store.ts';

/** The pause that holds now; one whose end has come is taken away. */
export function activePause(store: QueueStore, link: LinkId, now: Instant): Pause | undefined {
  const pause = store.pause(link);
  if (pause?.until === undefined || pause.until > now) return pause;
  store.clearPause(link);
  return undefined;
}
