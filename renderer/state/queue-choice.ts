import type { ArgsIn } from '../../shared/contract/contract.ts';
import { QUEUE_VIEWS, type Place } from '../../shared/contract/place.ts';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import { instantOfLocal, localTimeAt } from '../../shared/model/time.ts';
import { VIEW_FILTERS } from './queue-filters.ts';

export type ItemState = ItemView['state'];
export type Direction = ItemView['direction'];

/** The lists a number can open, and two that have no number of their own in the status. */
export const SAVED_VIEWS = [...QUEUE_VIEWS, 'today', 'all'] as const;
export type SavedView = (typeof SAVED_VIEWS)[number];

export const AGES = { quarter: 15 * 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Age = keyof typeof AGES;

/** What the person chose to see. */
export interface Choice {
  readonly link: string | undefined;
  readonly direction: Direction | undefined;
  /** Empty: any. */
  readonly states: readonly ItemState[];
  /** Only what was stored since midnight at the site. */
  readonly today: boolean;
  readonly age: Age | undefined;
  readonly user: string;
  readonly text: string;
  readonly order: 'newest' | 'oldest';
}

const NOTHING_CHOSEN: Choice = {
  link: undefined,
  direction: undefined,
  states: [],
  today: false,
  age: undefined,
  user: '',
  text: '',
  order: 'newest',
};

/** A saved view as it is opened. The link stays: somebody who looks at one link goes on looking at it. */
export function openView(view: SavedView, link: string | undefined): Choice {
  if (view === 'all') return { ...NOTHING_CHOSEN, link };
  if (view === 'today') return { ...NOTHING_CHOSEN, link, today: true };
  const { direction, states } = VIEW_FILTERS[view];
  return { ...NOTHING_CHOSEN, link, direction, states: states ?? [] };
}

const sameStates = (a: readonly ItemState[], b: readonly ItemState[]): boolean =>
  a.length === b.length && a.every((state) => b.includes(state));

/** The saved view whose direction and states are the chosen ones; undefined when there is none. */
export const viewOf = (choice: Choice): SavedView | undefined =>
  SAVED_VIEWS.find((view) => {
    const { direction, states, today } = openView(view, undefined);
    return today === choice.today && direction === choice.direction && sameStates(states, choice.states);
  });

/** Whether something narrows the view that is open: then it can be cleared. */
export const isNarrowed = (choice: Choice): boolean =>
  viewOf(choice) === undefined ||
  choice.age !== undefined ||
  choice.user !== '' ||
  choice.text !== '' ||
  choice.link !== undefined;

type QueuePlace = Extract<Place, { screen: 'queue' }>;

/**
 * What a place asks to see. Without a view it is what somebody must act on, where there is such a thing; an item alone is
 * looked for among all.
 */
export function choiceAt({ view, link, item }: QueuePlace, parked: number): Choice {
  return openView(view ?? (item === undefined && link === undefined && parked > 0 ? 'parked' : 'all'), link);
}

/** The place that leads back to what is shown, as far as an address can say it. */
export function placeOfChoice(choice: Choice, item: number | undefined): QueuePlace {
  const view = viewOf(choice);
  return {
    screen: 'queue',
    view: view === 'today' || view === 'all' ? undefined : view,
    link: choice.link,
    item,
  };
}

/** Which rows of which request make the list. */
export interface ListPlan {
  /** Without `limit` and `offset`. */
  readonly args: ArgsIn<'queueList'>;
  /** Counts what is stored before today, to be left out; undefined when nothing is. */
  readonly leftOut: ArgsIn<'queueList'> | undefined;
}

const MINUTE_MS = 60_000;

/**
 * The request behind a choice. Ages are counted from the full minute, so that the list is asked for anew once a minute and
 * not each second.
 */
export function planOf(choice: Choice, now: number, zone: string): ListPlan {
  const midnight = choice.today ? startOfDay(now, zone) : undefined;
  const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const before = choice.age === undefined ? undefined : minute - AGES[choice.age];
  const args: ArgsIn<'queueList'> = {
    ...(choice.link === undefined ? {} : { link: choice.link }),
    ...(choice.direction === undefined ? {} : { direction: choice.direction }),
    ...(choice.states.length === 0 ? {} : { states: [...choice.states] }),
    ...(choice.user.trim() === '' ? {} : { user: choice.user.trim() }),
    ...(choice.text.trim() === '' ? {} : { text: choice.text.trim() }),
    ...(before === undefined ? {} : { before }),
    order: choice.order,
  };
  return {
    args,
    leftOut: midnight === undefined ? undefined : { ...args, before: Math.min(midnight, before ?? midnight) },
  };
}

/** Midnight of the site's day. */
export function startOfDay(now: number, zone: string): number {
  return instantOfLocal({ ...localTimeAt(now, zone), hour: 0, minute: 0, second: 0, millisecond: 0 }, zone);
}

/** How many rows the list has, and where its first one stands among what the request finds. */
export function shapeOf(
  choice: Pick<Choice, 'order'>,
  total: number,
  leftOut: number,
): { readonly count: number; readonly skip: number } {
  return { count: Math.max(0, total - leftOut), skip: choice.order === 'oldest' ? leftOut : 0 };
}
