import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSite } from '../../../main/adapters/config/load-site.ts';
import { suggest } from '../../../main/adapters/config/suggest.ts';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { CliBench, mappingJson, siteJson } from './cli-world.ts';

let bench: CliBench;
beforeEach(() => {
  bench = new CliBench();
});
afterEach(() => bench.remove());

const problems = (): readonly ConfigProblem[] => {
  const loaded = loadSite(bench.dataDir);
  return loaded.ok ? [] : loaded.failure;
};

describe('configuration of a site', () => {
  it('loads settings with their defaults and the mappings they name', () => {
    bench.configure();
    const loaded = loadSite(bench.dataDir);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
    expect(loaded.value.settings.erps[0]).toMatchObject({
      encrypt: true,
      trustServerCertificate: false,
    });
    expect([...loaded.value.mappings.keys()]).toEqual(['field-sales.json']);
    expect(loaded.value.mappings.get('field-sales.json')?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says where the file is to be when there is none', () => {
    expect(problems()).toEqual([
      {
        file: 'site.json',
        path: '',
        reason: 'the file does not exist',
        hint: `create ${join(bench.dataDir, 'site.json')}, or name another data folder with --data-dir`,
      },
    ]);
  });

  it.each([
    [
      'a misspelt key',
      'links[0].pull.evry',
      (s) => ({ ...s, links: [{ ...s.links[0], pull: { evry: '5m' } }] }),
      'did you mean "every"?',
    ],
    [
      'swapped letters',
      'links[0].cloud.compnaies',
      (s) => ({ ...s, links: [{ ...s.links[0], cloud: { ...s.links[0].cloud, compnaies: [] } }] }),
      'did you mean "companies"?',
    ],
    [
      'a key inside a schedule',
      'links[0].pull.every.evry',
      (s) => ({ ...s, links: [{ ...s.links[0], pull: { every: { evry: '5m' } } }] }),
      'did you mean "every"?',
    ],
    ['a key at the top', 'link', (s) => ({ ...s, link: [] }), 'did you mean "links"?'],
    [
      'a secret',
      'erps[0].password',
      (s) => ({ ...s, erps: [{ ...s.erps[0], password: 'canary' }] }),
      'secret set',
    ],
    [
      'a key nobody meant',
      'site.zzz',
      (s) => ({ ...s, site: { ...s.site, zzz: 1 } }),
      'remove it; known here: name, timeZone, language',
    ],
  ] as readonly (readonly [string, string, (site: SiteLike) => unknown, string])[])(
    'refuses %s at its place, with a hint',
    (_what, path, change, hint) => {
      bench.configure(change(siteJson() as unknown as SiteLike));
      expect(problems()).toMatchObject([{ file: 'site.json', path, reason: 'this key is not known' }]);
      expect(problems()[0]?.hint).toContain(hint);
      expect(JSON.stringify(problems())).not.toContain('canary');
    },
  );

  it.each([
    ['5 minutes', 'expected a duration'],
    [{ every: '5x' }, 'expected a duration'],
    [{ at: ['25:00'] }, 'expected a time of day'],
  ])('complains about a schedule %j in the words of what was meant', (every, reason) => {
    bench.configure({ ...siteJson(), links: [{ ...(siteJson()['links'] as [object])[0], pull: { every } }] });
    expect(problems()).toHaveLength(1);
    expect(problems()[0]?.reason).toContain(reason);
  });

  it('says what is missing', () => {
    const { site: _left, ...rest } = siteJson();
    bench.configure(rest);
    expect(problems()).toEqual([
      { file: 'site.json', path: 'site', reason: 'it is missing', hint: 'add it' },
    ]);
  });

  it.each([
    ['{ "schemaVersion": 1, }', 'not JSON'],
    ['', 'not JSON'],
    ['[]', 'expected object'],
  ])('refuses the file %j', (text, reason) => {
    bench.configure(text);
    expect(problems()[0]?.reason).toContain(reason);
  });

  it('refuses text that is not UTF-8 instead of reading it with holes', () => {
    bench.configure();
    writeFileSync(join(bench.dataDir, 'site.json'), Buffer.from([0x7b, 0xe4, 0x7d]));
    expect(problems()).toMatchObject([{ reason: 'the file is not UTF-8' }]);
  });

  it('reads a file with a byte order mark, as editors on Windows write it', () => {
    bench.configure(`\uFEFF${JSON.stringify(siteJson())}`);
    expect(problems()).toEqual([]);
  });

  it('points to the link whose mapping is not there', () => {
    bench.configure({
      ...siteJson(),
      links: [{ ...(siteJson()['links'] as [object])[0], mapping: 'other.json' }],
    });
    expect(problems()).toMatchObject([
      { file: 'site.json', path: 'links[0].mapping', reason: 'mappings/other.json does not exist' },
    ]);
  });

  it('checks mappings the same way', () => {
    bench.configure(siteJson(), { ...mappingJson(), pul: {} });
    expect(problems()).toMatchObject([
      { file: 'mappings/field-sales.json', path: 'pul', hint: 'did you mean "pull"?' },
    ]);
  });

  it('never treats a folder as a file', () => {
    mkdirSync(join(bench.dataDir, 'site.json'));
    expect(problems()).toMatchObject([{ reason: 'the file cannot be read (EISDIR)' }]);
  });
});

interface SiteLike {
  readonly site: object;
  readonly erps: readonly [object];
  readonly links: readonly [{ readonly cloud: object }];
}

describe('a word that was meant', () => {
  it.each([
    ['pusch', 'push'],
    ['PULL', 'pull'],
    ['plul', 'pull'],
    ['xyz', undefined],
    ['', undefined],
  ])('%s is %s', (word, meant) => {
    expect(suggest(word, ['push', 'pull', 'cloud'])).toBe(meant);
  });
});
