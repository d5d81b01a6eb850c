/**
 * What a server said, fit for logs and screens: one line, at most 200 characters, without addresses, without the key,
 * without anything long enough to be a token or a signature.
 */
export function secretFree(text: string, key: string): string {
  const withoutKey =
    key === '' ? text : text.replaceAll(key, '[key]').replaceAll(encodeURIComponent(key), '[key]');
  return withoutKey
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S*/gi, '[link]')
    .replace(/[\w+/=%.~-]{20,}/g, '[…]')
    .replace(/\?\S+/g, '[…]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
