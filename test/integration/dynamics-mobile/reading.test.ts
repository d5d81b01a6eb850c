import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { retryTime } from '../../../main/adapters/dynamics-mobile/api-calls.ts';
import { bodyPath } from '../../../main/adapters/dynamics-mobile/download.ts';
import { readListing } from '../../../main/adapters/dynamics-mobile/read-listing.ts';
import { secretFree } from '../../../main/adapters/dynamics-mobile/secret-free.ts';
import {
  checkLink,
  readDownloadLink,
  readUploadAnswer,
} from '../../../main/adapters/dynamics-mobile/signed-link.ts';
import { jsonSlices } from '../../../main/adapters/protocols/json-slices.ts';
import { smallXmlFields } from '../../../main/adapters/protocols/small-xml.ts';
import { composePart } from '../../../main/core/packets/codec/compose-part.ts';

const read = (format: 'xml' | 'json', raw: string): ReturnType<typeof readListing> =>
  readListing('packet', format, raw);
const raws = (format: 'xml' | 'json', raw: string): unknown => {
  const listing = read(format, raw);
  return listing.ok ? listing.value.entries.map((entry) => entry.raw) : listing.failure;
};

describe('a list keeps the text of each entry', () => {
  it('XML with attributes, blanks in tags, comments, CDATA, other letters and line ends', () => {
    const one =
      '<message\r\n a="x>y" ><id>1</id><url>u</url><userName>Ž 😀 &amp;</userName ><x><![CDATA[</message>]]></x></message >';
    const two =
      '<Message><ID>2</ID><URL>u</URL><USERNAME>b</USERNAME><receiptHandle>a+/=</receiptHandle></Message>';
    const text = `\uFEFF<?xml version="1.0"?>\r\n<!-- 😀 --><Messages>\r\n ${one}<!-- <message> -->\n${two}</Messages>\n`;
    const listing = read('xml', text);
    if (!listing.ok) throw new Error(listing.failure);
    expect(listing.value.raw).toBe(text);
    expect(listing.value.entries.map((entry) => entry.raw)).toEqual([one, two]);
    expect(listing.value.entries.map((entry) => entry.user)).toEqual(['Ž 😀 &', 'b']);
    expect(listing.value.entries[1]?.receiptHandle).toBe('a+/=');
    expect(raws('xml', composePart('xml', listing.value.entries.slice(0, 1)))).toEqual([one]);
  });

  it('JSON with brackets, quotes and escapes in its texts', () => {
    const one = '{"id":"1","url":"u","userName":"a]}\\"[{,","x":[1,{"y":[]}],"n":null}';
    const two = '{ "id" : "2" , "url":"u","userName":"b","__proto__":{"id":"x"},"size":0 }';
    expect(raws('json', ` [ ${one} ,\n${two}\t] `)).toEqual([one, two]);
    expect(raws('json', composePart('json', [{ raw: one }, { raw: two }]))).toEqual([one, two]);
    expect(composePart('json', [])).toBe('[]');
  });

  test.prop([fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 6 }), fc.constantFrom(undefined, 1)])(
    'every JSON array is cut where its elements end',
    (values, indent) => {
      const slices = jsonSlices(JSON.stringify(values, null, indent));
      if (!slices.ok) throw new Error(slices.failure);
      expect(slices.value.map((one) => one.value)).toEqual(JSON.parse(JSON.stringify(values)));
      for (const one of slices.value) expect(JSON.parse(one.raw)).toEqual(one.value);
    },
  );

  it.each([
    ['xml', '<messages><message><id>1</id></message></messages>', 'entry 1: it has no "url"'],
    [
      'xml',
      '<messages><message><id>1</id><url>u</url></message></messages>',
      'entry 1: it has no "userName"',
    ],
    ['xml', '<messages><note/></messages>', 'it holds something else than messages'],
    ['xml', '<html><body/></html>', 'it is an HTML page'],
    ['xml', '<html><body><br></body></html>', 'it is an HTML page'],
    ['xml', '<!DOCTYPE html><html></html>', 'it is an HTML page'],
    ['xml', '<!DOCTYPE x [<!ENTITY a "b">]><messages/>', 'it has a DOCTYPE'],
    ['xml', '<messages><message>', /^it is not well-formed/],
    ['xml', '[]', 'it is not XML'],
    ['json', '{"message":"Forbidden"}', 'it is no JSON array'],
    ['json', '[{"id":"1","url":"u","userName":"a"}', 'it is not JSON'],
    ['json', '<html>', 'it is markup, not JSON'],
    ['json', '["a"]', 'it holds something else than objects'],
    ['json', '[{"id":"1","url":"u","userName":"a\\u0000"}]', /control characters/],
    ['json', `[{"id":"${'x'.repeat(2000)}","url":"u","userName":"a"}]`, /longer than/],
  ] as const)('%s %j is no list', (format, text, words) => {
    const listing = read(format, text);
    if (listing.ok) throw new Error('it was read');
    if (typeof words === 'string') expect(listing.failure).toBe(words);
    else expect(listing.failure).toMatch(words);
  });
});

