import { describe, expect, it } from 'vitest';
import type { FeedKind } from '../../../main/core/feeds/feed.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import {
  drain,
  inChunks,
  names,
  openFeedWorld,
  OVERLAP_MS,
  signal,
  Writer,
  type FeedWorld,
} from './feed-world.ts';

const insert = (key: string, value: number): string =>
  `INSERT INTO dbo.Items (K, V, At) VALUES (N'${key}', ${value}, SYSDATETIME())`;

async function started(world: FeedWorld, kind: FeedKind): Promise<string> {
  const cursor = await world.feed().start(kind, signal);
  if (!cursor.ok) throw new Error(JSON.stringify(cursor.failure));
  return cursor.value;
}

async function next(world: FeedWorld, cursor: string): Promise<{ named: string[]; cursor: string }> {
  const { nominated, last } = await drain(world.feed().since(cursor, signal));
  if (last?.kind !== 'end' || !('cursor' in last)) throw new Error(JSON.stringify(last));
  return { named: names(nominated), cursor: last.cursor };
}

async function resets(world: FeedWorld, cursor: string): Promise<unknown> {
  const { last } = await drain(world.feed().since(cursor, signal));
  return last?.kind === 'reset' ? last.reason : last;
}

describe('a transaction that commits late with a lower row version', () => {
  it('is found; a reader of the highest version misses it', async () => {
    const world = await openFeedWorld({ snapshot: true });
    const [slow, quick] = [new Writer(world.engine), new Writer(world.engine)];
    const cursor = await started(world, 'rowversion');
    /** What everybody writes first: remembers the highest version it saw. */
    let highest = 2_000n;
    const naive = async (): Promise<string[]> => {
      const sets = await world.engine.script(
        SAMPLE.database,
        `SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION; SELECT K, CAST(Version AS bigint) FROM dbo.Items WHERE CAST(Version AS bigint) > ${highest}; COMMIT`,
      );
      const rows = sets[0] ?? [];
      for (const [, version] of rows) if (typeof version === 'bigint' && version > highest) highest = version;
      return rows.flatMap(([key]) => (typeof key === 'string' ? [key] : [])).toSorted();
    };
    await slow.run(`BEGIN TRANSACTION; ${insert('late', 1)}`);
    await quick.run(insert('early', 2));
    const first = await next(world, cursor);
    const naiveFirst = await naive();
    await slow.run('COMMIT');
    const second = await next(world, first.cursor);
    const naiveSecond = await naive();
    expect([...first.named, ...second.named]).toEqual(expect.arrayContaining(['+early', '+late']));
    expect([...naiveFirst, ...naiveSecond]).not.toContain('late');
  });

  it('is found by an overlap where the server does not bound open transactions; repeats are left out', async () => {
    const world = await openFeedWorld({ snapshot: true, without: /MIN_ACTIVE_ROWVERSION/ });
    const [slow, quick] = [new Writer(world.engine), new Writer(world.engine)];
    const cursor = await started(world, 'rowversion');
    await slow.run(`BEGIN TRANSACTION; ${insert('late', 1)}`);
    await quick.run(insert('early', 2));
    const first = await next(world, cursor);
    expect(first.named).toEqual(['+early']);
    await slow.run('COMMIT');
    const second = await next(world, first.cursor);
    expect(second.named).toEqual(['+late']);
    expect((await next(world, second.cursor)).named).toEqual([]);
  });
});

describe('the server’s clock', () => {
  it('set back by more than half the overlap is noticed, even when it has passed the cursor again', async () => {
    const world = await openFeedWorld();
    const writer = new Writer(world.engine);
    const cursor = await started(world, 'changed-at');
    world.clock.server -= OVERLAP_MS;
    await writer.run(insert('stamped too low', 1));
    expect(await resets(world, cursor)).toBe('clock-set-back');
    world.clock.server += 2 * OVERLAP_MS;
    world.clock.ours += 2 * OVERLAP_MS;
    expect(await resets(world, cursor)).toBe('clock-set-back');
  });

  it('set back by less is forgiven', async () => {
    const world = await openFeedWorld();
    const writer = new Writer(world.engine);
    const cursor = await started(world, 'changed-at');
    world.clock.server -= OVERLAP_MS / 3;
    await writer.run(insert('low', 1));
    world.clock.server += OVERLAP_MS;
    world.clock.ours += OVERLAP_MS;
    expect((await next(world, cursor)).named).toEqual(['+low']);
  });

  it.each(['date', 'smalldatetime', 'datetime', 'datetime2(0)'])(
    'a column of %s rounds: what is stamped at the cursor is still read',
    async (type) => {
      const world = await openFeedWorld({
        columns: `K nvarchar(20) NOT NULL PRIMARY KEY, V int NOT NULL, At ${type} NOT NULL`,
      });
      world.clock.server += 12_345_678;
      const writer = new Writer(world.engine);
      const cursor = await started(world, 'changed-at');
      await writer.run(insert('now', 1));
      expect((await next(world, cursor)).named).toEqual(['+now']);
    },
  );
});

