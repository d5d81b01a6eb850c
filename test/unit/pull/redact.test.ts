import { expect, test } from 'vitest';
import { redacted } from '../../../main/core/probe/redact.ts';

const KEY = 'Key+/=%20x';

test.each([
  [`{"k":"${KEY}"}`, '{"k":"[key]"}'],
  [encodeURIComponent(KEY), '[key]'],
  ['{"url":"https://s3.example/a/b?X-Amz-Signature=abc"}', '{"url":"https://s3.example/[signed]"}'],
  ['"https://s3.example:8443?sig=1"', '"https://s3.example:8443/[signed]"'],
  ['<url>http://127.0.0.1:5/x?sig=1</url>', '<url>http://127.0.0.1:5/[signed]</url>'],
  ['{"receiptHandle" : "AQEB+/=="}', '{"receiptHandle" : "[handle]"}'],
  ['<receiptHandle>AQEB</receiptHandle>', '<receiptHandle>[handle]</receiptHandle>'],
  ['x'.repeat(41), '[long]'],
  ['0f6d2a34-0000-4000-8000-00000000a001', '0f6d2a34-0000-4000-8000-00000000a001'],
])('%s', (text, kept) => {
  expect(redacted(text, KEY)).toBe(kept);
});

test('an empty key hides nothing, and only a beginning is kept', () => {
  expect(redacted('abc', '')).toBe('abc');
  expect(redacted('a b '.repeat(5_000), KEY)).toHaveLength(4_000);
});
