import { useSyncExternalStore } from 'react';

function watching(query: string): () => boolean {
  const media = matchMedia(query);
  const subscribe = (listener: () => void): (() => void) => {
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  };
  return () => useSyncExternalStore(subscribe, () => media.matches);
}

/** Whether the system shows dark now. */
export const useDark = watching('(prefers-color-scheme: dark)');

/** Whether there is no room for words beside the icons of the navigation. */
export const useNarrow = watching('(max-width: 900px)');

/** Whether the system's own few colours are to be used. */
export const useForcedColors = watching('(forced-colors: active)');
