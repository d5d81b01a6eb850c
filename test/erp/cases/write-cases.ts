import assert from 'node:assert/strict';
import type { ApplyOutcome, WriteCall, WriteUnit, WriteValue } from '../../../main/core/packets/erp.ts';
import type { Result } from '../../../shared/model/result.ts';
import { document, headerCall, SOURCE, type, unit } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';
import { HOSTILE_TEXTS } from '../hostile-texts.ts';

const group = 'ways of writing';

const apply = (world: ErpWorld, one: WriteUnit): Promise<Result<ApplyOutcome>> =>
  world.erp.writer.apply(one, signal);
const codeOf = (result: Result<ApplyOutcome>): string =>
  result.ok
    ? result.value.kind
    : result.failure.kind === 'rejected'
      ? result.failure.code
      : result.failure.kind;

/** A table of contacts with a key of its own, a unique number, a second unique column, and a trigger that answers. */
async function contacts(world: ErpWorld): Promise<void> {
  if ((await world.count(`sys.tables WHERE name = N'Contact Card'`)) > 0) return;
  await world.beside.query(
    'CREATE TABLE dbo.[Contact Card] (Id int IDENTITY(7,1) NOT NULL PRIMARY KEY, [No]]s] nvarchar(220) NOT NULL, Area int NOT NULL, Name nvarchar(220) NULL, Credit decimal(19,4) NULL, Mail nvarchar(220) NOT NULL CONSTRAINT contact_mail UNIQUE, Shown nvarchar(40) NULL, CONSTRAINT contact_no UNIQUE ([No]]s], Area))',
  );
  await world.beside.query(
    `CREATE TRIGGER dbo.ContactShown ON dbo.[Contact Card] AFTER INSERT AS BEGIN SET NOCOUNT ON; UPDATE dbo.[Contact Card] SET Shown = N'C-' + CAST(Id AS nvarchar(10)) WHERE Id IN (SELECT Id FROM inserted); END`,
  );
}

interface Card {
  readonly no: string | null;
  readonly name: string | null;
  readonly mail?: string | undefined;
  readonly onExisting?: 'update' | 'keep' | undefined;
}

const cardCall = ({ no, name, mail, onExisting = 'update' }: Card): WriteCall => ({
  kind: 'upsert',
  target: { schema: 'dbo', name: 'Contact Card' },
  values: [
    { name: 'No]s', type: type('text(220)'), value: no },
    { name: 'Area', type: type('int'), value: '3' },
    { name: 'Name', type: type('text(220)'), value: name },
    { name: 'Credit', type: type('decimal(19,4)'), value: '123456789012345.6789' },
    { name: 'Mail', type: type('text(220)'), value: mail ?? no },
  ],
  upsert: { key: ['No]s', 'area'], onExisting },
  returnsKey: { name: 'Id', type: type('int') },
  returnsNumber: { name: 'Shown', type: type('text(40)') },
});

const cardUnit = (world: ErpWorld, card: Card, more: Partial<WriteUnit> = {}): WriteUnit =>
  unit({
    packetId: world.fresh('packet'),
    documents: [document(world.fresh('row'), { header: cardCall(card), lines: [] })],
    ...more,
  });

const cards = (world: ErpWorld, no: string): Promise<Record<string, unknown>[]> =>
  world.beside.query(
    `SELECT Id AS id, Name AS name, Shown AS shown, CAST(Credit AS nvarchar(40)) AS credit FROM dbo.[Contact Card] WHERE [No]]s] = N'${no.replaceAll("'", "''")}'`,
  );

/** A table for lines, and as many of them as are asked for, each with values of its own. */
async function lineTable(world: ErpWorld, name: string, more = ''): Promise<void> {
  await world.beside.query(
    `CREATE TABLE dbo.[${name}] (LineId int IDENTITY(1,1) NOT NULL PRIMARY KEY, OrderId int NOT NULL, No int NOT NULL, Item nvarchar(220) NULL, Quantity decimal(28,10) NULL, At datetime2(3) NULL, Day date NULL, Flag bit NULL, Big bigint NULL, Row uniqueidentifier NULL, Raw varbinary(max) NULL, Long nvarchar(max) NULL${more})`,
  );
}

