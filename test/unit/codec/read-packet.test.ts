import { describe, expect, it } from 'vitest';
import { APPLY_LIMITS, STREAM_LIMITS } from '../../../main/core/packets/codec/packet.ts';
import { readPacket } from '../../../main/core/packets/codec/read-packet.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { collect, inChunks, packetOf, quietRuntime, refusalOf } from './codec-support.ts';

const packet = (inner: string): string => `<NavMobileSync salesmancode="anna">${inner}</NavMobileSync>`;
const row = (inner: string, attributes = 'status="insert"'): string =>
  packet(`<table tablename="SalesHeader" name="SalesHeader"><r ${attributes}>${inner}</r></table>`);

describe('reading a packet leniently', () => {
  it('takes names in any case and attributes in any spelling', async () => {
    const read = await packetOf(
      '<navmobilesync SalesManCode="anna"><TABLE NAME="Customer"><R Status="Inserted"><NO>C-1</NO></R></TABLE></navmobilesync>',
    );
    expect(read.user).toBe('anna');
    const table = read.tables.get('customer');
    expect(table?.name).toBe('Customer');
    expect(table?.rows[0]?.status).toBe('insert');
    expect(table?.rows[0]?.fields.get('no')).toEqual({ name: 'NO', value: 'C-1', nested: false });
  });

  it('keeps white space, entities, CDATA and numeric references of values', async () => {
    const read = await packetOf(
      row('<a>  x &amp; &#269;&#x1F600;&#13; </a><b><![CDATA[<&>]]>y</b><c/><d></d>'),
    );
    const fields = read.tables.get('salesheader')?.rows[0]?.fields;
    expect(fields?.get('a')?.value).toBe('  x & č😀\r ');
    expect(fields?.get('b')?.value).toBe('<&>y');
    expect(fields?.get('c')?.value).toBe('');
    expect(fields?.get('d')?.value).toBe('');
    expect(fields?.has('e')).toBe(false);
  });

  it.each([
    ['', undefined, 'insert'],
    ['status="insert"', '1', 'insert'],
    ['status="read"', undefined, 'insert'],
    ['status="updated"', '2', 'update'],
    ['', '2', 'update'],
    ['', '3', 'delete'],
    ['status="DELETE"', undefined, 'delete'],
    ['status=""', undefined, 'insert'],
    ['status="insert"', 'Ohio', 'insert'],
  ])('status %j with state %j is %s', async (attribute, state, expected) => {
    const read = await packetOf(
      row(state === undefined ? '<no>1</no>' : `<state>${state}</state>`, attribute),
    );
    expect(read.tables.get('salesheader')?.rows[0]?.status).toBe(expected);
  });

  it('refuses a status and a state that differ, and an unknown status', async () => {
    expect(await refusalOf(row('<state>2</state>'))).toMatchObject({
      code: 'status-differs',
      field: 'state',
      where: expect.stringMatching(/^SalesHeader row 1, 1:\d+$/) as string,
    });
    expect(await refusalOf(row('', 'status="merge"'))).toMatchObject({ code: 'unknown-status' });
    expect(await refusalOf(row('', 'status="constructor"'))).toMatchObject({ code: 'unknown-status' });
  });

  it('keeps unknown tables and fields, and names that mean something to JavaScript are data', async () => {
    const read = await packetOf(
      packet(
        '<table tablename="__proto__"><r><__proto__>x</__proto__><constructor>y</constructor></r></table><table tablename="Empty"></table>',
      ),
    );
    expect([...read.tables.keys()]).toEqual(['__proto__', 'empty']);
    expect(read.tables.get('__proto__')?.rows[0]?.fields.get('__proto__')?.value).toBe('x');
    expect(read.tables.get('__proto__')?.rows[0]?.fields.get('constructor')?.value).toBe('y');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('loses no row of a table that occurs twice', async () => {
    const read = await packetOf(
      packet('<table tablename="A"><r><x>1</x></r></table><table tablename="a"><r><x>2</x></r></table>'),
    );
    expect(read.tables.get('a')?.rows.map((one) => [one.number, one.fields.get('x')?.value])).toEqual([
      [1, '1'],
      [2, '2'],
    ]);
  });

  it('accepts a byte order mark and a declaration, with the mark cut by chunks', async () => {
    const text = `\uFEFF<?xml version="1.0" encoding="utf-8"?>\n<!-- hello -->\n${row('<no>Ж</no>')}`;
    const read = await packetOf(text, [1]);
    expect(read.tables.get('salesheader')?.rows[0]?.fields.get('no')?.value).toBe('Ж');
  });

  it('marks a field that holds further elements instead of guessing its value', async () => {
    const read = await packetOf(row('<a>x<b>y</b>z</a>'));
    expect(read.tables.get('salesheader')?.rows[0]?.fields.get('a')).toEqual({
      name: 'a',
      value: 'xyz',
      nested: true,
    });
  });
});

describe('what is refused, and where it says so', () => {
  it.each([
    ['a DOCTYPE', `<!DOCTYPE NavMobileSync><NavMobileSync/>`, 'doctype'],
    [
      'a DOCTYPE in lower case',
      `<?xml version="1.0"?><!doctype x [ <!ENTITY a "b"> ]><NavMobileSync/>`,
      'doctype',
    ],
    ['a DOCTYPE that never ends', `<!DOCTYPE x [ ${'<!ENTITY a "b">'.repeat(5000)}`, 'doctype'],
    ['a DOCTYPE inside', packet('<!DOCTYPE x>'), 'malformed'],
    ['an unknown entity', row('<a>&xxe;</a>'), 'malformed'],
    ['HTML', '<html><body>down</body></html>', 'not-a-packet'],
    ['JSON', '{"message":"no"}', 'json-packet'],
    ['a list in JSON', ' \n[{"tablename":"SalesHeader"}]', 'json-packet'],
    ['nothing', '', 'not-a-packet'],
    ['mis-nested tags', row('<a><b></a></b>'), 'malformed'],
    ['a cut document', '<NavMobileSync><table tablename="A"><r>', 'malformed'],
    ['a second root', `${packet('')}<x/>`, 'malformed'],
    ['a control character', row('<a>\u0001</a>'), 'malformed'],
    ['a reference to a control character', row('<a>&#0;</a>'), 'malformed'],
    ['a table without name', packet('<table><r/></table>'), 'unnamed-table'],
    ['another element than a table', packet('<rows/>'), 'unexpected-element'],
    ['another element than a row', packet('<table tablename="A"><x/></table>'), 'unexpected-element'],
    ['text between rows', packet('<table tablename="A">loose</table>'), 'unexpected-text'],
    ['a field twice with two values', row('<no>1</no><NO>2</NO>'), 'field-twice'],
    ['another encoding', '<?xml version="1.0" encoding="windows-1251"?><NavMobileSync/>', 'wrong-encoding'],
  ])('%s', async (_, text, code) => {
    expect(await refusalOf(text)).toMatchObject({ code });
  });

  it('bytes that are no UTF-8, also at the very end', async () => {
    const bad = Buffer.concat([Buffer.from('<NavMobileSync>'), Buffer.from([0xc3, 0x28])]);
    expect(await refusalOf(bad)).toMatchObject({ code: 'not-utf8' });
    const cut = Buffer.concat([Buffer.from('<NavMobileSync/>'), Buffer.from([0xe2, 0x82])]);
    expect(await refusalOf(cut)).toMatchObject({ code: 'not-utf8' });
  });

  it('names table, row, field, line and column', async () => {
    const text =
      '<NavMobileSync>\n<table tablename="SalesLine">\n<r/>\n<r>\n<qty>&nope;</qty></r></table></NavMobileSync>';
    expect(await refusalOf(text)).toMatchObject({
      code: 'malformed',
      where: expect.stringMatching(/^SalesLine row 2, 5:\d+$/) as string,
      field: 'qty',
    });
  });
});

describe('limits', () => {
  const quick = async (text: string | Uint8Array, code: string): Promise<void> => {
    const before = process.threadCpuUsage();
    expect(await refusalOf(text)).toMatchObject({ code });
    // Hostile input must cost no more than reading it.
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(3_000);
  };

  it('refuses billion laughs before an entity is looked at', async () => {
    const entities = Array.from(
      { length: 10 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    ).join('');
    await quick(
      `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${entities}]>${row('<a>&l10;</a>')}`,
      'doctype',
    );
  });
  it('refuses nesting 10,000 deep', () =>
    quick(row('<x>'.repeat(10_000) + '</x>'.repeat(10_000)), 'too-deep'));
  it('refuses a huge attribute while it is still coming', () =>
    quick(row('', `a="${'x'.repeat(12_000_000)}"`), 'text-too-long'));
  it('refuses a huge text', () => quick(row(`<a>${'x'.repeat(9_000_000)}</a>`), 'text-too-long'));
  it('refuses a huge text made of small references', () =>
    quick(row(`<a>${'&amp;'.repeat(3_000_000)}</a>`), 'text-too-long'));
  it('refuses a huge comment', () => quick(packet(`<!--${'x'.repeat(12_000_000)}-->`), 'text-too-long'));
  it('refuses a huge name', () => quick(packet(`<${'x'.repeat(12_000_000)}/>`), 'text-too-long'));
  it('refuses a prolog that never ends', () => quick(' '.repeat(200_000), 'not-a-packet'));
  it('refuses too many attributes', () =>
    quick(row('', Array.from({ length: 40 }, (_, i) => `a${i}="1"`).join(' ')), 'too-many-attributes'));
  it('refuses too many fields', () =>
    quick(row(Array.from({ length: 1001 }, (_, i) => `<f${i}/>`).join('')), 'too-many-fields'));
  it('refuses too many rows to apply, with the number', async () => {
    const many = packet(`<table tablename="A">${'<r/>'.repeat(20_001)}</table>`);
    expect(await refusalOf(many)).toMatchObject({
      code: 'too-many-rows',
      message: 'more than 20000 rows',
      where: expect.stringMatching(/^A/) as string,
    });
    expect((await collect(many, STREAM_LIMITS)).ok).toBe(true);
  });
  it('refuses what is known to be too large without reading it', async () => {
    const { collectPacket } = await import('../../../main/core/packets/codec/collect-packet.ts');
    // oxlint-disable-next-line require-yield
    async function* unread(): AsyncGenerator<Uint8Array> {
      throw new Error('it was read');
    }
    const result = await collectPacket(unread(), {
      runtime: quietRuntime,
      signal: new AbortController().signal,
      size: APPLY_LIMITS.bytes + 1,
    });
    expect(result).toMatchObject({ ok: false, failure: { kind: 'rejected', code: 'too-large' } });
  });
  it('refuses too many bytes', async () => {
    const small = { ...APPLY_LIMITS, bytes: 100 };
    expect(await refusalOf(row('x'.repeat(200)), small)).toMatchObject({ code: 'too-large' });
  });
});

describe('as a stream', () => {
  it('gives rows before the document has ended and holds no more than a chunk', async () => {
    let fed = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('<NavMobileSync salesmancode="anna"><table tablename="A">');
      for (;;) {
        fed += 1;
        yield Buffer.from('<r><x>1</x></r>');
      }
    }
    let rows = 0;
    for await (const events of readPacket(endless(), {
      runtime: quietRuntime,
      signal: new AbortController().signal,
    })) {
      rows += events.filter(({ kind }) => kind === 'row').length;
      if (rows >= 10) break;
    }
    expect(fed).toBeLessThanOrEqual(11);
  });

  it('lets others run once per 64 KiB of a large chunk', async () => {
    let yields = 0;
    const text = packet(`<table tablename="A">${'<r><x>12345678</x></r>'.repeat(20_000)}</table>`);
    const runtime = {
      yield: async (): Promise<void> => {
        yields += 1;
      },
    };
    for await (const events of readPacket(inChunks(text, [10_000_000]), {
      runtime,
      signal: new AbortController().signal,
    }))
      expect(events.length).toBeGreaterThan(0);
    expect(yields).toBeGreaterThanOrEqual(Math.floor(text.length / 65_536));
  });

  it('ends as cancelled when the signal is aborted', async () => {
    const abort = new AbortController();
    abort.abort();
    const events = readPacket(inChunks(packet('')), { runtime: quietRuntime, signal: abort.signal });
    await expect(events.next()).rejects.toSatisfy(
      (error) => error instanceof BodyStreamError && error.failure.kind === 'cancelled',
    );
  });

  it('passes the failure of the source through', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('<NavMobileSync>');
      throw new BodyStreamError({ kind: 'disk', cause: 'gone' });
    }
    const { collectPacket } = await import('../../../main/core/packets/codec/collect-packet.ts');
    const result = await collectPacket(broken(), {
      runtime: quietRuntime,
      signal: new AbortController().signal,
    });
    expect(result).toEqual({ ok: false, failure: { kind: 'disk', cause: 'gone' } });
  });
});
