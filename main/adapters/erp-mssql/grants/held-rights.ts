import type { Endpoint } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import {
  DATABASE_RIGHTS,
  DATABASE_ROLES,
  OBJECT_RIGHTS,
  rightsAtLarge,
  rightsOnColumns,
  rightsOnObjects,
  rightsOnSchemas,
  SCHEMA_RIGHTS,
  SERVER_RIGHTS,
  SERVER_ROLES,
  trackedObjects,
} from '../queries/grants.ts';
import { numberOf, rowsWith, textOf } from '../recordset.ts';
import type { SqlCell, SqlOutcome } from '../sql-connection.ts';
import { failureOf } from '../sql-failure.ts';
import type { SqlSessions } from '../sql-sessions.ts';
import type { HeldObject, HeldRights } from './compare-rights.ts';
import { objectKey } from './rights.ts';

/** An ERP has thousands of tables, and a login with too many rights sees them all. */
const TIMEOUT_MS = 120_000;

type Row = ReadonlyMap<string, SqlCell>;

/** Asks the server what the login it is signed in with may do. Reads the catalogue and nothing else. */
export async function readHeldRights(
  sessions: Pick<SqlSessions, 'run'>,
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Result<HeldRights>> {
  const ask = async (text: string, first: string): Promise<Result<readonly Row[]>> => {
    const outcome: SqlOutcome = await sessions.run({ text, parameters: [], timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint, where: 'the rights of the login', changes: false }, signal));
    return ok(rowsWith(outcome, first) ?? []);
  };
  const large = await ask(rightsAtLarge, 'ferry_login');
  if (!large.ok) return large;
  const [one] = large.value;
  if (one === undefined)
    return fail({
      kind: 'invalid-response',
      endpoint,
      where: 'the rights of the login',
      detail: 'the answer has no row',
    });
  const objects = await ask(rightsOnObjects, 'ferry_object');
  if (!objects.ok) return objects;
  const tracked = await ask(trackedObjects, 'ferry_tracked');
  // A server without Change Tracking refuses the question.
  if (!tracked.ok && tracked.failure.kind !== 'rejected') return tracked;
  const columns = await ask(rightsOnColumns, 'ferry_column');
  if (!columns.ok) return columns;
  const schemas = await ask(rightsOnSchemas, 'ferry_schema');
  if (!schemas.ok) return schemas;
  return ok({
    login: textOf(one, 'ferry_login') ?? '',
    database: textOf(one, 'database_name') ?? '',
    objects: objectsOf(objects.value, columns.value, tracked.ok ? tracked.value : []),
    schemas: schemas.value.flatMap((row) => {
      const rights = set(row, 'r', SCHEMA_RIGHTS);
      return rights.length === 0 ? [] : [{ schema: textOf(row, 'ferry_schema') ?? '', rights }];
    }),
    databaseRights: set(one, 'd', DATABASE_RIGHTS),
    serverRights: set(one, 's', SERVER_RIGHTS),
    databaseRoles: set(one, 'm', DATABASE_ROLES),
    serverRoles: set(one, 'n', SERVER_ROLES),
  });
}

/** NULL means that the server does not know the right or role: then nobody has it. */
const set = <T extends string>(row: Row, prefix: string, names: readonly T[]): readonly T[] =>
  names.filter((_, index) => numberOf(row, `${prefix}${index}`) === 1);

function objectsOf(
  objects: readonly Row[],
  columns: readonly Row[],
  tracked: readonly Row[],
): readonly HeldObject[] {
  const nameOf = (row: Row, schema: string): { schema: string; name: string } => ({
    schema: textOf(row, schema) ?? '',
    name: textOf(row, 'object_name') ?? '',
  });
  const byObject = Map.groupBy(columns, (row) => objectKey(nameOf(row, 'ferry_column')));
  const changes = new Set(tracked.map((row) => objectKey(nameOf(row, 'ferry_tracked'))));
  return objects.map((row) => {
    const on = nameOf(row, 'ferry_object');
    const its = byObject.get(objectKey(on)) ?? [];
    const rights = new Set<string>(set(row, 'r', OBJECT_RIGHTS));
    const columnsWith = (right: 'SELECT' | 'UPDATE', flag: string): readonly string[] =>
      rights.has(right)
        ? []
        : its
            .filter((column) => numberOf(column, flag) === 1)
            .map((column) => (textOf(column, 'column_name') ?? '').toLowerCase());
    return {
      on,
      type: textOf(row, 'object_type') ?? '',
      tracked: changes.has(objectKey(on)),
      rights,
      columns: { SELECT: columnsWith('SELECT', 'r0'), UPDATE: columnsWith('UPDATE', 'r1') },
    };
  });
}
