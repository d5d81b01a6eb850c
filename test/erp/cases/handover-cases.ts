import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { DocumentResult, Handover, WriteDocument } from '../../../main/core/packets/erp.ts';
import type { Result } from '../../../shared/model/result.ts';
import { sourceId, type SourceId } from '../../../shared/model/ids.ts';
import { ledgerObjects } from '../../../main/adapters/erp-mssql/queries/ledger-schema.ts';
import { document, hash, SOURCE, type, unit } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';

const group = 'handovers and notices';

const HANDOVER: Handover = {
  document: 'staged order',
  staging: { schema: 'dbo', name: 'Order]Inbox' },
  key: { name: 'Id', type: type('int') },
  column: 'Status',
  accepted: ['posted', '9'],
  refused: ['refused'],
  number: 'Doc No',
  reason: 'Why',
};

/** A table the ERP takes rows from. Its text has another collation than most, its trigger stays out of our way. */
const INBOX = `IF OBJECT_ID(N'dbo.[Order]]Inbox]', N'U') IS NULL
CREATE TABLE dbo.[Order]]Inbox] (
  Id int IDENTITY(1000,1) NOT NULL CONSTRAINT order_inbox_pk PRIMARY KEY,
  PhoneNo nvarchar(50) COLLATE Latin1_General_BIN2 NULL,
  Status nchar(12) COLLATE Latin1_General_BIN2 NOT NULL CONSTRAINT order_inbox_status DEFAULT N'new',
  [Doc No] nvarchar(20) NULL,
  Why nvarchar(max) NULL
)`;

const staged = (rowId: string, more: Partial<WriteDocument> = {}): WriteDocument =>
  document(rowId, {
    document: 'staged order',
    entity: 'StagedHeader',
    handover: HANDOVER,
    header: {
      kind: 'insert',
      target: HANDOVER.staging,
      values: [{ name: 'PhoneNo', type: type('text(50)'), value: rowId.slice(0, 50) }],
      returnsKey: HANDOVER.key,
    },
    lines: [],
    ...more,
  });

interface HandedOver {
  readonly packetId: string;
  readonly key: string;
  readonly source: SourceId;
}

async function handOver(world: ErpWorld, source: SourceId = SOURCE, erp = world.erp): Promise<HandedOver> {
  await world.beside.query(INBOX);
  const packetId = world.fresh('handed');
  const done = await erp.writer.apply(
    unit({ source, packetId, documents: [staged(world.fresh('row'))] }),
    signal,
  );
  assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
  const [one] = done.value.documents;
  assert.equal(one?.standing, 'handed-over');
  return { packetId, key: one?.erpKey ?? '', source };
}

/** What the ERP's own routine does. */
const decides = (world: ErpWorld, { key }: HandedOver, set: string): Promise<unknown> =>
  world.beside.query(`UPDATE dbo.[Order]]Inbox] SET ${set} WHERE Id = ${key}`);

async function verdicts(
  world: ErpWorld,
  source: SourceId = SOURCE,
  handovers: readonly Handover[] = [HANDOVER],
  erp = world.erp,
): Promise<readonly (DocumentResult & { readonly packetId: string })[]> {
  const asked = await erp.writer.verdicts(source, handovers, signal);
  assert.ok(asked.ok, JSON.stringify(asked));
  return asked.value;
}

const outcome = (world: ErpWorld, packetId: string): Promise<Record<string, unknown>[]> =>
  world.beside.query(
    `SELECT mobile_user, document, number, erp_number, state, reason FROM ferry.outcome WHERE packet_id = N'${packetId}'`,
  );
const succeeded = (result: Result<unknown>): void => assert.ok(result.ok, JSON.stringify(result));

