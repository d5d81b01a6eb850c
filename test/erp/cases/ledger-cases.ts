import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sourceId, startId } from '../../../shared/model/ids.ts';
import { testRuntime } from '../../integration/erp/bench.ts';
import { document, hash, SOURCE, unit } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';

const group = 'ledger, fence, lease';
const anotherSource = (world: ErpWorld): typeof SOURCE =>
  sourceId('dynamics-mobile', 'cloud.example', world.fresh('area'));
const expire = (world: ErpWorld, source: string): Promise<unknown> =>
  world.beside.query(
    `UPDATE ferry.lease SET expires_at = DATEADD(second, -1, SYSUTCDATETIME()) WHERE source = N'${source}'`,
  );

export const LEDGER_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'the ledger is made once, complete, and again without harm',
    documented: 'OBJECT_ID of a user table is not NULL once CREATE TABLE has ended',
    async run(world) {
      assert.equal(
        await world.count(
          `sys.tables WHERE schema_id = SCHEMA_ID(N'ferry') AND name IN (N'site', N'lease', N'ledger', N'ledger_document', N'series')`,
        ),
        5,
      );
      const again = await world.bench.erp({ source: anotherSource(world) }).ready(signal);
      assert.equal(again.ok, true, JSON.stringify(again));
      assert.equal(await world.count('ferry.site'), 1);
    },
  },
  {
    group,
    name: 'keys of the ledger compare byte by byte',
    documented: 'a binary collation (Latin1_General_BIN2) tells "a" from "A"',
    async run(world) {
      const id = world.fresh('Case');
      for (const packetId of [id, id.toUpperCase()]) {
        const done = await world.erp.writer.apply(
          unit({ packetId, documents: [document(`row-${packetId}`)] }),
          signal,
        );
        assert.equal(done.ok && done.value.kind, 'applied', JSON.stringify(done));
      }
    },
  },
  {
    group,
    name: 'server version, clock and database are told',
    documented: "SERVERPROPERTY('ProductVersion') has the form major.minor.build.revision",
    async run(world) {
      const ready = await world.bench.erp({ source: anotherSource(world) }).ready(signal);
      assert.ok(ready.ok, JSON.stringify(ready));
      assert.match(ready.value.serverVersion, /^\d+\.\d+/);
      assert.equal(ready.value.database, world.bench.settings.database);
      assert.ok(Number.isFinite(ready.value.clockSkewMs));
    },
  },
  {
    group,
    name: 'a lease is held by one agent; the other is told how long',
    documented: 'sp_getapplock in mode Exclusive is granted to one transaction at a time',
    async run(world) {
      const source = anotherSource(world);
      assert.equal((await world.bench.erp({ source }).ready(signal)).ok, true);
      const second = await world.bench.erp({ source }).ready(signal);
      assert.ok(!second.ok && second.failure.kind === 'fenced' && second.failure.reason === 'lease-held');
      assert.match(second.failure.detail, /for (2\d|30) more seconds/);
    },
  },
  {
    group,
    name: 'a lease that ran out passes to another agent with a higher fence',
    documented: 'datetime2 values of SYSUTCDATETIME() compare by time',
    async run(world) {
      const source = anotherSource(world);
      for (const fence of [1, 2, 3]) {
        const ready = await world.bench.erp({ source }).ready(signal);
        assert.equal(ready.ok && ready.value.fence, fence, JSON.stringify(ready));
        await expire(world, source);
      }
    },
  },
  {
    group,
    name: 'a lease that was given back is free',
    documented: 'SYSUTCDATETIME() does not go back between two batches',
    async run(world) {
      const source = anotherSource(world);
      const first = world.bench.erp({ source });
      await first.ready(signal);
      await first.release(signal);
      const ready = await world.bench.erp({ source }).ready(signal);
      assert.equal(ready.ok && ready.value.fence, 2, JSON.stringify(ready));
    },
  },
  {
    group,
    name: 'after a take-over the old holder writes nothing and voids nothing',
    documented: 'THROW inside TRY goes to CATCH; XACT_ABORT ON leaves nothing of the transaction',
    async run(world) {
      const source = anotherSource(world);
      const old = world.bench.erp({ source });
      assert.equal((await old.ready(signal)).ok, true);
      await expire(world, source);
      const fresh = world.bench.erp({ source });
      const taken = await fresh.ready(signal);
      assert.equal(taken.ok && taken.value.fence, 2, JSON.stringify(taken));
      const one = unit({
        source,
        packetId: world.fresh('fenced'),
        documents: [document(world.fresh('row'))],
      });
      const orders = await world.count('dbo.[Sales Order]');
      for (const refused of [
        await old.writer.apply(one, signal),
        await old.writer.voidPacket(source, one.packetId, 0, hash('a'), signal),
      ])
        assert.ok(!refused.ok && refused.failure.kind === 'fenced', JSON.stringify(refused));
      assert.equal(await world.count('dbo.[Sales Order]'), orders);
      assert.equal(await world.count(`ferry.ledger WHERE packet_id = N'${one.packetId}'`), 0);
      const done = await fresh.writer.apply(one, signal);
      assert.equal(done.ok && done.value.kind, 'applied');
    },
  },
  {
    group,
    name: 'a copy of the agent with the same start is found by its beat',
    documented: 'an UPDATE whose WHERE finds no row sets @@ROWCOUNT to 0',
    async run(world) {
      const source = anotherSource(world);
      const runtime = testRuntime();
      const erp = world.bench.erp({ source, runtime, startId: startId(randomUUID()) });
      await erp.ready(signal);
      await world.beside.query(`UPDATE ferry.lease SET beat = beat + 1 WHERE source = N'${source}'`);
      runtime.ahead += 10_000;
      const lost = await erp.ready(signal);
      assert.ok(!lost.ok && lost.failure.kind === 'fenced' && lost.failure.reason === 'fence-raised');
    },
  },
  {
    group,
    name: 'packets applied lately that the ledger lacks mean a restored database',
    documented: 'committed rows are durable',
    async run(world) {
      const packetId = world.fresh('recent');
      await world.erp.writer.apply(unit({ packetId, documents: [document(world.fresh('row'))] }), signal);
      const known = { packetId, payloadHash: hash('a') };
      const siteId = randomUUID();
      const source = SOURCE;
      const lost = { packetId: world.fresh('never'), payloadHash: hash('a') };
      // The lease of the source is the world's own, so the check ends there once the ledger is found whole.
      const good = await world.bench.erp({ source, siteId, recentLedger: () => [known] }).ready(signal);
      assert.ok(!good.ok && good.failure.kind === 'fenced' && good.failure.reason === 'lease-held');
      const bad = await world.bench.erp({ source, siteId, recentLedger: () => [known, lost] }).ready(signal);
      assert.ok(!bad.ok && bad.failure.kind === 'fenced' && bad.failure.reason === 'erp-restored');
      assert.match(bad.failure.detail, /1 of the last 2/);
      assert.deepEqual(await world.erp.missing([known, lost], signal), { ok: true, value: [lost.packetId] });
    },
  },
  ...(
    [
      ['copied', `server_name = N'another one'`, 'erp-copied'],
      ['restored', `database_created = N'2001-01-01T00:00:00.000'`, 'erp-restored'],
    ] as const
  ).map(([what, change, reason]): ContractCase => ({
    group,
    name: `a database that was ${what} is fenced until a person binds it anew`,
    documented: 'sys.databases.create_date and @@SERVERNAME stay while nobody restores or moves the database',
    async run(world) {
      await world.beside.query(`UPDATE ferry.site SET ${change}`);
      const erp = world.bench.erp({ source: anotherSource(world) });
      const fenced = await erp.ready(signal);
      const rebound = await erp.rebind(signal);
      assert.ok(!fenced.ok && fenced.failure.kind === 'fenced' && fenced.failure.reason === reason);
      assert.equal(rebound.ok, true, JSON.stringify(rebound));
      assert.equal((await erp.ready(signal)).ok, true);
    },
  })),
  {
    group,
    name: 'the fork of a restore can be read',
    documented: 'sys.database_recovery_status has recovery_fork_guid; it needs the right VIEW ANY DEFINITION',
    optional: true,
    async run(world) {
      const rows = await world.beside.query(
        'SELECT CAST(recovery_fork_guid AS nvarchar(40)) AS fork FROM sys.database_recovery_status WHERE database_id = DB_ID()',
      );
      assert.match(String(rows[0]?.['fork']), /^[0-9A-F-]{36}$/i);
    },
  },
  {
    group,
    name: 'a wrong password and an unknown database are different failures',
    documented: 'login errors 18456 and 4060',
    async run(world) {
      const wrong = await world.bench
        .erp({ password: () => Promise.resolve(`wrong-${randomUUID()}`) })
        .ready(signal);
      assert.equal(!wrong.ok && wrong.failure.kind, 'unauthorized', JSON.stringify(wrong));
      const settings = { ...world.bench.settings, database: 'ferry_no_such_database' };
      const unknown = await world.bench.erp({ settings }).ready(signal);
      assert.equal(!unknown.ok && unknown.failure.kind, 'unreachable', JSON.stringify(unknown));
    },
  },
];
