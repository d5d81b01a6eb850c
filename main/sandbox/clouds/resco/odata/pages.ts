import { RescoFault } from '../state/fault.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Absolute; undefined on the last page. */
  readonly next: string | undefined;
}

/** Cuts one page out of all items: `$skip` and `$top` over all of them, `$skiptoken` within that. */
export function pageOf<T>(all: readonly T[], url: URL, options: { base: string; most: number }): Page<T> {
  const skip = number(url, '$skip') ?? 0;
  const top = number(url, '$top') ?? Infinity;
  const wanted = all.slice(skip, top === Infinity ? undefined : skip + top);
  const token = url.searchParams.get('$skiptoken');
  const start = token === null ? 0 : startOf(token);
  const end = start + options.most;
  if (wanted.length <= end) return { items: wanted.slice(start), next: undefined };
  const next = new URL(`${options.base}${url.search}`);
  next.searchParams.set('$skiptoken', Buffer.from(`from:${end}`).toString('base64url'));
  return { items: wanted.slice(start, end), next: next.href };
}

function number(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RescoFault(`${name} is '${text}', no number`);
  return Number(text);
}

function startOf(token: string): number {
  const [, digits] = /^from:(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (digits === undefined) throw new RescoFault('$skiptoken was not given out here');
  return Number(digits);
}

/** Refuses options that a service does not have. */
export function onlyOptions(url: URL, allowed: readonly string[]): void {
  for (const name of url.searchParams.keys())
    if (!allowed.includes(name)) throw new RescoFault(`there is no option ${name}`);
}
