import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer } from '../../../shared/contract/reply.ts';
import type { settingsRequests } from '../../../shared/contract/settings-requests.ts';
import type { SettingsDesk } from '../settings/settings-desk.ts';

/** What the settings window reads, checks, tries and changes. */
export function settingsHandlers(desk: SettingsDesk): Pick<Handlers, keyof typeof settingsRequests> {
  return {
    configCheck: async () => answer({ problems: [...desk.problems()] }),
    settingsRead: async () => answer(desk.read()),
    settingsCheck: async ({ settings }) => answer({ problems: [...desk.check(settings)] }),
    settingsApply: (args) => desk.apply(args),
    secretSet: (args) => desk.setSecret(args),
    hopTest: (args) => desk.test(args),
  };
}
