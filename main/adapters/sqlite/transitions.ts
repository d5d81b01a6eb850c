import type { ItemState } from '../../core/queue/item.ts';

const table = {
  claim: { from: ['ready', 'waiting', 'unknown'], to: 'working' },
  settle: { from: ['working'], to: 'settled' },
  retry: { from: ['working'], to: 'ready' },
  wait: { from: ['working'], to: 'waiting' },
  unknown: { from: ['working'], to: 'unknown' },
  park: { from: ['working'], to: 'parked' },
  /** The claim of a start that ended without saying what came of it. */
  release: { from: ['working'], to: 'unknown' },
  releaseToPerson: { from: ['working'], to: 'parked' },
  personRetries: { from: ['parked', 'waiting', 'unknown', 'ready'], to: 'ready' },
  personParks: { from: ['ready', 'waiting'], to: 'parked' },
  /** With a void row in the ERP nothing of an earlier attempt can land any more. */
  personParksVoided: { from: ['ready', 'waiting', 'unknown'], to: 'parked' },
  /** With other bytes, under a key that nothing of the old ones can take. */
  personEdits: { from: ['parked'], to: 'ready' },
  personDiscards: { from: ['parked'], to: 'discarded' },
  /** A snapshot that must not go out: its claimer found it void. */
  voidSnapshot: { from: ['ready', 'working', 'waiting', 'unknown', 'parked'], to: 'discarded' },
  /** A newer snapshot takes its place. */
  supersede: { from: ['ready', 'waiting', 'unknown', 'parked'], to: 'discarded' },
  /** What a parked item waited for came after all. */
  awaitedArrives: { from: ['parked'], to: 'ready' },
  /** The ERP thinks otherwise of what it refused. */
  verdictChanges: { from: ['parked'], to: 'ready' },
  /** The ERP was restored to a moment before it: written again from the kept bytes. Not settled ones were handed over. */
  replay: { from: ['settled', 'waiting', 'unknown', 'parked'], to: 'ready' },
  /** A row that cannot be read is put before a person instead of stopping the others. */
  quarantine: { from: ['ready', 'waiting', 'unknown'], to: 'parked' },
} as const satisfies Readonly<
  Record<string, { readonly from: readonly ItemState[]; readonly to: ItemState }>
>;

export type TransitionName = keyof typeof table;

/** Every legal change of an item's state, by name. The trigger of migration 1 knows the same pairs; a test compares them. */
export const TRANSITIONS: Readonly<
  Record<TransitionName, { readonly from: readonly ItemState[]; readonly to: ItemState }>
> = table;

/** A bug in the caller: nothing was changed. */
export class IllegalTransition extends Error {
  readonly from: ItemState;
  readonly transition: TransitionName;

  constructor(item: number, from: ItemState, transition: TransitionName, detail = '') {
    super(
      `item ${String(item)} is ${from}: ${transition} is not possible${detail === '' ? '' : ` (${detail})`}`,
    );
    this.name = 'IllegalTransition';
    this.from = from;
    this.transition = transition;
  }
}

export const mayHappen = (from: ItemState, transition: TransitionName): boolean =>
  TRANSITIONS[transition].from.includes(from);

/** The state afterwards. Throws IllegalTransition. */
export function transition(item: number, from: ItemState, name: TransitionName): ItemState {
  if (!mayHappen(from, name)) throw new IllegalTransition(item, from, name);
  return TRANSITIONS[name].to;
}
