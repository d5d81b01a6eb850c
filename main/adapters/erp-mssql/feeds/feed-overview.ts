import type { Endpoint } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { CatalogueObject } from '../../../core/drift/catalogue.ts';
import type { FeedOffer } from '../../../core/feeds/feed.ts';
import { offersOf, trackingOf } from '../../../core/feeds/offers.ts';
import { databaseTracked, minActiveVersion, trackedTables } from '../queries/feeds.ts';
import { numberOf, rowsWith, textOf } from '../recordset.ts';
import type { SqlCell } from '../sql-connection.ts';
import { failureOf, isTransient } from '../sql-failure.ts';
import type { SqlSessions } from '../sql-sessions.ts';
import { keyOf } from './table-key.ts';

const TIMEOUT_MS = 30_000;

type Rows = readonly ReadonlyMap<string, SqlCell>[];

/** What each table of a database offers, asked with three requests for all of them. Reads no row of theirs. */
export async function readFeedOverview(
  options: { readonly sessions: SqlSessions; readonly endpoint: Endpoint },
  signal: AbortSignal,
): Promise<Result<(object: CatalogueObject) => readonly FeedOffer[]>> {
  const { sessions, endpoint } = options;
  /** Undefined where the server refuses: it does not know what is asked. */
  const ask = async (text: string, first: string): Promise<Result<Rows | undefined>> => {
    const outcome = await sessions.run({ text, parameters: [], timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind === 'answered') return ok(rowsWith(outcome, first) ?? []);
    if (outcome.kind === 'refused' && !isTransient(outcome.number)) return ok(undefined);
    return fail(failureOf(outcome, { endpoint, where: 'the catalogue', changes: false }, signal));
  };
  const database = await ask(databaseTracked, 'database_tracked');
  if (!database.ok) return database;
  const tables = await ask(trackedTables, 'tracked_schema');
  if (!tables.ok) return tables;
  const bounded = await ask(minActiveVersion, 'min_active');
  if (!bounded.ok) return bounded;
  const mayView = new Map(
    (tables.value ?? []).map((row) => [
      nameOf(textOf(row, 'tracked_schema'), textOf(row, 'tracked_table')),
      numberOf(row, 'may_view') === 1,
    ]),
  );
  const count = database.value?.[0];
  return ok((object) => {
    const key = keyOf(object, undefined);
    const name = nameOf(object.schema, object.name);
    return offersOf({
      object,
      key: 'why' in key ? key : { columns: key.columns.map((column) => column.name) },
      tracking: trackingOf({
        server: database.value !== undefined && tables.value !== undefined,
        database: count !== undefined && (numberOf(count, 'database_tracked') ?? 0) > 0,
        table: mayView.has(name),
        mayView: mayView.get(name) === true,
      }),
      bounded: bounded.value !== undefined,
    });
  });
}

const nameOf = (schema: string | null, name: string | null): string => JSON.stringify([schema, name]);
