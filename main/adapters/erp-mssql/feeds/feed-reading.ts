import type { Endpoint } from '../../../../shared/model/failure.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { snapshotAllowed } from '../queries/read.ts';
import { NotAnIdentifier } from '../quote-ident.ts';
import { numberOf, rowsWith } from '../recordset.ts';
import {
  SqlStreamError,
  type SqlConnection,
  type SqlParameter,
  type SqlRow,
  type SqlServer,
} from '../sql-connection.ts';
import { failureOf } from '../sql-failure.ts';

/** A large table over a slow line; a server that has gone silent is found by the socket, not by this. */
const READ_TIMEOUT_MS = 15 * 60_000;
const SHORT_TIMEOUT_MS = 30_000;

export interface FeedQuery {
  /** In a snapshot transaction nobody waits for the reader, nor the reader for anybody. */
  text(snapshot: boolean): string;
  readonly parameters: readonly SqlParameter[];
}

/**
 * Streams the rows of one statement in a session of its own, in a snapshot where the database allows it, else at READ
 * COMMITTED. Throws BodyStreamError.
 */
export async function* readRows(
  options: { readonly server: SqlServer; readonly endpoint: Endpoint; readonly where: string },
  query: FeedQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly SqlRow[]> {
  const { server, endpoint, where } = options;
  const failed = (error: unknown): unknown => {
    if (error instanceof SqlStreamError)
      return new BodyStreamError(failureOf(error.outcome, { endpoint, where, changes: false }, signal));
    if (error instanceof NotAnIdentifier)
      return new BodyStreamError({
        kind: 'rejected',
        code: 'not-an-identifier',
        where,
        message: error.message,
      });
    return error;
  };
  const opened = await server.connect(signal);
  if (opened.kind !== 'connected') throw failed(new SqlStreamError(opened));
  const { connection } = opened;
  try {
    const text = query.text(await snapshot(connection, signal));
    const call = { text, parameters: query.parameters, timeoutMs: READ_TIMEOUT_MS };
    for await (const { rows } of connection.stream(call, signal)) yield rows;
  } catch (error) {
    throw failed(error);
  } finally {
    await connection.close();
  }
}

async function snapshot(connection: SqlConnection, signal: AbortSignal): Promise<boolean> {
  const call = { text: snapshotAllowed, parameters: [], timeoutMs: SHORT_TIMEOUT_MS };
  const probe = await connection.run(call, signal);
  if (probe.kind === 'refused') return false;
  if (probe.kind !== 'answered') throw new SqlStreamError(probe);
  const state = rowsWith(probe, 'snapshot_state')?.[0];
  if (state === undefined || numberOf(state, 'snapshot_state') !== 1) return false;
  const begun = await connection.beginReading('snapshot', signal);
  if (begun.kind !== 'begun') throw new SqlStreamError(begun);
  return true;
}
