import { describe, expect, it } from 'vitest';
import type { Catalogue, CatalogueObject } from '../../../main/core/drift/catalogue.ts';
import { driftOf } from '../../../main/core/drift/drift-of.ts';
import { findingText } from '../../../main/core/drift/finding.ts';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { catalogueOf } from './catalogue-of.ts';

const MAPPING = mappingSchema.parse({
  mappingVersion: 1,
  name: 'targets',
  push: {
    entities: [
      {
        entity: 'E',
        from: { table: { name: 'R' } },
        fields: { f: { column: 'F', type: 'int' } },
        orderBy: ['F'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'contact',
        entity: 'Contact',
        write: {
          to: { table: { name: 'Contacts' }, upsert: { key: ['No', 'Area'] } },
          values: {
            No: { field: 'no', type: 'text(20)', required: true },
            Area: { constant: '3', type: 'int' },
            Name: { field: 'name', type: 'text(50)' },
          },
        },
        returns: { key: { name: 'Id', type: 'int' } },
      },
      {
        document: 'order',
        entity: 'Order',
        write: {
          to: { staging: { name: 'Inbox' } },
          values: { Customer: { field: 'c', type: 'text(20)', required: true } },
        },
        returns: { key: { name: 'InboxId', type: 'int' } },
        erpStatus: { column: 'Status', accepted: ['A'], refused: ['R'], number: 'No', reason: 'Reason' },
      },
    ],
  },
});

const text = { name: 'nvarchar', length: 20, precision: 0, scale: 0 } as const;

/** The ERP as the mapping needs it, with these keys, and with the columns the ERP answers in. */
function erp(
  keys: Readonly<Record<string, readonly (readonly string[])[]>>,
  change: (table: CatalogueObject) => CatalogueObject = (table) => table,
): Catalogue {
  const base = catalogueOf(MAPPING as Mapping);
  const answers = ['Status', 'No', 'Reason'].map((name) => ({
    name,
    type: text,
    nullable: true,
    identity: false,
    computed: false,
    generated: false,
    hasDefault: false,
  }));
  const objects = base.objects.map((table) =>
    change({
      ...table,
      columns: table.name === 'Inbox' ? [...table.columns, ...answers] : table.columns,
      keys: (keys[table.name] ?? []).map((columns, index) => ({
        name: `k${index}`,
        primary: index === 0,
        columns,
      })),
    }),
  );
  return { ...base, objects };
}
const UNIQUE = { Contacts: [['Id'], ['NO', 'area']], Inbox: [['InboxId']] };
const findings = (catalogue: Catalogue): readonly string[] =>
  driftOf(MAPPING, catalogue).map((one) => {
    expect(findingText(one)).not.toBe('');
    return `${one.severity} ${one.kind} ${one.table}.${one.column ?? ''}`;
  });

describe('what upserts and staging tables need of the ERP', () => {
  it('fits where the keys are unique and the answers are there', () => {
    expect(findings(erp(UNIQUE))).toEqual([]);
  });

  it('a part of the key that is unique by itself is enough', () => {
    expect(findings(erp({ ...UNIQUE, Contacts: [['Area']] }))).toEqual([]);
  });

  it.each([
    ['no key at all', []],
    ['a wider one', [['No', 'Area', 'Name']]],
    ['another one', [['Id']]],
  ])('%s is told and stops nothing', (_name, keys) => {
    expect(findings(erp({ ...UNIQUE, Contacts: keys }))).toEqual(['note not-unique dbo.Contacts.No, Area']);
  });

  it('a staging row that cannot be told from others is told', () => {
    expect(findings(erp({ ...UNIQUE, Inbox: [] }))).toEqual(['note not-unique dbo.Inbox.InboxId']);
  });

  it.each(['Status', 'No', 'Reason'])('without the column %s nobody hears of a row: it stops', (name) => {
    const without = erp(UNIQUE, (table) =>
      table.name === 'Inbox'
        ? { ...table, columns: table.columns.filter((column) => column.name !== name) }
        : table,
    );
    expect(findings(without)).toEqual([`breaking missing-column dbo.Inbox.${name}`]);
  });

  it('a key that cannot be compared stops', () => {
    const long = erp(UNIQUE, (table) => ({
      ...table,
      columns: table.columns.map((column) =>
        table.name === 'Contacts' && column.name === 'No'
          ? { ...column, type: { name: 'ntext', precision: 0, scale: 0 } }
          : column,
      ),
    }));
    expect(findings(long)).toContain('breaking not-comparable dbo.Contacts.No');
  });
});
