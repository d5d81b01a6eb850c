import type { Handlers } from '../../shared/contract/contract.ts';
import { alertHandlers } from './handlers/alerts.ts';
import { queueHandlers } from './handlers/queue.ts';
import { settingsHandlers } from './handlers/settings.ts';
import { siteOwnHandlers } from './handlers/site.ts';
import type { SiteAgent } from './site-agent.ts';

/** What a running site answers. Arguments were parsed and the sender's right was checked before. */
export const siteHandlers = (agent: SiteAgent): Handlers => ({
  ...siteOwnHandlers(agent),
  ...queueHandlers(agent),
  ...settingsHandlers(agent),
  ...alertHandlers(agent),
});
