import type { Mapping } from '../../../../shared/model/mapping.ts';
import type { RecordMapping } from '../../../../shared/model/record-mapping.ts';
import type { ErpSettings, LinkSettings } from '../../../../shared/model/settings.ts';
import { ledgerObjects } from '../queries/ledger-schema.ts';
import { recordLedgerTable } from '../queries/records-write.ts';
import { mappingRights } from './mapping-rights.ts';
import { recordRights } from './record-rights.ts';
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

/** The ledger of records is written as the packets' one is. */
const recordLedgerRights = (schema: string): readonly NeededRight[] =>
  OF_TABLES.map((right) => ({
    on: { schema, name: recordLedgerTable(schema).name },
    right,
    why: ['the ledger of records'],
  }));

/** Everything the daily login of an ERP needs for these links; `records`: those with two-way records. Pure. */
export function siteRights(
  erp: Pick<ErpSettings, 'ledger'>,
  links: readonly {
    readonly settings: Pick<LinkSettings, 'id'> & {
      readonly push: { readonly users: { readonly query?: string | undefined } };
    };
    readonly mapping: Mapping;
  }[],
  records: readonly { readonly link: string; readonly mapping: RecordMapping }[] = [],
): Rights {
  const { schema } = erp.ledger;
  const each = links.map(({ settings, mapping }) =>
    mappingRights(mapping, settings.push.users.query, { link: settings.id, ledgerSchema: schema }),
  );
  return {
    needed: joinRights([
      ...ledgerRights(schema),
      ...(records.length > 0 ? recordLedgerRights(schema) : []),
      ...each.flatMap(({ needed }) => needed),
      ...records.flatMap(({ link, mapping }) => recordRights(mapping, link)),
    ]),
    byHand: each.flatMap(({ byHand }) => byHand),
    ...(records.length > 0 ? { recordLedger: true } : {}),
  };
}
