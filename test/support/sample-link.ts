import type { Light, LinkStatus } from '../../shared/contract/status.ts';

/** A light that knows that all is well. */
export const fineLight: Light = { state: 'fine', fact: { key: 'light.answers', params: {} } };

/** The status of a link with nothing open. */
export const sampleLink = (id: string, over: Partial<LinkStatus> = {}): LinkStatus => ({
  id,
  kind: 'dynamics-mobile',
  light: 'fine',
  lights: { erp: fineLight, cloud: fineLight },
  pendingIn: { count: 0 },
  pendingOut: { count: 0 },
  inCloud: { amount: 'unknown' },
  parked: 0,
  unknown: 0,
  unreported: 0,
  settledToday: 0,
  flows: [],
  lastRuns: [],
  ...over,
});
