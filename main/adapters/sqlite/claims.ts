import type { Item, ItemEvent, ItemReason } from '../../core/queue/item.ts';
import { isLostBody } from '../../core/queue/lost-body.ts';
import type { QueueStore } from '../../core/queue/queue-store.ts';
import { StoreError } from '../../core/queue/store-error.ts';
import type { ItemId, StartId } from '../../../shared/model/ids.ts';
import { itemId } from '../../../shared/model/ids.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { changeItem, requireItem } from './change-item.ts';
import type { WriteContext } from './store-context.ts';
import { upsertLastSettledIn } from './statements/facts.ts';
import { findClaimsOfOthers, findItem, findNextDueId } from './statements/item-read.ts';
import {
  beginWaitsNow,
  endAttempt,
  forgetFutureDueTimes,
  insertAttempt,
  insertEvent,
  quarantineRow,
  trimHistory,
} from './statements/item-write.ts';
import { interruptRunsOfOthers } from './statements/runs.ts';
import { doubtAccepted } from './statements/snapshots.ts';
import { IllegalTransition, mayHappen } from './transitions.ts';
import type { TransitionName } from './transitions.ts';

/** The third time the program dies with an item in hand, the item is the likely cause. */
const UNCLEAN_EXITS_TO_PARK = 3;
/** The clock is taken to have been set back when an item changed later than this ahead of now; callers' clocks lag less. */
const CLOCK_SET_BACK_MS = 3_600_000;
/** Attempts and timeline entries kept per item, and how often they are trimmed. */
const HISTORY_KEPT = 200;
const TRIM_EVERY = 50;

type Claims = Pick<QueueStore, 'releaseClaims' | 'claim' | 'putWaitsRight' | 'record' | 'retry' | 'park'> & {
  /** parked -> discarded. Undefined when the state does not allow it. The caller has proven that nothing was applied. */
  discard(id: ItemId, note: string, now: Instant): Item | undefined;
};

/** Which starts this store has claimed for: an item is ended by the start that claimed it and by no other. */
export type ClaimHolders = Set<StartId>;

export function claims(context: WriteContext, holders: ClaimHolders): Claims {
  const { db, write } = context;

  const person = (
    id: ItemId,
    nameFor: (item: Item) => TransitionName,
    change: (item: Item) => Parameters<typeof changeItem>[3],
    may: (item: Item) => boolean = () => true,
  ): Item | undefined =>
    write(() => {
      const item = findItem(db, id);
      if (item === undefined || !may(item)) return undefined;
      const name = nameFor(item);
      return mayHappen(item.state, name) ? changeItem(db, item, name, change(item)) : undefined;
    });

  return {
    releaseClaims: (current, now) =>
      write(() => {
        holders.clear();
        holders.add(current);
        interruptRunsOfOthers(db, current, now);
        const released = { unknown: 0, parked: 0 };
        for (const claim of findClaimsOfOthers(db, current)) {
          const item = requireItem(db, itemId(claim.id));
          const times = claim.uncleanExits + 1;
          const parked = times >= UNCLEAN_EXITS_TO_PARK;
          const reason: ItemReason = { kind: 'unclean-exits', times };
          endAttempt(db, item.id, 'unclean-exit', now);
          changeItem(db, item, parked ? 'releaseToPerson' : 'release', {
            now,
            event: 'unclean-exit',
            detail: String(times),
            reason,
            dueAt: now,
            uncleanExits: times,
            inDoubt: true,
          });
          released[parked ? 'parked' : 'unknown'] += 1;
        }
        return released;
      }),

    claim: (link, direction, by, now) =>
      write(() => {
        holders.add(by);
        let id = findNextDueId(db, link, direction, now);
        if (id === undefined && forgetFutureDueTimes(db, link, direction, now + CLOCK_SET_BACK_MS, now) > 0)
          id = findNextDueId(db, link, direction, now);
        while (id !== undefined) {
          const item = readOrQuarantine(context, id, now);
          if (item !== undefined) return begin(context, item, by, now);
          id = findNextDueId(db, link, direction, now);
        }
        return undefined;
      }),

    putWaitsRight: (link, now) => write(() => beginWaitsNow(db, link, now)),

    record: (id, event, now) =>
      write(() => {
        const item = requireClaimed(context, holders, id, event.kind);
        endAttempt(db, id, event.kind, now);
        return applyEvent(context, item, event, now);
      }),

    retry: (id, now) =>
      person(
        id,
        () => 'personRetries',
        () => ({ now, event: 'retry-by-person', detail: '', dueAt: now }),
        // There is nothing to try; the pull asks for its body whenever it is listed.
        (item) => !isLostBody(item),
      ),

    park: (id, reason, now, revision) =>
      person(
        id,
        // A revision above the item's says that a void row was written for it.
        (item) => (revision !== undefined && revision > item.revision ? 'personParksVoided' : 'personParks'),
        () => ({
          now,
          event: 'parked-by-person',
          detail: JSON.stringify(reason),
          reason,
          revision,
          inDoubt: false,
        }),
        // In the ERP, which may accept it at any moment.
        (item) => item.handed === undefined,
      ),

    discard: (id, note, now) =>
      person(
        id,
        () => 'personDiscards',
        () => ({
          now,
          event: 'discarded-by-person',
          detail: note,
          reason: { kind: 'person', note },
        }),
      ),
  };
}

