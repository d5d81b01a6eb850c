import type { Text } from '../../../shared/contract/explanation.ts';
import { keyOf, type Warning } from './warning.ts';

/** Warnings of one identity become one: of all their links, since the first, as grave as the gravest. */
export function merge(found: readonly Warning[]): readonly Warning[] {
  const merged = new Map<string, Warning>();
  for (const one of found) {
    const known = merged.get(keyOf(one));
    merged.set(keyOf(one), known === undefined ? one : { ...known, ...together([known, one]) });
  }
  return [...merged.values()];
}

function together(warnings: readonly Warning[]): Pick<Warning, 'links' | 'since' | 'severity'> {
  const begun = warnings.flatMap((one) => one.since ?? []);
  return {
    links: [...new Set(warnings.flatMap((one) => one.links))],
    since: begun.length === 0 ? undefined : Math.min(...begun),
    severity: warnings.some((one) => one.severity === 'critical') ? 'critical' : 'warning',
  };
}

/**
 * Two clouds that cannot be reached at the same time: the way out of the house is the likely cause, or the one host both are
 * on. The status does not name hosts; either way one person looks at one thing.
 */
export function wayOut(warnings: readonly Warning[]): readonly Warning[] {
  const away = warnings.filter((one) => one.code === 'cloud-unreachable' && one.variant === '');
  const [first] = away;
  if (first === undefined || away.length < 2) return [];
  return [
    {
      ...first,
      ...together(away),
      variant: 'internet',
      about: 'site',
      params: { ...pick(first.params, ['cause']), count: away.length },
    },
  ];
}

/** Only what the words need: anything else of a failure may hold a document's content. */
export function pick(params: Text['params'], names: readonly string[]): Text['params'] {
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)));
}
