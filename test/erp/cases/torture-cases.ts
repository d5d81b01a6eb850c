import assert from 'node:assert/strict';
import { canonicalText } from '../../../main/adapters/erp-mssql/read-value.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';
import { signal, type ContractCase, type ErpWorld } from '../contract-case.ts';
import { mappingOf, packetOf, unitOf } from '../mapped.ts';
import {
  createTable,
  nameOf,
  seenAs,
  TORTURE_TABLES,
  typeOf,
  type TortureColumn,
  type TortureTable,
} from '../torture-schema.ts';

type Row = readonly (string | null)[];

const written = (table: TortureTable): readonly TortureColumn[] =>
  table.columns.filter((one) => one.given === undefined);

/** One document kind for the table, and the table itself on its way back. */
export function mappingFor(table: TortureTable): Mapping {
  const to = { table: { schema: table.schema ?? 'dbo', name: table.name } };
  const [first] = table.columns;
  if (first === undefined) throw new Error('a table without columns');
  return mappingOf({
    mappingVersion: 1,
    name: 'torture',
    push: {
      entities: [
        {
          entity: 'Back',
          from: to,
          fields: Object.fromEntries(
            table.columns.map((one, index) => [`F${index}`, { column: one.name, type: one.type }]),
          ),
          orderBy: [first.name],
        },
      ],
    },
    pull: {
      documents: [
        {
          document: 'row',
          entity: 'Rows',
          write: {
            to: { ...to, rawInsert: true },
            values: Object.fromEntries(
              written(table).map((one, index) => [one.name, { field: `f${index}`, type: one.type }]),
            ),
          },
          returns: { key: { name: first.name, type: first.type } },
        },
      ],
    },
  });
}

/** Writes through the mapping: as many rows in a packet as one transaction takes. */
export async function writeRows(world: ErpWorld, mapping: Mapping, rows: readonly Row[]): Promise<void> {
  const AT_ONCE = 40;
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const packet = packetOf(
      'Rows',
      rows.slice(from, from + AT_ONCE).map((row) => ({
        DMS_ROWID: world.fresh('row'),
        ...Object.fromEntries(row.map((value, index) => [`f${index}`, value])),
      })),
    );
    const one = unitOf(mapping, packet, { source: SOURCE, packetId: world.fresh('packet') });
    assert.ok(one.ok, JSON.stringify(one));
    const done = await world.erp.writer.apply(one.value, signal);
    assert.equal(done.ok && done.value.kind, 'applied', JSON.stringify(done));
  }
}

/** What the product's reader gives for the whole table. */
export function readBack(world: ErpWorld, mapping: Mapping, table: TortureTable): Promise<Row[]> {
  const [back] = mapping.push.entities;
  assert.ok(back !== undefined);
  return world.read({
    from: back.from,
    columns: table.columns.map((one) => ({ column: one.name, type: typeOf(one) })),
    orderBy: back.orderBy,
  });
}

/** What a connection that is not the product's sees, through the server's conversions, in the product's spelling. */
export async function seenBeside(world: ErpWorld, table: TortureTable): Promise<Row[]> {
  const columns = table.columns.map((one, index) => `${seenAs(one)} AS c${index}`);
  const [first] = table.columns;
  const rows = await world.beside.query(
    `SELECT ${columns.join(', ')} FROM ${nameOf(table)} ORDER BY [${first?.name.replaceAll(']', ']]')}]`,
  );
  return rows.map((row) => table.columns.map((one, index) => spelled(row[`c${index}`], one)));
}

function spelled(seen: unknown, column: TortureColumn): string | null {
  if (seen === null || seen === undefined) return null;
  if (seen instanceof Uint8Array) return Buffer.from(seen).toString('base64');
  assert.ok(typeof seen === 'string', `${column.name} is seen as ${typeof seen}`);
  const type = typeOf(column);
  if (type.kind !== 'datetime') return canonicalText(seen, type) ?? `not ${column.type}: ${seen}`;
  // Style 121 leaves out the parts of a second that a type does not have.
  return seen.replace(' ', 'T').padEnd(20, '.').padEnd(23, '0').slice(0, 23);
}

