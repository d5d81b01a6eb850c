import { BodyStreamError } from '../../../core/runtime/body-stream-error.ts';
import type { FeedKey } from '../../../core/feeds/feed.ts';
import type { KeyColumn } from '../queries/feeds.ts';
import type { SqlCell, SqlParameter, SqlRow } from '../sql-connection.ts';
import { readRows } from './feed-reading.ts';
import type { FeedScene } from './feed-scene.ts';
import { keyFrom } from './table-key.ts';

export interface NamedRow {
  readonly key: FeedKey;
  /** Cells behind the key. */
  readonly rest: readonly SqlCell[];
}

interface NamedQuery {
  text(read: {
    readonly table: FeedScene['table']['table'];
    readonly key: readonly KeyColumn[];
    readonly snapshot: boolean;
  }): string;
  readonly parameters: readonly SqlParameter[];
}

/** Rows of a statement whose first columns are the key. Throws BodyStreamError. */
export const namedRows = (
  scene: FeedScene,
  query: NamedQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly NamedRow[]> =>
  keyedRows(scene, query, (key, row) => ({ key, rest: row.slice(key.length) }), signal);

/** The same, with what `take` makes of each row, so that a large table leaves no more behind than is kept of it. */
export async function* keyedRows<T>(
  scene: FeedScene,
  query: NamedQuery,
  take: (key: FeedKey, row: SqlRow) => T,
  signal: AbortSignal,
): AsyncGenerator<readonly T[]> {
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
      return take(found, row);
    });
}
