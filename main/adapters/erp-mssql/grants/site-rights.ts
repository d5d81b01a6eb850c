import type { Mapping } from '../../../../shared/model/mapping.ts';
import type { ErpSettings, LinkSettings } from '../../../../shared/model/settings.ts';
import { ledgerObjects } from '../queries/ledger-schema.ts';
import { mappingRights } from './mapping-rights.ts';
import { joinRights, type NeededRight, type Rights } from './rights.ts';

const OF_TABLES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

/** The ledger's tables are the program's own, its views only to be read. */
export const ledgerRights = (schema: string): readonly NeededRight[] =>
  ledgerObjects(schema).flatMap(({ kind, name }): NeededRight[] => {
    if (kind !== 'table' && kind !== 'view') return [];
    const rights = kind === 'table' ? OF_TABLES : (['SELECT'] as const);
    return rights.map((right) => ({ on: { schema, name }, right, why: ['the ledger'] }));
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
