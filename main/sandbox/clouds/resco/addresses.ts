import type { Switches } from './switches.ts';

export type Service = 'data' | 'metadata' | 'odata' | 'questionnaires';

export interface Address {
  readonly service: Service;
  readonly organisation: string;
  /** What follows the service's own address, decoded, without its leading slash; `undefined` when nothing does. */
  readonly rest: string | undefined;
  /** The service's own address, without a slash at its end. */
  readonly base: string;
}

const PREFIXES: readonly (readonly [Service, string])[] = [
  ['metadata', '/rest/v1/metadata'],
  ['data', '/rest/v1/data'],
  ['questionnaires', '/odata/questionnaires/v4'],
  ['odata', '/odata/v4'],
];

/** Finds service and organisation in an address, in the one form that the server was set up for. */
export function addressOf(url: URL, switches: Switches): Address | undefined {
  const found = PREFIXES.find(
    ([, prefix]) => url.pathname === prefix || url.pathname.startsWith(`${prefix}/`),
  );
  if (found === undefined) return undefined;
  const [service, prefix] = found;
  let rest = url.pathname.slice(prefix.length);
  let base = `${url.origin}${prefix}`;
  let organisation: string;
  if (switches.orgSelection === 'path') {
    const [, name = ''] = rest.split('/');
    organisation = name;
    rest = rest.slice(name.length + 1);
    base += `/${name}`;
  } else organisation = url.hostname.includes('.') ? (url.hostname.split('.')[0] ?? '') : '';
  const decoded = decode(rest);
  const name = decode(organisation);
  if (decoded === undefined || name === undefined) return undefined;
  return { service, organisation: name, rest: decoded === '' ? undefined : decoded.slice(1), base };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
