import { ok, type Result } from '../../../../shared/model/result.ts';
import { writeCursor, type PositionOf } from '../../../core/feeds/cursor.ts';
import type { FeedPart, Nominated } from '../../../core/feeds/feed.ts';
import { versionColumn } from '../../../core/feeds/offers.ts';
import { overlapFrom, versionRange, versionReset } from '../../../core/feeds/positions.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { versionsBetween } from '../queries/feeds.ts';
import { namedRows } from './named-rows.ts';
import { rowHash } from './row-hash.ts';
import type { FeedScene } from './feed-scene.ts';

type Position = PositionOf<'rowversion'>;

export async function startVersioned(
  { questions }: FeedScene,
  signal: AbortSignal,
): Promise<Result<Position>> {
  const facts = await questions.versions(signal);
  return facts.ok ? ok({ kind: 'rowversion', upTo: facts.value.upTo, seen: [] }) : facts;
}

/**
 * The bound is asked for before the rows are read: all versions up to it are of ended transactions then, so what is read
 * up to there is complete, and what changes meanwhile gets a higher one. The highest version seen in a row would pass over
 * a lower one that is committed later.
 */
export async function* versionedRows(
  scene: FeedScene,
  cursor: Position,
  signal: AbortSignal,
): AsyncGenerator<FeedPart> {
  const facts = await scene.questions.versions(signal);
  if (!facts.ok) throw new BodyStreamError(facts.failure);
  const why = versionReset(cursor, facts.value);
  const column = versionColumn(scene.object);
  if (why !== undefined || column === undefined) {
    if (why !== undefined) yield why;
    return;
  }
  const { upTo, exact } = facts.value;
  const range = versionRange(cursor, facts.value, scene.overlapVersions);
  const rows = namedRows(
    scene,
    {
      text: (read) => versionsBetween(read, column),
      parameters: [
        { name: 'after', type: 'bigint', value: range.after },
        { name: 'upTo', type: 'bigint', value: upTo },
      ],
    },
    signal,
  );
  const known = new Set(cursor.seen);
  const from = overlapFrom(upTo, scene.overlapVersions);
  const seen: string[] = [];
  let repeats = 0;
  for await (const chunk of rows) {
    const keys: Nominated[] = [];
    for (const { key, rest } of chunk) {
      const version = rest[0] ?? null;
      const hash = rowHash([...key, version]);
      if (!exact && typeof version === 'string' && BigInt(version) > from) seen.push(hash);
      if (known.has(hash)) repeats += 1;
      else keys.push({ key, deleted: false });
    }
    if (keys.length > 0) yield { kind: 'nominated', keys };
  }
  yield { kind: 'end', cursor: writeCursor(scene.scene, { kind: 'rowversion', upTo, seen }), repeats };
}
