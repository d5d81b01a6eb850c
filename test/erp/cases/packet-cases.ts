import assert from 'node:assert/strict';
import type { ApplyOutcome, WriteUnit } from '../../../main/core/packets/erp.ts';
import type { Result } from '../../../shared/model/result.ts';
import { document, hash, headerCall, lineCall, SOURCE, type, unit } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';

const group = 'packets';

const kindOf = (result: Result<ApplyOutcome>): string =>
  result.ok ? result.value.kind : result.failure.kind;
const order = (world: ErpWorld, more: Partial<WriteUnit> = {}): WriteUnit =>
  unit({ packetId: world.fresh('packet'), documents: [document(world.fresh('row'))], ...more });
const orders = (world: ErpWorld): Promise<number> => world.count('dbo.[Sales Order]');
const inLedger = (world: ErpWorld, one: WriteUnit): Promise<number> =>
  world.count(`ferry.ledger WHERE packet_id = N'${one.packetId}'`);
const apply = (world: ErpWorld, one: WriteUnit): Promise<Result<ApplyOutcome>> =>
  world.erp.writer.apply(one, signal);

const procedure = (world: ErpWorld, name: string, key = false): WriteUnit =>
  order(world, {
    documents: [
      document(world.fresh('row'), {
        header: {
          kind: 'procedure',
          target: { schema: 'dbo', name },
          values: [
            { name: 'Amount', type: type('decimal(19,4)'), value: '19.9900' },
            ...(key ? [{ name: 'Note', type: type('text(50)'), value: null }] : []),
          ],
          returnsKey: key ? { name: 'Id', type: type('int') } : undefined,
        },
        lines: [],
      }),
    ],
  });

