import { describe, expect, it } from 'vitest';
import {
  SAVED_VIEWS,
  choiceAt,
  isNarrowed,
  openView,
  placeOfChoice,
  planOf,
  shapeOf,
  viewOf,
} from '../../../renderer/state/queue-choice.ts';
import { hashOf, placeOf } from '../../../renderer/state/place.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30, 42);
const ZONE = 'Europe/Sofia';

describe('choice', () => {
  it.each(SAVED_VIEWS)('knows the view %s again, whatever narrows it', (view) => {
    const choice = openView(view, 'field-sales');
    expect(viewOf(choice)).toBe(view);
    expect(viewOf({ ...choice, text: 'SO-1', user: 'ANNA', age: 'hour', order: 'oldest' })).toBe(view);
    expect(viewOf({ ...choice, states: ['discarded', 'working'] })).toBeUndefined();
  });

  it('does not mind the order in which states were chosen', () => {
    const { states } = openView('in', undefined);
    expect(viewOf({ ...openView('in', undefined), states: states.toReversed() })).toBe('in');
  });

  it('opens what somebody must act on, else everything', () => {
    expect(viewOf(choiceAt({ screen: 'queue' }, 2))).toBe('parked');
    expect(viewOf(choiceAt({ screen: 'queue' }, 0))).toBe('all');
    expect(viewOf(choiceAt({ screen: 'queue', item: 7 }, 2))).toBe('all');
    expect(choiceAt({ screen: 'queue', view: 'out', link: 'a' }, 2)).toMatchObject({
      direction: 'out',
      link: 'a',
    });
  });

  it('says where it is, so that a reload shows the same', () => {
    for (const view of ['parked', 'in', 'out', 'unknown'] as const) {
      const place = placeOfChoice(openView(view, 'a'), 12);
      expect(placeOf(hashOf(place))).toEqual({ screen: 'queue', view, link: 'a', item: 12 });
    }
    expect(hashOf(placeOfChoice(openView('today', undefined), undefined))).toBe('#/queue');
  });

  it('is narrowed by what is no part of a view', () => {
    expect(isNarrowed(openView('parked', undefined))).toBe(false);
    for (const part of [{ text: 'x' }, { user: 'x' }, { age: 'day' }, { link: 'x' }] as const)
      expect(isNarrowed({ ...openView('parked', undefined), ...part })).toBe(true);
  });
});

describe('plan', () => {
  it('asks for what was chosen and nothing else', () => {
    const choice = { ...openView('in', 'a'), text: '  SO-1 ', user: 'ANNA', age: 'quarter' } as const;
    expect(planOf(choice, NOW, ZONE)).toEqual({
      args: {
        link: 'a',
        direction: 'in',
        states: ['ready', 'working', 'waiting', 'unknown'],
        user: 'ANNA',
        text: 'SO-1',
        before: Date.UTC(2026, 10, 20, 9, 15),
        order: 'newest',
      },
      leftOut: undefined,
    });
    expect(planOf(openView('all', undefined), NOW, ZONE).args).toEqual({ order: 'newest' });
  });

  it('stays the same within a minute', () => {
    const choice = { ...openView('in', undefined), age: 'hour' } as const;
    expect(planOf(choice, NOW + 17_000, ZONE)).toEqual(planOf(choice, NOW, ZONE));
    expect(planOf(choice, NOW + 18_000, ZONE)).not.toEqual(planOf(choice, NOW, ZONE));
  });

  it('leaves out what came before midnight at the site', () => {
    const { leftOut } = planOf(openView('today', undefined), NOW, ZONE);
    expect(leftOut?.before).toBe(Date.UTC(2026, 10, 19, 22));
    // A list older than the day is empty, not negative.
    const old = planOf({ ...openView('today', undefined), age: 'day' }, NOW, ZONE);
    expect(old.leftOut?.before).toBe(old.args.before);
  });

  it('takes the new end of what was found', () => {
    expect(shapeOf({ order: 'newest' }, 1_000, 958)).toEqual({ count: 42, skip: 0 });
    expect(shapeOf({ order: 'oldest' }, 1_000, 958)).toEqual({ count: 42, skip: 958 });
    expect(shapeOf({ order: 'newest' }, 10, 12)).toEqual({ count: 0, skip: 0 });
  });
});
