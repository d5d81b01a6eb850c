import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { ROLE_RIGHTS } from '../queries/grants.ts';
import { objectKey, type NeededRight } from './rights.ts';

/** What the server says of a login's rights. */
export interface HeldRights {
  readonly login: string;
  readonly database: string;
  readonly objects: readonly HeldObject[];
  /** Schemas a right was given on as a whole. */
  readonly schemas: readonly { readonly schema: string; readonly rights: readonly string[] }[];
  readonly databaseRights: readonly string[];
  readonly serverRights: readonly string[];
  readonly databaseRoles: readonly string[];
  readonly serverRoles: readonly string[];
}

export interface HeldObject {
  readonly on: SqlName;
  /** `U`, `V`, `P` … as the catalogue has it. */
  readonly type: string;
  /** Change Tracking is on for it. */
  readonly tracked: boolean;
  readonly rights: ReadonlySet<string>;
  /** Lower case; for SELECT and UPDATE, where the whole object may not be read or changed. */
  readonly columns: { readonly SELECT: readonly string[]; readonly UPDATE: readonly string[] };
}

export interface Missing {
  readonly on: SqlName;
  readonly right: string;
  readonly columns?: readonly string[] | undefined;
  readonly why: readonly string[];
}

export type Surplus =
  | {
      readonly kind: 'server-role' | 'server-right' | 'database-role' | 'database-right';
      readonly name: string;
    }
  | { readonly kind: 'schema-right'; readonly name: string; readonly schema: string }
  | {
      readonly kind: 'object-right';
      readonly name: string;
      readonly on: SqlName;
      readonly columns?: readonly string[] | undefined;
    };

export interface RightsVerdict {
  readonly missing: readonly Missing[];
  readonly tooMuch: readonly Surplus[];
}

/**
 * What is missing and what is too much. Where a right on everything is held, single objects are not told: all of them
 * would be. Pure.
 */
export function compareRights(needed: readonly NeededRight[], held: HeldRights): RightsVerdict {
  const objects = new Map(held.objects.map((one) => [objectKey(one.on), one]));
  const broad = broadRights(held);
  return {
    missing: needed.flatMap((one) => missingOf(one, objects.get(objectKey(one.on)))),
    tooMuch: broad.length > 0 ? broad : held.objects.flatMap((one) => surplusOf(one, needed)),
  };
}

function missingOf(right: NeededRight, held: HeldObject | undefined): readonly Missing[] {
  const { on, columns, why } = right;
  // Whether it is a view or is tracked is known of what is seen only.
  if (right.onlyFor === 'view' && held?.type !== 'V') return [];
  if (right.onlyFor === 'tracked' && held?.tracked !== true) return [];
  if (held?.rights.has(right.right) === true) return [];
  if (columns === undefined || (right.right !== 'SELECT' && right.right !== 'UPDATE'))
    return [{ on, right: right.right, why }];
  const there = new Set(held?.columns[right.right]);
  const lacking = columns.filter((column) => !there.has(column.toLowerCase()));
  return lacking.length === 0 ? [] : [{ on, right: right.right, columns: lacking, why }];
}

function surplusOf({ on, rights, columns }: HeldObject, needed: readonly NeededRight[]): readonly Surplus[] {
  const here = needed.filter((one) => objectKey(one.on) === objectKey(on));
  const found: Surplus[] = [];
  // CONTROL is every other right on the object.
  const told = rights.has('CONTROL') ? ['CONTROL'] : [...rights];
  for (const name of told) {
    const right = here.find((one) => one.right === name);
    if (right === undefined || right.columns !== undefined) found.push({ kind: 'object-right', name, on });
  }
  for (const name of ['SELECT', 'UPDATE'] as const) {
    const right = here.find((one) => one.right === name);
    if (rights.has(name) || (right !== undefined && right.columns === undefined)) continue;
    const allowed = new Set(right?.columns?.map((column) => column.toLowerCase()));
    const more = columns[name].filter((column) => !allowed.has(column));
    if (more.length > 0) found.push({ kind: 'object-right', name, on, columns: more });
  }
  return found;
}

/** Rights that hold for more than one object. Those that come with a role or a stronger one are not told again. */
function broadRights(held: HeldRights): readonly Surplus[] {
  const of = (
    kind: 'server-role' | 'server-right' | 'database-role' | 'database-right',
    names: readonly string[],
  ): readonly Surplus[] => names.map((name) => ({ kind, name }));
  const roles = [...of('server-role', held.serverRoles), ...of('database-role', held.databaseRoles)];
  if (held.serverRoles.includes('sysadmin') || held.databaseRoles.includes('db_owner')) return roles;
  const implied = new Set(held.databaseRoles.flatMap((role) => ROLE_RIGHTS[role] ?? []));
  const strongest = (rights: readonly string[]): readonly string[] =>
    rights.includes('CONTROL') ? ['CONTROL'] : rights.filter((right) => !implied.has(right));
  const databaseRights = strongest(held.databaseRights);
  const onAll = new Set(held.databaseRights);
  return [
    ...roles,
    ...of('server-right', held.serverRights),
    ...of('database-right', databaseRights),
    ...held.schemas.flatMap(({ schema, rights }) => {
      const own = rights.includes('CONTROL') && !onAll.has('CONTROL') ? ['CONTROL'] : rights;
      return own
        .filter((name) => !onAll.has(name) && !onAll.has('CONTROL') && !implied.has(name))
        .map((name): Surplus => ({ kind: 'schema-right', name, schema }));
    }),
  ];
}
