import {
  writers,
  type Mapping,
  type PushEntity,
  type DocumentHandler,
} from '../../../../shared/model/mapping.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import type { ErpStatus, WriteTarget } from '../../../../shared/model/mapping-targets.ts';
import type { PullValue } from '../../../../shared/model/mapping-values.ts';
import { namedInSelect } from '../../../core/reading/named-objects.ts';
import type { ByHand, NeededRight, Rights } from './rights.ts';

type Write = DocumentHandler['write'];

/**
 * What a link needs of the ERP's own objects: from its mapping and its users' query, nothing else. Names of the ledger's
 * schema are left out: they have rights of their own. Pure.
 */
export function mappingRights(
  mapping: Mapping,
  usersQuery: string | undefined,
  at: { readonly link: string; readonly ledgerSchema: string },
): Rights {
  const needed: NeededRight[] = [];
  const byHand: ByHand[] = [];
  const reads = (from: PushEntity['from'], what: string): void => {
    if ('table' in from) {
      needed.push(...readingOf(from.table, what));
      return;
    }
    const named = namedInSelect(from.select);
    if (named.kind === 'unknown') {
      byHand.push({ what, why: named.why });
      return;
    }
    for (const { schema = 'dbo', name } of named.objects)
      if (schema.toLowerCase() !== at.ledgerSchema.toLowerCase())
        needed.push(...readingOf({ schema, name }, what));
  };
  if (usersQuery !== undefined) reads({ select: usersQuery }, `the query of users of ${at.link}`);
  for (const { entity, from } of mapping.push.entities) reads(from, `${entity} of ${at.link}, read`);
  for (const handler of writers(mapping)) {
    const { document, write, returns, erpStatus, lines, references } = handler;
    const why = `${document} of ${at.link}`;
    needed.push(...writing(write, why, { returns, erpStatus }));
    for (const line of lines) needed.push(...writing(line.write, `${why}, lines`));
    for (const { to } of references)
      if ('table' in to)
        needed.push({ on: to.table, right: 'SELECT', columns: [to.column], why: [`${why}, what it names`] });
  }
  return { needed, byHand };
}

/** The whole object: its key and versions tell what changed, and a later column needs no new script. */
const readingOf = (on: SqlName, why: string): readonly NeededRight[] => [
  { on, right: 'SELECT', why: [why] },
  { on, right: 'VIEW DEFINITION', onlyFor: 'view', why: [`${why}: the tables behind a view`] },
  { on, right: 'VIEW CHANGE TRACKING', onlyFor: 'tracked', why: [`${why}: what changed`] },
];

function writing(
  { to, values }: Write,
  why: string,
  header?: { readonly returns: DocumentHandler['returns']; readonly erpStatus?: ErpStatus | undefined },
): readonly NeededRight[] {
  return [...targetRights(to, Object.keys(values), why, header), ...lookupRights(Object.values(values), why)];
}

function targetRights(
  to: WriteTarget,
  columns: readonly string[],
  why: string,
  header: Parameters<typeof writing>[2],
): readonly NeededRight[] {
  if ('procedure' in to)
    return [
      { on: to.procedure, right: 'EXECUTE', why: [why] },
      {
        on: to.procedure,
        right: 'VIEW DEFINITION',
        why: [`${why}: which parameters have a default`],
      },
    ];
  const on = 'table' in to ? to.table : to.staging;
  const upsert = 'table' in to ? to.upsert : undefined;
  const key = header?.returns.key?.name;
  const status = header?.erpStatus;
  const rights: NeededRight[] = [
    { on, right: 'INSERT', why: [why] },
    { on, right: 'VIEW DEFINITION', why: [`${why}: its triggers, so that a new one is noticed`] },
  ];
  const isKey = (column: string): boolean =>
    upsert?.key.some((one) => one.toLowerCase() === column.toLowerCase()) === true;
  const changed = upsert?.onExisting === 'update' ? columns.filter((column) => !isKey(column)) : [];
  if (changed.length > 0) rights.push({ on, right: 'UPDATE', columns: changed, why: [why] });
  const seen = [
    ...(upsert?.key ?? []),
    // The row is read back as it was stored.
    ...(key === undefined ? [] : [key, ...columns]),
    ...[header?.returns.number?.name, status?.column, status?.number, status?.reason].filter(
      (column) => column !== undefined,
    ),
  ];
  if (seen.length > 0)
    rights.push({ on, right: 'SELECT', columns: seen, why: [`${why}: what the ERP made of it`] });
  return rights;
}

const lookupRights = (values: readonly PullValue[], why: string): readonly NeededRight[] =>
  values.flatMap((value) =>
    'lookup' in value
      ? [
          {
            on: value.lookup.table,
            right: 'SELECT' as const,
            columns: [...Object.keys(value.lookup.match), value.lookup.take],
            why: [`${why}, looked up`],
          },
        ]
      : [],
  );
