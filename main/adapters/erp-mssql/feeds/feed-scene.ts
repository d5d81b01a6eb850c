import type { Endpoint } from '../../../../shared/model/failure.ts';
import type { CatalogueColumn, CatalogueObject } from '../../../core/drift/catalogue.ts';
import type { Scene } from '../../../core/feeds/cursor.ts';
import type { DeletionGuard, FeedKey, FeedTable } from '../../../core/feeds/feed.ts';
import type { KnownRows } from '../../../core/feeds/known-rows.ts';
import type { SqlServer } from '../sql-connection.ts';
import type { SqlSessions } from '../sql-sessions.ts';
import type { FeedQuestions } from './feed-questions.ts';

export interface SqlFeedOptions {
  readonly server: SqlServer;
  /** For the small questions. */
  readonly sessions: SqlSessions;
  readonly endpoint: Endpoint;
  readonly table: FeedTable;
  /** Our wall clock, in milliseconds: a witness of the server's, nothing is bounded by it. */
  readonly wall: () => number;
  readonly newId: () => string;
  /** Where full compares keep what they know; without it there are none. */
  readonly known?: KnownRows | undefined;
  readonly guard?: DeletionGuard | undefined;
  /** Row versions read again where the server does not bound open transactions. */
  readonly overlapVersions?: number | undefined;
}

/** What each kind works with. */
export interface FeedScene extends SqlFeedOptions {
  readonly questions: FeedQuestions;
  readonly object: CatalogueObject;
  readonly key: readonly CatalogueColumn[];
  readonly scene: Scene;
  readonly guard: DeletionGuard;
  readonly overlapVersions: number;
  readonly compare: (a: FeedKey, b: FeedKey) => number;
}