describe('a cursor that says nothing any more', () => {
  it.each(['rowversion', 'changed-at', 'full-compare'] as const)(
    '%s: restored, changed, dropped',
    async (kind) => {
      const world = await openFeedWorld();
      const writer = new Writer(world.engine);
      const backup = world.engine.backup(SAMPLE.database);
      await writer.run(insert('a', 1));
      const cursor = await started(world, kind);
      expect(await resets(world, 'nonsense')).toBe('not-a-cursor');
      world.engine.restore(SAMPLE.database, backup);
      await world.sessions.renew();
      writer.reopen();
      expect(await resets(world, cursor)).toBe('restored');
      const again = await started(world, kind);
      expect(await writer.run('ALTER TABLE dbo.Items ADD More int NULL')).toBe(undefined);
      expect(await resets(world, again)).toBe('schema-changed');
      const wider = await started(world, kind);
      expect(await writer.run('DROP TABLE dbo.Items')).toBe(undefined);
      expect(await resets(world, wider)).toBe('schema-changed');
    },
  );

  it('a restore is seen by the row version where the login may not see the fork', async () => {
    const world = await openFeedWorld({ without: /recovery_fork_guid/ });
    const writer = new Writer(world.engine);
    const backup = world.engine.backup(SAMPLE.database);
    await writer.run(insert('a', 1));
    const cursor = await started(world, 'rowversion');
    world.engine.restore(SAMPLE.database, backup);
    await world.sessions.renew();
    expect(await resets(world, cursor)).toBe('restored');
  });

  it('what a full compare knew is lost, whole or in part', async () => {
    const world = await openFeedWorld();
    await new Writer(world.engine).run(insert('a', 1));
    const { cursor } = await next(world, await started(world, 'full-compare'));
    const file = (await world.disk.list('/state')).find((name) => name.endsWith('.known'));
    const open = await world.disk.create(`/state/${file}`);
    await open.write(Buffer.from('[0,"x","a"]\n'));
    await open.close();
    expect(await resets(world, cursor)).toBe('state-lost');
    await world.disk.remove(`/state/${file}`);
    expect(await resets(world, cursor)).toBe('state-lost');
  });
});

describe('Change Tracking', () => {
  const tracking = async (): Promise<{ world: FeedWorld; writer: Writer; cursor: string }> => {
    const world = await openFeedWorld({ tracked: true, snapshot: true });
    const writer = new Writer(world.engine);
    await writer.run(`${insert('a', 1)}; ${insert('b', 1)}; ${insert('c', 1)}`);
    return { world, writer, cursor: await started(world, 'change-tracking') };
  };

  it('names what is new, changed, gone and renamed, once', async () => {
    const { world, writer, cursor } = await tracking();
    await writer.run("UPDATE dbo.Items SET V = 2 WHERE K = N'a'; DELETE FROM dbo.Items WHERE K = N'b'");
    await writer.run(`UPDATE dbo.Items SET K = N'd' WHERE K = N'c'; ${insert('e', 1)}`);
    const first = await next(world, cursor);
    expect(first.named).toEqual(['+a', '+d', '+e', '-b', '-c']);
    expect((await next(world, first.cursor)).named).toEqual([]);
  });

  it('tells a long transaction when it commits', async () => {
    const { world, writer, cursor } = await tracking();
    const other = new Writer(world.engine);
    await writer.run(`BEGIN TRANSACTION; ${insert('late', 1)}`);
    await other.run(insert('early', 1));
    const first = await next(world, cursor);
    expect(first.named).toEqual(['+early']);
    await writer.run('COMMIT');
    expect((await next(world, first.cursor)).named).toEqual(['+late']);
  });

  it('that cleaned up what the cursor wants is told apart from a table that was truncated', async () => {
    const { world, writer, cursor } = await tracking();
    await writer.run(insert('d', 1));
    world.engine.expireChanges(SAMPLE.database);
    expect(await resets(world, cursor)).toBe('expired');
    const again = await started(world, 'change-tracking');
    await writer.run('TRUNCATE TABLE dbo.Items');
    await writer.run(insert('e', 1));
    expect(await resets(world, again)).toBe('truncated');
  });

  it('cleaned up while the changes are read ends in a reset, not in a cursor', async () => {
    const { world, writer, cursor } = await tracking();
    await writer.run(insert('d', 1));
    const { last } = await drain(world.feed().since(cursor, signal), async () => {
      await writer.run(insert('e', 1));
      world.engine.expireChanges(SAMPLE.database);
    });
    expect(last).toMatchObject({ kind: 'reset', reason: 'expired' });
  });

  it('that is off, or was off, is noticed', async () => {
    const { world, writer, cursor } = await tracking();
    await writer.run('ALTER TABLE dbo.Items DISABLE CHANGE_TRACKING');
    expect(await resets(world, cursor)).toBe('tracking-off');
    await writer.run(`ALTER DATABASE ${SAMPLE.database} SET CHANGE_TRACKING = OFF`);
    expect(await resets(world, cursor)).toBe('tracking-off');
    await writer.run(`ALTER DATABASE ${SAMPLE.database} SET CHANGE_TRACKING = ON`);
    await writer.run('ALTER TABLE dbo.Items ENABLE CHANGE_TRACKING');
    expect(['tracking-off', 'truncated']).toContain(await resets(world, cursor));
  });
});

