import { useSyncExternalStore } from 'react';
import { placeSchema, type Place } from '../../shared/contract/place.ts';

/**
 * Where the person is, kept in the address behind `#`: back and forward work, and a reload stays. `#/queue?view=parked`.
 */
export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const values = Object.fromEntries(
    [...new URLSearchParams(query)].map(([name, value]) => [
      name,
      name === 'item' || name === 'alert' ? Number(value) : value,
    ]),
  );
  const parsed = placeSchema.safeParse({ ...values, screen: path });
  return parsed.success ? parsed.data : { screen: 'status' };
}

export function hashOf({ screen, ...rest }: Place): string {
  const query = new URLSearchParams(
    Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  ).toString();
  return `#/${screen}${query === '' ? '' : `?${query}`}`;
}

export function goTo(place: Place): void {
  location.hash = hashOf(place);
}

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

/** Text compared, so that equal places are one value. */
export const usePlace = (): Place => placeOf(useSyncExternalStore(subscribe, () => location.hash));