export const HANDOVER_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'nothing is accepted before the ERP says so; then with its number, once',
    documented: 'nchar pads with blanks; CONVERT to nvarchar keeps them',
    async run(world) {
      const one = await handOver(world);
      assert.deepEqual(await verdicts(world), []);
      assert.equal((await outcome(world, one.packetId))[0]?.['state'], 'handed over');
      await decides(world, one, `Status = N'being read'`);
      assert.deepEqual(await verdicts(world), []);
      await decides(world, one, `Status = N'posted', [Doc No] = N'SO-77'`);
      const [said, ...others] = await verdicts(world);
      assert.deepEqual(others, []);
      assert.deepEqual(
        [said?.packetId, said?.standing, said?.erpNumber, said?.reason],
        [one.packetId, 'accepted', 'SO-77', null],
      );
      assert.deepEqual(await verdicts(world), []);
      const found = await outcome(world, one.packetId);
      assert.deepEqual(
        found.map(({ mobile_user, document: word, erp_number, state }) => [
          mobile_user,
          word,
          erp_number,
          state,
        ]),
        [['ANNA', 'staged order', 'SO-77', 'accepted']],
      );
      const look = await world.erp.writer.look(SOURCE, one.packetId, [], signal);
      assert.equal(look.ok && look.value.packet?.documents[0]?.standing, 'accepted');
    },
  },
  {
    group,
    name: 'refused, looked at again, and accepted after all: each is a change, each once',
    documented: 'an UPDATE whose WHERE names the old value changes no row that has another',
    async run(world) {
      const one = await handOver(world);
      const steps = [
        [`Status = N'refused', Why = N'no credit'`, 'refused', 'no credit'],
        [`Why = N'no credit at all'`, 'refused', 'no credit at all'],
        [`Status = N'new'`, 'handed-over', null],
        [`Status = N'9', [Doc No] = NULL`, 'accepted', null],
      ] as const;
      for (const [set, standing, reason] of steps) {
        await decides(world, one, set);
        const said = await verdicts(world);
        assert.deepEqual(
          said.map((each) => [each.packetId, each.standing, each.reason]),
          [[one.packetId, standing, reason]],
        );
        assert.deepEqual(await verdicts(world), []);
      }
    },
  },
  {
    group,
    name: 'hostile reasons are kept bounded and whole, and nothing is changed by them',
    documented: 'a parameter is a value, whatever its text',
    async run(world) {
      const texts = [...HOSTILE_TEXTS.slice(0, 20), `${'x'.repeat(399)}\u{1F600}`, '\u202Edesrever', ''];
      const sent: [HandedOver, string][] = [];
      for (const text of texts) {
        const one = await handOver(world);
        await decides(world, one, `Status = N'refused', Why = N'${text.replaceAll("'", "''")}'`);
        sent.push([one, text]);
      }
      const said = await verdicts(world);
      assert.equal(said.length, texts.length);
      for (const [one] of sent) {
        const reason = said.find((each) => each.packetId === one.packetId)?.reason ?? '';
        assert.ok(reason.length <= 400 && reason.isWellFormed(), reason);
        assert.doesNotMatch(reason, /[\p{Cc}\u202a-\u202e]/u);
        assert.equal((await outcome(world, one.packetId))[0]?.['state'], 'refused');
      }
    },
  },
  {
    group,
    name: 'a row that is gone, a status that is NULL and one in both lists stay undecided or refused',
    documented: 'CONVERT of NULL is NULL',
    async run(world) {
      const gone = await handOver(world);
      await world.beside.query(`DELETE FROM dbo.[Order]]Inbox] WHERE Id = ${gone.key}`);
      const both = await handOver(world);
      await decides(world, both, `Status = N'posted'`);
      const said = await verdicts(world, SOURCE, [{ ...HANDOVER, refused: ['posted', 'refused'] }]);
      assert.deepEqual(
        said.map((each) => [each.packetId, each.standing]),
        [[both.packetId, 'refused']],
      );
      assert.equal((await outcome(world, gone.packetId))[0]?.['state'], 'handed over');
    },
  },
  {
    group,
    name: 'an agent that was taken over writes no verdict; the one that took over hears it',
    documented: 'a shared application lock waits for an exclusive one',
    async run(world) {
      const source = sourceId('dynamics-mobile', 'cloud.example', world.fresh('area'));
      const old = world.bench.erp({ source });
      succeeded(await old.ready(signal));
      const one = await handOver(world, source, old);
      await decides(world, one, `Status = N'posted', [Doc No] = N'SO-1'`);
      await world.beside.query(
        `UPDATE ferry.lease SET expires_at = DATEADD(second, -1, SYSUTCDATETIME()) WHERE source = N'${source}'`,
      );
      const fresh = world.bench.erp({ source });
      succeeded(await fresh.ready(signal));
      for (const refused of [
        await old.writer.verdicts(source, [HANDOVER], signal),
        await old.writer.notify(
          source,
          [{ packetId: 'p', user: 'ANNA', state: 'parked', reason: 'r' }],
          signal,
        ),
      ])
        assert.ok(!refused.ok && refused.failure.kind === 'fenced', JSON.stringify(refused));
      assert.equal((await outcome(world, one.packetId))[0]?.['state'], 'handed over');
      const [said] = await verdicts(world, source, [HANDOVER], fresh);
      assert.equal(said?.standing, 'accepted');
    },
  },
  {
    group,
    name: 'more documents than one look takes are all heard of',
    documented: 'TOP with ORDER BY gives the first rows of that order',
    async run(world) {
      await world.beside.query(INBOX);
      const source = sourceId('dynamics-mobile', 'cloud.example', world.fresh('area'));
      const erp = world.bench.erp({ source });
      succeeded(await erp.ready(signal));
      const packetId = world.fresh('many');
      const documents = Array.from({ length: 230 }, () => staged(world.fresh('row')));
      for (let from = 0; from < documents.length; from += 115)
        succeeded(
          await erp.writer.apply(
            unit({ source, packetId: `${packetId}-${from}`, documents: documents.slice(from, from + 115) }),
            signal,
          ),
        );
      await world.beside.query(`UPDATE dbo.[Order]]Inbox] SET Status = N'posted' WHERE Status = N'new'`);
      assert.equal((await verdicts(world, source, [HANDOVER], erp)).length, documents.length);
      assert.deepEqual(await verdicts(world, source, [HANDOVER], erp), []);
    },
  },
  {
    group,
    name: 'a snapshot’s SELECT shows the number, then another order’s refusal, to its user only',
    documented: 'a view is read as a derived table; COLLATE DATABASE_DEFAULT lets texts be compared',
    async run(world) {
      const source = sourceId('dynamics-mobile', 'cloud.example', world.fresh('area'));
      const erp = world.bench.erp({ source });
      succeeded(await erp.ready(signal));
      const [first, second] = [await handOver(world, source, erp), await handOver(world, source, erp)];
      const read = (name: string): ReturnType<ErpWorld['read']> =>
        world.read({
          from: {
            select: `SELECT o.packet_id, o.erp_number, o.state, o.reason FROM ferry.outcome AS o
              LEFT JOIN dbo.[Sales Order] AS s ON s.No = o.number
              WHERE o.source = @source AND o.mobile_user = @user_Name`,
          },
          columns: ['packet_id', 'erp_number', 'state', 'reason'].map((column) => ({
            column,
            type: type('text(400)'),
          })),
          orderBy: ['packet_id'],
          user: { name, values: new Map([['Name', name]]) },
          source,
        });
      const of = async ({ packetId }: HandedOver): Promise<unknown> =>
        (await read('ANNA')).find(([id]) => id === packetId)?.slice(1);
      assert.deepEqual(await of(first), [null, 'handed over', null]);
      await decides(world, first, `Status = N'posted', [Doc No] = N'SO-1'`);
      await verdicts(world, source, [HANDOVER], erp);
      assert.deepEqual(await of(first), ['SO-1', 'accepted', null]);
      await decides(world, second, `Status = N'refused', Why = N'no credit'`);
      await verdicts(world, source, [HANDOVER], erp);
      assert.deepEqual(await of(second), [null, 'refused', 'no credit']);
      assert.deepEqual(await read('BOB'), []);
    },
  },
  {
    group,
    name: 'notices are kept, changed, kept again without a change, and taken back; what is applied hides them',
    documented: 'NOT EXISTS is true where the subquery has no row',
    async run(world) {
      const packetId = world.fresh('parked');
      const tell = async (state: 'parked' | 'discarded' | 'none', reason: string): Promise<unknown> => {
        succeeded(
          await world.erp.writer.notify(
            SOURCE,
            [{ packetId, user: 'ANNA', document: 'order', number: 'P-1', state, reason }],
            signal,
          ),
        );
        const rows = await outcome(world, packetId);
        return rows.map((row) => [row['number'], row['state'], row['reason']]);
      };
      const at = async (): Promise<unknown> =>
        (
          await world.beside.query(
            `SELECT CONVERT(nvarchar(40), changed_at, 121) AS t FROM ferry.notice WHERE packet_id = N'${packetId}'`,
          )
        )[0]?.['t'];
      assert.deepEqual(await tell('parked', 'no customer'), [['P-1', 'parked', 'no customer']]);
      const told = await at();
      await tell('parked', 'no customer');
      assert.equal(await at(), told);
      assert.deepEqual(await tell('discarded', 'x'.repeat(500)), [['P-1', 'discarded', 'x'.repeat(400)]]);
      assert.deepEqual(await tell('none', ''), []);
      assert.deepEqual(await tell('none', ''), []);
      await tell('parked', 'late');
      succeeded(
        await world.erp.writer.apply(unit({ packetId, documents: [document(world.fresh('row'))] }), signal),
      );
      assert.deepEqual(
        (await outcome(world, packetId)).map((row) => row['state']),
        ['applied'],
      );
    },
  },
  {
    group,
    name: 'a ledger of the first version is brought up to date with what it holds, and may be so again',
    documented: 'ALTER TABLE … ADD with NOT NULL and DEFAULT fills the rows that are there',
    async run(world) {
      const schema = `old_${randomUUID().slice(0, 8)}`;
      const first = ledgerObjects(schema).slice(0, 8);
      for (const { statement } of first) await world.beside.query(statement);
      const settings = { ...world.bench.settings, ledger: { schema } };
      await world.beside.query(
        `INSERT INTO ${schema}.site (only_row, ledger_id, server_name, database_name, database_created, recovery_fork, schema_version) SELECT 1, N'old', server_name, database_name, database_created, recovery_fork, 1 FROM ferry.site`,
      );
      await world.beside.query(
        `INSERT INTO ${schema}.ledger (source, packet_id, state, revision, payload_hash, fence, mobile_user, applied_at, finished_at) VALUES (N'${SOURCE}', N'old', N'applied', 0, N'${hash('a')}', 1, N'ANNA', SYSUTCDATETIME(), SYSUTCDATETIME())`,
      );
      await world.beside.query(
        `INSERT INTO ${schema}.ledger_document (source, entity, row_id, document, number, content_hash, packet_id) VALUES (N'${SOURCE}', N'SalesHeader', N'r', N'order', N'P-1', N'${hash('c')}', N'old')`,
      );
      await world.login.grantLedger(schema);
      const recentLedger = () => [{ packetId: 'old', payloadHash: hash('a') }];
      const refused = await world.bench.erp({ settings, recentLedger, createObjects: false }).ready(signal);
      assert.ok(
        !refused.ok && refused.failure.kind === 'fenced' && refused.failure.reason === 'ledger-missing',
        JSON.stringify(refused),
      );
      assert.match(refused.failure.detail, /erp script/);
      // Changing tables takes the setup's rights.
      const setup = { ...settings, user: world.setup.settings.user };
      const erp = world.setup.erp({ settings: setup, recentLedger });
      succeeded(await erp.ready(signal));
      const look = await erp.writer.look(SOURCE, 'old', [], signal);
      assert.equal(look.ok && look.value.packet?.documents[0]?.standing, 'applied', JSON.stringify(look));
      assert.equal(await world.count(`${schema}.outcome WHERE state = N'applied'`), 1);
      assert.equal(await world.count(`${schema}.site WHERE schema_version = 2`), 1);
      for (const { statement } of ledgerObjects(schema)) await world.beside.query(statement);
      assert.equal(await world.count(`${schema}.ledger_document`), 1);
    },
  },
];
