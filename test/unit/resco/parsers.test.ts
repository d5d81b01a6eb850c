import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canBeXml, xmlText, xmlTree } from '../../../main/adapters/protocols/xml-tree.ts';
import { addressesOf } from '../../../main/adapters/resco/addresses.ts';
import { readCursor } from '../../../main/adapters/resco/cursor.ts';
import { allOf, anyOf, fetchXml, is } from '../../../main/adapters/resco/fetch-query.ts';
import { readFetchResult } from '../../../main/adapters/resco/fetch-result.ts';
import { deletionTableOf, readSchema, type RescoSchema } from '../../../main/adapters/resco/metadata.ts';
import { fromResco, referenceOf, rowVersionOf, toResco } from '../../../main/adapters/resco/values.ts';
import { readWriteAnswer } from '../../../main/adapters/resco/write-answer.ts';
import { itemXml } from '../../../main/adapters/resco/write-body.ts';
import type { XmlNode } from '../../../main/adapters/protocols/xml-tree.ts';

const tree = (text: string): XmlNode => {
  const read = xmlTree(text);
  if (!read.ok) throw new Error(read.failure);
  return read.value;
};
const ID = '6f1d2c3a-0b1e-4c55-9a77-2f0a1b2c3d4e';

describe('XML', () => {
  it('any text that XML can carry comes back as it was, in elements and in attributes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(canBeXml(text));
        const root = tree(`<r a="${xmlText(text)}">${xmlText(text)}</r>`);
        expect(root.text).toBe(text);
        expect(root.attributes.get('a')).toBe(text);
      }),
    );
  });

  it.each([
    ['<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>', 'DOCTYPE'],
    ['<r><a></r></a>', 'well-formed'],
    ['<r>', 'well-formed'],
    ['<html><body>Maintenance</body></html>', 'HTML'],
    ['<!doctype html><html></html>', 'HTML'],
    ['', 'empty'],
    ['{"a":1}', 'not XML'],
    ['<a>'.repeat(100), 'deep'],
  ])('refuses %s', (text, words) => {
    const read = xmlTree(text);
    expect(read.ok ? '' : read.failure).toContain(words);
  });
});

describe('values', () => {
  it.each([
    ['decimal', '1234.50', '1234.5'],
    ['decimal', '-0.00', '0'],
    ['decimal', '1.5E-05', '0.000015'],
    ['decimal', '1,5', undefined],
    ['bool', 'True', 'true'],
    ['bool', '1', 'true'],
    ['bool', 'FALSE', 'false'],
    ['bool', 'yes', undefined],
    ['instant', '2026-11-20T09:00:00', '2026-11-20T09:00:00Z'],
    ['instant', '2026-11-20T09:00:00.987Z', '2026-11-20T09:00:00Z'],
    ['instant', '2026-11-20T10:00:00+01:00', '2026-11-20T09:00:00Z'],
    ['instant', '20.11.2026', undefined],
    ['date', '2026-11-20T00:00:00', '2026-11-20'],
    ['guid', `{${ID.toUpperCase()}}`, ID],
    ['choice', '-1', '-1'],
    ['choice', 'Open', undefined],
    ['bigint', '18446744073709551615', '18446744073709551615'],
    ['text', ' 007 ', ' 007 '],
    ['reference', `account:${ID.toUpperCase()}:A: b:c`, `account:${ID}`],
    ['reference', `account:{${ID}}`, `account:${ID}`],
    ['reference', 'account', undefined],
  ] as const)('%s %s', (type, text, canonical) => {
    expect(fromResco(type, text)).toBe(canonical);
  });

  it('row versions keep every digit, and labels may hold anything', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (version) => {
        expect(rowVersionOf(` ${version} `)).toBe(String(version));
        expect(rowVersionOf(`0x${version.toString(16)}`)).toBe(String(version));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (label) => {
        expect(referenceOf(`account:${ID}:${label}`)).toBe(`account:${ID}`);
      }),
    );
    expect(rowVersionOf('1e5')).toBeUndefined();
    expect(toResco('bool', 'true')).toBe('True');
    expect(toResco('date', '2026-11-20')).toBe('2026-11-20T00:00:00Z');
  });
});

