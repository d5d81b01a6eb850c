import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { knownFiles } from '../../../main/adapters/erp-mssql/feeds/known-files.ts';
import { SqlFeed } from '../../../main/adapters/erp-mssql/feeds/sql-feed.ts';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import { SqlSessions } from '../../../main/adapters/erp-mssql/sql-sessions.ts';
import type { FeedKind } from '../../../main/core/feeds/feed.ts';
import { createForgetfulDisk } from '../../support/forgetful-disk.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';

const group = 'change feeds';

interface Watched {
  /** Keys nominated since the last call: `+a/1` there, `-a/1` gone; or the reason of a reset. */
  since(): Promise<readonly string[]>;
  close(): Promise<void>;
}

function feedOf(
  world: ErpWorld,
  table: string,
  changedAt?: string,
): { feed: SqlFeed; sessions: SqlSessions } {
  const server = new MssqlServer(world.bench.settings, () => Promise.resolve(world.login.password));
  const sessions = new SqlSessions(server, 1);
  const feed = new SqlFeed({
    server,
    sessions,
    endpoint: 'erp:main',
    table: {
      table: { schema: 'dbo', name: table },
      changedAt: changedAt === undefined ? undefined : { column: changedAt, overlapMs: 60_000, clock: 'utc' },
    },
    wall: () => Date.now(),
    newId: () => randomUUID(),
    known: knownFiles(createForgetfulDisk(), `/feeds/${table}`),
    guard: { keys: 100, percent: 100, few: 100 },
  });
  return { feed, sessions };
}

async function watch(world: ErpWorld, table: string, kind: FeedKind, changedAt?: string): Promise<Watched> {
  // The login gets what a mapping that reads the table is given.
  await world.erp.reader.definitions([{ schema: 'dbo', name: table }], signal);
  const { feed, sessions } = feedOf(world, table, changedAt);
  const started = await feed.start(kind, signal);
  if (!started.ok) {
    await sessions.close();
    throw new Error(JSON.stringify(started.failure));
  }
  let cursor = started.value;
  return {
    async since() {
      const found: string[] = [];
      for await (const part of feed.since(cursor, signal)) {
        if (part.kind === 'reset') return [part.reason];
        if (part.kind === 'end') cursor = part.cursor;
        else for (const { key, deleted } of part.keys) found.push(`${deleted ? '-' : '+'}${key.join('/')}`);
      }
      return found.toSorted();
    },
    close: () => sessions.close(),
  };
}

/** Each type with a value and the nearest other one. */
const NEAREST: Readonly<Record<string, readonly [string, string]>> = {
  'nvarchar(20)': ["N'a'", "N'A'"],
  'decimal(38,10)': ['1234567890123456789012345678.0000000001', '1234567890123456789012345678.0000000002'],
  money: ['922337203685477.5806', '922337203685477.5807'],
  bigint: ['9223372036854775806', '9223372036854775807'],
  bit: ['0', '1'],
  'datetime2(7)': ["'2025-03-10T08:15:31.1234567'", "'2025-03-10T08:15:31.1234568'"],
  'time(7)': ["'08:15:31.1234567'", "'08:15:31.1234568'"],
  date: ["'2025-03-10'", "'2025-03-11'"],
  float: ['0.1', '0.10000000000000002'],
  'varbinary(20)': ['0x00', '0x0000'],
  uniqueidentifier: ["'0E984725-C51C-4BF4-9960-E1C80E27ABA0'", "'0E984725-C51C-4BF4-9960-E1C80E27ABA1'"],
};

