/** Own scheme: a page of it can read no file, and no other page can pretend to be it. */
export const PAGE_SCHEME = 'ferry';
export const PAGE_HOST = 'app';
export const PAGE_ADDRESS = `${PAGE_SCHEME}://${PAGE_HOST}/index.html`;

/** True for an address of the program's own page and nothing else. */
export function isPageAddress(url: string): boolean {
  const parsed = URL.parse(url);
  return (
    parsed !== null &&
    parsed.protocol === `${PAGE_SCHEME}:` &&
    parsed.host === PAGE_HOST &&
    parsed.username === '' &&
    parsed.password === ''
  );
}
