import type { LightState, SiteStatus } from '../../../shared/contract/status.ts';
import type { Told } from '../agent/keeper-state.ts';

/** What the tray shows: the last status, and whether it still holds. */
export interface TrayView {
  readonly status: SiteStatus | undefined;
  readonly connection: Told['state'];
  /** Ending this program ends the agent. */
  readonly ownsAgent: boolean;
}

/** A status that holds: an agent is there, and it was heard lately. Anything else is unknown. */
export const knownStatus = ({ status, connection }: TrayView): SiteStatus | undefined =>
  connection === 'live' && status?.agent.state === 'running' ? status : undefined;

/** Where nothing is set up nothing is carried, so nothing is known to be fine. */
export function trayIcon(view: TrayView): LightState {
  const status = knownStatus(view);
  if (status === undefined) return 'unknown';
  return status.light === 'fine' && status.links.length === 0 ? 'unknown' : status.light;
}