describe('Fetch', () => {
  it('hostile names and values stay values', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(canBeXml(text));
        const xml = fetchXml({
          entity: text,
          attributes: [text],
          filter: anyOf(is(text, 'eq', text), allOf(is(text, 'in', text, text), is(text, 'null'))),
          order: [{ attribute: text }],
          count: 1,
        });
        const [entity] = tree(xml ?? '').children;
        expect(entity?.attributes.get('name')).toBe(text);
        expect(entity?.children.map(({ name }) => name)).toEqual(['attribute', 'filter', 'order']);
        const [eq, nested] = entity?.children[1]?.children ?? [];
        expect(eq?.attributes.get('value')).toBe(text);
        expect(nested?.children[0]?.children.map((value) => value.text)).toEqual([text, text]);
      }),
    );
  });

  it('a value XML cannot carry makes no question, and more than a hundred values are none', () => {
    const query = { entity: 'account', attributes: ['id'], order: [], count: 1 };
    expect(fetchXml({ ...query, filter: is('name', 'eq', 'a\u0000b') })).toBeUndefined();
    const many = Array.from({ length: 101 }, (_, at) => String(at));
    expect(() => fetchXml({ ...query, filter: is('id', 'in', ...many) })).toThrow('101');
  });

  it.each([
    ['<FetchResponse><Entities/></FetchResponse>', 'MoreRecords'],
    ['<FetchResponse><MoreRecords>false</MoreRecords></FetchResponse>', 'Entities'],
    ['<Fault><Code>1</Code><Reason>no</Reason></Fault>', 'no'],
    [
      '<R><Entities><Entity EntityName="account"/><Fault><Reason>row</Reason></Fault></Entities><MoreRecords>false</MoreRecords></R>',
      'row',
    ],
    ['<R><Entities><Entity EntityName="contact"/></Entities><MoreRecords>false</MoreRecords></R>', 'contact'],
  ])('%s is no answer', (text, words) => {
    const read = readFetchResult(tree(text), 'account');
    expect(read.ok ? '' : read.failure.words).toContain(words);
  });

  it('elements count by their local names, and an empty one is null', () => {
    const read = readFetchResult(
      tree(
        `<x:R xmlns:x="urn:v"><x:Entities><x:Entity EntityName="account"><x:name/><x:no>007</x:no></x:Entity></x:Entities><x:MoreRecords>True</x:MoreRecords><x:MinActiveRowVersion>-1</x:MinActiveRowVersion></x:R>`,
      ),
      'account',
    );
    expect(read.ok ? read.value : read.failure).toEqual({
      rows: [new Map([['no', '007']])],
      more: true,
      minActive: undefined,
    });
  });
});

describe('writes', () => {
  it('hostile texts stay texts, and names that are no names are refused', () => {
    const item = { entity: 'account', key: 'id', id: ID, action: 'Upsert' } as const;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(canBeXml(text));
        const root = tree(itemXml({ ...item, values: new Map([['name', text]]) }) ?? '');
        expect(root.children.map(({ name }) => name)).toEqual(['id', 'name']);
        expect(root.children[1]?.text).toBe(text);
      }),
    );
    expect(itemXml({ ...item, values: new Map([['a><b', 'x']]) })).toBeUndefined();
    expect(itemXml({ ...item, values: new Map([['name', '\u0001']]) })).toBeUndefined();
    expect(itemXml({ ...item, values: new Map([['name', null]]) })).toContain('<name/>');
    expect(itemXml({ ...item, key: 'taskid', values: new Map() })).toContain('PrimaryKey="taskid"');
  });

  it('both shapes of an answer, and no other number of answers', () => {
    const wrapped = tree(
      '<R><Response><Result Type="bool">True</Result></Response><Response><Fault><Reason>no</Reason></Fault></Response></R>',
    );
    const flat = tree('<R><Result>True</Result><Fault><Reason>no</Reason></Fault></R>');
    for (const root of [wrapped, flat]) {
      const read = readWriteAnswer(root, 2);
      expect(read.ok ? read.value : read.failure).toEqual([
        { kind: 'result' },
        { kind: 'fault', words: 'no' },
      ]);
      expect(readWriteAnswer(root, 3).ok).toBe(false);
      expect(readWriteAnswer(root, 1).ok).toBe(false);
    }
    const whole = tree('<Fault><Code>1</Code><Reason>no</Reason><Detail/></Fault>');
    expect(readWriteAnswer(whole, 3).ok).toBe(false);
  });
});

