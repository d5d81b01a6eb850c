import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { reset, writeCursor, type PositionOf } from '../../../core/feeds/cursor.ts';
import type { FeedKey, FeedPart, GuardReport, Nominated, SweepPart } from '../../../core/feeds/feed.ts';
import { KnownRowsDamaged, type KnownRow } from '../../../core/feeds/known-rows.ts';
import { mergeKnown, Unordered, type MergeInput } from '../../../core/feeds/merge.ts';
import { isRowVersion } from '../../../core/feeds/offers.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { wholeTable } from '../queries/feeds.ts';
import { keyedRows } from './named-rows.ts';
import { hashBehind } from './row-hash.ts';
import type { FeedScene } from './feed-scene.ts';

type Position = PositionOf<'full-compare'>;

const noPlace = (where: string): Result<never> =>
  fail({
    kind: 'rejected',
    code: 'no-known-rows',
    where,
    message: 'A full compare needs a place for what it knows.',
  });

/** Nothing is known: the first compare nominates every row. */
export const startCompare = ({ known, questions }: FeedScene): Result<Position> =>
  known === undefined ? noPlace(questions.where) : ok({ kind: 'full-compare' });

/**
 * Writes a new list beside the one of the cursor and removes neither. Which of the two counts is said by the cursor that is
 * kept, so a kill at any moment costs at most a repeated compare.
 */
export async function* compareTable(
  scene: FeedScene,
  cursor: Position,
  signal: AbortSignal,
): AsyncGenerator<FeedPart> {
  const { known, questions, newId } = scene;
  if (known === undefined) {
    const refused = noPlace(questions.where);
    if (!refused.ok) throw new BodyStreamError(refused.failure);
    return;
  }
  await known.keepOnly(cursor.generation);
  const old = cursor.generation === undefined ? nothing() : await known.open(cursor.generation);
  if (old === undefined) {
    yield reset('state-lost', 'What the last compare knew is not there.');
    return;
  }
  const generation = newId();
  const writer = await known.create(generation);
  let whole = false;
  try {
    const guard = yield* nominations(scene, {
      known: old,
      seen: rowsSeen(scene, true, signal),
      keep: (row, gone) => writer.add(row, gone),
    });
    await writer.finish(guard === undefined);
    whole = true;
    yield {
      kind: 'end',
      cursor: writeCursor(scene.scene, { kind: 'full-compare', generation }),
      repeats: 0,
      guard,
    };
  } catch (error) {
    if (!(error instanceof KnownRowsDamaged)) throw error;
    yield reset('state-lost', error.message);
  } finally {
    if (!whole) await writer.abandon();
  }
}

export async function* sweepKeys(
  scene: FeedScene,
  known: AsyncIterable<readonly FeedKey[]>,
  signal: AbortSignal,
): AsyncGenerator<SweepPart> {
  const guard = yield* nominations(scene, {
    known: asKnown(known),
    seen: rowsSeen(scene, false, signal),
  });
  yield { kind: 'end', guard };
}

async function* nominations(
  { compare, guard, questions }: FeedScene,
  input: Pick<MergeInput, 'known' | 'seen' | 'keep'>,
): AsyncGenerator<
  { readonly kind: 'nominated'; readonly keys: readonly Nominated[] },
  GuardReport | undefined
> {
  const merged = mergeKnown({ ...input, compare, guard });
  try {
    for (;;) {
      const step = await merged.next();
      if (step.done === true) return step.value;
      if (step.value.length > 0) yield { kind: 'nominated', keys: step.value };
    }
  } catch (error) {
    if (!(error instanceof Unordered)) throw error;
    throw new BodyStreamError({
      kind: 'rejected',
      code: 'unordered',
      where: questions.where,
      message: `This server orders keys in another way than is known here (at ${error.key.join(', ')}): the table cannot be compared.`,
    });
  } finally {
    await merged.return(undefined);
  }
}

/** Content is what somebody wrote: what the server fills in by itself changes without it, or with it. */
async function* rowsSeen(
  scene: FeedScene,
  withContent: boolean,
  signal: AbortSignal,
): AsyncGenerator<readonly KnownRow[]> {
  const content = withContent
    ? scene.object.columns.filter(
        ({ computed, generated, type }) => !computed && !generated && !isRowVersion(type),
      )
    : [];
  yield* keyedRows(
    scene,
    { text: (read) => wholeTable(read, content), parameters: [] },
    (key, row) => ({ key, hash: withContent ? hashBehind(row, key.length) : '' }),
    signal,
  );
}

async function* nothing(): AsyncGenerator<readonly KnownRow[]> {
  // There is none.
}

async function* asKnown(keys: AsyncIterable<readonly FeedKey[]>): AsyncGenerator<readonly KnownRow[]> {
  for await (const chunk of keys) yield chunk.map((key) => ({ key, hash: '' }));
}
