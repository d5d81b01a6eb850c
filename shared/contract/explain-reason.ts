import { explainFailure, type SyncFailure } from '../model/failure.ts';
import { assertNever } from '../model/result.ts';
import type { Explanation } from './explanation.ts';

/** Why an item is where it is, as the queue keeps it. */
type Reason =
  | { readonly kind: 'failure'; readonly failure: SyncFailure; readonly until?: number | undefined }
  | {
      readonly kind: 'waits-for';
      readonly what: string;
      readonly number: string;
      readonly until: number;
      readonly overdue?: true | undefined;
    }
  | { readonly kind: 'handed-over'; readonly since: number; readonly documents: readonly string[] }
  | {
      readonly kind: 'push-held';
      readonly why: 'pilot' | 'paused' | 'quiet' | 'interval';
      readonly until?: number | undefined;
    }
  | { readonly kind: 'person'; readonly note: string }
  | { readonly kind: 'unclean-exits'; readonly times: number };

/** A failure as it crosses to viewers. */
export function failureView(failure: SyncFailure): Explanation {
  const { owner, what, next, params } = explainFailure(failure);
  return { owner, what: { key: what, params }, next: { key: next, params } };
}

export function explainReason(reason: Reason): Explanation {
  const about = (
    owner: Explanation['owner'],
    name: string,
    params: Explanation['what']['params'],
  ): Explanation => ({
    owner,
    what: { key: `reason.${name}.what`, params },
    next: { key: `reason.${name}.next`, params },
  });
  switch (reason.kind) {
    case 'failure': {
      const view = failureView(reason.failure);
      return reason.until === undefined
        ? view
        : {
            ...view,
            next: { key: 'reason.lostBody.next', params: { ...view.what.params, until: reason.until } },
          };
    }
    case 'waits-for':
      return about(reason.overdue ? 'user' : 'nobody', reason.overdue ? 'waitedFor' : 'waitsFor', {
        what: reason.what,
        number: reason.number,
        until: reason.until,
      });
    case 'handed-over':
      return about('nobody', 'handedOver', {
        since: reason.since,
        documents: reason.documents.join(', '),
      });
    case 'push-held':
      // Without an end that can be named, the words must not ask for one.
      return reason.why === 'quiet' && reason.until === undefined
        ? about('user', 'pushHeld.alwaysQuiet', {})
        : about(
            reason.why === 'pilot' || reason.why === 'paused' ? 'user' : 'nobody',
            `pushHeld.${reason.why}`,
            reason.until === undefined ? {} : { until: reason.until },
          );
    case 'person':
      return about('user', 'person', { note: reason.note });
    case 'unclean-exits':
      return about('vendor', 'uncleanExits', { times: reason.times });
    default:
      return assertNever(reason);
  }
}

/** The reason in a timeline's detail, where the queue noted one as JSON; undefined for any other note. */
export function explainDetail(detail: string): Explanation | undefined {
  if (!detail.startsWith('{')) return undefined;
  try {
    return explainReason(JSON.parse(detail) as Reason);
  } catch {
    return undefined;
  }
}
