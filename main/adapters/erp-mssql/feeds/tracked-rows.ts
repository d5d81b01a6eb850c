import { ok, type Result } from '../../../../shared/model/result.ts';
import { writeCursor, type PositionOf } from '../../../core/feeds/cursor.ts';
import type { FeedPart } from '../../../core/feeds/feed.ts';
import { trackingReset } from '../../../core/feeds/positions.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { changesSince } from '../queries/feeds.ts';
import { namedRows } from './named-rows.ts';
import type { FeedScene } from './feed-scene.ts';

type Position = PositionOf<'change-tracking'>;

export async function startTracked({ questions }: FeedScene, signal: AbortSignal): Promise<Result<Position>> {
  const facts = await questions.tracking(signal);
  if (!facts.ok) return facts;
  return ok({
    kind: 'change-tracking',
    version: facts.value?.current ?? '0',
    begin: facts.value?.begin ?? '0',
  });
}

/** The version is noted before the changes are read: what is committed in between is told twice, not never. */
export async function* trackedRows(
  scene: FeedScene,
  cursor: Position,
  signal: AbortSignal,
): AsyncGenerator<FeedPart> {
  const before = await scene.questions.tracking(signal);
  if (!before.ok) throw new BodyStreamError(before.failure);
  const why = trackingReset(cursor, before.value);
  if (why !== undefined || before.value === undefined) {
    if (why !== undefined) yield why;
    return;
  }
  const rows = namedRows(
    scene,
    { text: changesSince, parameters: [{ name: 'after', type: 'bigint', value: cursor.version }] },
    signal,
  );
  for await (const chunk of rows)
    yield {
      kind: 'nominated',
      keys: chunk.map(({ key, rest }) => ({ key, deleted: rest[0] === 'D' })),
    };
  // A clean-up or a TRUNCATE while the changes were read has taken some of them away.
  const after = await scene.questions.tracking(signal);
  if (!after.ok) throw new BodyStreamError(after.failure);
  yield (
    trackingReset(cursor, after.value) ?? {
      kind: 'end',
      cursor: writeCursor(scene.scene, { ...cursor, version: before.value.current }),
      repeats: 0,
    }
  );
}
