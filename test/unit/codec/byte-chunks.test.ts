import { expect, test } from 'vitest';
import { ByteChunks, CHUNK_BYTES, markupOf } from '../../../main/core/packets/codec/byte-chunks.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const OPEN = markupOf('<Name>');
const CLOSE = markupOf('</Name>');

test('a small part takes little memory', () => {
  const out = new ByteChunks();
  out.element(OPEN, 'one', CLOSE);
  const [chunk, ...more] = out.takeAll();
  expect(more).toEqual([]);
  expect(Buffer.from(chunk ?? []).toString('utf8')).toBe('<Name>one</Name>');
  expect(chunk?.buffer.byteLength).toBeLessThan(16 * 1024);
});

test.each([1, 2, 3, 4, 5])('what is written is what comes out, however chunks grow (%i)', (seed) => {
  const random = seededRandom(seed);
  const out = new ByteChunks();
  const chunks: Uint8Array[] = [];
  let wanted = '';
  const most = 10 ** (2 + (seed % 4));
  while (wanted.length < 900_000) {
    const text = 'aя€1'.charAt(Math.floor(random() * 4)).repeat(Math.floor(random() * most));
    const one = random();
    if (one < 0.25) {
      out.markup(OPEN);
      wanted += '<Name>';
    } else if (one < 0.5) {
      out.raw(text);
      wanted += text;
    } else if (one < 0.6) {
      const digits = '7'.repeat(text.length % 30);
      out.digits(OPEN, digits, digits.length, CLOSE);
      wanted += `<Name>${digits}</Name>`;
    } else if (out.element(OPEN, text, CLOSE)) wanted += `<Name>${text}</Name>`;
    chunks.push(...out.takeFull());
  }
  chunks.push(...out.takeAll());
  expect(Buffer.concat(chunks).toString('utf8') === wanted).toBe(true);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(CHUNK_BYTES);
  expect(chunks.length).toBeLessThan(40);
});
