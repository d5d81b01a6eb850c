import type { Light, LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import type { Seen } from './site-watch.ts';

/**
 * A status as it may be shown. What was heard some time ago is no longer known: a green light must not outlive the
 * connection it came through.
 */
export function presented({ status, link }: Seen): SiteStatus | undefined {
  if (status === undefined || link === 'live') return status;
  const gone = (light: Light): Light => ({ ...light, state: 'unknown' });
  return {
    ...status,
    light: 'unknown',
    links: status.links.map((one): LinkStatus => ({
      ...one,
      light: 'unknown',
      lights: { erp: gone(one.lights.erp), cloud: gone(one.lights.cloud) },
      flows: one.flows.map(({ flow, enabled }) => ({ flow, enabled })),
    })),
  };
}
