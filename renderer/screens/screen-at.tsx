import type { Place } from '../../shared/contract/place.ts';
import { StatusScreen } from './status/status-screen.tsx';

/** The screen of a place. */
export function ScreenAt({ place }: { readonly place: Place }) {
  switch (place.screen) {
    default:
      return <StatusScreen />;
  }
}
