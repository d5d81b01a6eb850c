import { z } from 'zod';
import type { EndpointFact } from '../../../core/queue/queue-store.ts';
import type { Endpoint, SyncFailure } from '../../../../shared/model/failure.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { failureColumn } from '../failure-codec.ts';
import { decode, flag, optional } from './decode.ts';
import { prepared } from './prepared.ts';

export function noteEndpointOk(db: WriteDb, endpoint: Endpoint, now: Instant): void {
  prepared(
    db,
    `INSERT INTO endpoint_fact (endpoint, last_ok) VALUES (?, ?)
     ON CONFLICT (endpoint) DO UPDATE SET last_ok = excluded.last_ok, failing_since = NULL, failure = NULL`,
  ).run(endpoint, now);
}

/** The newest failure, since the first one after the last success. */
export function noteEndpointFailure(
  db: WriteDb,
  endpoint: Endpoint,
  failure: SyncFailure,
  now: Instant,
): void {
  prepared(
    db,
    `INSERT INTO endpoint_fact (endpoint, failing_since, failure) VALUES (?, ?, ?)
     ON CONFLICT (endpoint) DO UPDATE SET failing_since = coalesce(failing_since, excluded.failing_since),
       failure = excluded.failure`,
  ).run(endpoint, now, JSON.stringify(failure));
}

const endpointRow = z.object({
  endpoint: z.string(),
  last_ok: optional(z.int()),
  failing_since: optional(z.int()),
  failure: optional(failureColumn),
});

export function readEndpoints(db: ReadDb): readonly EndpointFact[] {
  return prepared(db, 'SELECT endpoint, last_ok, failing_since, failure FROM endpoint_fact ORDER BY endpoint')
    .all()
    .map((row) => {
      const r = decode(endpointRow, row, 'a row of endpoint_fact');
      return {
        endpoint: r.endpoint as Endpoint,
        lastOk: r.last_ok,
        failingSince: r.failing_since,
        failure: r.failure,
      };
    });
}

export function upsertLastList(
  db: WriteDb,
  link: LinkId,
  seen: { readonly entries: number; readonly full: boolean },
  now: Instant,
): void {
  prepared(
    db,
    `INSERT INTO link_fact (link, list_at, list_entries, list_full) VALUES (?, ?, ?, ?)
     ON CONFLICT (link) DO UPDATE SET list_at = excluded.list_at, list_entries = excluded.list_entries,
       list_full = excluded.list_full`,
  ).run(link, now, seen.entries, seen.full ? 1 : 0);
}

/** Outlives the items themselves. */
export function upsertLastSettledIn(db: WriteDb, link: LinkId, now: Instant): void {
  prepared(
    db,
    `INSERT INTO link_fact (link, last_settled_in) VALUES (?, ?)
     ON CONFLICT (link) DO UPDATE SET last_settled_in = excluded.last_settled_in`,
  ).run(link, now);
}

const linkRow = z.object({
  list_at: optional(z.int()),
  list_entries: optional(z.int()),
  list_full: optional(flag),
  last_settled_in: optional(z.int()),
});

export interface LinkFact {
  readonly list: { readonly at: Instant; readonly entries: number; readonly full: boolean } | undefined;
  readonly lastSettledIn: Instant | undefined;
}

export function findLinkFact(db: ReadDb, link: LinkId): LinkFact {
  const row: unknown = prepared(
    db,
    'SELECT list_at, list_entries, list_full, last_settled_in FROM link_fact WHERE link = ?',
  ).get(link);
  if (row === undefined) return { list: undefined, lastSettledIn: undefined };
  const r = decode(linkRow, row, `the facts of ${link}`);
  return {
    list:
      r.list_at === undefined || r.list_entries === undefined || r.list_full === undefined
        ? undefined
        : { at: r.list_at, entries: r.list_entries, full: r.list_full },
    lastSettledIn: r.last_settled_in,
  };
}
