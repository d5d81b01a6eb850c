import alerts from './alerts.json' with { type: 'json' };
import base from './base.json' with { type: 'json' };
import engine from './engine.json' with { type: 'json' };
import guard from './guard.json' with { type: 'json' };
import handover from './handover.json' with { type: 'json' };
import mapping from './mapping.json' with { type: 'json' };
import push from './push.json' with { type: 'json' };
import pull from './pull.json' with { type: 'json' };
import queue from './queue.json' with { type: 'json' };
import runs from './runs.json' with { type: 'json' };
import settingsScreen from './settings-screen.json' with { type: 'json' };
import settings from './settings.json' with { type: 'json' };
import status from './status.json' with { type: 'json' };
import tray from './tray.json' with { type: 'json' };
import users from './users.json' with { type: 'json' };

/** The words of all rooms as one catalogue; a key stands in one file only. */
export const en = {
  ...base,
  ...alerts,
  ...engine,
  ...guard,
  ...handover,
  ...mapping,
  ...push,
  ...pull,
  ...queue,
  ...runs,
  ...settings,
  ...settingsScreen,
  ...status,
  ...tray,
  ...users,
};
