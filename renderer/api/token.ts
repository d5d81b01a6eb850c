const KEY = 'erp-ferry-token';

/**
 * The token from the address, taken out of it at once so that it stays in no history; after a reload the one this tab
 * was opened with.
 */
export function takeToken(): string {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return sessionStorage.getItem(KEY) ?? '';
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', location.pathname);
  return given;
}
