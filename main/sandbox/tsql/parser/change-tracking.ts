import { SqlError } from '../errors.ts';
import type { RetentionUnit } from '../storage/change-tracking.ts';
import type { Expr, ObjectName, StatementBody, TableRef } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parseScalar } from './expressions.ts';

const onOff = (c: Cursor): boolean => c.expectWord('ON', 'OFF') === 'ON';

/** Behind ALTER DATABASE .. SET CHANGE_TRACKING. */
export function parseDatabaseTracking(c: Cursor, name: string | undefined): StatementBody {
  const set = c.takeOp('=') ? (onOff(c) ? 'on' : 'off') : 'change';
  let retention: number | undefined;
  let unit: RetentionUnit | undefined;
  let autoCleanup: boolean | undefined;
  if (set === 'off' || (set === 'on' && !c.isOp('('))) return { k: 'databaseTracking', name, set };
  c.expectOp('(');
  do {
    const option = c.expectWord('CHANGE_RETENTION', 'AUTO_CLEANUP');
    if (option === 'AUTO_CLEANUP' ? autoCleanup !== undefined : retention !== undefined)
      throw new SqlError(
        5091,
        `ALTER DATABASE change tracking option '${option}' was specified more than once. Each option can be specified only once.`,
        15,
        'batch',
      );
    c.expectOp('=');
    if (option === 'AUTO_CLEANUP') autoCleanup = onOff(c);
    else {
      retention = Number(c.integer());
      unit = c.expectWord('DAYS', 'HOURS', 'MINUTES') as RetentionUnit;
      if (retention < 1)
        throw new SqlError(
          5092,
          `The value for change tracking option '${option}' is not valid. The value must be between 1 and 2147483647 minutes.`,
          15,
          'batch',
        );
    }
  } while (c.takeOp(','));
  c.expectOp(')');
  return { k: 'databaseTracking', name, set, retention, unit, autoCleanup };
}

/** Behind ALTER TABLE .. ENABLE or DISABLE CHANGE_TRACKING. */
export function parseTableTracking(c: Cursor, name: ObjectName, enable: boolean): StatementBody {
  let columns = false;
  if (enable && c.takeWord('WITH')) {
    c.expectOp('(');
    c.expectWord('TRACK_COLUMNS_UPDATED');
    c.expectOp('=');
    columns = onOff(c);
    c.expectOp(')');
  }
  return { k: 'alterTracking', name, enable, columns };
}

/** CHANGETABLE(CHANGES t, @version) AS c, its name being read already. */
export function parseChangeTable(c: Cursor, alias: () => string | undefined): TableRef {
  c.expectOp('(');
  if (c.isWord('VERSION')) throw c.refuse('CHANGETABLE(VERSION ..)');
  c.expectWord('CHANGES');
  const table = c.objectName();
  c.expectOp(',');
  // A server takes a value or a variable here, no expression.
  if (c.token.kind !== 'variable' && c.token.kind !== 'integer' && !c.isWord('NULL')) throw c.fail();
  const since = parseScalar(c);
  c.expectOp(')');
  const name = alias();
  if (name === undefined)
    throw new SqlError(22104, 'A table returned by the CHANGETABLE function must be aliased.', 16, 'batch');
  return { k: 'changes', table, since, alias: name, columns: c.isOp('(') ? c.names() : undefined };
}

/** WITH CHANGE_TRACKING_CONTEXT (value), which stands before the statement it belongs to. */
export function parseTrackingContext(c: Cursor): Expr {
  c.expectWord('WITH');
  c.expectWord('CHANGE_TRACKING_CONTEXT');
  c.expectOp('(');
  const e = parseScalar(c);
  c.expectOp(')');
  return e;
}
