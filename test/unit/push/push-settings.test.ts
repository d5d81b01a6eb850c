import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_MODELS, loadModel, writeOutModel } from '../../../main/adapters/config/model-files.ts';
import { settingsSchema, type LinkSettings } from '../../../shared/model/settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const site = (push: object): object => ({
  schemaVersion: 1,
  site: { name: 'Test', timeZone: 'Europe/Sofia' },
  erps: [{ id: 'main', server: 'sql', database: 'ERP', user: 'ferry', timeZone: 'Europe/Sofia' }],
  links: [
    {
      id: 'sales',
      kind: 'dynamics-mobile',
      erp: 'main',
      mapping: 'sales.json',
      cloud: { baseUrl: 'https://cloud.example.com', appArea: 'ACME', companies: ['ACME_LIVE'] },
      push,
    },
  ],
});
const push = (given: object): LinkSettings['push'] | undefined =>
  settingsSchema.parse(site(given)).links[0]?.push;
const problems = (given: object): readonly string[] => {
  const parsed = settingsSchema.safeParse(site(given));
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
};

describe('push settings', () => {
  test('what was valid before is, and pushes to all', () => {
    expect(push({ users: { query: 'SELECT 1' } })).toMatchObject({
      users: { query: 'SELECT 1' },
      model: 'field-sales.json',
      pausedUsers: [],
      minInterval: '15m',
    });
    expect(push({ users: { query: 'SELECT 1' } })).not.toHaveProperty('pilot');
  });

  test('a list of names, also with values for filters', () => {
    const list = ['anna', { name: 'bob', Route: 'R1' }];
    expect(push({ users: { list } })?.users).toEqual({ list });
  });

  test.each([
    ['neither query nor list', {}, 'links.0.push.users.query'],
    ['both', { query: 'SELECT 1', list: ['a'] }, 'links.0.push.users.list'],
    ['a name twice', { list: ['a', { name: 'a' }] }, 'the user "a" occurs twice'],
    ['another in other capitals', { list: ['anna', 'Anna'] }, '"Anna" and "anna" are one user'],
    ['an object without a name', { list: [{ Route: 'R1' }] }, 'links.0.push.users.list.0'],
    ['a value that is no text', { list: [{ name: 'a', Route: 1 }] }, 'links.0.push.users.list.0'],
  ])('%s is refused', (_, users, words) => {
    expect(problems({ users }).join('\n')).toContain(words);
  });

  test('a model is a file name, not a way out of the folder', () => {
    expect(problems({ users: { list: ['a'] }, model: '../x.json' })).not.toEqual([]);
  });
});

describe('model files', () => {
  const write = (folder: string, text: string): void => {
    mkdirSync(join(folder, 'models'), { recursive: true });
    writeFileSync(join(folder, 'models', 'field-sales.json'), text);
  };

  test('the built-in one holds until it is written out, and then still', () => {
    const folder = temporaryFolder();
    const before = loadModel(folder, 'field-sales.json');
    expect(before).toEqual({ ok: true, value: BUILT_IN_MODELS.get('field-sales.json') });
    writeOutModel(folder, 'field-sales.json');
    expect(loadModel(folder, 'field-sales.json')).toEqual(before);
  });

  test('what a person edited is never replaced, and counts from then on', () => {
    const folder = temporaryFolder();
    write(folder, JSON.stringify({ modelVersion: 1, app: 'Own', tables: {} }));
    writeOutModel(folder, 'field-sales.json');
    const loaded = loadModel(folder, 'field-sales.json');
    expect(loaded).toMatchObject({ ok: true, value: { model: { app: 'Own' } } });
    expect(loaded.ok && loaded.value.hash).not.toBe(BUILT_IN_MODELS.get('field-sales.json')?.hash);
  });

  test('a half-written copy of a crash is no model, and does not stop the next start', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'models'));
    writeFileSync(join(folder, 'models', 'field-sales.json.tmp'), '{"modelVe');
    writeOutModel(folder, 'field-sales.json');
    expect(JSON.parse(readFileSync(join(folder, 'models', 'field-sales.json'), 'utf8'))).toMatchObject({
      app: 'Field Sales',
    });
  });

  test('a folder that cannot be written to costs the file, not the start', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'models'), 'in the way');
    expect(writeOutModel(folder, 'field-sales.json')).toMatch(/^E/);
    expect(writeOutModel(folder, 'unknown.json')).toBeUndefined();
  });

  test('what does not check is named with its place, and no other model takes its stead', () => {
    const folder = temporaryFolder();
    write(folder, '{"modelVersion":1,"app":"x","tables":{"Customer":{"fields":{"Name":{"syze":3}}}}}');
    const loaded = loadModel(folder, 'field-sales.json');
    expect(loaded).toMatchObject({ ok: false, failure: [{ file: 'models/field-sales.json' }] });
    expect(JSON.stringify(loaded)).toContain('syze');
    write(folder, '{');
    expect(loadModel(folder, 'field-sales.json').ok).toBe(false);
    rmSync(join(folder, 'models'), { recursive: true });
    expect(loadModel(folder, 'warehouse.json')).toMatchObject({ ok: false });
  });
});