export const FEED_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'a lower row version that is committed late is named',
    documented: 'MIN_ACTIVE_ROWVERSION is the lowest row version of a transaction that is open',
    optional: true,
    async run(world) {
      await world.beside.query(
        'CREATE TABLE dbo.FeedVersions (K nvarchar(20) NOT NULL PRIMARY KEY, V int NULL, Version rowversion)',
      );
      await world.beside.query(
        `ALTER DATABASE [${world.bench.settings.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`,
      );
      const watched = await watch(world, 'FeedVersions', 'rowversion');
      const slow = await world.setup.raw();
      try {
        await slow.query("BEGIN TRANSACTION; INSERT INTO dbo.FeedVersions (K) VALUES (N'late')");
        await world.beside.query("INSERT INTO dbo.FeedVersions (K) VALUES (N'early')");
        const first = await watched.since();
        await slow.query('COMMIT');
        const second = await watched.since();
        assert.deepEqual([...new Set([...first, ...second])].toSorted(), ['+early', '+late']);
        assert.deepEqual(await watched.since(), []);
      } finally {
        await slow.close();
        await watched.close();
      }
    },
  },
  {
    group,
    name: 'a moment written by the server’s clock is named, and once it is old no more',
    documented: 'SYSUTCDATETIME is the clock of the server',
    async run(world) {
      await world.beside.query(
        'CREATE TABLE dbo.FeedMoments (A nvarchar(10) NOT NULL, B int NOT NULL, At datetime2(7) NULL, PRIMARY KEY (A, B))',
      );
      await world.beside.query(
        "INSERT INTO dbo.FeedMoments (A, B, At) VALUES (N'old', 1, '2020-01-01'), (N'none', 2, NULL)",
      );
      const watched = await watch(world, 'FeedMoments', 'changed-at', 'At');
      try {
        assert.deepEqual(await watched.since(), ['+none/2']);
        await world.beside.query("UPDATE dbo.FeedMoments SET At = SYSUTCDATETIME() WHERE A = N'old'");
        assert.deepEqual(await watched.since(), ['+none/2', '+old/1']);
      } finally {
        await watched.close();
      }
    },
  },
  {
    group,
    name: 'keys of any text come in the order they are merged in',
    documented: 'under a BIN2 collation texts compare by the codes of their characters',
    async run(world) {
      await world.beside.query(
        'CREATE TABLE dbo.FeedKeys (K nvarchar(20) NOT NULL, N int NOT NULL, V int NULL, PRIMARY KEY (K, N))',
      );
      const keys = [
        'a',
        'B',
        'ä',
        'Ж',
        'a b',
        'ab',
        '10',
        '9',
        "O''Neil",
        '日本',
        '~',
        'z]',
        'A-1',
        'A1',
        '_',
      ];
      for (const key of keys)
        await world.beside.query(`INSERT INTO dbo.FeedKeys (K, N) VALUES (N'${key}', 10), (N'${key}', -9)`);
      const watched = await watch(world, 'FeedKeys', 'full-compare');
      try {
        assert.equal((await watched.since()).length, keys.length * 2);
        assert.deepEqual(await watched.since(), []);
        await world.beside.query("UPDATE dbo.FeedKeys SET V = 1 WHERE K = N'Ж' AND N = -9");
        await world.beside.query("DELETE FROM dbo.FeedKeys WHERE K = N'a b'");
        assert.deepEqual(await watched.since(), ['+Ж/-9', '-a b/-9', '-a b/10']);
      } finally {
        await watched.close();
      }
    },
  },
  {
    group,
    name: 'a full compare sees the smallest change of every type',
    documented: 'CONVERT with style 126 keeps all digits of a moment, style 2 all of money',
    async run(world) {
      const types = Object.entries(NEAREST);
      await world.beside.query(
        `CREATE TABLE dbo.FeedTypes (K int NOT NULL PRIMARY KEY, ${types.map(([type], n) => `C${n} ${type} NULL`).join(', ')})`,
      );
      for (const [n, [, [value]]] of types.entries())
        await world.beside.query(`INSERT INTO dbo.FeedTypes (K, C${n}) VALUES (${n}, ${value})`);
      const watched = await watch(world, 'FeedTypes', 'full-compare');
      try {
        await watched.since();
        for (const [n, [, [, nearest]]] of types.entries())
          await world.beside.query(`UPDATE dbo.FeedTypes SET C${n} = ${nearest} WHERE K = ${n}`);
        assert.deepEqual(await watched.since(), types.map((_, n) => `+${n}`).toSorted());
        await world.beside.query('UPDATE dbo.FeedTypes SET C0 = NULL WHERE K = 0');
        assert.deepEqual(await watched.since(), ['+0']);
      } finally {
        await watched.close();
      }
    },
  },
  {
    group,
    name: 'Change Tracking names what is new, changed and gone, and what a TRUNCATE took from it',
    documented:
      'CHANGETABLE(CHANGES t, v) has the net changes since v; TRUNCATE makes older versions invalid',
    optional: true,
    async run(world) {
      await world.beside.query(
        'CREATE TABLE dbo.FeedTracked (K nvarchar(20) NOT NULL PRIMARY KEY, V int NULL)',
      );
      await world.beside.query("INSERT INTO dbo.FeedTracked (K) VALUES (N'a'), (N'b')");
      await world.beside.query(`ALTER DATABASE [${world.bench.settings.database}] SET CHANGE_TRACKING = ON`);
      await world.beside.query('ALTER TABLE dbo.FeedTracked ENABLE CHANGE_TRACKING');
      // Tracking that is switched on later than the script was run wants its right by hand.
      await world.beside.query(`GRANT VIEW CHANGE TRACKING ON dbo.FeedTracked TO [${world.login.role}]`);
      const watched = await watch(world, 'FeedTracked', 'change-tracking');
      try {
        await world.beside.query("UPDATE dbo.FeedTracked SET V = 1 WHERE K = N'a'");
        await world.beside.query("DELETE FROM dbo.FeedTracked WHERE K = N'b'");
        await world.beside.query("INSERT INTO dbo.FeedTracked (K) VALUES (N'c')");
        assert.deepEqual(await watched.since(), ['+a', '+c', '-b']);
        assert.deepEqual(await watched.since(), []);
        await world.beside.query('TRUNCATE TABLE dbo.FeedTracked');
        await world.beside.query("INSERT INTO dbo.FeedTracked (K) VALUES (N'd')");
        assert.deepEqual(await watched.since(), ['truncated']);
      } finally {
        await watched.close();
        await world.beside.query('DROP TABLE dbo.FeedTracked');
      }
    },
  },
];
