import type { ArgsIn } from '../../shared/contract/contract.ts';
import type { TextKey } from '../../shared/i18n/say.ts';

/** The lists the page can show: each is what one of its numbers counts. */
export type QueueView = 'parked' | 'in' | 'out' | 'unknown';

export const QUEUE_VIEWS: readonly QueueView[] = ['parked', 'in', 'out', 'unknown'];

export const QUEUE_TITLES: Readonly<Record<QueueView, TextKey>> = {
  parked: 'page.parkedTitle',
  in: 'page.pendingIn',
  out: 'page.pendingOut',
  unknown: 'page.uncertain',
};

export const QUEUE_FILTERS: Readonly<Record<QueueView, ArgsIn<'queueList'>>> = {
  parked: { states: ['parked'] },
  in: { direction: 'in', states: ['ready', 'working', 'waiting', 'unknown'] },
  out: { direction: 'out', states: ['ready', 'working', 'waiting', 'unknown', 'parked'] },
  unknown: { states: ['unknown'] },
};
