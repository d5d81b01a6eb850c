/** Most characters kept of one answer. */
const MOST = 4_000;

/** Longest run of letters and digits that is no token: ids of packets and of the log are shorter. */
const TOKEN = /[\w+/=~%-]{41,}/g;

/**
 * An answer fit for keeping: without the key, without what a link is signed with, without receipt handles, without anything long
 * enough to be a token. What its shape is can still be seen. Pure.
 */
export function redacted(text: string, key: string): string {
  const withoutKey =
    key === '' ? text : text.replaceAll(key, '[key]').replaceAll(encodeURIComponent(key), '[key]');
  return withoutKey
    .replace(/(receiptHandle"\s*:\s*")[^"]*/gi, '$1[handle]')
    .replace(/(<receiptHandle>)[^<]*/gi, '$1[handle]')
    .replace(/\b(https?:\/\/)([^\s"'<>/?\\]+)[^\s"'<>\\]*/gi, '$1$2/[signed]')
    .replace(TOKEN, '[long]')
    .slice(0, MOST);
}
