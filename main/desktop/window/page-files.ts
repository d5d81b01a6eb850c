import { contentSecurityPolicy, newStyleNonce, withNonce } from '../../console/page-policy.ts';
import type { StaticFile } from '../../console/static-files.ts';
import type { PageAnswer } from '../shell.ts';
import { isPageAddress } from './page-address.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/**
 * Answers for `ferry://app/…` out of a table that was read at the start. A path is compared as it was asked, not decoded, not
 * resolved: whatever is not a name in the table is not there.
 */
export const pageFiles =
  (files: ReadonlyMap<string, StaticFile>, nonce: () => string = newStyleNonce) =>
  (request: { readonly method: string; readonly url: string }): PageAnswer => {
    const fresh = nonce();
    const answer = (status: number, type: string, body: Uint8Array): PageAnswer => ({
      status,
      headers: {
        'content-type': type,
        'content-security-policy': contentSecurityPolicy('none', fresh),
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=()',
        'cache-control': 'no-store',
      },
      body,
    });
    const words = 'text/plain; charset=utf-8';
    if (request.method !== 'GET') return answer(405, words, text('The page is fetched.'));
    const file = isPageAddress(request.url) ? files.get(new URL(request.url).pathname) : undefined;
    if (file === undefined) return answer(404, words, text('There is no such page.'));
    return answer(200, file.type, withNonce(file, fresh));
  };
