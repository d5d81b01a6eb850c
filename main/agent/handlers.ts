import { alertHandlers } from './handlers/alerts.ts';
import { queueHandlers } from './handlers/queue.ts';
import { siteOwnHandlers } from './handlers/site.ts';
import { userHandlers } from './handlers/users.ts';
import type { LifeHandlers } from './settings/site-host.ts';
import type { SiteAgent } from './site-agent.ts';

/** What a running site answers, beside its settings, which outlive it. Arguments were parsed and the sender's right was checked before. */
export const siteHandlers = (agent: SiteAgent): LifeHandlers => ({
  ...siteOwnHandlers(agent),
  ...queueHandlers(agent),
  ...alertHandlers(agent),
  ...userHandlers(agent),
});
