import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  changedPaths,
  freeName,
  listAt,
  stepsOf,
  textAt,
  valueAt,
  withItem,
  withValue,
  withoutItem,
} from '../../../renderer/screens/settings/draft.ts';

const draft = {
  schemaVersion: 1,
  site: { name: 'Acme', timeZone: 'Europe/Sofia' },
  erps: [{ id: 'main', port: 1433 }],
  links: [{ id: 'field-sales', pull: { every: '5m' } }],
};

describe('a draft of the settings', () => {
  it('is read by the places the check names', () => {
    expect(stepsOf('links[0].pull.every')).toEqual(['links', 0, 'pull', 'every']);
    expect(valueAt(draft, 'links[0].pull.every')).toBe('5m');
    expect(valueAt(draft, 'links[3].pull')).toBeUndefined();
    expect(textAt(draft, 'erps[0].port')).toBe('1433');
    expect(listAt(draft, 'site')).toEqual([]);
  });

  it('keeps the order of the keys, and takes a key out where the default is to hold', () => {
    const other = withValue(draft, 'site.name', 'Other');
    expect(Object.keys(other as object)).toEqual(Object.keys(draft));
    expect(withValue(draft, 'erps[0].port', undefined)).toEqual({ ...draft, erps: [{ id: 'main' }] });
  });

  it('makes what is missing on the way', () => {
    expect(withValue(draft, 'alerts.mail.host', 'mail')).toEqual({
      ...draft,
      alerts: { mail: { host: 'mail' } },
    });
  });

  it('adds to lists and takes from them', () => {
    const two = withItem(draft, 'erps', { id: 'second' });
    expect(listAt(two, 'erps')).toHaveLength(2);
    expect(withoutItem(two, 'erps', 0)).toEqual({ ...draft, erps: [{ id: 'second' }] });
  });

  it('takes names of JavaScript for data', () => {
    const hostile = withValue(draft, '__proto__.polluted', true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.hasOwn(hostile as object, '__proto__')).toBe(true);
    expect(valueAt({}, 'constructor.name')).toBeUndefined();
  });

  it('names what changed', () => {
    const changed = withValue(withValue(draft, 'site.name', 'X'), 'links[0].pull.every', '1m');
    expect(changedPaths(draft, changed)).toEqual(['site.name', 'links[0].pull.every']);
    expect(changedPaths(draft, withItem(draft, 'erps', {}))).toEqual(['erps']);
    expect(changedPaths(draft, structuredClone(draft))).toEqual([]);
  });

  it('finds a free name', () => {
    expect(freeName([], 'erp')).toBe('erp');
    expect(freeName(['erp', 'erp-2'], 'erp')).toBe('erp-3');
  });

  test.prop([
    fc.array(
      fc.oneof(
        fc.constantFrom('site', 'links', 'a', '__proto__', 'constructor').map((name) => `.${name}`),
        fc.integer({ min: 0, max: 3 }).map((index) => `[${index}]`),
      ),
      { minLength: 1, maxLength: 5 },
    ),
    fc.string(),
  ])('gives back what was put in, wherever', (steps, value) => {
    const path = steps.join('').replace(/^\./, '');
    expect(valueAt(withValue(draft, path, value), path)).toBe(value);
  });
});
