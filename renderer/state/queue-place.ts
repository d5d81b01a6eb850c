import { useState } from 'react';
import type { Place } from '../../shared/contract/place.ts';
import { hashOf, usePlace } from './place.ts';
import { choiceAt, placeOfChoice, type Choice } from './queue-choice.ts';

type QueuePlace = Extract<Place, { screen: 'queue' }>;

export interface QueuePlaceState {
  readonly choice: Choice;
  /** The item beside the list. */
  readonly item: number | undefined;
  readonly go: (next: { readonly choice?: Choice; readonly item?: number | undefined }) => void;
}

/**
 * What is chosen, begun by the place and from then on the page's own. The address follows without a step of history, so that
 * a reload stays; a place that comes from elsewhere (a count, the tray) begins anew.
 */
export function useQueuePlace(place: QueuePlace, parked: number): QueuePlaceState {
  const [state, setState] = useState(() => ({
    choice: choiceAt(place, parked),
    item: place.item,
    hash: hashOf(place),
  }));
  // Looked up anew: the place handed in is a step behind an address that was just changed here.
  const now = usePlace();
  const hash = hashOf(now);
  if (now.screen === 'queue' && hash !== state.hash)
    setState({ choice: choiceAt(now, parked), item: now.item, hash });
  return {
    choice: state.choice,
    item: state.item,
    go: (next) => {
      const choice = next.choice ?? state.choice;
      const item = 'item' in next ? next.item : state.item;
      const address = hashOf(placeOfChoice(choice, item));
      history.replaceState(null, '', address);
      setState({ choice, item, hash: address });
    },
  };
}
