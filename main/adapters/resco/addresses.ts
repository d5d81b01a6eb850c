import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { isLoopback } from '../http/node-http-transport.ts';

export interface RescoPlace {
  /** Host with its scheme, without a path: `https://app.resco.net`. */
  readonly base: string;
  readonly organisation: string;
  /** Whether the organisation is a part of the host name, or of the path. */
  readonly selection: 'host' | 'path';
  /** Addresses of single services that differ from what follows. */
  readonly services?: Partial<RescoAddresses> | undefined;
}

/** Without a slash at the end. */
export interface RescoAddresses {
  readonly data: string;
  readonly metadata: string;
}

const PATHS: Readonly<Record<keyof RescoAddresses, string>> = {
  data: '/rest/v1/data',
  metadata: '/rest/v1/metadata',
};

/** Where the services of an organisation are. The failure says in words what is wrong with the settings. */
export function addressesOf(place: RescoPlace): Result<RescoAddresses, string> {
  const { organisation, selection } = place;
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(organisation))
    return fail('the organisation is not a name of letters, digits, - and _');
  const base = usable(place.base);
  if (!base.ok) return base;
  const root = new URL(base.value);
  if (root.pathname !== '/') return fail('the address has a path');
  const found: Record<keyof RescoAddresses, string> = { data: '', metadata: '' };
  for (const name of ['data', 'metadata'] as const) {
    const own = place.services?.[name];
    const built =
      selection === 'host'
        ? `${root.protocol}//${organisation}.${root.host}${PATHS[name]}`
        : `${root.protocol}//${root.host}${PATHS[name]}/${organisation}`;
    const address = usable(own ?? built);
    if (!address.ok) return address;
    found[name] = address.value;
  }
  return ok(found);
}

/** A password is sent with each call: over https only, or within the machine. */
function usable(address: string): Result<string, string> {
  const url = URL.parse(address);
  if (url === null) return fail('the address is not valid');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return fail('the address is not https');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return fail('the address has more than host and path');
  return ok(
    `${url.origin}${url.pathname.replace(/\/+$/, '')}${url.pathname === '/' ? '/' : ''}`.replace(/\/$/, ''),
  );
}