describe('metadata', () => {
  const schema = (inner: string): RescoSchema => {
    const read = readSchema(tree(`<Metadata><Entities>${inner}</Entities></Metadata>`));
    if (!read.ok) throw new Error(read.failure);
    return read.value;
  };
  const attribute = (name: string, type: string, more = ''): string =>
    `<Attribute Name="${name}" Type="${type}" Permissions="Read Create Update" ${more}/>`;

  it('limits, lists, targets, inherited attributes and the row version by its type', () => {
    const all = schema(
      `<Entity Name="activitypointer"><Attributes>${attribute('subject', 'String', 'Length="200" Required="true"')}${attribute('statuscode', 'PicklistMap', 'OptionSetValues="0,1,5;1,2"')}</Attributes></Entity>
       <Entity Name="task" EntityParent="activitypointer" PrimaryKeyName="taskid" PrimaryFieldName="subject"><Attributes>
       ${attribute('taskid', 'UniqueIdentifier')}${attribute('ver', 'RowVersion')}${attribute('price', 'Money', 'Precision="-2" Min="0" Max="10.50"')}
       ${attribute('about', 'Lookup', 'LookupTargets="account;contact"')}${attribute('day', 'DateTime', 'Precision="2"')}${attribute('body', 'String', 'IsBlobStorageEnabled="true"')}</Attributes></Entity>`,
    );
    const task = all.get('task');
    expect([task?.key, task?.version, task?.title]).toEqual(['taskid', 'ver', 'subject']);
    const of = (name: string): unknown => task?.fields.get(name)?.shape;
    expect(of('subject')).toMatchObject({ type: 'text', length: 200, required: true });
    expect(of('statuscode')).toMatchObject({ type: 'choice', choices: ['1', '5', '2'] });
    expect(of('price')).toMatchObject({ type: 'decimal', least: '0', most: '10.5', scale: undefined });
    expect(of('about')).toMatchObject({ type: 'reference', targets: ['account', 'contact'] });
    expect(of('day')).toMatchObject({ type: 'date' });
    expect(of('ver')).toMatchObject({ type: 'bigint', can: { create: false, update: false } });
    expect(of('taskid')).toMatchObject({ can: { create: true, update: false } });
    expect(of('body')).toBeUndefined();
    expect(task?.shape.remarks.join()).toContain('task.body');
  });

  it('the table of deletions is told by types, and by names where types do not tell', () => {
    const table = (columns: string): RescoSchema =>
      schema(
        `<Entity Name="trackingdelete"><Attributes>${attribute('id', 'UniqueIdentifier')}${attribute('rv', 'RowVersion')}${columns}</Attributes></Entity>`,
      );
    expect(
      deletionTableOf(table(attribute('x', 'String') + attribute('y', 'UniqueIdentifier'))),
    ).toMatchObject({
      entityName: 'x',
      recordId: 'y',
    });
    const two =
      attribute('reason', 'String') +
      attribute('entitycode', 'String') +
      attribute('recid', 'UniqueIdentifier');
    expect(deletionTableOf(table(two))?.entityName).toBe('entitycode');
    expect(deletionTableOf(table(attribute('x', 'String')))).toBeUndefined();
  });
});

describe('addresses and marks', () => {
  it('a password goes over https, or not off the machine', () => {
    const place = { organisation: 'nordwind', selection: 'host' } as const;
    const good = addressesOf({ ...place, base: 'https://app.resco.net' });
    expect(good.ok ? good.value.data : good.failure).toBe('https://nordwind.app.resco.net/rest/v1/data');
    const path = addressesOf({
      base: 'https://inspections.resco.net/',
      organisation: 'nordwind',
      selection: 'path',
    });
    expect(path.ok ? path.value.metadata : path.failure).toBe(
      'https://inspections.resco.net/rest/v1/metadata/nordwind',
    );
    for (const base of [
      'http://app.resco.net',
      'ftp://app.resco.net',
      'app.resco.net',
      'https://u:p@app.resco.net',
      'https://app.resco.net/x',
    ])
      expect(addressesOf({ ...place, base }).ok, base).toBe(false);
    expect(addressesOf({ ...place, organisation: 'a/../b', base: 'https://app.resco.net' }).ok).toBe(false);
    const services = { data: 'http://elsewhere.example/data' };
    expect(addressesOf({ ...place, base: 'https://app.resco.net', services }).ok).toBe(false);
  });

  it('any text that is no mark of ours is refused', () => {
    fc.assert(fc.property(fc.string(), (text) => readCursor(text) === undefined));
    expect(readCursor('{"at":"version","v":"9007199254740993","d":"1","seen":[]}')).toBeDefined();
  });
});
