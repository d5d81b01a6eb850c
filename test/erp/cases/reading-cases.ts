import assert from 'node:assert/strict';
import { baseTables } from '../../../main/core/reading/base-tables.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { SOURCE, type } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';

const group = 'reading';
const TABLE = { schema: 'dbo', name: 'Rows to read' };

/** Made by whichever case needs it first. */
async function rowsToRead(world: ErpWorld): Promise<void> {
  if ((await world.count(`sys.tables WHERE name = N'Rows to read'`)) > 0) return;
  await world.beside.query(
    'CREATE TABLE dbo.[Rows to read] (N int NOT NULL CONSTRAINT rows_to_read_pk PRIMARY KEY, Route nvarchar(10) NULL, Price decimal(18,4) NULL)',
  );
  for (let from = 0; from < 1_500; from += 500)
    await world.beside.query(
      `INSERT INTO dbo.[Rows to read] (N, Route, Price) VALUES ${Array.from({ length: 500 }, (_, index) => `(${from + index}, N'R${(from + index) % 3}', ${from + index}.1234)`).join(', ')}`,
    );
}

export const READING_CASES: readonly ContractCase[] = [
  {
    group,
    name: 'rows come in order, all of them, exact',
    documented: 'ORDER BY over a unique key is total',
    async run(world) {
      await rowsToRead(world);
      const rows = await world.read({
        from: { table: TABLE },
        columns: [
          { column: 'N', type: type('int') },
          { column: 'Price', type: type('decimal(18,4)') },
        ],
        orderBy: ['N'],
      });
      assert.deepEqual(
        rows,
        Array.from({ length: 1_500 }, (_, n) => [String(n), `${n}.1234`]),
      );
    },
  },
  {
    group,
    name: 'filters and a SELECT of the mapping take parameters',
    documented: 'a derived table in parentheses is a table; parameters of sp_executesql reach into it',
    async run(world) {
      await rowsToRead(world);
      const columns = [{ column: 'N', type: type('int') }];
      const filtered = await world.read({
        from: { table: TABLE },
        columns,
        orderBy: ['N'],
        where: [{ column: 'Route', value: 'R1' }],
      });
      assert.equal(filtered.length, 500);
      const selected = await world.read({
        from: {
          select: 'SELECT N, @source AS S FROM dbo.[Rows to read] WHERE Route = @user_Route -- of the user',
        },
        columns: [...columns, { column: 'S', type: type('text') }],
        orderBy: ['N'],
        user: { name: 'ANNA', values: new Map([['Route', 'R2']]) },
      });
      assert.equal(selected.length, 500);
      assert.deepEqual(selected[0], ['2', SOURCE]);
    },
  },
  {
    group,
    name: 'a value that is not of its declared type is refused with its column',
    documented: 'CONVERT(nvarchar, x) of a character column is the text itself',
    async run(world) {
      await rowsToRead(world);
      await assert.rejects(
        world.read({
          from: { table: TABLE },
          columns: [{ column: 'Route', type: type('int') }],
          orderBy: ['N'],
        }),
        (error) =>
          error instanceof BodyStreamError &&
          error.failure.kind === 'rejected' &&
          error.failure.field === 'Route',
      );
    },
  },
  {
    group,
    name: 'users are read as text by column; a column that would lose digits is refused',
    documented: 'column metadata names type, precision and scale',
    async run(world) {
      const users = await world.erp.reader.users(
        `SELECT N'ANNA' AS UserName, 7 AS Route, CAST(1 AS bit) AS Active, CAST(NULL AS nvarchar(5)) AS Van`,
        signal,
      );
      assert.ok(users.ok, JSON.stringify(users));
      assert.deepEqual(
        [...(users.value[0]?.values ?? [])],
        [
          ['UserName', 'ANNA'],
          ['Route', '7'],
          ['Active', '1'],
          ['Van', null],
        ],
      );
      const inexact = await world.erp.reader.users(
        `SELECT N'ANNA' AS UserName, CAST(1.5 AS decimal(18,4)) AS Budget`,
        signal,
      );
      assert.ok(!inexact.ok && inexact.failure.kind === 'rejected');
      assert.equal(inexact.failure.code, 'inexact-column');
    },
  },
  {
    group,
    name: 'a row exists or not; a document is known by its number or not',
    documented: 'EXISTS is true for at least one row',
    async run(world) {
      await rowsToRead(world);
      const exists = (value: string): ReturnType<typeof world.erp.reader.exists> =>
        world.erp.reader.exists(TABLE, 'Route', value, signal);
      assert.deepEqual(await exists('R1'), { ok: true, value: true });
      assert.deepEqual(await exists("R1' OR 1=1 --"), { ok: true, value: false });
      const known = await world.erp.writer.documentKnown(SOURCE, 'order', 'never', signal);
      assert.deepEqual(known, { ok: true, value: false });
    },
  },
  {
    group,
    name: 'a table with a row version says where it stands, and never the same after a commit',
    documented: 'MIN_ACTIVE_ROWVERSION() is the lowest row version that may be uncommitted',
    optional: true,
    async run(world) {
      await world.beside.query(
        'CREATE TABLE dbo.[Where it stands] (N int NOT NULL CONSTRAINT where_it_stands_pk PRIMARY KEY, V rowversion)',
      );
      const table = { schema: 'dbo', name: 'Where it stands' };
      const seen = new Set<string>();
      for (const text of [
        'INSERT INTO dbo.[Where it stands] (N) VALUES (1), (2)',
        'UPDATE dbo.[Where it stands] SET N = 3 WHERE N = 2',
        'DELETE FROM dbo.[Where it stands] WHERE N = 3',
        'DELETE FROM dbo.[Where it stands]; INSERT INTO dbo.[Where it stands] (N) VALUES (1)',
        'TRUNCATE TABLE dbo.[Where it stands]',
      ]) {
        await world.beside.query(text);
        const told = await world.erp.reader.positions([table], signal);
        assert.ok(told.ok, JSON.stringify(told));
        const [position] = [...told.value.values()];
        assert.ok(position !== undefined, 'the server cannot tell');
        assert.ok(!seen.has(position), text);
        seen.add(position);
      }
    },
  },
  {
    group,
    name: 'names are told apart: table, view with its text, nothing',
    documented: 'sys.objects and sys.sql_modules',
    async run(world) {
      await rowsToRead(world);
      await world.beside.query('CREATE VIEW dbo.[Seen through] AS SELECT N FROM dbo.[Rows to read]');
      const found = await baseTables(
        world.erp.reader,
        [{ select: 'SELECT N FROM dbo.[Seen through]' }, { table: TABLE }],
        signal,
      );
      assert.deepEqual(found.ok && found.value.kind === 'known' ? found.value.tables : found, [TABLE]);
      const none = await baseTables(world.erp.reader, [{ select: 'SELECT N FROM dbo.Nowhere' }], signal);
      assert.equal(none.ok && none.value.kind, 'unknown');
    },
  },
  {
    group,
    name: 'a view is one moment',
    documented: 'with ALLOW_SNAPSHOT_ISOLATION ON a snapshot transaction does not see later commits',
    optional: true,
    async run(world) {
      await rowsToRead(world);
      await world.beside.query(
        `ALTER DATABASE [${world.bench.settings.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`,
      );
      const view = await world.erp.reader.openView(signal);
      assert.ok(view.ok, JSON.stringify(view));
      try {
        assert.equal(view.value.consistency, 'snapshot');
        await world.beside.query('INSERT INTO dbo.[Rows to read] (N) VALUES (9999)');
        let rows = 0;
        for await (const chunk of view.value.read(
          {
            from: { table: TABLE },
            columns: [{ column: 'N', type: type('int') }],
            where: [],
            orderBy: ['N'],
            user: { name: 'ANNA', values: new Map() },
            source: SOURCE,
          },
          signal,
        ))
          rows += chunk.length;
        assert.equal(rows, 1_500);
      } finally {
        await view.value.close();
        await world.beside.query('DELETE FROM dbo.[Rows to read] WHERE N = 9999');
      }
    },
  },
];