/** Trailing zeros of decimals are the column's, not the value's. */
export const plain = (rows: readonly Row[], table: TortureTable): Row[] =>
  rows.map((row) =>
    row.map((value, index) => {
      const column = table.columns[index];
      if (value === null || column === undefined || typeOf(column).kind !== 'decimal') return value;
      const number = parseDecimal(value);
      return number === undefined ? value : shortestDecimal(number);
    }),
  );

export async function makeTable(world: ErpWorld, table: TortureTable): Promise<void> {
  for (const batch of createTable(table)) await world.beside.query(batch);
}

const group = 'values, there and back';

export const TORTURE_CASES: readonly ContractCase[] = [
  {
    group,
    name: `${TORTURE_TABLES.length} tables of the torture schema can be made`,
    documented: 'identifiers in brackets hold any character; ] is doubled',
    async run(world) {
      for (const table of TORTURE_TABLES) await makeTable(world, table);
    },
  },
  ...TORTURE_TABLES.map((table): ContractCase => ({
    group,
    name: `${table.name.trim()}: ${table.columns.map((one) => one.sql.split(' ')[0]).join(', ')}`,
    documented:
      table.stored === undefined
        ? 'each value is stored as it was given'
        : 'values are stored as the column rounds, pads or fills them in',
    async run(world) {
      const mapping = mappingFor(table);
      await writeRows(world, mapping, table.rows);
      const [read, seen] = [await readBack(world, mapping, table), await seenBeside(world, table)];
      assert.deepEqual(read, seen);
      assert.deepEqual(plain(read, table), table.stored ?? table.rows);
    },
  })),
  {
    group,
    name: 'days and moments from the year 1 on, and parts of a millisecond',
    documented: 'date and datetime2 begin with 0001-01-01; datetime2(7) counts 100 ns',
    async run(world) {
      const table: TortureTable = {
        name: 'T first days',
        columns: [
          { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' },
          { name: 'd', sql: 'date NULL', type: 'date' },
          { name: 'm', sql: 'datetime2(7) NULL', type: 'datetime' },
        ],
        rows: [],
      };
      await makeTable(world, table);
      const mapping = mappingFor(table);
      // A phone that sends such a day is refused by the mapping: several date types of SQL Server begin in 1753.
      const early = unitOf(mapping, packetOf('Rows', [{ DMS_ROWID: 'r', f0: '1', f1: '0001-01-01' }]), {
        source: SOURCE,
        packetId: world.fresh('packet'),
      });
      assert.ok(!early.ok && early.failure.kind === 'rejected', JSON.stringify(early));
      await world.beside.query(
        `INSERT INTO dbo.[T first days] (K, d, m) VALUES (1, '0001-01-01', '0001-01-01T00:00:00.0000000'), (2, '9999-12-31', '9999-12-31T23:59:59.999999'), (3, '1582-10-10', '1899-12-31T23:59:59.123987')`,
      );
      const read = await readBack(world, mapping, table);
      assert.deepEqual(read, await seenBeside(world, table));
      assert.deepEqual(read, [
        ['1', '0001-01-01', '0001-01-01T00:00:00.000'],
        ['2', '9999-12-31', '9999-12-31T23:59:59.999'],
        ['3', '1582-10-10', '1899-12-31T23:59:59.123'],
      ]);
    },
  },
  ...(
    [
      ['half of a surrogate pair', 'T half pairs', ['a\ud834', '\udd1eb']],
      ['a zero character inside a text', 'T zeros', ['a\u0000b', '\u0000']],
    ] as const
  ).map(([what, name, texts]): ContractCase => ({
    group,
    name: `${what} is kept`,
    documented: 'nvarchar stores any UTF-16 unit',
    optional: true,
    async run(world) {
      const table: TortureTable = {
        name,
        columns: [
          { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' },
          { name: 'v', sql: 'nvarchar(20) NULL', type: 'text(20)' },
        ],
        rows: texts.map((text, index) => [String(index + 1), text]),
      };
      await makeTable(world, table);
      const mapping = mappingFor(table);
      await writeRows(world, mapping, table.rows);
      assert.deepEqual(await readBack(world, mapping, table), table.rows);
      assert.deepEqual(await seenBeside(world, table), table.rows);
    },
  })),
];
