import { knownFiles } from '../../../main/adapters/erp-mssql/feeds/known-files.ts';
import type { SqlFeedOptions } from '../../../main/adapters/erp-mssql/feeds/feed-scene.ts';
import { SqlFeed } from '../../../main/adapters/erp-mssql/feeds/sql-feed.ts';
import type {
  SqlConnect,
  SqlConnection,
  SqlOutcome,
  SqlServer,
} from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { SqlSessions } from '../../../main/adapters/erp-mssql/sql-sessions.ts';
import type { FeedKey, FeedPart, Nominated, SweepPart } from '../../../main/core/feeds/feed.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { createSqlEngine, type SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import type { SqlSession, SqlValue } from '../../../main/sandbox/tsql/face.ts';
import { SimSqlServer } from '../../simulation/sim-sql-server.ts';
import { createForgetfulDisk, type ForgetfulDisk } from '../../support/forgetful-disk.ts';

export const signal = new AbortController().signal;
export const TABLE = { schema: 'dbo', name: 'Items' };
export const OVERLAP_MS = 600_000;
const START = Date.UTC(2025, 2, 10, 8);

/** A person at the ERP: a session of its own, that never waits for another one. */
export class Writer {
  readonly #engine: SandboxSqlEngine;
  #session: SqlSession;

  constructor(engine: SandboxSqlEngine) {
    this.#engine = engine;
    this.#session = engine.open(SAMPLE.database);
  }

  /** The number of the first error; undefined when it ran. */
  async run(text: string): Promise<number | undefined> {
    let error: number | undefined;
    for await (const event of this.#session.execute(
      { kind: 'batch', text: `SET LOCK_TIMEOUT 0; ${text}` },
      signal,
    ))
      if (event.kind === 'message' && event.message.class > 10) error ??= event.message.number;
    return error;
  }

  reopen(): void {
    this.#session.close();
    this.#session = this.#engine.open(SAMPLE.database);
  }
}

export interface FeedWorld {
  readonly engine: SandboxSqlEngine;
  readonly disk: ForgetfulDisk;
  /** Turned by hand. Waiting takes no time. */
  readonly clock: { server: number; ours: number };
  sessions: SqlSessions;
  feed(more?: Partial<SqlFeedOptions>): SqlFeed;
  /** Another life of the program: new sessions. */
  restarted(): void;
  rows(): Map<string, string>;
}

/** A server that lacks what these words name, or understands something else. */
function otherServer(
  server: SqlServer,
  words: RegExp | undefined,
  rewrite: (text: string) => string,
): SqlServer {
  const refusing = (connection: SqlConnection): SqlConnection => ({
    run: async (call, aborted): Promise<SqlOutcome> =>
      words?.test(call.text) === true
        ? { kind: 'refused', number: 195, state: 1, class: 15, message: 'not here', procedure: '', line: 1 }
        : connection.run({ ...call, text: rewrite(call.text) }, aborted),
    load: (...given) => connection.load(...given),
    stream: (call, aborted) => connection.stream(call, aborted),
    beginReading: (isolation, aborted) => connection.beginReading(isolation, aborted),
    close: () => connection.close(),
  });
  return {
    connect: async (aborted): Promise<SqlConnect> => {
      const opened = await server.connect(aborted);
      return opened.kind === 'connected'
        ? { kind: 'connected', connection: refusing(opened.connection) }
        : opened;
    },
    sessionsOpened: () => server.sessionsOpened(),
  };
}

export const COLUMNS =
  'K nvarchar(20) NOT NULL CONSTRAINT items_pk PRIMARY KEY, V int NOT NULL, At datetime2(3) NOT NULL, Version rowversion';

export async function openFeedWorld(
  options: {
    readonly snapshot?: boolean | undefined;
    readonly tracked?: boolean | undefined;
    readonly without?: RegExp | undefined;
    readonly rewrite?: ((text: string) => string) | undefined;
    readonly columns?: string | undefined;
  } = {},
): Promise<FeedWorld> {
  const clock = { server: START, ours: START + 4_000 };
  const engine = createSqlEngine({
    serverName: 'SANDBOX',
    clock: { now: () => clock.server, sleep: () => Promise.resolve() },
    logins: [{ user: SAMPLE.login, password: SAMPLE.password }],
    databases: [SAMPLE.database],
  });
  await engine.script(SAMPLE.database, `CREATE TABLE dbo.Items (${options.columns ?? COLUMNS})`);
  if (options.snapshot === true)
    await engine.script(SAMPLE.database, `ALTER DATABASE ${SAMPLE.database} SET ALLOW_SNAPSHOT_ISOLATION ON`);
  if (options.tracked === true)
    for (const text of [
      `ALTER DATABASE ${SAMPLE.database} SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)`,
      'ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING',
    ])
      await engine.script(SAMPLE.database, text);
  const calm = new SimSqlServer(engine, {
    atConnect: () => 'up',
    atRequest: () => 'none',
    travel: () => Promise.resolve(),
  });
  const server = otherServer(calm, options.without, options.rewrite ?? ((text) => text));
  const disk = createForgetfulDisk();
  const known = knownFiles(disk, '/state/items');
  let ids = 0;
  const world: FeedWorld = {
    engine,
    disk,
    clock,
    sessions: new SqlSessions(server, 1),
    feed: (more = {}) =>
      new SqlFeed({
        server,
        sessions: world.sessions,
        endpoint: 'erp:test',
        table: { table: TABLE, changedAt: { column: 'At', overlapMs: OVERLAP_MS, clock: 'local' } },
        wall: () => clock.ours,
        newId: () => `g${(ids += 1)}`,
        known,
        ...more,
      }),
    restarted: () => {
      world.sessions = new SqlSessions(server, 1);
    },
    rows: () => {
      const rows = engine.snapshotRows(SAMPLE.database, 'dbo.Items');
      return new Map(rows.map(([key, value]) => [textOf(key), textOf(value)]));
    },
  };
  return world;
}

const textOf = (value: SqlValue | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export interface Drained {
  readonly nominated: readonly Nominated[];
  readonly last: Exclude<FeedPart | SweepPart, { kind: 'nominated' }> | undefined;
}

/** All parts of a stream; `between` happens before each part after the first is asked for. */
export async function drain(
  parts: AsyncIterable<FeedPart | SweepPart>,
  between: () => Promise<void> = () => Promise.resolve(),
): Promise<Drained> {
  const nominated: Nominated[] = [];
  let last: Drained['last'];
  for await (const part of parts) {
    if (part.kind === 'nominated') nominated.push(...part.keys);
    else last = part;
    await between();
  }
  return { nominated, last };
}

export async function* inChunks(keys: readonly FeedKey[]): AsyncGenerator<readonly FeedKey[]> {
  for (let from = 0; from < keys.length; from += 3) yield keys.slice(from, from + 3);
}

export const names = (nominated: readonly Nominated[]): string[] =>
  nominated.map(({ key, deleted }) => `${deleted ? '-' : '+'}${key.join('/')}`).toSorted();
