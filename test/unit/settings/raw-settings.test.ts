import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changedSections, withoutSecrets } from '../../../main/agent/settings/raw-settings.ts';
import { testedPart } from '../../../main/agent/settings/tested-part.ts';
import { isTextKey } from '../../../shared/i18n/say.ts';
import { siteJson } from '../cli/cli-world.ts';

describe('sections that changed', () => {
  it.each<[string, unknown, unknown, readonly string[]]>([
    ['nothing', { a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 }, []],
    ['one deep inside', { a: [{ x: 1 }] }, { a: [{ x: 2 }] }, ['a']],
    ['one that came and one that went', { gone: 1 }, { come: 1 }, ['come', 'gone']],
    ['all, from nothing', undefined, { a: 1 }, ['a']],
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }, ['a']],
    [
      'a name of the language itself',
      { a: 1 },
      JSON.parse('{ "a": 1, "__proto__": { "x": 1 } }'),
      ['__proto__'],
    ],
  ])('%s', (_what, before, after, sections) => {
    expect(changedSections(before, after)).toEqual(sections);
  });
});

describe('what is shown of a file that does not check', () => {
  it('has no value that stands under a name of a secret, however deep', () => {
    const file = {
      erps: [{ id: 'main', password: 'x', connection: { PWD: 'x', Api_Key: 'x' } }],
      links: [{ cloud: { apiKey: 'x', pathPrefix: '/p' } }],
      token: ['x'],
    };
    expect(withoutSecrets(file)).toEqual({
      erps: [{ id: 'main', connection: {} }],
      links: [{ cloud: { pathPrefix: '/p' } }],
    });
  });

  it('is everything else, unchanged', () => {
    expect(withoutSecrets(siteJson())).toEqual(siteJson());
    for (const odd of [null, 5, 'text', [], [[1]]]) expect(withoutSecrets(odd)).toEqual(odd);
  });
});

describe('the part of a draft under test', () => {
  it('is enough by itself, whatever else is missing', () => {
    const draft = { erps: [{}, ...(siteJson()['erps'] as object[])], links: 'later' };
    expect(testedPart({ kind: 'erp', erp: 'main' }, draft)).toMatchObject({
      kind: 'settings',
      settings: { erps: [{ id: 'main', encrypt: true }] },
    });
  });

  it('is told apart from one that is not there and from one that does not check', () => {
    expect(testedPart({ kind: 'cloud', link: 'x' }, siteJson())).toEqual({ kind: 'absent' });
    expect(testedPart({ kind: 'erp', erp: 'main' }, 'no settings')).toEqual({ kind: 'absent' });
    const [link] = siteJson()['links'] as [Record<string, object>];
    const wrong = {
      links: [{ id: 'a' }, { ...link, cloud: { ...link['cloud'], baseUrl: 'http://far.example' } }],
    };
    expect(testedPart({ kind: 'cloud', link: 'field-sales' }, wrong)).toEqual({
      kind: 'wrong',
      paths: ['links[1].cloud.baseUrl'],
    });
  });
});

it('every step and every failure of a test has its words', () => {
  const folder = 'main/adapters/hop-test';
  const source = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n');
  const names = (like: RegExp): readonly string[] =>
    [...source.matchAll(like)].flatMap((match) => match[1] ?? []);
  const steps = names(/\{ name: '(\w+)', address/g).map((name) => `hop.${name}`);
  const details = names(/detail\((?:[\w.]+ \? )?'(\w+)'/g).map((name) => `hop.detail.${name}`);
  const failures = names(/'((?:no|odd|too|key|login|question|wrong|cloud)[A-Z]\w+)'/g)
    .filter((name) => !['cloudKey'].includes(name))
    .flatMap((name) => [`hop.${name}.what`, `hop.${name}.next`]);
  expect([steps.length, details.length, failures.length].every((count) => count >= 6)).toBe(true);
  const missing = [...steps, ...details, ...failures].filter((key) => !isTextKey(key));
  expect(missing.filter((key) => !/notEncrypted\.(what|next)$/.test(key))).toEqual([]);
});
