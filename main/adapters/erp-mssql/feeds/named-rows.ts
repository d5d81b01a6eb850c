import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import type { FeedKey } from '../../../core/feeds/feed.ts';
import type { KeyColumn } from '../queries/feeds.ts';
import type { SqlCell, SqlParameter } from '../sql-connection.ts';
import { readRows } from './feed-reading.ts';
import type { FeedScene } from './feed-scene.ts';
import { keyFrom } from './table-key.ts';

export interface NamedRow {
  readonly key: FeedKey;
  /** Cells behind the key. */
  readonly rest: readonly SqlCell[];
}

/** Rows of a statement whose first columns are the key. Throws BodyStreamError. */
export async function* namedRows(
  scene: FeedScene,
  query: {
    text(read: { table: FeedScene['table']['table']; key: readonly KeyColumn[]; snapshot: boolean }): string;
    readonly parameters: readonly SqlParameter[];
  },
  signal: AbortSignal,
): AsyncGenerator<readonly NamedRow[]> {
  const { key, table, endpoint, server, questions } = scene;
  const { where } = questions;
  const chunks = readRows(
    { server, endpoint, where },
    {
      text: (snapshot) => query.text({ table: table.table, key, snapshot }),
      parameters: query.parameters,
    },
    signal,
  );
  for await (const rows of chunks)
    yield rows.map((row) => {
      const found = keyFrom(key, row);
      if (found === undefined)
        throw new BodyStreamError({
          kind: 'rejected',
          code: 'not-of-its-type',
          where,
          message: 'A key of the table cannot be read as text.',
        });
      return { key: found, rest: row.slice(key.length) };
    });
}
