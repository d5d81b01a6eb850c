import type { PageGuard } from '../shell.ts';
import { isPageAddress, PAGE_HOST, PAGE_SCHEME } from './page-address.ts';

/** Hosts whose https pages a link may open in the user's browser. None is needed today. */
const BROWSER_HOSTS: ReadonlySet<string> = new Set();

/** True for an address that may be handed to the user's browser. */
export function mayOpenInBrowser(url: string, hosts: ReadonlySet<string> = BROWSER_HOSTS): boolean {
  const parsed = URL.parse(url);
  return (
    parsed !== null &&
    parsed.protocol === 'https:' &&
    parsed.username === '' &&
    parsed.password === '' &&
    parsed.port === '' &&
    hosts.has(parsed.hostname)
  );
}

/**
 * The window shows one page and nothing else: no other page, no other window, no camera, no clipboard of the system. What a
 * person saves to a file is made in the page itself and asked for with the system's own dialog.
 */
export const pageGuard: PageGuard = {
  // Reloading the page is no navigation elsewhere.
  navigation: (url) => isPageAddress(url),
  newWindow: () => false,
  permission: () => false,
  download: (url) => url.startsWith(`blob:${PAGE_SCHEME}://${PAGE_HOST}/`),
};
