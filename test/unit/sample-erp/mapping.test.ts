import { targetOf } from '../../../shared/model/mapping-targets.ts';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { companyRows } from '../../../main/sandbox/sample-erp/company.ts';
import { sampleErpBatches, sampleErpInserts } from '../../../main/sandbox/sample-erp/load.ts';
import { siteSettings, USERS_QUERY } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';

const OPTIONS = { seed: 7, scale: 'tiny' } as const;
const mapping = mappingSchema.parse(
  JSON.parse(
    await readFile(new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url), 'utf8'),
  ),
);

/** Columns and parameters as the schema declares them, by object name. */
function declared(): Map<string, Map<string, string>> {
  const objects = new Map<string, Map<string, string>>();
  for (const batch of sampleErpBatches(OPTIONS)) {
    const head = /^CREATE (?:TABLE|PROCEDURE) dbo\.(?:\[([^\]]+)\]|(\w+))/.exec(batch);
    const name = head?.[1] ?? head?.[2];
    if (name === undefined) continue;
    const members = new Map<string, string>();
    for (const [, bracketed, bare, type] of batch.matchAll(
      /^ {2}(?:\[([^\]]+)\]|@?(\w+)) ((?:\w+)(?:\([\d,]+\))?)/gm,
    ))
      members.set(bracketed ?? bare ?? '', type ?? '');
    objects.set(name, members);
  }
  return objects;
}

test('the mapping and the settings are what the product reads', () => {
  expect(mapping.pull.documents.map(({ document }) => document)).toEqual([
    'visit start',
    'customer',
    'order',
    'payment',
    'transfer',
    'stock count',
    'visit end',
    'activity',
  ]);
  // An action nobody knows must not hold an order's packet up.
  expect(mapping.pull.keepOnly).toContain('CustomerActivity');
  const settings = settingsSchema.parse(siteSettings({ erpPort: 1433, cloudUrl: 'http://127.0.0.1:8080' }));
  expect(settings.links[0]?.push.users.query).toBe(USERS_QUERY);
});

test('what the mapping names is declared in the schema, with the type it is written as', () => {
  const objects = declared();
  const erpType = (type: string): string =>
    ({ bool: 'bit', datetime: 'datetime2(3)', dateOfTime: 'date', guid: 'uniqueidentifier' })[type] ??
    type.replace(/^text/, 'nvarchar').replace(/^binary/, 'varbinary');
  const targets = mapping.pull.documents.flatMap((handler) => [
    handler.write,
    ...handler.lines.map(({ write }) => write),
  ]);
  let checked = 0;
  for (const { to, values } of targets) {
    const members = objects.get(targetOf(to).name);
    expect(members).toBeDefined();
    for (const [name, value] of Object.entries(values)) {
      expect(members?.has(name), name).toBe(true);
      if ('type' in value) {
        expect(`${name} ${erpType(value.type)}`).toBe(`${name} ${members?.get(name) ?? ''}`);
        checked += 1;
      }
    }
  }
  for (const { from, fields } of mapping.push.entities) {
    if (!('table' in from)) continue;
    const members = objects.get(from.table.name);
    for (const { column, type } of Object.values(fields)) {
      expect(`${column} ${erpType(type)}`).toBe(`${column} ${members?.get(column) ?? ''}`);
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(100);
});

test('the same seed gives the same company, another seed another one', () => {
  const all = (seed: number): string => [...sampleErpInserts({ ...OPTIONS, seed })].join('\n');
  expect(all(7)).toBe(all(7));
  expect(all(7)).not.toBe(all(8));
});

test('the rows hold what breaks careless programs', () => {
  const tables = companyRows({ seed: 1, scale: 'small' });
  const rows = (table: string) => tables.find((one) => one.table === table)?.rows ?? [];
  const names = rows('dbo.Customers').map((row) => row[1] ?? '');
  for (const script of [
    /\p{Script=Greek}/u,
    /\p{Script=Cyrillic}/u,
    /\p{Script=Arabic}/u,
    /['"&\]]/,
    /\p{Emoji_Presentation}/u,
  ])
    expect(
      names.some((name) => script.test(name)),
      String(script),
    ).toBe(true);
  expect(rows('dbo.Customers').some((row) => row.includes(null))).toBe(true);
  const places = rows('dbo.Prices').map((row) => row[3]?.split('.')[1]?.length ?? 0);
  expect(new Set(places)).toEqual(new Set([4, 5, 6]));
  // A price that a JS number cannot hold.
  expect(rows('dbo.Prices').some((row) => String(Number(row[3])) !== row[3]?.replace(/0+$/, ''))).toBe(true);
});
