import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSiteFile, revisionOf, writeDefaultSite } from '../../../main/adapters/config/site-file.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30, 15);

function bench() {
  const folder = temporaryFolder();
  const path = join(folder, 'site.json');
  return { folder, path, file: openSiteFile(folder, () => NOW) };
}

describe('site.json', () => {
  it('is replaced whole, keeps who may read it, and leaves nothing beside it', () => {
    const { folder, path, file } = bench();
    writeFileSync(path, '{ "old": 1 }');
    chmodSync(path, 0o640);
    const revision = file.replace({ new: 2 });
    expect(readFileSync(path, 'utf8')).toBe('{\n  "new": 2\n}\n');
    expect(revision).toBe(revisionOf(readFileSync(path)));
    expect(file.look()).toMatchObject({ revision, data: { new: 2 } });
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder)).toEqual(['site.json']);
  });

  it('is put back byte by byte, or removed where there was none', () => {
    const { path, file } = bench();
    expect(file.look()).toMatchObject({ bytes: undefined, data: undefined, revision: revisionOf(undefined) });
    file.replace({ a: 1 });
    file.putBack(undefined);
    expect(file.look().bytes).toBeUndefined();
    const odd = Buffer.from('\uFEFF{ "a" : 1 }\r\n');
    writeFileSync(path, odd);
    const before = file.look();
    file.replace({ a: 2 });
    file.putBack(before.bytes);
    expect(readFileSync(path)).toEqual(odd);
    expect(file.look()).toEqual(before);
  });

  it('that is no JSON is kept under the time it was replaced, each one', () => {
    const { folder, path, file } = bench();
    for (const text of ['broken one', 'broken two']) {
      writeFileSync(path, text);
      file.replace({});
    }
    const kept = readdirSync(folder).filter((name) => name.includes('broken'));
    expect(kept.sort()).toEqual(['site.json.broken-20261120T093015Z', 'site.json.broken-20261120T093015Z-1']);
    expect(kept.map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual([
      'broken one',
      'broken two',
    ]);
  });

  it('of a new site checks, and a file that is there is left alone', () => {
    const { folder, path, file } = bench();
    expect(writeDefaultSite(folder, { name: 'PC-7', timeZone: 'Europe/Sofia' })).toBe(true);
    expect(settingsSchema.safeParse(file.look().data).success).toBe(true);
    expect(file.problems()).toEqual([]);
    const text = readFileSync(path, 'utf8');
    expect(writeDefaultSite(folder, { name: 'Other', timeZone: 'UTC' })).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('names the mapping files there are, and nothing else of that folder', () => {
    const { folder, file } = bench();
    expect(file.mappings()).toEqual([]);
    writeDefaultSite(folder, { name: 'PC-7', timeZone: 'UTC' });
    for (const name of ['b.json', 'a.json', 'notes.txt', 'with space.json'])
      writeFileSync(join(folder, 'mappings', name), '{}');
    expect(file.mappings()).toEqual(['a.json', 'b.json']);
  });
});
