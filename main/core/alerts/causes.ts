import { WARNING_CODES } from '../../../shared/model/warning-codes.ts';
import { KINDS } from './kinds.ts';
import { keyOf, type Warning } from './warning.ts';

/** A root cause and what follows from it. */
export interface RootCause {
  readonly root: Warning;
  readonly consequences: readonly Warning[];
}

const ABOUT_SITE = 'site';

/**
 * Folds warnings under their root causes. A cause takes under it what its kind explains, of the same links; what it does not
 * explain stands on its own. `holds` says which warnings may be a cause now: one that is switched off may not, or what
 * follows from it would be hidden with it. Pure; the order of the result is that of the kinds.
 */
export function rootCauses(
  warnings: readonly Warning[],
  holds: (warning: Warning) => boolean,
): readonly RootCause[] {
  const ordered = [...warnings].sort(byKind);
  const causeOf = new Map<string, Warning>();
  for (const warning of ordered) {
    const cause = ordered.find((one) => explains(one, warning) && holds(one));
    if (cause !== undefined) causeOf.set(keyOf(warning), cause);
  }
  const rootOf = (warning: Warning): Warning => {
    const cause = causeOf.get(keyOf(warning));
    // No kind explains one that explains it, and only the whole site explains its own kind: this ends.
    return cause === undefined ? warning : rootOf(cause);
  };
  return ordered
    .filter((warning) => !causeOf.has(keyOf(warning)))
    .map((root) => ({
      root,
      consequences: ordered.filter((one) => one !== root && rootOf(one) === root),
    }));
}

function explains(cause: Warning, warning: Warning): boolean {
  if (!KINDS[warning.code].dependsOn.includes(cause.code)) return false;
  // The same kind explains itself in one case: the way out is gone for all, so it is for each.
  if (cause.code === warning.code && !(cause.about === ABOUT_SITE && warning.about !== ABOUT_SITE))
    return false;
  return cause.links.some((link) => warning.links.includes(link));
}

const byKind = (a: Warning, b: Warning): number =>
  WARNING_CODES.indexOf(a.code) - WARNING_CODES.indexOf(b.code) ||
  Number(b.about === ABOUT_SITE) - Number(a.about === ABOUT_SITE) ||
  (a.about < b.about ? -1 : a.about > b.about ? 1 : 0);
