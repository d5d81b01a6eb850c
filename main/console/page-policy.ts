import { randomBytes } from 'node:crypto';

/** Stands in the built page where the nonce of one load goes. */
export const NONCE_PLACEHOLDER = '__STYLE_NONCE__';

/** 128 bits, for one load of the page. */
export const newStyleNonce = (): string => randomBytes(16).toString('base64');

/**
 * What a page of ours may do: scripts and styles from where it comes, nothing inline but style elements that carry the nonce
 * of this load (the page's component library inserts such), nobody may frame it. `connect`: whom it may talk to; the window
 * of the program talks to nobody, the page of the console to the console.
 */
export const contentSecurityPolicy = (connect: 'none' | 'self', nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    `connect-src '${connect}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** The page with the nonce in its place; any other file is left as it is. */
export function withNonce(file: { readonly type: string; readonly bytes: Buffer }, nonce: string): Buffer {
  return file.type.startsWith('text/html')
    ? Buffer.from(file.bytes.toString('utf8').replaceAll(NONCE_PLACEHOLDER, nonce))
    : file.bytes;
}
