import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { STREAM_LIMITS } from '../../../main/core/packets/codec/packet.ts';
import { checkBody } from '../../../main/core/packets/codec/check-body.ts';
import { readPacket } from '../../../main/core/packets/codec/read-packet.ts';
import { writePacket, type RowToWrite } from '../../../main/core/packets/codec/write-packet.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { allBytes, packetOf, quietRuntime } from './codec-support.ts';

const written = async (rows: readonly RowToWrite[], user = 'anna', table = 'Customer'): Promise<string> =>
  Buffer.from(await allBytes(writePacket({ user, tables: [{ name: table, rows }] }))).toString();

describe('writing a packet', () => {
  it('writes strict XML with a declaration, leaves null out and keeps empty text', async () => {
    expect(
      await written(
        [
          [
            ['No', 'C&1'],
            ['Name', null],
            ['City', ''],
          ],
        ],
        'a"b',
      ),
    ).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<NavMobileSync salesmancode="a&quot;b">\n' +
        '<table tablename="Customer">\n<r status="insert"><No>C&amp;1</No><City></City></r>\n</table>\n</NavMobileSync>\n',
    );
  });

  it('leaves an empty table out unless asked', async () => {
    const bytes = await allBytes(
      writePacket({
        user: 'anna',
        tables: [
          { name: 'A', rows: [] },
          { name: 'B', rows: [], keepEmpty: true },
        ],
      }),
    );
    const text = Buffer.from(bytes).toString();
    expect(text).not.toContain('tablename="A"');
    expect(text).toContain('<table tablename="B">\n</table>');
  });

  it.each(['\u0000', '\u0008', '\u000b', '\u001f', '\uFFFE', '\uFFFF', '\uD800', '\uDC00x'])(
    'refuses %j and says where',
    async (character) => {
      const rows = [[['No', '1']], [['Name', `ab${character}`]]] as const;
      await expect(written(rows)).rejects.toSatisfy((error) => {
        if (!(error instanceof BodyStreamError)) return false;
        expect(error.failure).toMatchObject({
          kind: 'rejected',
          code: 'unwritable-character',
          where: 'Customer row 2',
          field: 'Name',
        });
        return true;
      });
    },
  );

  it.each(['', '1a', 'a b', 'a>', '<x', 'x'.repeat(129)])('refuses the field name %j', async (name) => {
    await expect(written([[[name, '1']]])).rejects.toBeInstanceOf(BodyStreamError);
  });

  it('refuses a table twice', async () => {
    const rows = [[['No', '1']]] as const;
    await expect(
      allBytes(
        writePacket({
          user: 'a',
          tables: [
            { name: 'A', rows },
            { name: 'a', rows },
          ],
        }),
      ),
    ).rejects.toBeInstanceOf(BodyStreamError);
  });

  it('gives chunks of at most 256 KiB however large a value is, in memory of one chunk', async () => {
    let rows = 0;
    async function* many(): AsyncGenerator<RowToWrite> {
      for (; rows < 300; rows += 1) yield [['Text', '€😀ж'.repeat(20_000)]];
    }
    let size = 0;
    for await (const chunk of writePacket({ user: 'a', tables: [{ name: 'A', rows: many() }] })) {
      expect(chunk.length).toBeLessThanOrEqual(262_144);
      size += chunk.length;
    }
    expect(size).toBeGreaterThan(300 * 9 * 20_000);
  });
});

// What XML 1.0 can carry: everything but control characters, the two non-characters and halves of pairs.
// oxlint-disable-next-line no-control-regex
const unwritable = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((one) => one.toWellFormed().replace(unwritable, '\r'));
const hostile = fc.oneof(
  text,
  fc.constantFrom(
    ']]>',
    '<![CDATA[',
    '&amp;',
    '&#13;',
    '\r\n',
    '\n',
    '\t',
    ' ',
    '\u0085',
    '\u2028',
    '\uFEFF',
    '</r>',
    '😀',
    '"\'',
    '--',
  ),
);
const name = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][\w.-]{0,20}$/),
  fc.constantFrom('__proto__', 'constructor', 'Ж', 'DMS_ROWID', 'toString'),
);
const fields = fc.uniqueArray(
  fc.tuple(name, fc.option(fc.array(hostile, { maxLength: 4 }).map((all) => all.join('')))),
  {
    selector: ([field]) => field.toLowerCase(),
    maxLength: 6,
  },
);
const tables = fc.uniqueArray(
  fc.record({
    name: hostile.filter((one) => one.trim() !== ''),
    rows: fc.array(fields, { minLength: 1, maxLength: 4 }),
  }),
  {
    selector: (table) => table.name.toLowerCase(),
    maxLength: 4,
  },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });

describe('what is written', () => {
  test.prop([text, tables, sizes], { numRuns: 300 })(
    'is read back the same, whatever the texts and wherever chunks end',
    async (user, tables, sizes) => {
      const bytes = await allBytes(writePacket({ user, tables }));
      const read = await packetOf(bytes, sizes);
      expect(read.user).toBe(user);
      expect([...read.tables.values()].map((table) => table.name)).toEqual(tables.map((table) => table.name));
      for (const table of tables)
        expect(
          read.tables
            .get(table.name.toLowerCase())
            ?.rows.map((row) => [...row.fields.values()].map((field) => [field.name, field.value])),
        ).toEqual(table.rows.map((row) => row.filter(([, value]) => value !== null)));
    },
  );

  it('100 MB of it are read and checked in bounded memory', async () => {
    const row: RowToWrite = Array.from({ length: 20 }, (_, i) => [
      `Field${i}`,
      `värde ${i} & mehr`.repeat(20),
    ]);
    const rows = (function* (): Generator<RowToWrite> {
      for (let i = 0; i < 11_000; i += 1) yield row;
    })();
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let peak = 0;
    let count = 0;
    const bytes = checkBody(writePacket({ user: 'a', tables: [{ name: 'A', rows }] }), 'cloud:x');
    for await (const events of readPacket(bytes, {
      runtime: quietRuntime,
      signal: new AbortController().signal,
      limits: { ...STREAM_LIMITS, bytes: 200_000_000 },
    })) {
      count += events.filter(({ kind }) => kind === 'row').length;
      peak = Math.max(peak, process.memoryUsage().rss - before);
    }
    expect(count).toBe(11_000);
    expect(peak).toBeLessThan(250 * 1024 * 1024);
  });
});
