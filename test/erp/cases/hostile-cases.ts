import assert from 'node:assert/strict';
import type { WriteUnit } from '../../../main/core/packets/erp.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';
import { HOSTILE_TEXTS, withNul } from '../hostile-texts.ts';
import { mappingOf, packetOf, unitOf } from '../mapped.ts';
import type { TortureTable } from '../torture-schema.ts';
import { makeTable, mappingFor, readBack, seenBeside, writeRows } from './torture-cases.ts';

const group = 'hostile texts';

/** Everything a statement could have made, changed or taken away. */
async function schemaOf(world: ErpWorld): Promise<string> {
  const ask = (text: string): Promise<unknown> => world.beside.query(text);
  return JSON.stringify([
    await ask('SELECT name, type FROM sys.objects ORDER BY name, type'),
    await ask('SELECT object_id, name, column_id FROM sys.columns ORDER BY object_id, column_id'),
    await ask('SELECT name FROM sys.schemas ORDER BY name'),
    await ask('SELECT COUNT(*) AS n FROM dbo.[Bystander]'),
  ]);
}

async function bystander(world: ErpWorld): Promise<void> {
  if ((await world.count(`sys.tables WHERE name = N'Bystander'`)) > 0) return;
  await world.beside.query('CREATE TABLE dbo.[Bystander] (N int NOT NULL)');
  await world.beside.query('INSERT INTO dbo.[Bystander] (N) VALUES (1), (2), (3)');
}