/** The item, which must be in the hands of a start of this process. Throws IllegalTransition. */
export function requireClaimed(
  context: WriteContext,
  holders: ClaimHolders,
  id: ItemId,
  name: TransitionName,
): Item {
  const item = requireItem(context.db, id);
  if (item.state !== 'working') throw new IllegalTransition(id, item.state, name);
  if (item.claimedBy === undefined || !holders.has(item.claimedBy as StartId))
    throw new IllegalTransition(id, item.state, name, 'claimed by another start');
  return item;
}

function begin(context: WriteContext, item: Item, by: StartId, now: Instant): Item {
  const attempts = item.attempts + 1;
  if (attempts % TRIM_EVERY === 0) trimHistory(context.db, item.id, attempts, HISTORY_KEPT);
  insertAttempt(context.db, item.id, attempts, by, now);
  if (item.direction === 'out') doubtAccepted(context.db, item.link, item.user);
  return changeItem(context.db, item, 'claim', {
    now,
    event: 'claimed',
    detail: String(attempts),
    reason: item.reason,
    claimedBy: by,
    attempts,
  });
}

function applyEvent(context: WriteContext, item: Item, event: ItemEvent, now: Instant): Item {
  const { db } = context;
  switch (event.kind) {
    case 'settle':
      if (item.direction === 'in') upsertLastSettledIn(db, item.link, now);
      return changeItem(db, item, 'settle', {
        now,
        event: 'settled',
        detail: event.outcome,
        outcome: event.outcome,
        label: event.label,
      });
    case 'retry':
    case 'unknown': {
      const reason: ItemReason = { kind: 'failure', failure: event.failure };
      return changeItem(db, item, event.kind, {
        now,
        event: event.kind,
        detail: JSON.stringify(reason),
        reason,
        dueAt: event.dueAt,
        label: event.label,
        inDoubt: event.kind === 'unknown' ? true : undefined,
      });
    }
    case 'wait':
      return changeItem(db, item, 'wait', {
        now,
        event: 'waiting',
        detail: JSON.stringify(event.reason),
        reason: event.reason,
        dueAt: event.dueAt,
        label: event.label,
      });
    case 'park':
      return changeItem(db, item, 'park', {
        now,
        event: 'parked',
        detail: JSON.stringify(event.reason),
        reason: event.reason,
        revision: event.revision,
        inDoubt: false,
        label: event.label,
      });
    default:
      return assertNever(event);
  }
}

function readOrQuarantine(context: WriteContext, id: number, now: Instant): Item | undefined {
  try {
    return requireItem(context.db, itemId(id));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'damaged-row') throw error;
    const reason: ItemReason = { kind: 'failure', failure: { kind: 'defect', message: error.message } };
    quarantineRow(context.db, id, reason, now);
    insertEvent(context.db, id, 'parked', JSON.stringify(reason), now);
    context.onDamaged(error);
    return undefined;
  }
}
