import type { Mapping } from '../../../../shared/model/mapping.ts';
import type { ErpSettings, LinkSettings } from '../../../../shared/model/settings.ts';
import { ledgerObjects } from '../queries/ledger-schema.ts';
import { mappingRights } from './mapping-rights.ts';
import { joinRights, type NeededRight, type RightName, type Rights } from './rights.ts';

/** Rows of the ledger are proofs: none is ever taken away. A notice goes when nothing is to be said any more. */
const OF_TABLES = ['SELECT', 'INSERT', 'UPDATE'] as const;
const DELETED_FROM = 'notice';

/** The ledger's tables are written as the program's statements write them, its views only read. */
export const ledgerRights = (schema: string): readonly NeededRight[] =>
  ledgerObjects(schema).flatMap(({ kind, name }): NeededRight[] => {
    if (kind !== 'table' && kind !== 'view') return [];
    const rights: readonly RightName[] = kind === 'table' ? OF_TABLES : ['SELECT'];
    const all: readonly RightName[] = name === DELETED_FROM ? [...rights, 'DELETE'] : rights;
    return all.map((right) => ({ on: { schema, name }, right, why: ['the ledger'] }));
  });

/** Everything the daily login of an ERP needs for these links. Pure. */
export function siteRights(
  erp: Pick<ErpSettings, 'ledger'>,
  links: readonly {
    readonly settings: Pick<LinkSettings, 'id'> & {
      readonly push: { readonly users: { readonly query?: string | undefined } };
    };
    readonly mapping: Mapping;
  }[],
): Rights {
  const { schema } = erp.ledger;
  const each = links.map(({ settings, mapping }) =>
    mappingRights(mapping, settings.push.users.query, { link: settings.id, ledgerSchema: schema }),
  );
  return {
    needed: joinRights([...ledgerRights(schema), ...each.flatMap(({ needed }) => needed)]),
    byHand: each.flatMap(({ byHand }) => byHand),
  };
}
