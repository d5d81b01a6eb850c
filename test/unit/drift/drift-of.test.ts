import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import type { Catalogue, CatalogueColumn, ColumnType } from '../../../main/core/drift/catalogue.ts';
import { driftOf, newsOf } from '../../../main/core/drift/drift-of.ts';
import { driftFailure, findingText, saysSchema } from '../../../main/core/drift/finding.ts';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { catalogueOf } from './catalogue-of.ts';

const SAMPLE = mappingSchema.parse(
  JSON.parse(
    readFileSync(new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url), 'utf8'),
  ),
);
const TYPES = [
  'text(20)',
  'text',
  'decimal(18,4)',
  'int',
  'bigint',
  'bool',
  'datetime',
  'date',
  'guid',
  'binary',
];

/** A mapping of its own for each seed: tables and procedures, optional and required, keys, constants and code maps. */
function mappingFrom(seed: number): Mapping {
  const random = seededRandom(seed + 1);
  const pick = <T>(all: readonly T[]): T => {
    const one = all[Math.floor(random() * all.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  const value = (): unknown =>
    pick([
      { field: 'f', type: pick(TYPES), required: pick([true, false]) },
      { field: 'f', type: 'text(10)', codes: 'c' },
      { constant: 'mobile', type: 'text(10)' },
      { packet: 'user' },
    ]);
  const values = (): unknown =>
    Object.fromEntries(
      Array.from({ length: 1 + Math.floor(random() * 5) }, (_, index) => [`C ${index}`, value()]),
    );
  const target = (name: string): unknown =>
    pick([true, false]) ? { table: { name }, rawInsert: true } : { procedure: { name } };
  return mappingSchema.parse({
    mappingVersion: 1,
    name: 'random',
    push: {
      entities: Array.from({ length: 1 + Math.floor(random() * 3) }, (_, entity) => ({
        entity: `E${entity}`,
        from: { table: { name: `R${entity}` } },
        fields: Object.fromEntries(
          Array.from({ length: 1 + Math.floor(random() * 4) }, (_, field) => [
            `f${field}`,
            { column: `F${field}`, type: pick(TYPES) },
          ]),
        ),
        orderBy: ['F0', 'Id'],
        filter: [{ column: 'Who', equalsUser: 'Name' }],
      })),
    },
    pull: {
      documents: Array.from({ length: 1 + Math.floor(random() * 2) }, (_, document) => ({
        document: `d${document}`,
        entity: `H${document}`,
        write: { to: target(`W${document}`), values: values() },
        returns: { key: { name: 'Key', type: 'int' }, number: { name: 'No', type: 'text(20)' } },
        lines: [
          {
            entity: `L${document}`,
            join: { line: 'a', header: 'b' },
            write: {
              to: target(`WL${document}`),
              values: { Parent: { header: 'key' }, ...(values() as Record<string, unknown>) },
            },
          },
        ],
        references: [{ field: 'x', to: { table: { name: 'Known' }, column: 'Code' } }],
      })),
      codes: { c: { a: 'alpha', b: 'beta' } },
    },
  });
}

const breaking = (mapping: Mapping, catalogue: Catalogue): readonly string[] =>
  driftOf(mapping, catalogue).flatMap(({ severity, kind }) => (severity === 'breaking' ? kind : []));

const withColumn = (
  catalogue: Catalogue,
  table: string,
  name: string,
  change: (column: CatalogueColumn) => CatalogueColumn | undefined,
): Catalogue => ({
  ...catalogue,
  objects: catalogue.objects.map((one) =>
    one.name === table
      ? { ...one, columns: one.columns.flatMap((each) => (each.name === name ? (change(each) ?? []) : each)) }
      : one,
  ),
});

describe('any mapping', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))('fits the ERP it describes, seed %i', (seed) => {
    const mapping = mappingFrom(seed);
    const whole = catalogueOf(mapping);
    expect(driftOf(mapping, whole)).toEqual([]);
    // Capitals make no other table of it.
    const shouted = whole.objects.map((one) => ({ ...one, name: one.name.toUpperCase() }));
    expect(driftOf(mapping, { ...whole, objects: shouted })).toEqual([]);
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('misses no part of it, seed %i', (seed) => {
    const mapping = mappingFrom(seed);
    const whole = catalogueOf(mapping);
    for (const object of whole.objects) {
      const without = { ...whole, objects: whole.objects.filter((one) => one !== object) };
      expect(breaking(mapping, without)).toContain('missing-object');
      for (const column of object.columns) {
        const dropped = withColumn(whole, object.name, column.name, () => undefined);
        expect(breaking(mapping, dropped), `${object.name}.${column.name}`).toContain('missing-column');
      }
    }
    for (const procedure of whole.procedures) {
      const others = whole.procedures.filter((one) => one !== procedure);
      expect(breaking(mapping, { ...whole, procedures: others })).toContain('missing-object');
      for (const parameter of procedure.parameters) {
        const parameters = procedure.parameters.filter((one) => one !== parameter);
        expect(
          breaking(mapping, { ...whole, procedures: [...others, { ...procedure, parameters }] }),
        ).toContain('missing-parameter');
      }
      const added = { name: 'New', type: { name: 'int', precision: 10, scale: 0 }, output: false };
      const grown = (hasDefault: boolean | undefined): Catalogue => ({
        ...whole,
        procedures: [
          ...others,
          { ...procedure, parameters: [...procedure.parameters, { ...added, hasDefault }] },
        ],
      });
      expect(breaking(mapping, grown(false))).toEqual(['required-parameter']);
      expect(driftOf(mapping, grown(true))).toEqual([]);
      expect(driftOf(mapping, grown(undefined)).map((one) => one.severity)).toEqual(['note']);
    }
  });

  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'is not stopped by what harms nothing, seed %i',
    (seed) => {
      const mapping = mappingFrom(seed);
      const whole = catalogueOf(mapping);
      const grown: Catalogue = {
        ...whole,
        objects: whole.objects.map((one) => ({
          ...one,
          triggers: [{ name: 'Watcher', enabled: true, insteadOf: false }],
          columns: [
            ...one.columns.map((column) =>
              column.type.name === 'nvarchar'
                ? { ...column, type: { ...column.type, length: 'max' as const } }
                : column,
            ),
            { ...plainColumn('New', { name: 'int', precision: 10, scale: 0 }) },
            {
              ...plainColumn('Filled', { name: 'int', precision: 10, scale: 0 }),
              nullable: false,
              hasDefault: true,
            },
            { ...plainColumn('Version', { name: 'timestamp', precision: 0, scale: 0 }), nullable: false },
            {
              ...plainColumn('Until', { name: 'datetime2', precision: 27, scale: 7 }),
              nullable: false,
              generated: true,
            },
          ],
        })),
      };
      expect(breaking(mapping, grown)).toEqual([]);
      for (const { kind } of newsOf(mapping, whole, grown)) expect(['trigger', 'new-column']).toContain(kind);
    },
  );
});

const plainColumn = (name: string, type: ColumnType): CatalogueColumn => ({
  name,
  type,
  nullable: true,
  identity: false,
  computed: false,
  generated: false,
  hasDefault: false,
});
const sized = (name: string, length?: number | 'max', precision = 0, scale = 0): ColumnType => ({
  name,
  ...(length === undefined ? {} : { length }),
  precision,
  scale,
});

describe('the sample mapping', () => {
  const whole = catalogueOf(SAMPLE);
  const changed = (table: string, name: string, change: Partial<CatalogueColumn>): readonly string[] =>
    driftOf(
      SAMPLE,
      withColumn(whole, table, name, (column) => ({ ...column, ...change })),
    ).map(({ severity, flow, kind }) => `${severity} ${flow} ${kind}`);

  it('fits the ERP it describes', () => expect(driftOf(SAMPLE, whole)).toEqual([]));

  it.each<[string, string, Partial<CatalogueColumn>, string]>([
    ['SalesOrders', 'Note', { type: sized('nvarchar', 249) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'Note', { type: sized('varchar', 250) }, 'note pull does-not-hold'],
    ['SalesOrders', 'Amount', { type: sized('decimal', undefined, 19, 2) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'Amount', { type: sized('money', undefined, 19, 4) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'Amount', { type: sized('float', undefined, 53) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'EnteredAt', { type: sized('datetime', undefined, 23, 3) }, 'note pull does-not-hold'],
    ['SalesOrders', 'EnteredAt', { type: sized('smalldatetime') }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'CustomerName', { nullable: false }, 'breaking pull must-not-be-empty'],
    ['SalesOrders', 'CustomerNo', { type: sized('int', undefined, 10) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'Note', { computed: true }, 'breaking pull not-writable'],
    ['SalesOrders', 'Note', { identity: true }, 'breaking pull not-writable'],
    ['Sales Order Line', 'OrderId', { type: sized('smallint', undefined, 5) }, 'breaking pull does-not-hold'],
    ['SalesOrders', 'OrderId', { type: sized('uniqueidentifier') }, 'breaking pull not-of-its-type'],
    ['Items', 'UnitPrice', { type: sized('varbinary', 8) }, 'breaking push not-readable'],
    ['Items', 'Description', { type: sized('nvarchar', 200) }, 'note push does-not-hold'],
    ['Items', 'ItemNo', { type: sized('ntext') }, 'breaking push not-comparable'],
  ])('%s.%s as %o: %s', (table, name, change, expected) => {
    expect(changed(table, name, change)).toContain(expected);
  });

  it('lets a column have no room for more than a constant or a code map needs', () => {
    // "mobile" and "delivery" are declared text(10).
    expect(changed('SalesOrders', 'Origin', { type: sized('nvarchar', 6) })).toEqual([]);
    expect(changed('SalesOrders', 'DocumentType', { type: sized('nvarchar', 8) })).toEqual([]);
    expect(changed('SalesOrders', 'DocumentType', { type: sized('nvarchar', 7) })).toEqual([
      'breaking pull does-not-hold',
    ]);
  });

  it('stops one flow only, with the place, the reason and who acts', () => {
    const findings = driftOf(SAMPLE, {
      ...withColumn(whole, 'SalesOrders', 'Note', () => undefined),
      selects: [{ kind: 'refused', code: '207', message: "Invalid column name 'Phone'." }, { kind: 'fits' }],
    });
    expect(driftFailure(findings, 'pull')).toEqual({
      kind: 'rejected',
      code: 'drift',
      where: 'dbo.SalesOrders.Note',
      field: 'Note',
      message: 'the column is not there any more',
    });
    expect(driftFailure(findings, 'push')).toMatchObject({
      code: 'drift',
      where: 'Address',
      message: "the server refuses the SELECT: Invalid column name 'Phone'. (207)",
    });
    const [gone] = driftOf(SAMPLE, { ...whole, procedures: [] });
    expect(gone).toMatchObject({ owner: 'erp-administrator', table: 'dbo.TakeCustomer' });
    expect(gone === undefined ? '' : findingText(gone)).toContain('no procedure of that name');
    expect(driftFailure([], 'push')).toBeUndefined();
  });

  it('demands nothing of a synonym, and only tells of a view that is written to', () => {
    const name = { schema: 'dbo', name: 'SalesOrders' };
    const others = whole.objects.filter((one) => one.name !== name.name);
    expect(driftOf(SAMPLE, { ...whole, objects: others, synonyms: [name] })).toEqual([]);
    const view = whole.objects.map((one) =>
      one.name === name.name ? { ...one, kind: 'view' as const } : one,
    );
    expect(driftOf(SAMPLE, { ...whole, objects: view }).map((one) => one.severity)).toEqual(['note']);
  });
});

it('takes only numbers of the schema for a reason to look again', () => {
  expect(saysSchema({ kind: 'rejected', code: '207', message: '' })).toBe(true);
  expect(saysSchema({ kind: 'rejected', code: '50123', message: '' })).toBe(false);
  expect(saysSchema({ kind: 'unreachable', endpoint: 'erp:x', cause: '207' })).toBe(false);
});