const GUID = '6f9619ff-8b86-d011-b42d-00c04fc964ff';

function longLine(table: string, index: number): WriteCall {
  const even = index % 2 === 0;
  const value = (name: string, typeText: string, text: WriteValue['value']): WriteValue => ({
    name,
    type: type(typeText),
    value: text,
  });
  return {
    kind: 'insert',
    target: { schema: 'dbo', name: table },
    values: [
      value('OrderId', 'int', { headerKey: true }),
      value('No', 'int', String(index)),
      value('Item', 'text(220)', even ? (HOSTILE_TEXTS[index % HOSTILE_TEXTS.length] ?? '') : `I-${index}`),
      value(
        'Quantity',
        'decimal(28,10)',
        even ? `-123456789012345678.${String(index).padStart(10, '0')}` : null,
      ),
      value('At', 'datetime', '2025-03-10T08:15:30.127'),
      value('Day', 'date', even ? '2024-02-29' : null),
      value('Flag', 'bool', even ? '1' : '0'),
      value('Big', 'bigint', '-9223372036854775808'),
      value('Row', 'guid', GUID),
      value('Raw', 'binary', even ? 'AP8=' : null),
      value('Long', 'text', index === 7 ? `${'x'.repeat(9000)}Ж` : ''),
    ],
  };
}

const longOrder = (world: ErpWorld, table: string, lines: number): WriteUnit =>
  unit({
    packetId: world.fresh('packet'),
    documents: [
      document(world.fresh('row'), {
        header: headerCall(),
        lines: Array.from({ length: lines }, (_, index) => longLine(table, index)),
      }),
    ],
  });

const seenLines = (world: ErpWorld, table: string): Promise<Record<string, unknown>[]> =>
  world.beside.query(
    `SELECT No AS n, Item AS item, CAST(Quantity AS nvarchar(60)) AS quantity, CONVERT(nvarchar(40), At, 121) AS at, CONVERT(nvarchar(40), Day, 23) AS day, CAST(Flag AS int) AS flag, CAST(Big AS nvarchar(40)) AS big, LOWER(CAST(Row AS nvarchar(40))) AS guid, CONVERT(nvarchar(40), Raw, 1) AS raw, Long AS long FROM dbo.[${table}] ORDER BY LineId`,
  );

const wantedLine = (call: WriteCall): Record<string, unknown> => {
  const text = (name: string): string | null => {
    const value = call.values.find((one) => one.name === name)?.value ?? null;
    assert.ok(value === null || typeof value === 'string');
    return value;
  };
  return {
    n: Number(text('No')),
    item: text('Item'),
    quantity: text('Quantity'),
    at: '2025-03-10 08:15:30.127',
    day: text('Day'),
    flag: Number(text('Flag')),
    big: '-9223372036854775808',
    guid: GUID,
    raw: text('Raw') === null ? null : '0x00FF',
    long: text('Long'),
  };
};

