import { describe, expect, it } from 'vitest';
import { checkBody } from '../../../main/core/packets/codec/check-body.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { allBytes, inChunks } from './codec-support.ts';

const check = (text: string | Uint8Array, sizes?: readonly number[]): Promise<Uint8Array> =>
  allBytes(checkBody(inChunks(text, sizes), 'cloud:x'));

const whole = [
  ['a packet', '<NavMobileSync salesmancode="a"><table tablename="A"/></NavMobileSync>'],
  [
    'other capitals and blanks in the end tag',
    '\uFEFF<?xml version="1.0"?>\n<navmobilesync ></NAVMOBILESYNC \n>\n',
  ],
  ['an empty root', '<NavMobileSync salesmancode="a"/>'],
  ['mis-nested tags', '<NavMobileSync><table><r></table></r></NavMobileSync>'],
  ['an unclosed tag inside', '<NavMobileSync><table><DMS_ROWID>x<DMS_ROWID></table></NavMobileSync>'],
  ['a DOCTYPE', '<!DOCTYPE x [<!ENTITY a "<x>">]><NavMobileSync>&a;</NavMobileSync>'],
  ['something after the root', '<NavMobileSync></NavMobileSync><!-- bye --><more/>'],
  ['an unclosed comment', '<NavMobileSync><!-- x </NavMobileSync>'],
  ['an unclosed quote', '<NavMobileSync a="x></NavMobileSync>'],
] as const;

const refused = [
  ['nothing', '', 'empty'],
  ['blanks', ' \n ', 'empty'],
  ['HTML', '<!DOCTYPE html><html><body>Service unavailable</body></html>', 'HTML'],
  ['HTML without declaration', '\n<HTML><p>', 'HTML'],
  ['JSON', '{"message": "Forbidden"}', 'it is JSON; only XML packets are read'],
  ['a text', 'Service unavailable', 'begin'],
  ['another document', '<Error><Code>NoSuchKey</Code></Error>', 'root'],
  ['a cut in the root tag', '<NavMobileSync salesman', 'cut'],
  ['a cut in a row', '<NavMobileSync><table tablename="A"><r><x>1', 'cut'],
  ['a cut in the end tag', '<NavMobileSync><table tablename="A"></table></NavMobileSyn', 'cut'],
  ['an end tag in a section only', '<NavMobileSync><x><![CDATA[</NavMobileSync>]]></x><y>', 'cut'],
  ['an end tag in a comment only', '<NavMobileSync><!-- </NavMobileSync> --><y>', 'cut'],
] as const;

describe('the check of a download', () => {
  for (const sizes of [[65_536], [1], [3, 7, 1]]) {
    it.each(whole)(`lets %s through unchanged, chunks of ${sizes.join()}`, async (_, text) => {
      expect(Buffer.from(await check(text, sizes)).toString()).toBe(text);
    });
    it.each(refused)(`refuses %s, chunks of ${sizes.join()}`, async (_, text, word) => {
      await expect(check(text, sizes)).rejects.toSatisfy(
        (error) =>
          error instanceof BodyStreamError &&
          error.failure.kind === 'invalid-response' &&
          error.failure.endpoint === 'cloud:x' &&
          error.failure.detail.includes(word),
      );
    });
  }

  it('refuses every proper beginning of a packet', async () => {
    const text =
      '<?xml version="1.0"?><NavMobileSync salesmancode="é"><table tablename="A"><r><x>&lt;</x></r></table></NavMobileSync>';
    const bytes = Buffer.from(text);
    for (let cut = 0; cut < bytes.length; cut += 1)
      await expect(check(bytes.subarray(0, cut)), `cut at ${cut}`).rejects.toBeInstanceOf(BodyStreamError);
    expect(await check(bytes)).toHaveLength(bytes.length);
  });

  it('does not slow down over text without tags or a tag without end', async () => {
    const from = performance.now();
    await expect(check(`<NavMobileSync><a ${'x'.repeat(8_000_000)}`)).rejects.toBeInstanceOf(BodyStreamError);
    await expect(check(`<NavMobileSync>${'<'.repeat(8_000_000)}`)).rejects.toBeInstanceOf(BodyStreamError);
    expect(performance.now() - from).toBeLessThan(3_000);
  });
});
