import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Seen, SiteWatch } from './site-watch.ts';

export const useWatched = (watch: SiteWatch): Seen => useSyncExternalStore(watch.subscribe, () => watch.seen);

/** The site's clock, once a second: ages and countdowns move by themselves. */
export function useNow(watch: SiteWatch): number {
  const [now, setNow] = useState(() => watch.now());
  useEffect(() => {
    const tick = (): void => setNow(watch.now());
    const timer = setInterval(tick, 1_000);
    const end = watch.subscribe(tick);
    return () => {
      clearInterval(timer);
      end();
    };
  }, [watch]);
  return now;
}
