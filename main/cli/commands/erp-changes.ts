import { resolve } from 'node:path';
import { knownFiles } from '../../adapters/erp-mssql/feeds/known-files.ts';
import { SqlFeed } from '../../adapters/erp-mssql/feeds/sql-feed.ts';
import { nodeDisk } from '../../adapters/spool/node-disk.ts';
import { readCursor } from '../../core/feeds/cursor.ts';
import type { ChangeFeed, FeedKind, FeedPart } from '../../core/feeds/feed.ts';
import { BodyStreamError } from '../../core/runtime/body-stream-error.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { erpFailed, withErp } from './chosen-erp.ts';

export interface ChangesWanted {
  readonly table: SqlName;
  readonly erp?: string | undefined;
  readonly feed?: FeedKind | undefined;
  readonly since?: string | undefined;
  readonly changedAt?: string | undefined;
  readonly overlapMs: number;
  readonly clock: 'local' | 'utc';
  readonly state?: string | undefined;
  /** Every deletion is believed. */
  readonly confirmGone: boolean;
}

const EVERYTHING = { keys: Number.MAX_SAFE_INTEGER, percent: 100, few: Number.MAX_SAFE_INTEGER };

/**
 * Nominates the keys of one table that may have changed since a cursor, and prints the next one; without a cursor it prints
 * the first. Writes nothing into the ERP; what a full compare knows is kept beside `state`.
 */
export async function showChanges(context: Context, wanted: ChangesWanted): Promise<number> {
  const { out } = context;
  const usage = (message: string, hint: string): number => {
    out.failure({ code: 'usage', message, hint });
    return EXIT.usage;
  };
  const since = wanted.since === undefined ? undefined : Buffer.from(wanted.since, 'base64url').toString();
  const kind = since === undefined ? wanted.feed : readCursor(since)?.position.kind;
  if (since !== undefined && wanted.feed !== undefined && kind !== undefined && kind !== wanted.feed)
    return usage(`The cursor is one of ${kind}.`, 'Leave --feed out, or start without --since.');
  if (kind === 'changed-at' && wanted.changedAt === undefined)
    return usage('Which column holds the moment of a change?', 'Name it: --changed-at COLUMN');
  if (kind === 'full-compare' && wanted.state === undefined)
    return usage('A full compare needs a file for what it knows.', 'Name it: --state FILE');
  return withErp(context, wanted.erp, async ({ server, sessions, endpoint, newId }) => {
    const feed = new SqlFeed({
      server,
      sessions,
      endpoint,
      table: {
        table: wanted.table,
        changedAt:
          wanted.changedAt === undefined
            ? undefined
            : { column: wanted.changedAt, overlapMs: wanted.overlapMs, clock: wanted.clock },
      },
      wall: () => context.world.now(),
      newId,
      known: wanted.state === undefined ? undefined : knownFiles(nodeDisk, resolve(wanted.state)),
      guard: wanted.confirmGone ? EVERYTHING : undefined,
    });
    try {
      return since === undefined
        ? await begin(context, feed, wanted)
        : await go(context, feed.since(since, context.world.ending));
    } catch (error) {
      if (!(error instanceof BodyStreamError)) throw error;
      return erpFailed(context, error.failure);
    }
  });
}

async function begin(context: Context, feed: ChangeFeed, wanted: ChangesWanted): Promise<number> {
  const { world, out } = context;
  const kind = wanted.feed === undefined ? await bestKind(feed, wanted, world.ending) : ok(wanted.feed);
  if (!kind.ok) return erpFailed(context, kind.failure);
  if (kind.value === undefined) {
    out.failure({
      code: 'no-such-feed',
      message: 'No feed of this table can be used so.',
      hint: 'erp-ferry erp tables says what each table offers; --state FILE allows a full compare.',
    });
    return EXIT.failed;
  }
  const cursor = await feed.start(kind.value, world.ending);
  if (!cursor.ok) return erpFailed(context, cursor.failure);
  out.document({ feed: kind.value, cursor: encoded(cursor.value) });
  out.line(`Feed: ${kind.value}`);
  out.line(`Next cursor: ${encoded(cursor.value)}`);
  return EXIT.fine;
}

async function bestKind(
  feed: ChangeFeed,
  { state }: ChangesWanted,
  signal: AbortSignal,
): Promise<Result<FeedKind | undefined>> {
  const offers = await feed.probe(signal);
  return offers.ok
    ? ok(
        offers.value.find((one) => one.offered && (one.kind !== 'full-compare' || state !== undefined))?.kind,
      )
    : offers;
}

async function go({ out }: Context, parts: AsyncIterable<FeedPart>): Promise<number> {
  let code: number = EXIT.failed;
  for await (const part of parts) {
    if (part.kind === 'nominated')
      for (const { key, deleted } of part.keys) {
        out.document({ key, deleted });
        out.line(`${deleted ? 'gone   ' : 'changed'}  ${key.join('  ')}`);
      }
    else if (part.kind === 'reset') {
      out.document({ reset: part.reason, words: part.words });
      out.line(`Compare everything and start anew: ${part.words}`);
      code = EXIT.parked;
    } else {
      const { cursor, repeats, guard } = part;
      out.document({ cursor: encoded(cursor), repeats, guard });
      if (guard !== undefined)
        out.line(
          `Not believed: ${guard.gone} of ${guard.known} rows are gone at once. --confirm-gone says that they are.`,
        );
      out.line(`Next cursor: ${encoded(cursor)}`);
      code = guard === undefined ? EXIT.fine : EXIT.parked;
    }
  }
  return code;
}

const encoded = (cursor: string): string => Buffer.from(cursor).toString('base64url');
