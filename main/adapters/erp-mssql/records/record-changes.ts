import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { readCursor } from '../../../core/feeds/cursor.ts';
import type { FeedKind, FeedOffer, Nominated } from '../../../core/feeds/feed.ts';
import type { KnownRows } from '../../../core/feeds/known-rows.ts';
import type { ChangePart, ChangeRequest, NamedRecord, RecordId } from '../../../core/records/record-store.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { SqlFeed } from '../feeds/sql-feed.ts';
import { keyOf } from '../feeds/table-key.ts';
import type { RecordParts } from './record-parts.ts';
import type { RecordReads } from './record-reads.ts';
import { findColumn, sameName, type LiveTable } from './record-table.ts';
import { idOf, keyPart } from './record-value.ts';

/** Half for transactions that are open, half for a clock that is corrected. */
const OVERLAP_MS = 10 * 60_000;

export interface ChangesParts extends RecordParts {
  readonly reads: RecordReads;
  readonly wall: () => number;
  readonly newId: () => string;
  /** Where full compares of a table keep what they know; without it there are none. */
  readonly known?: ((table: SqlName) => KnownRows) | undefined;
}

/** Names changed records by the best feed of each table. A cursor is the feed's own. */
export class RecordChanges {
  readonly #parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  async offers(table: LiveTable, signal: AbortSignal): Promise<Result<readonly FeedOffer[]>> {
    const probed = await this.#feed(table).probe(signal);
    if (!probed.ok || this.#parts.known !== undefined) return probed;
    return ok(
      probed.value.map((offer) =>
        offer.kind === 'full-compare'
          ? { kind: offer.kind, offered: false, why: 'There is no place for what it knows.' }
          : offer,
      ),
    );
  }

  async *changes(request: ChangeRequest, signal: AbortSignal): AsyncGenerator<ChangePart> {
    const found = await this.#parts.tables.of(request.entity, signal);
    if (!found.ok) {
      yield failed(found.failure);
      return;
    }
    try {
      if (request.cursor === undefined) yield* this.#all(found.value, request, signal);
      else yield* this.#since(found.value, request.cursor, signal);
    } catch (error) {
      if (!(error instanceof BodyStreamError)) throw error;
      yield failed(error.failure);
    }
  }

  /** The cursor first, so that what changes while the keys are read is named once more. */
  async *#all(
    table: LiveTable,
    { entity, filter }: ChangeRequest,
    signal: AbortSignal,
  ): AsyncGenerator<ChangePart> {
    const begun = await this.#begin(table, signal);
    if (!begun.ok) {
      yield failed(begun.failure);
      return;
    }
    let after: RecordId | undefined;
    for (;;) {
      const page = await this.#parts.reads.ids({ entity, filter, after }, signal);
      if (!page.ok) {
        yield failed(page.failure);
        return;
      }
      if (page.value.ids.length > 0)
        yield { kind: 'named', records: page.value.ids.map((id) => ({ id })), cursor: undefined };
      if (!page.value.more) break;
      after = page.value.ids.at(-1);
    }
    yield { kind: 'end', cursor: begun.value };
  }

  async #begin(table: LiveTable, signal: AbortSignal): Promise<Result<string>> {
    const offers = await this.offers(table, signal);
    if (!offers.ok) return offers;
    const best = offers.value.find(({ offered }) => offered);
    if (best === undefined)
      return fail({
        kind: 'rejected',
        code: 'no-such-feed',
        where: table.entity,
        message: offers.value.flatMap((one) => (one.offered ? [] : [one.why])).at(0) ?? 'No feed is offered.',
      });
    const feed = this.#feed(table);
    const cursor = await feed.start(best.kind, signal);
    if (!cursor.ok || best.kind !== 'full-compare') return cursor;
    // Its first round only learns the rows: whatever is read behind it is at least as new.
    for await (const part of feed.since(cursor.value, signal)) {
      if (part.kind === 'end') return ok(part.cursor);
      if (part.kind === 'reset') break;
    }
    return fail({
      kind: 'unreachable',
      endpoint: this.#parts.endpoint,
      cause: 'the table could not be compared',
    });
  }

  async *#since(table: LiveTable, cursor: string, signal: AbortSignal): AsyncGenerator<ChangePart> {
    const kind = readCursor(cursor)?.position.kind;
    const name = namer(table, kind);
    for await (const part of this.#feed(table).since(cursor, signal)) {
      if (part.kind === 'nominated') yield { kind: 'named', records: part.keys.map(name), cursor: undefined };
      else if (part.kind === 'end') yield { kind: 'end', cursor: part.cursor };
      else yield part;
    }
  }

  #feed(table: LiveTable): SqlFeed {
    const { server, sessions, endpoint, wall, newId, known } = this.#parts;
    const { object, given, key, changedAt } = table;
    return new SqlFeed({
      server,
      sessions,
      endpoint,
      wall,
      newId,
      known: known?.(given.table),
      table: {
        table: { schema: object.schema, name: object.name },
        key: key.map(({ name }) => name),
        changedAt:
          changedAt === undefined
            ? undefined
            : { column: changedAt.column.name, overlapMs: OVERLAP_MS, clock: changedAt.clock },
      },
    });
  }
}

const failed = (failure: SyncFailure): ChangePart => ({ kind: 'failed', failure });

/** Ids of a feed's keys, which come in the order of the table's own index. */
function namer(table: LiveTable, kind: FeedKind | undefined): (one: Nominated) => NamedRecord {
  const order = keyOf(
    table.object,
    table.key.map(({ name }) => findColumn(table.object, name)?.name ?? name),
  );
  const columns = 'why' in order ? [] : order.columns;
  const places = table.key.map(({ name }) => columns.findIndex((column) => sameName(column.name, name)));
  // Only Change Tracking saw the deletion; a compare did not find the row any more.
  const gone = kind === 'change-tracking' ? 'deleted' : 'unseen';
  return ({ key, deleted }) => {
    const id = idOf(table.key.map((column, index) => keyPart(key[places[index] ?? index] ?? '', column)));
    return deleted ? { id, gone } : { id };
  };
}
