import type { Place } from '../../shared/contract/place.ts';
import { NotificationsScreen } from './notifications/notifications-screen.tsx';
import { QueueScreen } from './queue/queue-screen.tsx';
import { RunsScreen } from './runs/runs-screen.tsx';
import { SettingsScreen } from './settings/settings-screen.tsx';
import { StatusScreen } from './status/status-screen.tsx';
import { UsersScreen } from './users/users-screen.tsx';

/** The screen of a place. */
export function ScreenAt({ place }: { readonly place: Place }) {
  switch (place.screen) {
    case 'settings':
      return <SettingsScreen place={place} />;
    case 'queue':
      return <QueueScreen place={place} />;
    case 'users':
      return <UsersScreen place={place} />;
    case 'runs':
      return <RunsScreen link={place.link} />;
    case 'notifications':
      return <NotificationsScreen alert={place.alert} />;
    case 'status':
      return <StatusScreen />;
  }
}
