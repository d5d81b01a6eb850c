/**
 * A draft of `site.json` as the person edits it: raw JSON, so that a file with mistakes can be edited too. Paths are the ones
 * the check names: `links[0].pull.every`.
 */
export type Json = unknown;

type Step = string | number;

export function stepsOf(path: string): readonly Step[] {
  return [...path.matchAll(/[^.[\]]+|\[(\d+)\]/g)].map(([whole, index]) =>
    index === undefined ? whole : Number(index),
  );
}

const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Own properties only: a draft that says `__proto__` is data. */
function child(value: Json, step: Step): Json {
  if (typeof step === 'number') return Array.isArray(value) ? (value as readonly Json[])[step] : undefined;
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

export const valueAt = (draft: Json, path: string): Json =>
  stepsOf(path).reduce<Json>((value, step) => child(value, step), draft);

/** The draft with one value replaced; `undefined` takes the key out, so that the default holds again. */
export function withValue(draft: Json, path: string, value: Json): Json {
  return replaced(draft, stepsOf(path), value);
}

function replaced(at: Json, [step, ...rest]: readonly Step[], value: Json): Json {
  if (step === undefined) return value;
  const next = replaced(child(at, step), rest, value);
  if (typeof step === 'number') {
    const list = Array.isArray(at) ? [...(at as readonly Json[])] : [];
    list[step] = next;
    return list;
  }
  const entries = Object.entries(isObject(at) ? at : {}).filter(([name]) => name !== step);
  if (next !== undefined) {
    const position = Object.keys(isObject(at) ? at : {}).indexOf(step);
    entries.splice(position === -1 ? entries.length : position, 0, [step, next]);
  }
  return Object.fromEntries(entries);
}

export const listAt = (draft: Json, path: string): readonly Json[] => {
  const value = valueAt(draft, path);
  return Array.isArray(value) ? (value as readonly Json[]) : [];
};

export const withItem = (draft: Json, path: string, item: Json): Json =>
  withValue(draft, path, [...listAt(draft, path), item]);

export const withoutItem = (draft: Json, path: string, index: number): Json =>
  withValue(
    draft,
    path,
    listAt(draft, path).filter((_, at) => at !== index),
  );

export const textAt = (draft: Json, path: string): string => {
  const value = valueAt(draft, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** Places whose values differ, the deepest ones; lists of another length count as one place. */
export function changedPaths(before: Json, after: Json, path = ''): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) =>
      changedPaths(child(before, name), child(after, name), path === '' ? name : `${path}.${name}`),
    );
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((one, index) =>
      changedPaths(one, (after as readonly Json[])[index], `${path}[${index}]`),
    );
  return [path];
}

/** The first free name of a family: `erp`, `erp-2`, `erp-3`. */
export function freeName(taken: readonly string[], family: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? family : `${family}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