describe('links', () => {
  it('are read from every shape', () => {
    for (const text of [
      '{"url":"https://x/y?z"}',
      '"https://x/y?z"',
      ' https://x/y?z\n',
      '\uFEFF"https://x/y?z"',
    ])
      expect(readDownloadLink(text)).toEqual({ ok: true, value: 'https://x/y?z' });
    for (const text of ['', '{}', '{"url":""}', '<html></html>', 'sorry', '[]', 'null', '{"url":5}'])
      expect(readDownloadLink(text).ok, text).toBe(false);
  });

  it('upload answers as JSON and as XML; anything but a plain yes is none', () => {
    const link = { ok: true, value: { kind: 'link', url: 'https://x', syncLogId: 's' } };
    expect(readUploadAnswer('{"success":true,"syncLogId":"s","uploadPath":"https://x"}')).toEqual(link);
    expect(
      readUploadAnswer(
        '<?xml version="1.0"?><r><success>true</success><syncLogId>s</syncLogId><uploadPath>https://x</uploadPath></r>',
      ),
    ).toEqual(link);
    for (const text of [
      '{"success":false,"uploadPath":"https://x"}',
      '{"success":"true","uploadPath":"https://x"}',
      '{}',
    ])
      expect(readUploadAnswer(text), text).toMatchObject({ ok: true, value: { kind: 'refused' } });
    for (const text of [
      '',
      '{"success":true}',
      '<html><success>true</success></html>',
      '[]',
      'true',
      '<!DOCTYPE x><r/>',
    ])
      expect(readUploadAnswer(text).ok, text).toBe(false);
  });

  it('lead to allowed hosts over https only', () => {
    const ok = (url: string, hosts: readonly string[] = []): boolean => checkLink(url, hosts).ok;
    expect(ok('https://a.example/x')).toBe(true);
    expect(ok('http://127.0.0.1:1/x')).toBe(true);
    expect(ok('http://a.example/x')).toBe(false);
    expect(ok('https://user@a.example/x')).toBe(false);
    expect(ok('file:///etc/passwd')).toBe(false);
    expect(ok('https://a.example/x', ['A.example'])).toBe(true);
    expect(ok('https://a.example.evil/x', ['a.example'])).toBe(false);
    expect(ok('http://127.0.0.1:1/x', ['a.example'])).toBe(false);
  });

  it('rule 43: the XML body of a JSON entry, photos as they are', () => {
    expect(bodyPath({ path: 'push-done/json/prod/A/json/1.json', kind: 'data' })).toBe(
      'push-done/xml/prod/A/json/1.xml',
    );
    expect(bodyPath({ path: 'push-done/xml/prod/A/1.xml', kind: 'data' })).toBe('push-done/xml/prod/A/1.xml');
    expect(bodyPath({ path: 'push-done/json/prod/A/1.json', kind: 'image' })).toBe(
      'push-done/json/prod/A/1.json',
    );
  });
});

describe('small things a server says', () => {
  it('Retry-After in seconds and as a date by the server’s own clock, never beyond a day', () => {
    expect(retryTime({ 'retry-after': '90' }, 1_000)).toBe(91_000);
    expect(retryTime({ 'retry-after': '999999999' }, 0)).toBe(86_400_000);
    const date = 'Mon, 10 Mar 2025 09:00:30 GMT';
    expect(retryTime({ 'retry-after': date, date: 'Mon, 10 Mar 2025 09:00:00 GMT' }, 5_000_000_000_000)).toBe(
      5_000_000_030_000,
    );
    expect(retryTime({ 'retry-after': date }, Date.parse(date) + 5)).toBe(Date.parse(date) + 5);
    for (const text of ['soon', '-5', '']) expect(retryTime({ 'retry-after': text }, 0)).toBeUndefined();
  });

  it('small XML is read without guessing, and not at all with a DOCTYPE or mis-nested', () => {
    expect(smallXmlFields('<Error><Code>007</Code><N>1e3</N><B>true</B></Error>')).toEqual(
      new Map([
        ['code', '007'],
        ['n', '1e3'],
        ['b', 'true'],
      ]),
    );
    for (const text of [
      '<!DOCTYPE x><a><Code>1</Code></a>',
      '<a><b></a></b>',
      'x',
      '',
      `<a>${'x'.repeat(70_000)}</a>`,
    ])
      expect(smallXmlFields(text)).toBeUndefined();
  });

  test.prop([fc.string(), fc.stringMatching(/^[!-~]{6,30}$/), fc.string()])(
    'what is shown never holds the key or an address',
    (before, key, after) => {
      const shown = secretFree(
        `${before} ${key} https://x/${key}?sig=${key} ${encodeURIComponent(key)} ${after}`,
        key,
      );
      expect(shown.includes(key)).toBe(false);
      expect(shown).not.toContain('https://');
      expect(shown.length).toBeLessThanOrEqual(200);
    },
  );
});
