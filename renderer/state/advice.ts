import type { Text } from '../../shared/contract/explanation.ts';
import type { Light } from '../../shared/contract/status.ts';
import { isTextKey, type TextKey } from '../../shared/i18n/say.ts';

/** Failures of a side itself: its administrator acts. The others (throttled, an unknown outcome) need nobody. */
const OF_A_SIDE = /^failure\.(erp|cloud|fenced|invalidResponse)/;

const ADMINISTRATOR = {
  erp: 'owner.erp-administrator',
  cloud: 'owner.cloud-administrator',
} as const satisfies Record<string, TextKey>;

/** Who acts about a failing light, and what to do. A light carries what happened; the catalogue has the step beside it. */
export function adviceFor(
  side: 'erp' | 'cloud',
  { state, fact }: Light,
): { readonly owner: TextKey; readonly next: Text } | undefined {
  const key = fact.key.replace(/\.what$/, '.next');
  if (state !== 'attention' || key === fact.key || !isTextKey(key)) return undefined;
  return {
    owner: OF_A_SIDE.test(key) ? ADMINISTRATOR[side] : 'owner.nobody',
    next: { key, params: fact.params },
  };
}
