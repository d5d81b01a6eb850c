import type { Wire } from './mutant.ts';

export interface Edit {
  readonly method?: string | undefined;
  readonly url?: ((url: URL) => void) | undefined;
  readonly path?: ((path: string) => string) | undefined;
  readonly headers?: ((headers: Headers) => void) | undefined;
  /** Of the same length in bytes: what was announced stays true. */
  readonly body?: ((text: string) => string) | undefined;
}

type Kind = 'list' | 'link' | 'done' | 'pushLink' | 'upload' | 'download' | 'other';

/** Which call of the protocol a request is. */
export function kindOf({ url, method }: Pick<Request, 'url' | 'method'>): Kind {
  const { pathname } = new URL(url);
  if (pathname.startsWith('/transfer/')) return method === 'PUT' ? 'upload' : 'download';
  if (pathname.includes('/push/')) return 'pushLink';
  if (pathname.endsWith('/link')) return 'link';
  if (pathname.endsWith('/done')) return 'done';
  return pathname.includes('/pull/') ? 'list' : 'other';
}

/** Edits every request of some kinds on its way. */
export const editing =
  (kinds: readonly Kind[], edit: Edit): (() => Wire) =>
  () =>
  async (request, send) =>
    send(kinds.includes(kindOf(request)) ? await edited(request, edit) : request);

async function edited(request: Request, edit: Edit): Promise<Request> {
  const url = new URL(request.url);
  edit.url?.(url);
  const address =
    edit.path === undefined ? url.href : `${url.origin}${edit.path(url.href.slice(url.origin.length))}`;
  const headers = new Headers(request.headers);
  edit.headers?.(headers);
  const text = request.body === null ? undefined : await request.text();
  const method = edit.method ?? request.method;
  const body = method === 'GET' ? undefined : (edit.body ?? ((same) => same))(text ?? '');
  return new Request(address, { method, headers, ...(body === undefined ? {} : { body }) });
}
