import type { ArgsIn } from '../../shared/contract/contract.ts';
import type { QueueView } from '../../shared/contract/place.ts';

/** What each number counts, as filters: the list it opens has the same number. */
export const VIEW_FILTERS: Readonly<Record<QueueView, ArgsIn<'queueList'>>> = {
  parked: { states: ['parked'] },
  in: { direction: 'in', states: ['ready', 'working', 'waiting', 'unknown'] },
  out: { direction: 'out', states: ['ready', 'working', 'waiting', 'unknown', 'parked'] },
  unknown: { states: ['unknown'] },
};
