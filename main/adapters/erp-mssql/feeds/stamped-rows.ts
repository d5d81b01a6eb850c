import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { reset, writeCursor, type PositionOf } from '../../../core/feeds/cursor.ts';
import type { FeedPart } from '../../../core/feeds/feed.ts';
import { momentType } from '../../../core/feeds/offers.ts';
import { clockReset, stampsFrom, type ClockFacts } from '../../../core/feeds/positions.ts';
import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import { stampedSince } from '../queries/feeds.ts';
import { namedRows } from './named-rows.ts';
import type { FeedScene } from './feed-scene.ts';

type Position = PositionOf<'changed-at'>;

async function clocks(
  { questions, table, wall }: FeedScene,
  signal: AbortSignal,
): Promise<Result<ClockFacts>> {
  const facts = await questions.table(signal);
  if (!facts.ok) return facts;
  const { local, utc } = facts.value;
  return ok({ server: table.changedAt?.clock === 'utc' ? utc : local, ours: wall() });
}

export async function startStamped(scene: FeedScene, signal: AbortSignal): Promise<Result<Position>> {
  const now = await clocks(scene, signal);
  return now.ok ? ok({ kind: 'changed-at', at: now.value.server, ours: now.value.ours }) : fail(now.failure);
}

/** The server's clock is read before the rows are: what is stamped meanwhile is read again next time. */
export async function* stampedRows(
  scene: FeedScene,
  cursor: Position,
  signal: AbortSignal,
): AsyncGenerator<FeedPart> {
  const { changedAt } = scene.table;
  const type = changedAt === undefined ? undefined : momentType(scene.object, changedAt.column);
  if (changedAt === undefined || type === undefined) {
    yield reset('not-a-cursor', 'The cursor wants the column that holds the moment of a change.');
    return;
  }
  const now = await clocks(scene, signal);
  if (!now.ok) throw new BodyStreamError(now.failure);
  const why = clockReset(cursor, now.value, changedAt.overlapMs);
  if (why !== undefined) {
    yield why;
    return;
  }
  const from = new Date(stampsFrom(cursor, changedAt.overlapMs, type)).toISOString().slice(0, -1);
  const rows = namedRows(
    scene,
    {
      text: (read) => stampedSince(read, changedAt.column),
      parameters: [{ name: 'from', type: 'nvarchar', value: from }],
    },
    signal,
  );
  for await (const chunk of rows)
    yield { kind: 'nominated', keys: chunk.map(({ key }) => ({ key, deleted: false })) };
  const { server: at, ours } = now.value;
  yield {
    kind: 'end',
    cursor: writeCursor(scene.scene, { kind: 'changed-at', at, ours }),
    repeats: 0,
  };
}