export const WRITE_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'upsert: no row has the key, so it is inserted; key and the number of a trigger come back',
    documented:
      '@@ROWCOUNT is 0 after an UPDATE that found nothing; OUTPUT INTO works on a table with triggers',
    async run(world) {
      await contacts(world);
      const no = world.fresh('C');
      const done = await apply(world, cardUnit(world, { no, name: 'Ada' }));
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      const [row] = await cards(world, no);
      assert.equal(String(row?.['id']), done.value.documents[0]?.erpKey);
      assert.equal(done.value.documents[0]?.erpNumber, `C-${String(row?.['id'])}`);
      assert.equal(row?.['credit'], '123456789012345.6789');
    },
  },
  {
    group,
    name: 'upsert: a row has the key, so it is updated or kept, and gives the same key back',
    documented: '@@ROWCOUNT is 1 after an UPDATE of one row, triggers or not',
    async run(world) {
      await contacts(world);
      const no = world.fresh('C');
      const first = await apply(world, cardUnit(world, { no, name: 'Ada' }));
      assert.ok(first.ok && first.value.kind === 'applied', JSON.stringify(first));
      for (const [onExisting, name] of [
        ['update', 'Bea'],
        ['keep', 'Bea'],
      ] as const) {
        const sent = onExisting === 'update' ? 'Bea' : 'Cleo';
        const again = await apply(world, cardUnit(world, { no, name: sent, onExisting }));
        assert.ok(again.ok && again.value.kind === 'applied', JSON.stringify(again));
        assert.equal(again.value.documents[0]?.erpKey, first.value.documents[0]?.erpKey);
        assert.equal(again.value.documents[0]?.erpNumber, first.value.documents[0]?.erpNumber);
        const rows = await cards(world, no);
        assert.deepEqual(
          rows.map((row) => row['name']),
          [name],
        );
      }
      const kept = await apply(
        world,
        cardUnit(world, { no: world.fresh('C'), name: 'Dora', onExisting: 'keep' }),
      );
      assert.equal(codeOf(kept), 'applied');
    },
  },
  {
    group,
    name: 'upsert: two rows have the key: refused by name, nothing stays',
    documented: 'ROLLBACK undoes the update of both',
    async run(world) {
      await world.beside.query('CREATE TABLE dbo.[No Key] (K nvarchar(20) NULL, V nvarchar(20) NULL)');
      await world.beside.query(`INSERT INTO dbo.[No Key] (K, V) VALUES (N'a', N'1'), (N'a', N'2')`);
      for (const onExisting of ['update', 'keep'] as const) {
        const header: WriteCall = {
          kind: 'upsert',
          target: { schema: 'dbo', name: 'No Key' },
          values: ['K', 'V'].map((name) => ({ name, type: type('text(20)'), value: 'a' })),
          upsert: { key: ['K'], onExisting },
        };
        const one = unit({
          packetId: world.fresh('packet'),
          documents: [document(world.fresh('row'), { header, lines: [] })],
        });
        assert.equal(codeOf(await apply(world, one)), 'upsert-not-unique');
        assert.equal(await world.count(`ferry.ledger WHERE packet_id = N'${one.packetId}'`), 0);
        assert.equal(await world.count(`dbo.[No Key] WHERE V <> N'a'`), 2);
      }
    },
  },
  {
    group,
    name: 'upsert: no value in a key column is refused, as a value and as the key of a header',
    documented: 'a comparison with NULL is never true',
    async run(world) {
      await contacts(world);
      assert.equal(codeOf(await apply(world, cardUnit(world, { no: null, name: 'Ada' }))), 'upsert-no-key');
      await world.beside.query('CREATE TABLE dbo.[Gives Nothing] (K int NULL, V nvarchar(20) NULL)');
      const header: WriteCall = {
        kind: 'insert',
        target: { schema: 'dbo', name: 'Gives Nothing' },
        values: [{ name: 'V', type: type('text(20)'), value: 'x' }],
        returnsKey: { name: 'K', type: type('int') },
      };
      const line: WriteCall = {
        kind: 'upsert',
        target: header.target,
        values: [
          { name: 'K', type: type('int'), value: { headerKey: true } },
          { name: 'V', type: type('text(20)'), value: 'y' },
        ],
        upsert: { key: ['K'], onExisting: 'update' },
      };
      const one = unit({
        packetId: world.fresh('packet'),
        documents: [document(world.fresh('row'), { header, lines: [line] })],
      });
      assert.equal(codeOf(await apply(world, one)), 'upsert-no-key');
      assert.equal(await world.count('dbo.[Gives Nothing]'), 0);
    },
  },
  {
    group,
    name: 'upsert: a row with the key that is committed meanwhile is updated, not doubled',
    documented:
      'an insert of a key that another transaction has not committed waits, then fails as a duplicate',
    async run(world) {
      await contacts(world);
      const no = world.fresh('C');
      const other = await world.bench.raw();
      await other.query(
        `BEGIN TRANSACTION; INSERT INTO dbo.[Contact Card] ([No]]s], Area, Name, Mail) VALUES (N'${no}', 3, N'theirs', N'${no}')`,
      );
      const waiting = apply(world, cardUnit(world, { no, name: 'ours' }));
      await other.query('COMMIT TRANSACTION');
      assert.equal(codeOf(await waiting), 'applied');
      await other.close();
      const rows = await cards(world, no);
      assert.deepEqual(
        rows.map((row) => row['name']),
        ['ours'],
      );
    },
  },
  {
    group,
    name: 'upsert: four writers with one new key at once leave one row',
    documented: 'a unique constraint holds for every writer',
    async run(world) {
      await contacts(world);
      const no = world.fresh('C');
      const done = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name) => apply(world, cardUnit(world, { no, name }))),
      );
      assert.deepEqual(done.map(codeOf), ['applied', 'applied', 'applied', 'applied']);
      assert.equal((await cards(world, no)).length, 1);
    },
  },
  {
    group,
    name: 'upsert: another unique column that is taken is the ERP refusing',
    documented: 'a duplicate key is error 2601 or 2627',
    async run(world) {
      await contacts(world);
      const mail = world.fresh('m').slice(0, 40);
      assert.equal(
        codeOf(await apply(world, cardUnit(world, { no: world.fresh('C'), name: 'Ada', mail }))),
        'applied',
      );
      const second = cardUnit(world, { no: world.fresh('C'), name: 'Bea', mail });
      assert.match(codeOf(await apply(world, second)), /^(2601|2627)$/);
      assert.equal(await world.count(`ferry.ledger WHERE packet_id = N'${second.packetId}'`), 0);
    },
  },
  {
    group,
    name: `upsert: ${HOSTILE_TEXTS.length} hostile texts as a key: inserted, found again, updated`,
    documented: 'a parameter is never parsed',
    async run(world) {
      await contacts(world);
      const before = await world.count('sys.objects');
      for (const text of HOSTILE_TEXTS) {
        const no = `${text}${world.fresh('')}`.slice(-220);
        assert.equal(codeOf(await apply(world, cardUnit(world, { no, name: text }))), 'applied');
        assert.equal(
          codeOf(await apply(world, cardUnit(world, { no, name: `${text}!`.slice(-200) }))),
          'applied',
        );
        const rows = await cards(world, no);
        assert.deepEqual(
          rows.map((row) => row['name']),
          [`${text}!`.slice(-200)],
        );
      }
      assert.equal(await world.count('sys.objects'), before);
    },
  },
  {
    group,
    name: 'upsert: hostile names of key columns that nothing has are refused, nothing changes',
    documented: 'error 207: there is no such column',
    async run(world) {
      await contacts(world);
      const before = await world.count('sys.objects');
      for (const text of HOSTILE_TEXTS) {
        const name = text.slice(0, 100);
        const call = cardCall({ no: 'x', name: 'Ada' });
        const header: WriteCall = {
          ...call,
          values: [...call.values, { name, type: type('text(20)'), value: 'x' }],
          upsert: { key: [name], onExisting: 'update' },
          returnsKey: { name, type: type('text(20)') },
        };
        const one = unit({
          packetId: world.fresh('packet'),
          documents: [document(world.fresh('row'), { header, lines: [] })],
        });
        const done = await apply(world, one);
        assert.ok(!done.ok && done.failure.kind === 'rejected', JSON.stringify([text, done]));
      }
      assert.equal(await world.count('sys.objects'), before);
    },
  },
  {
    group,
    name: "5,000 lines of one packet: every value exact, in their order, in the packet's one transaction",
    documented:
      'identity values of INSERT … SELECT … ORDER BY follow the order; a bulk load of nvarchar keeps texts',
    async run(world) {
      await lineTable(world, 'T long order');
      const one = longOrder(world, 'T long order', 5000);
      const objects = await world.count('sys.objects');
      const done = await apply(world, one);
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      const lines = one.documents[0]?.lines ?? [];
      assert.deepEqual(await seenLines(world, 'T long order'), lines.map(wantedLine));
      assert.equal(
        await world.count(`dbo.[T long order] WHERE OrderId = ${done.value.documents[0]?.erpKey}`),
        5000,
      );
      assert.equal(codeOf(await apply(world, one)), 'already');
      assert.equal(await world.count('dbo.[T long order]'), 5000);
      assert.equal(await world.count('sys.objects'), objects);
    },
  },
  {
    group,
    name: 'loaded lines the ERP refuses: nothing of the packet stays, and the table is named',
    documented: 'error 547: a CHECK constraint refuses the whole INSERT',
    async run(world) {
      await lineTable(world, 'T refused lines', ', CONSTRAINT t_refused CHECK (No <> 777)');
      const orders = await world.count('dbo.[Sales Order]');
      const one = longOrder(world, 'T refused lines', 900);
      const done = await apply(world, one);
      assert.ok(!done.ok && done.failure.kind === 'rejected', JSON.stringify(done));
      assert.equal(done.failure.code, '547');
      assert.match(done.failure.where ?? '', /T refused lines/);
      assert.equal(await world.count('dbo.[T refused lines]'), 0);
      assert.equal(await world.count('dbo.[Sales Order]'), orders);
      assert.equal(await world.count(`ferry.ledger WHERE packet_id = N'${one.packetId}'`), 0);
    },
  },
  {
    group,
    name: 'many documents of a packet share one load, each with its own lines and key',
    documented: 'a table of a session is seen by every batch of it',
    async run(world) {
      await lineTable(world, 'T many orders');
      const documents = Array.from({ length: 30 }, (_, d) =>
        document(world.fresh('row'), {
          lines: Array.from({ length: 20 }, (__, index) => longLine('T many orders', d * 20 + index)),
        }),
      );
      const done = await apply(world, unit({ packetId: world.fresh('packet'), documents }));
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      const rows = await world.beside.query(
        'SELECT OrderId AS o, No AS n FROM dbo.[T many orders] ORDER BY LineId',
      );
      assert.deepEqual(
        rows,
        done.value.documents.flatMap(({ erpKey }, d) =>
          Array.from({ length: 20 }, (_, index) => ({ o: Number(erpKey), n: d * 20 + index })),
        ),
      );
    },
  },
  {
    group,
    name: 'a table with a trigger gets its loaded lines one by one, and a trigger for one row at a time sees each',
    documented: 'an AFTER trigger fires once for each statement, with all its rows in "inserted"',
    async run(world) {
      await lineTable(world, 'T one by one');
      await world.beside.query('CREATE TABLE dbo.[T seen] (LineId int NOT NULL, No int NOT NULL)');
      await world.beside.query(
        `CREATE TRIGGER dbo.OneByOne ON dbo.[T one by one] AFTER INSERT AS BEGIN SET NOCOUNT ON; DECLARE @id int, @no int; SELECT @id = LineId, @no = No FROM inserted; INSERT INTO dbo.[T seen] (LineId, No) VALUES (@id, @no); END`,
      );
      assert.equal(codeOf(await apply(world, longOrder(world, 'T one by one', 600))), 'applied');
      assert.deepEqual(
        await world.beside.query('SELECT No AS n FROM dbo.[T seen] ORDER BY LineId'),
        Array.from({ length: 600 }, (_, n) => ({ n })),
      );
    },
  },
  {
    group,
    name: 'loaded lines into tables and columns with hostile names that exist',
    documented: 'identifiers in brackets hold any character; ] is doubled',
    async run(world) {
      const quoted = (name: string): string => `[${name.replaceAll(']', ']]')}]`;
      const before = await world.count('sys.objects');
      // Every third one: the others are names of tables elsewhere.
      for (const [index, text] of HOSTILE_TEXTS.filter((_, place) => place % 3 === 0).entries()) {
        const name = `${text.slice(0, 100)} ${index}`;
        const column = text.slice(0, 100);
        await world.beside.query(
          `CREATE TABLE dbo.${quoted(name)} (K int IDENTITY(1,1) NOT NULL PRIMARY KEY, ${quoted(column)} nvarchar(220) NULL)`,
        );
        const lines = Array.from({ length: 410 }, (_, n): WriteCall => ({
          kind: 'insert',
          target: { schema: 'dbo', name },
          values: [{ name: column, type: type('text(220)'), value: `${text.slice(0, 200)} ${n}` }],
        }));
        const one = unit({
          packetId: world.fresh('packet'),
          documents: [document(world.fresh('row'), { lines })],
        });
        assert.equal(codeOf(await apply(world, one)), 'applied', JSON.stringify(text));
        assert.deepEqual(
          await world.beside.query(`SELECT ${quoted(column)} AS v FROM dbo.${quoted(name)} ORDER BY K`),
          lines.map(({ values }) => ({ v: values[0]?.value })),
        );
        await world.beside.query(`DROP TABLE dbo.${quoted(name)}`);
      }
      assert.equal(await world.count('sys.objects'), before);
    },
  },
  {
    group,
    name: 'two packets at once load into tables of the same name, each in its own session',
    documented: 'a #table belongs to its session',
    async run(world) {
      await lineTable(world, 'T at once');
      const both = await Promise.all([1, 2].map(() => apply(world, longOrder(world, 'T at once', 300))));
      assert.deepEqual(both.map(codeOf), ['applied', 'applied']);
      assert.equal(await world.count('dbo.[T at once]'), 600);
    },
  },
  {
    group,
    name: 'staging: the row is handed over, not applied; its lines go with it',
    documented: 'OUTPUT gives the identity of the inserted row',
    async run(world) {
      await world.beside.query(
        `CREATE TABLE dbo.[Order Inbox] (InboxId int IDENTITY(1,1) NOT NULL PRIMARY KEY, Customer nvarchar(20) NOT NULL, Status nvarchar(20) NOT NULL CONSTRAINT inbox_new DEFAULT N'new')`,
      );
      await lineTable(world, 'Order Inbox Line');
      const header: WriteCall = {
        kind: 'insert',
        target: { schema: 'dbo', name: 'Order Inbox' },
        values: [{ name: 'Customer', type: type('text(20)'), value: 'C-1' }],
        returnsKey: { name: 'InboxId', type: type('int') },
      };
      const rowId = world.fresh('row');
      const one = unit({
        packetId: world.fresh('packet'),
        documents: [
          document(rowId, {
            header,
            handover: {
              document: 'order',
              staging: header.target,
              key: { name: 'InboxId', type: type('int') },
              column: 'Status',
              accepted: ['done'],
              refused: ['error'],
            },
            lines: Array.from({ length: 400 }, (_, index) => longLine('Order Inbox Line', index)),
          }),
        ],
      });
      const done = await apply(world, one);
      assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
      const [result] = done.value.documents;
      assert.equal(result?.standing, 'handed-over');
      assert.equal(await world.count(`dbo.[Order Inbox Line] WHERE OrderId = ${result.erpKey}`), 400);
      const looked = await world.erp.writer.look(
        SOURCE,
        one.packetId,
        [{ entity: 'SalesHeader', rowId }],
        signal,
      );
      assert.ok(looked.ok, JSON.stringify(looked));
      assert.equal(looked.value.packet?.documents[0]?.standing, 'handed-over');
      assert.equal(looked.value.documents[0]?.standing, 'handed-over');
    },
  },
];
