import type { Severity } from '../../../shared/contract/alert.ts';
import type { Text } from '../../../shared/contract/explanation.ts';
import type { Place } from '../../../shared/contract/place.ts';
import type { Owner } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { WarningCode } from '../../../shared/model/warning-codes.ts';

/** One thing that is wrong at this moment, as the status shows it. Nobody was told of it yet. */
export interface Warning {
  readonly code: WarningCode;
  /** Tells cases of one kind apart that have words of their own: `lease-held`. Empty for the ordinary case. */
  readonly variant: string;
  readonly severity: Severity;
  /** `site`, `erp:main`, `link:field-sales`. With the code the identity of a root cause. */
  readonly about: string;
  /** Links it concerns: two warnings without a common one have nothing to do with each other. */
  readonly links: readonly string[];
  /** When it began; undefined when the status does not say: then the moment it is first seen counts. */
  readonly since: Instant | undefined;
  /** For the words: counts, names of links and ERPs, causes of the network layer. Never a document's content. */
  readonly params: Text['params'];
  readonly place: Place;
  readonly owner: Owner;
  readonly next: Text;
  /** How many things of this kind wait for a person: more of them is news. Undefined for kinds that count nothing. */
  readonly amount: number | undefined;
}

export const keyOf = (warning: Pick<Warning, 'code' | 'about'>): string => `${warning.code} ${warning.about}`;
