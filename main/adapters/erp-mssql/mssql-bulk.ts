import sql from 'mssql';
import { requestFailure } from './mssql-errors.ts';
import type { SqlFailed, SqlLoad } from './sql-connection.ts';

/** The driver's per-request limit, which its typings do not have. */
interface WithRequestTimeout {
  request(options: { requestTimeout: number }): sql.Request;
}

/** See `SqlConnection.load`; the pool has one session. */
export async function bulkLoad(
  pool: sql.ConnectionPool,
  load: SqlLoad,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ readonly kind: 'loaded' } | SqlFailed> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const request = (): sql.Request =>
    (pool as unknown as WithRequestTimeout).request({ requestTimeout: timeoutMs });
  let current = request();
  const cancel = (): void => current.cancel();
  until.addEventListener('abort', cancel, { once: true });
  try {
    // A batch and no sp_executesql: what that one makes ends with it.
    await current.batch(load.create);
    until.throwIfAborted();
    current = request();
    await current.bulk(tableOf(load));
    return { kind: 'loaded' };
  } catch (error) {
    return until.aborted && error === until.reason
      ? { kind: 'not-applied', why: 'cancelled', cause: 'cancelled between two requests' }
      : requestFailure(error);
  } finally {
    until.removeEventListener('abort', cancel);
  }
}

function tableOf({ table: name, columns, rows }: SqlLoad): sql.Table {
  const table = new sql.Table(name);
  table.columns.add('n', sql.Int, { nullable: false });
  for (const column of columns) {
    const length = column.length === 'max' ? sql.MAX : column.length;
    table.columns.add(
      column.name,
      column.type === 'varbinary' ? sql.VarBinary(length) : sql.NVarChar(length),
      { nullable: true },
    );
  }
  rows.forEach((row, index) =>
    table.rows.add(index + 1, ...row.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell) : cell))),
  );
  return table;
}
