import type { Place } from '../../shared/contract/place.ts';
import { SettingsScreen } from './settings/settings-screen.tsx';
import { StatusScreen } from './status/status-screen.tsx';

/** The screen of a place. */
export function ScreenAt({ place }: { readonly place: Place }) {
  switch (place.screen) {
    case 'settings':
      return <SettingsScreen place={place} />;
    default:
      return <StatusScreen />;
  }
}
