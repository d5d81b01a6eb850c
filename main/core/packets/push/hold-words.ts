import { failureView } from '../../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../../shared/contract/explanation.ts';
import type { Pause } from '../../queue/queue-store.ts';

/** His own packets go first: a snapshot that does not know them would take them off the phone. */
export function ownPackets(params: { readonly pending: number; readonly parked: number }): Explanation {
  const name = params.pending > 0 ? 'ownPending' : 'ownParked';
  return {
    owner: params.pending > 0 ? 'nobody' : 'user',
    what: { key: `reason.${name}.what`, params: { ...params } },
    next: { key: `reason.${name}.next`, params: { ...params } },
  };
}

export const pauseReason = ({ failure, reason }: Pick<Pause, 'failure' | 'reason'>): Explanation =>
  failure === undefined
    ? {
        owner: 'user',
        what: { key: 'sync.paused.what', params: { reason } },
        next: { key: 'sync.paused.next', params: {} },
      }
    : failureView(failure);
