import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { readCursor, reset, sceneReset, writeCursor, type FeedPosition } from '../../../core/feeds/cursor.ts';
import type {
  ChangeFeed,
  FeedCursor,
  FeedKey,
  FeedKind,
  FeedOffer,
  FeedPart,
  SweepPart,
} from '../../../core/feeds/feed.ts';
import { DELETION_GUARD } from '../../../core/feeds/guard.ts';
import { compareBy } from '../../../core/feeds/key-order.ts';
import { offersOf, trackingOf } from '../../../core/feeds/offers.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { compareTable, startCompare, sweepKeys } from './compare-table.ts';
import { FeedQuestions } from './feed-questions.ts';
import type { FeedScene, SqlFeedOptions } from './feed-scene.ts';
import { schemaHash } from './row-hash.ts';
import { stampedRows, startStamped } from './stamped-rows.ts';
import { keyOf, orderOf } from './table-key.ts';
import { startTracked, trackedRows } from './tracked-rows.ts';
import { startVersioned, versionedRows } from './versioned-rows.ts';

const OVERLAP_VERSIONS = 1_000;

/** Change feeds of one table over the lowest port. Keeps nothing between calls: everything is in the cursor. */
export class SqlFeed implements ChangeFeed {
  readonly #options: SqlFeedOptions;
  readonly #questions: FeedQuestions;

  constructor(options: SqlFeedOptions) {
    this.#options = options;
    this.#questions = new FeedQuestions({ ...options, table: options.table.table });
  }

  async probe(signal: AbortSignal): Promise<Result<readonly FeedOffer[]>> {
    const object = await this.#questions.object(signal);
    if (!object.ok) return object;
    const tracking = await this.#questions.trackingAllowed(signal);
    if (!tracking.ok) return tracking;
    const versions = await this.#questions.versions(signal);
    // A server without row versions has no column of them either.
    if (!versions.ok && versions.failure.kind !== 'rejected') return versions;
    const { key, changedAt } = this.#options.table;
    const found = keyOf(object.value, key);
    return ok(
      offersOf({
        object: object.value,
        key: 'why' in found ? found : { columns: found.columns.map(({ name }) => name) },
        tracking: trackingOf(tracking.value),
        bounded: versions.ok && versions.value.exact,
        changedAt: changedAt?.column,
      }),
    );
  }

  async start(kind: FeedKind, signal: AbortSignal): Promise<Result<FeedCursor>> {
    const offers = await this.probe(signal);
    if (!offers.ok) return offers;
    const offer = offers.value.find((one) => one.kind === kind);
    if (offer?.offered !== true)
      return fail({
        kind: 'rejected',
        code: 'no-such-feed',
        where: this.#questions.where,
        message: offer?.why ?? kind,
      });
    const scene = await this.#scene(signal);
    if (!scene.ok) return scene;
    const position = await startAt(kind, scene.value, signal);
    return position.ok ? ok(writeCursor(scene.value.scene, position.value)) : position;
  }

  async *since(cursor: FeedCursor, signal: AbortSignal): AsyncIterable<FeedPart> {
    const then = readCursor(cursor);
    if (then === undefined) {
      yield reset('not-a-cursor', 'The cursor cannot be read.');
      return;
    }
    const found = await this.#scene(signal);
    if (!found.ok) {
      // A table that is gone, or has lost its key, is another one.
      if (found.failure.kind === 'rejected') yield reset('schema-changed', found.failure.message);
      else throw new BodyStreamError(found.failure);
      return;
    }
    const now = found.value;
    const why = sceneReset(then, now.scene);
    if (why === undefined) yield* partsOf(then.position, now, signal);
    else yield why;
  }

  async *sweep(known: AsyncIterable<readonly FeedKey[]>, signal: AbortSignal): AsyncIterable<SweepPart> {
    const found = await this.#scene(signal);
    if (!found.ok) throw new BodyStreamError(found.failure);
    yield* sweepKeys(found.value, known, signal);
  }

  async compareKeys(signal: AbortSignal): Promise<Result<(a: FeedKey, b: FeedKey) => number>> {
    const found = await this.#scene(signal);
    return found.ok ? ok(found.value.compare) : found;
  }

  async #scene(signal: AbortSignal): Promise<Result<FeedScene>> {
    const questions = this.#questions;
    const [object, identity, table] = [
      await questions.object(signal),
      await questions.identity(signal),
      await questions.table(signal),
    ];
    if (!object.ok) return object;
    if (!identity.ok) return identity;
    if (!table.ok) return table;
    const key = keyOf(object.value, this.#options.table.key);
    if ('why' in key)
      return fail({ kind: 'rejected', code: 'no-key', where: questions.where, message: key.why });
    return ok({
      ...this.#options,
      guard: this.#options.guard ?? DELETION_GUARD,
      overlapVersions: this.#options.overlapVersions ?? OVERLAP_VERSIONS,
      questions,
      object: object.value,
      key: key.columns,
      compare: compareBy(key.columns.map((column) => orderOf(column) ?? 'text')),
      scene: {
        table: questions.where,
        object: table.value.object,
        schema: schemaHash(object.value),
        key: key.columns.map(({ name }) => name),
        identity: identity.value,
      },
    });
  }
}

async function startAt(kind: FeedKind, scene: FeedScene, signal: AbortSignal): Promise<Result<FeedPosition>> {
  switch (kind) {
    case 'change-tracking':
      return startTracked(scene, signal);
    case 'rowversion':
      return startVersioned(scene, signal);
    case 'changed-at':
      return startStamped(scene, signal);
    case 'full-compare':
      return startCompare(scene);
    default:
      return kind satisfies never;
  }
}

function partsOf(position: FeedPosition, scene: FeedScene, signal: AbortSignal): AsyncIterable<FeedPart> {
  switch (position.kind) {
    case 'change-tracking':
      return trackedRows(scene, position, signal);
    case 'rowversion':
      return versionedRows(scene, position, signal);
    case 'changed-at':
      return stampedRows(scene, position, signal);
    case 'full-compare':
      return compareTable(scene, position, signal);
    default:
      return position satisfies never;
  }
}