export const PACKET_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'one packet is one batch: header, lines, key and the number a trigger gave',
    documented: 'OUTPUT INTO works on a table with triggers; AFTER triggers run before the statement ends',
    async run(world) {
      const one = order(world);
      const done = await apply(world, one);
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      const [result] = done.value.documents;
      assert.equal(result?.erpNumber, `SO-${result?.erpKey}`);
      assert.deepEqual(
        await world.beside.query(
          `SELECT CAST(Amount AS nvarchar(40)) AS amount, [Customer]]No] AS customer, CONVERT(nvarchar(40), Ordered, 121) AS ordered FROM dbo.[Sales Order] WHERE Id = ${result?.erpKey}`,
        ),
        [{ amount: '12345678901234.5678', customer: 'C-1', ordered: '2025-03-10 08:15:30.120' }],
      );
      assert.equal(await world.count(`dbo.[Sales Order Line] WHERE OrderId = ${result?.erpKey}`), 2);
      assert.equal(
        await world.count(
          `ferry.ledger_document WHERE packet_id = N'${one.packetId}' AND readback_hash IS NOT NULL`,
        ),
        1,
      );
    },
  },
  {
    group,
    name: 'the same packet id a second time is "already", with the same documents',
    documented: 'a duplicate key is error 2601 or 2627',
    async run(world) {
      const before = await orders(world);
      const one = order(world);
      const [first, second] = [await apply(world, one), await apply(world, one)];
      assert.ok(first.ok && first.value.kind === 'applied', JSON.stringify(first));
      assert.ok(second.ok && second.value.kind === 'already', JSON.stringify(second));
      assert.deepEqual(second.value.documents, first.value.documents);
      assert.equal(await orders(world), before + 1);
    },
  },
  {
    group,
    name: 'three writers with one packet at once: one applies',
    documented: 'an insert of a key that another transaction has not committed waits for it',
    async run(world) {
      const before = await orders(world);
      const one = order(world);
      const outcomes = await Promise.all([1, 2, 3].map(() => apply(world, one)));
      assert.deepEqual(outcomes.map(kindOf).toSorted(), ['already', 'already', 'applied']);
      assert.equal(await orders(world), before + 1);
    },
  },
  {
    group,
    name: 'a packet id with other contents is a conflict',
    documented: 'a duplicate key is error 2601 or 2627',
    async run(world) {
      const one = order(world);
      await apply(world, one);
      assert.equal(kindOf(await apply(world, { ...one, payloadHash: hash('9') })), 'conflict');
    },
  },
  {
    group,
    name: 'a document row id that came in by another packet: planned anew, nothing stays',
    documented: 'XACT_ABORT ON and ROLLBACK in CATCH undo every statement of the batch',
    async run(world) {
      const one = order(world);
      await apply(world, one);
      const before = await orders(world);
      const resent = { ...one, packetId: world.fresh('resent') };
      assert.equal(kindOf(await apply(world, resent)), 'replan');
      assert.equal(await orders(world), before);
      assert.equal(await inLedger(world, resent), 0);
      const rows = one.documents.map(({ entity, rowId }) => ({ entity, rowId }));
      const looked = await world.erp.writer.look(SOURCE, resent.packetId, rows, signal);
      assert.ok(looked.ok, JSON.stringify(looked));
      assert.equal(looked.value.packet, undefined);
      assert.equal(looked.value.documents[0]?.packetId, one.packetId);
    },
  },
  {
    group,
    name: 'a refusal in the last line leaves nothing and names the table',
    documented: 'error 208 (no such table) and 515 (NULL in a NOT NULL column) end the transaction',
    async run(world) {
      const before = await orders(world);
      const nowhere = { ...lineCall('I-2'), target: { schema: 'dbo', name: 'No Such Table' } };
      const one = order(world);
      const broken = {
        ...one,
        documents: [document(world.fresh('row'), { lines: [lineCall('I-1'), nowhere] })],
      };
      assert.equal(kindOf(await apply(world, broken)), 'rejected');
      const header = headerCall({ values: [{ name: 'Amount', type: type('decimal(18,4)'), value: '1' }] });
      const missing = await apply(world, { ...one, documents: [document(world.fresh('row'), { header })] });
      assert.ok(!missing.ok && missing.failure.kind === 'rejected', JSON.stringify(missing));
      assert.equal(missing.failure.code, '515');
      assert.match(missing.failure.where ?? '', /dbo\.Sales Order/);
      assert.equal(await orders(world), before);
      assert.equal(await inLedger(world, one), 0);
      assert.equal(kindOf(await apply(world, one)), 'applied');
    },
  },
  {
    group,
    name: 'a packet without documents takes its row; two documents share one batch',
    documented: 'INSERT sets @@ROWCOUNT to 1',
    async run(world) {
      const empty = order(world, { documents: [] });
      assert.equal(kindOf(await apply(world, empty)), 'applied');
      assert.equal(await inLedger(world, empty), 1);
      const before = await orders(world);
      const two = order(world, { documents: [document(world.fresh('row')), document(world.fresh('row'))] });
      const done = await apply(world, two);
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      assert.equal(new Set(done.value.documents.map((one) => one.erpKey)).size, 2);
      assert.equal(await orders(world), before + 2);
    },
  },
  {
    group,
    name: 'a number series keeps its highest value',
    documented: 'decimal(38,0) holds 38 digits exactly',
    async run(world) {
      const series = world.fresh('series');
      const most = '9'.repeat(38);
      for (const current of ['9', '100', '20', most, '1'])
        assert.equal(
          kindOf(await apply(world, order(world, { series: [{ user: 'ANNA', series, current }] }))),
          'applied',
        );
      assert.deepEqual(
        await world.beside.query(
          `SELECT CAST(current_value AS nvarchar(40)) AS v FROM ferry.series WHERE series = N'${series}'`,
        ),
        [{ v: most }],
      );
    },
  },
  {
    group,
    name: 'a void row keeps a late insert out; only the next revision gets in, once',
    documented: 'a unique constraint holds for every writer',
    async run(world) {
      const before = await orders(world);
      const one = order(world);
      const { packetId, payloadHash } = one;
      const voiding = (revision: number, of = payloadHash): ReturnType<typeof world.erp.writer.voidPacket> =>
        world.erp.writer.voidPacket(SOURCE, packetId, revision, of, signal);
      assert.deepEqual(await voiding(0), { ok: true, value: 'voided' });
      assert.deepEqual(await voiding(0), { ok: true, value: 'voided' });
      assert.equal(kindOf(await apply(world, one)), 'conflict');
      assert.equal(kindOf(await apply(world, { ...one, revision: 2 })), 'conflict');
      const edited = { ...one, revision: 1, payloadHash: hash('e') };
      assert.equal(kindOf(await apply(world, edited)), 'applied');
      assert.equal(kindOf(await apply(world, edited)), 'already');
      assert.deepEqual(await voiding(1, hash('e')), { ok: true, value: 'already' });
      assert.equal(await orders(world), before + 1);
    },
  },
  ...(
    [
      ['COMMIT TRANSACTION', 'already', 'already'],
      ['ROLLBACK TRANSACTION', 'applied', 'voided'],
    ] as const
  ).map(([end, applied, voided]): ContractCase => ({
    group,
    name: `applying and voiding wait for a commit in flight: after ${end} they say "${applied}" and "${voided}"`,
    documented: 'an insert of a key that another transaction has not committed waits for it',
    async run(world) {
      for (const act of ['apply', 'void'] as const) {
        const one = order(world);
        const other = await world.bench.raw();
        await other.query(
          `BEGIN TRANSACTION; INSERT INTO ferry.ledger (source, packet_id, state, revision, payload_hash, fence, applied_at, finished_at) VALUES (N'${SOURCE}', N'${one.packetId}', N'applied', 0, N'${one.payloadHash}', 1, SYSUTCDATETIME(), SYSUTCDATETIME())`,
        );
        const waiting =
          act === 'apply'
            ? apply(world, one).then(kindOf)
            : world.erp.writer
                .voidPacket(SOURCE, one.packetId, 0, one.payloadHash, signal)
                .then((done) => (done.ok ? done.value : done.failure.kind));
        await other.query(end);
        assert.equal(await waiting, act === 'apply' ? applied : voided);
        await other.close();
      }
    },
  })),
  {
    group,
    name: 'a procedure with a transaction of its own, a result set and an OUTPUT parameter',
    documented: 'an inner COMMIT only counts @@TRANCOUNT down',
    async run(world) {
      const done = await apply(world, procedure(world, 'PostPayment', true));
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      assert.equal(await world.count(`dbo.Payments WHERE PaymentId = ${done.value.documents[0]?.erpKey}`), 1);
    },
  },
  {
    group,
    name: 'a procedure that refuses: its number and its words come through',
    documented: 'THROW keeps the number given to it',
    async run(world) {
      const one = procedure(world, 'Refuse');
      const refused = await apply(world, one);
      assert.ok(!refused.ok && refused.failure.kind === 'rejected', JSON.stringify(refused));
      assert.equal(refused.failure.code, '50123');
      assert.equal(refused.failure.message, 'credit limit exceeded');
      assert.equal(await inLedger(world, one), 0);
    },
  },
  ...['PostAndRollBack', 'RollBackAndBegin', 'PostAndCommit'].map((name): ContractCase => ({
    group,
    name: `a procedure that ends our transaction (${name}) is found out`,
    documented: 'ROLLBACK sets @@TRANCOUNT to 0 wherever it stands; COMMIT at level 1 ends the transaction',
    async run(world) {
      const one = procedure(world, name);
      const before = await world.count('dbo.Payments');
      const refused = await apply(world, one);
      assert.ok(!refused.ok && refused.failure.kind === 'rejected', JSON.stringify(refused));
      assert.equal(refused.failure.code, 'transaction-ended', JSON.stringify(refused));
      const stays = name === 'PostAndCommit' ? 1 : 0;
      assert.equal(await world.count('dbo.Payments'), before + stays);
      assert.equal(await inLedger(world, one), stays);
      if (stays === 1) assert.equal(kindOf(await apply(world, one)), 'conflict');
    },
  })),
];
