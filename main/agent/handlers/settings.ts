import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import type { settingsRequests } from '../../../shared/contract/settings-requests.ts';
import type { SiteAgent } from '../site-agent.ts';

/** What the settings window reads, checks, tries and changes. */
export function settingsHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof settingsRequests> {
  const later = async () => refuse('unavailable', 'Not there yet.');
  return {
    configCheck: async () => answer({ problems: [...(await agent.parts.checkConfig())] }),
    settingsRead: later,
    settingsCheck: later,
    settingsApply: later,
    secretSet: later,
    hopTest: later,
  };
}
