import { describe, expect, it } from 'vitest';
import type { CatalogueObject } from '../../../main/core/drift/catalogue.ts';
import { keyOf } from '../../../main/adapters/erp-mssql/feeds/table-key.ts';
import { rowHash, schemaHash } from '../../../main/adapters/erp-mssql/feeds/row-hash.ts';
import { readCursor, sceneReset, writeCursor, type Scene } from '../../../main/core/feeds/cursor.ts';
import { offersOf, trackingOf } from '../../../main/core/feeds/offers.ts';
import { trackingReset, versionRange } from '../../../main/core/feeds/positions.ts';

const column = (name: string, type: string, more: Partial<CatalogueObject['columns'][number]> = {}) => ({
  name,
  type: { name: type, precision: 0, scale: 7 },
  nullable: false,
  identity: false,
  computed: false,
  generated: false,
  hasDefault: false,
  ...more,
});
const object = (more: Partial<CatalogueObject> = {}): CatalogueObject => ({
  schema: 'dbo',
  name: 'Items',
  kind: 'table',
  columns: [
    column('Id', 'int'),
    column('Code', 'nvarchar'),
    column('At', 'datetime2'),
    column('Rv', 'timestamp'),
  ],
  keys: [
    { name: 'u', primary: false, columns: ['Code'] },
    { name: 'pk', primary: true, columns: ['Id'] },
  ],
  foreignKeys: [],
  triggers: [],
  ...more,
});

describe('what a table offers', () => {
  const facts = {
    object: object(),
    key: { columns: ['Id'] },
    tracking: { on: true } as const,
    bounded: true,
    changedAt: 'At',
  };
  const refused = (more: object): string[] =>
    offersOf({ ...facts, ...more }).map((one) => `${one.kind}: ${one.offered ? 'yes' : one.why}`);

  it('is told best first, and what is refused says why', () => {
    expect(refused({})).toEqual([
      'change-tracking: yes',
      'rowversion: yes',
      'changed-at: yes',
      'full-compare: yes',
    ]);
    expect(
      refused({
        object: object({ columns: [column('Id', 'int'), column('At', 'nvarchar')] }),
        key: { columns: ['Code'] },
      }),
    ).toEqual([
      'change-tracking: Change Tracking names rows by the primary key, and another key is wanted.',
      'rowversion: The table has no rowversion column.',
      'changed-at: At is no date: nvarchar.',
      'full-compare: yes',
    ]);
    expect(new Set(refused({ key: { why: 'no key' } }).map((text) => text.split(': ')[1]))).toEqual(
      new Set(['no key']),
    );
    expect(offersOf({ ...facts, bounded: false })[1]).toMatchObject({
      remark: expect.stringContaining('overlap'),
    });
  });

  it('each lack of Change Tracking has words of its own', () => {
    const rights = { server: true, database: true, table: true, mayView: true };
    expect(trackingOf(rights)).toEqual({ on: true });
    const words = (['server', 'database', 'table', 'mayView'] as const).map((lack) =>
      JSON.stringify(trackingOf({ ...rights, [lack]: false })),
    );
    expect(new Set(words).size).toBe(4);
  });
});

describe('the key of a table', () => {
  it('is the primary one, else the first whose values can be carried', () => {
    const columns = (found: ReturnType<typeof keyOf>): unknown =>
      'why' in found ? found.why : found.columns.map(({ name }) => name);
    expect(columns(keyOf(object(), undefined))).toEqual(['Id']);
    expect(columns(keyOf(object(), ['Code']))).toEqual(['Code']);
    expect(columns(keyOf(object(), ['At']))).toBe('No unique key of the table is At.');
    expect(
      columns(keyOf(object({ columns: [column('Id', 'float'), column('Code', 'nvarchar')] }), undefined)),
    ).toEqual(['Code']);
    expect(
      columns(
        keyOf(
          object({
            columns: [column('Id', 'int', { nullable: true })],
            keys: [{ name: 'u', primary: false, columns: ['Id'] }],
          }),
          undefined,
        ),
      ),
    ).toBe('The key column Id may be NULL.');
    expect(columns(keyOf(object({ kind: 'view' }), undefined))).toMatch(/view/);
    expect(columns(keyOf(object({ keys: [] }), undefined))).toMatch(/no primary key/);
  });
});

describe('a cursor', () => {
  const scene: Scene = {
    table: 'dbo.Items',
    object: '7',
    schema: 'h',
    key: ['Id'],
    identity: { server: 'S', database: 'D', created: '2025', fork: 'f' },
  };

  it('comes back as it was written; anything else is none', () => {
    const text = writeCursor(scene, { kind: 'rowversion', upTo: '7', seen: [] });
    expect(readCursor(text)).toEqual({
      v: 1,
      ...scene,
      position: { kind: 'rowversion', upTo: '7', seen: [] },
    });
    for (const bad of ['', '{}', text.replace('"7"', '7'), text.slice(1)])
      expect(readCursor(bad)).toBe(undefined);
  });

  it.each([
    [{}, undefined],
    [{ table: 'dbo.Other' }, 'not-a-cursor'],
    [{ object: '8' }, 'schema-changed'],
    [{ schema: 'i' }, 'schema-changed'],
    [{ key: ['Id', 'Line'] }, 'schema-changed'],
    [{ identity: { ...scene.identity, fork: 'g' } }, 'restored'],
    [{ identity: { ...scene.identity, fork: null } }, undefined],
    [{ identity: { ...scene.identity, created: '2026' } }, 'restored'],
    [{ identity: { ...scene.identity, server: 'T' } }, 'restored'],
  ])('in a scene with %o: %s', (more, reason) => {
    expect(sceneReset(scene, { ...scene, ...more })?.reason).toBe(reason);
  });

  it.each([
    [{ current: '9', begin: '1', oldest: '1' }, undefined],
    [{ current: '9', begin: '1', oldest: '6' }, 'expired'],
    [{ current: '9', begin: '1', oldest: '5' }, undefined],
    [{ current: '9', begin: '6', oldest: '6' }, 'truncated'],
    [{ current: '4', begin: '1', oldest: '1' }, 'restored'],
    [{ current: '4', begin: '0', oldest: '0' }, 'tracking-off'],
    [undefined, 'tracking-off'],
  ])('of version 5 where the server says %o: %s', (now, reason) => {
    expect(trackingReset({ kind: 'change-tracking', version: '5', begin: '1' }, now)?.reason).toBe(reason);
  });

  it('without a bound goes back by the overlap, never below zero', () => {
    const range = (upTo: string, exact: boolean): unknown =>
      versionRange({ kind: 'rowversion', upTo, seen: [] }, { upTo: '900', exact }, 100);
    expect(range('500', true)).toEqual({ after: '500', upTo: '900' });
    expect(range('500', false)).toEqual({ after: '400', upTo: '900' });
    expect(range('50', false)).toEqual({ after: '0', upTo: '900' });
  });
});

describe('hashes', () => {
  it('tell rows apart whose cells run together the same', () => {
    const hashes = [
      ['ab', 'c'],
      ['a', 'bc'],
      ['abc', null],
      [null, 'abc'],
      ['abc', ''],
      [Uint8Array.of(97), 'bc'],
    ].map(rowHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('of a schema change with a column and its type', () => {
    const base = object();
    const others = [
      object({ columns: base.columns.slice(1) }),
      object({ columns: base.columns.map((one, index) => (index === 0 ? column('Id', 'bigint') : one)) }),
    ];
    expect(others.map(schemaHash)).not.toContain(schemaHash(base));
    expect(schemaHash(object())).toBe(schemaHash(base));
  });
});