/** Runs what must not change the schema, and says for which text it did. */
async function unharmed(
  world: ErpWorld,
  act: (text: string) => Promise<void>,
  texts = HOSTILE_TEXTS,
): Promise<void> {
  const before = await schemaOf(world);
  for (const text of texts) {
    try {
      await act(text);
    } catch (error) {
      throw new Error(`${JSON.stringify(text)}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  assert.equal(await schemaOf(world), before);
}

/** Refused with words, and nothing of it stays: a throw would be a fault of the program. */
async function refused(world: ErpWorld, one: WriteUnit): Promise<void> {
  const done = await world.erp.writer.apply(one, signal);
  assert.ok(!done.ok && done.failure.kind === 'rejected', JSON.stringify(done));
  assert.equal(await world.count(`ferry.ledger WHERE packet_id = N'${one.packetId}'`), 0);
}

interface Names {
  readonly staging?: string;
  readonly upsertKey?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly procedure?: string;
  readonly column?: string;
  readonly key?: string;
}

/** A mapping that writes where these names say; what is left out is the plain table of bystanders. */
const naming = (names: Names): object => ({
  mappingVersion: 1,
  name: 'names',
  push: {
    entities: [
      {
        entity: 'Back',
        from: { table: { schema: names.schema ?? 'dbo', name: names.table ?? 'Bystander' } },
        fields: { F0: { column: names.column ?? 'N', type: 'text' } },
        filter: [{ column: names.column ?? 'N', equalsUser: 'Route' }],
        orderBy: [names.column ?? 'N'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'row',
        entity: 'Rows',
        write: {
          to:
            names.staging !== undefined
              ? { staging: { schema: 'dbo', name: names.staging } }
              : names.upsertKey !== undefined
                ? {
                    table: { schema: 'dbo', name: 'Bystander' },
                    upsert: { key: [names.upsertKey], onExisting: 'keep' },
                  }
                : names.procedure === undefined
                  ? {
                      table: { schema: names.schema ?? 'dbo', name: names.table ?? 'Bystander' },
                      rawInsert: true,
                    }
                  : { procedure: { schema: names.schema ?? 'dbo', name: names.procedure } },
          values: {
            [names.upsertKey ?? names.column ?? 'N']: { field: 'f0', type: 'text(200)', required: true },
          },
        },
        ...(names.staging === undefined
          ? {}
          : { erpStatus: { column: 'S', accepted: ['a'], refused: ['r'] } }),
        ...(names.key === undefined ? {} : { returns: { key: { name: names.key, type: 'int' } } }),
      },
    ],
  },
});

const POSITIONS: readonly (readonly [what: string, names: (text: string) => Names])[] = [
  ['a schema', (text) => ({ schema: text })],
  ['a table', (text) => ({ table: text })],
  ['a column', (text) => ({ column: text })],
  ['the column of the key', (text) => ({ key: text })],
  ['a staging table', (text) => ({ staging: text, key: 'N' })],
  ['the key of a staging table', (text) => ({ staging: 'Bystander', key: text })],
  ['a key column of an upsert', (text) => ({ upsertKey: text })],
  ['a procedure', (text) => ({ procedure: text })],
  ['a parameter of a procedure', (text) => ({ procedure: 'PostPayment', column: text })],
  ['an OUTPUT parameter', (text) => ({ procedure: 'PostPayment', column: 'Amount', key: text })],
];

export const HOSTILE_CASES: readonly ContractCase[] = [
  {
    group,
    name: `${HOSTILE_TEXTS.length} values are stored exactly, and found by`,
    documented: 'a parameter is never parsed',
    async run(world) {
      await bystander(world);
      const table: TortureTable = {
        name: 'T hostile values',
        columns: [
          { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' },
          { name: 'short', sql: 'nvarchar(200) NULL', type: 'text(200)' },
          { name: 'long', sql: 'nvarchar(max) NULL', type: 'text' },
        ],
        rows: [...HOSTILE_TEXTS].map((text, index) => [
          String(index + 1),
          text,
          `${text}${'x'.repeat(5000)}`,
        ]),
      };
      await makeTable(world, table);
      const mapping = mappingFor(table);
      await unharmed(world, () => writeRows(world, mapping, table.rows), ['all']);
      assert.deepEqual(await readBack(world, mapping, table), table.rows);
      assert.deepEqual(await seenBeside(world, table), table.rows);
      const from = { schema: 'dbo', name: table.name };
      await unharmed(world, async (text) => {
        assert.deepEqual(await world.erp.reader.exists(from, 'short', text, signal), {
          ok: true,
          value: true,
        });
        const none = await world.erp.reader.exists(from, 'short', `${text}!`, signal);
        assert.deepEqual(none, { ok: true, value: false });
        const rows = await world.read({
          from: { table: from },
          columns: [{ column: 'K', type: { kind: 'int' } }],
          where: [{ column: 'long', value: `${text}${'x'.repeat(5000)}` }],
          orderBy: ['K'],
        });
        assert.ok(rows.length > 0, 'not found by its value');
        const chosen = await world.read({
          from: { select: 'SELECT K FROM dbo.[T hostile values] WHERE short = @user_Route' },
          columns: [{ column: 'K', type: { kind: 'int' } }],
          orderBy: ['K'],
          user: { name: text, values: new Map([['Route', text]]) },
        });
        assert.ok(chosen.length > 0, 'not found by the value of a user');
      });
    },
  },
  {
    group,
    name: 'constants, codes and defaults of a mapping',
    documented: 'a parameter is never parsed',
    async run(world) {
      await bystander(world);
      await world.beside.query(
        'CREATE TABLE dbo.[T hostile constants] (K int IDENTITY(1,1) NOT NULL PRIMARY KEY, A nvarchar(200) NULL, B nvarchar(200) NULL, C nvarchar(200) NULL)',
      );
      await unharmed(world, async (text) => {
        const mapping = mappingOf({
          ...naming({}),
          pull: {
            codes: { all: { [text]: text } },
            documents: [
              {
                document: 'row',
                entity: 'Rows',
                write: {
                  to: { table: { schema: 'dbo', name: 'T hostile constants' }, rawInsert: true },
                  values: {
                    A: { constant: text, type: 'text(200)' },
                    B: { field: 'code', type: 'text(200)', codes: 'all' },
                    C: { field: 'missing', type: 'text(200)', default: text },
                  },
                },
              },
            ],
          },
        });
        const packet = packetOf('Rows', [{ DMS_ROWID: world.fresh('row'), code: text }]);
        const one = unitOf(mapping, packet, { source: SOURCE, packetId: world.fresh('packet') });
        assert.ok(one.ok, JSON.stringify(one));
        const done = await world.erp.writer.apply(one.value, signal);
        assert.ok(done.ok, JSON.stringify(done));
        const last = await world.beside.query(
          'SELECT TOP (1) A, B, C FROM dbo.[T hostile constants] ORDER BY K DESC',
        );
        assert.deepEqual(last, [{ A: text, B: text, C: text }]);
      });
    },
  },
  {
    group,
    name: 'words of the ledger: packet, document, entity, row, number, user, company, series',
    documented: 'a parameter is never parsed',
    async run(world) {
      await bystander(world);
      await unharmed(world, async (text) => {
        const packetId = `${text}${world.fresh('')}`;
        const one: WriteUnit = {
          source: SOURCE,
          packetId,
          revision: 0,
          payloadHash: 'a'.repeat(64) as WriteUnit['payloadHash'],
          mappingHash: 'b'.repeat(64) as WriteUnit['mappingHash'],
          user: text,
          company: text,
          documents: [
            {
              document: text,
              entity: text,
              rowId: packetId.slice(-90),
              number: text,
              contentHash: 'c'.repeat(64) as WriteUnit['payloadHash'],
              header: {
                kind: 'insert',
                target: { schema: 'dbo', name: 'Payments' },
                values: [
                  { name: 'Amount', type: { kind: 'decimal', precision: 19, scale: 4 }, value: '1' },
                  { name: 'Note', type: { kind: 'text', length: 50 }, value: text.slice(0, 50) },
                ],
                returnsKey: { name: 'PaymentId', type: { kind: 'int' } },
              },
              lines: [],
            },
          ],
          series: [{ user: text, series: text, current: '5' }],
        };
        const done = await world.erp.writer.apply(one, signal);
        assert.ok(done.ok && done.value.kind === 'applied', JSON.stringify(done));
        const rows = one.documents.map(({ entity, rowId }) => ({ entity, rowId }));
        const looked = await world.erp.writer.look(SOURCE, packetId, rows, signal);
        assert.ok(looked.ok, JSON.stringify(looked));
        assert.equal(looked.value.packet?.documents[0]?.document, text);
        assert.equal(looked.value.documents[0]?.number, text);
        const known = await world.erp.writer.documentKnown(SOURCE, text, text, signal);
        assert.deepEqual(known, { ok: true, value: true });
      });
    },
  },
  {
    group,
    name: 'names of tables and columns that exist: written and read under them',
    documented: 'identifiers in brackets hold any character; ] is doubled',
    async run(world) {
      await bystander(world);
      for (const [index, text] of HOSTILE_TEXTS.entries()) {
        // The same name in other capitals would be the same table.
        const table: TortureTable = {
          name: `${text} ${index}`,
          columns: [
            { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' },
            { name: text, sql: 'nvarchar(200) NULL', type: 'text(200)' },
          ],
          rows: [['1', text]],
        };
        await makeTable(world, table);
        const mapping = mappingFor(table);
        await unharmed(world, async () => {
          await writeRows(world, mapping, table.rows);
          assert.deepEqual(await readBack(world, mapping, table), table.rows);
        }, [text]);
        await world.beside.query(`DROP TABLE dbo.[${table.name.replaceAll(']', ']]')}]`);
      }
    },
  },
  ...POSITIONS.map(([what, names]): ContractCase => ({
    group,
    name: `${what} with a name that nothing has: refused, nothing changes`,
    documented: 'errors 207, 208, 2812, 2760 or 8145: there is no such object, column or parameter',
    async run(world) {
      await bystander(world);
      await unharmed(
        world,
        async (text) => {
          const packet = packetOf('Rows', [{ DMS_ROWID: world.fresh('row'), f0: '1' }]);
          const one = unitOf(mappingOf(naming(names(text))), packet, {
            source: SOURCE,
            packetId: world.fresh('packet'),
          });
          assert.ok(one.ok, JSON.stringify(one));
          await refused(world, one.value);
        },
        HOSTILE_TEXTS,
      );
      assert.throws(
        () => mappingOf(naming(names(withNul))),
        'a name no server takes is refused in the mapping',
      );
    },
  })),
  ...POSITIONS.slice(0, 3).map(([what, names]): ContractCase => ({
    group,
    name: `${what} with a name that nothing has, when read: refused, nothing changes`,
    documented: 'errors 207 and 208: there is no such column or object',
    async run(world) {
      await bystander(world);
      await unharmed(
        world,
        async (text) => {
          const [back] = mappingOf(naming(names(text))).push.entities;
          assert.ok(back !== undefined && 'table' in back.from);
          const column = back.orderBy[0] ?? '';
          const found = await world.erp.reader.exists(back.from.table, column, '1', signal);
          assert.ok(!found.ok && found.failure.kind === 'rejected', JSON.stringify(found));
          const read = await world
            .read({
              from: back.from,
              columns: [{ column, type: { kind: 'text' } }],
              where: [{ column, value: text }],
              orderBy: back.orderBy,
            })
            .then(
              () => 'read',
              (error: unknown) => (error as { failure?: { kind: string } }).failure?.kind ?? String(error),
            );
          assert.equal(read, 'rejected');
        },
        HOSTILE_TEXTS,
      );
    },
  })),
  {
    group,
    name: 'the schema of the ledger',
    documented: 'OBJECT_ID of a name in brackets that nothing has is NULL',
    async run(world) {
      await bystander(world);
      await unharmed(
        world,
        async (text) => {
          const settings = { ...world.bench.settings, ledger: { schema: text } };
          const erp = world.bench.erp({ settings, createObjects: false });
          const ready = await erp.ready(signal);
          await erp.close();
          assert.ok(!ready.ok && ready.failure.kind === 'fenced', JSON.stringify(ready));
          assert.equal(ready.failure.reason, 'ledger-missing');
        },
        HOSTILE_TEXTS,
      );
    },
  },
];