describe('rows that are gone', () => {
  it('a truncated table is not believed: the sweep reports it, and the keys stay known', async () => {
    const world = await openFeedWorld();
    const writer = new Writer(world.engine);
    for (let n = 0; n < 30; n += 1) await writer.run(insert(`K${n}`, n));
    const known = [...world.rows().keys()].toSorted().map((key) => [key]);
    const compared = await next(world, await started(world, 'full-compare'));
    expect(compared.named).toHaveLength(30);
    await writer.run('TRUNCATE TABLE dbo.Items');
    const swept = await drain(world.feed().sweep(inChunks(known), signal));
    expect(swept).toEqual({ nominated: [], last: { kind: 'end', guard: { gone: 30, known: 30 } } });
    const guarded = await drain(world.feed().since(compared.cursor, signal));
    expect(guarded.nominated).toEqual([]);
    expect(guarded.last).toMatchObject({ kind: 'end', guard: { gone: 30, known: 30 } });
    // A person has said that they are gone.
    const open = { keys: 1_000, percent: 100, few: 0 };
    const cursor = guarded.last?.kind === 'end' && 'cursor' in guarded.last ? guarded.last.cursor : '';
    const believed = await drain(world.feed({ guard: open }).since(cursor, signal));
    expect(names(believed.nominated)).toEqual(known.map(([key]) => `-${key}`));
    const sweptAgain = await drain(world.feed({ guard: open }).sweep(inChunks(known), signal));
    expect(sweptAgain.nominated).toHaveLength(30);
  });

  it('keys of any text are swept in an order both sides share', async () => {
    const world = await openFeedWorld();
    const writer = new Writer(world.engine);
    const keys = ['a', 'B', 'ä', 'Ж', 'a b', 'ab', '10', '9', "O'Neil", '日本', 'ﬀ', '~', 'z]', 'A-1', 'A1'];
    for (const key of keys) expect(await writer.run(insert(key.replaceAll("'", "''"), 1))).toBe(undefined);
    const compare = await world.feed().compareKeys(signal);
    if (!compare.ok) throw new Error(JSON.stringify(compare.failure));
    const known = keys.map((key) => [key]).toSorted(compare.value);
    const swept = await drain(world.feed().sweep(inChunks([...known, ['ﬁ never']]), signal));
    expect(swept).toEqual({ nominated: [{ key: ['ﬁ never'], deleted: true }], last: { kind: 'end' } });
  });
});

describe('a full compare', () => {
  it('survives a kill at any moment: the list of the cursor that was kept is there', async () => {
    const world = await openFeedWorld();
    const writer = new Writer(world.engine);
    await writer.run(insert('a', 1));
    const first = await next(world, await started(world, 'full-compare'));
    await writer.run(insert('b', 1));
    const second = await next(world, first.cursor);
    expect(second.named).toEqual(['+b']);
    // Its cursor was never kept.
    world.disk.crash();
    const repeated = await next(world, first.cursor);
    expect(repeated.named).toEqual(['+b']);
    await writer.run("UPDATE dbo.Items SET V = 2 WHERE K = N'a'; DELETE FROM dbo.Items WHERE K = N'b'");
    expect((await next(world, repeated.cursor)).named).toEqual(['+a', '-b']);
  });
});
