import type { SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { checkBody } from '../../core/packets/codec/check-body.ts';
import type { ListedEntry } from '../../core/packets/packet-cloud.ts';
import { BodyStreamError } from '../../core/runtime/body-stream-error.ts';
import type { HttpResponse } from '../../core/runtime/http-transport.ts';
import { HttpBodyError } from '../http/answer-body.ts';
import { statusFailure, type ApiParts } from './api-calls.ts';
import { API_TIMEOUT_MS, IDLE_TIMEOUT_MS } from './limits.ts';
import { storageErrorCode } from './storage-error.ts';

interface DownloadParts {
  readonly api: ApiParts;
  readonly maxBytes: number;
  readonly askForLink: (path: string) => Promise<Result<string>>;
}

const WHERE = 'download';

/** Links asked for one body: a refused one may have been old, a second refusal is something else. */
const LINKS = 2;

/** Asks for a link and opens the body it leads to. */
export async function download(
  parts: DownloadParts,
  entry: ListedEntry,
  signal: AbortSignal,
): Promise<Result<AsyncIterable<Uint8Array>>> {
  const { api, maxBytes } = parts;
  const { endpoint } = api;
  for (let asked = 0; asked < LINKS; asked += 1) {
    const link = await parts.askForLink(bodyPath(entry));
    if (!link.ok) return link;
    const outcome = await api.http.send(
      {
        method: 'GET',
        url: link.value,
        headers: { 'accept-encoding': 'identity' },
        headTimeoutMs: API_TIMEOUT_MS,
        idleTimeoutMs: IDLE_TIMEOUT_MS,
      },
      signal,
    );
    if (outcome.kind !== 'answered')
      return fail(
        signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', endpoint, cause: outcome.cause },
      );
    const { response } = outcome;
    if (response.status === 200) return openBody(response, entry, { api, maxBytes }, signal);
    const code = await storageErrorCode(response);
    if (response.status === 404 || code === 'NoSuchKey')
      return fail({
        kind: 'rejected',
        code: 'body-gone',
        where: `packet ${entry.id}`,
        message: 'the cloud no longer has the body of this packet',
      });
    if (response.status === 403 || response.status === 401) continue;
    if (response.status < 300)
      return fail({ kind: 'invalid-response', endpoint, where: WHERE, detail: `status ${response.status}` });
    return fail(statusFailure(api, response, WHERE, code));
  }
  return fail({ kind: 'unreachable', endpoint, cause: 'the storage refuses fresh download links' });
}

/** Both forms of a packet are stored side by side; only the XML one is read here. */
export function bodyPath({ path, kind }: Pick<ListedEntry, 'path' | 'kind'>): string {
  return kind !== 'image' && path.includes('/json/') && path.endsWith('.json')
    ? `${path.slice(0, -'.json'.length).replace('/json/', '/xml/')}.xml`
    : path;
}

async function openBody(
  response: HttpResponse,
  entry: ListedEntry,
  { api, maxBytes }: Omit<DownloadParts, 'askForLink'>,
  signal: AbortSignal,
): Promise<Result<AsyncIterable<Uint8Array>>> {
  const refuse = async (failure: SyncFailure): Promise<Result<never>> => {
    await abandon(response);
    return fail(failure);
  };
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    return refuse({
      kind: 'invalid-response',
      endpoint: api.endpoint,
      where: WHERE,
      detail: 'the body is encoded, which was not asked for',
    });
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) return refuse(tooLarge(entry, maxBytes));
  // Said to be empty, not cut short: asking again brings no more.
  if (entry.kind === 'image' && response.headers['content-length'] === '0')
    return refuse({
      kind: 'rejected',
      code: 'body-empty',
      where: `file ${entry.id}`,
      message: 'the file has no bytes',
    });
  const body = limited(response, entry, { api, maxBytes }, signal);
  return ok(entry.kind === 'image' ? checkFile(body, api) : checkBody(body, api.endpoint));
}

/** The body with its limit kept and its errors as failures. */
async function* limited(
  response: HttpResponse,
  entry: ListedEntry,
  { api, maxBytes }: Omit<DownloadParts, 'askForLink'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new BodyStreamError(tooLarge(entry, maxBytes));
      yield chunk;
    }
  } catch (error) {
    if (error instanceof BodyStreamError) throw error;
    if (signal.aborted) throw new BodyStreamError({ kind: 'cancelled' });
    const words = error instanceof HttpBodyError ? error.message : 'the body could not be read';
    throw new BodyStreamError({
      kind: 'invalid-response',
      endpoint: api.endpoint,
      where: WHERE,
      detail: `after ${bytes} bytes: ${words}`,
    });
  }
}

/** A photo is no packet, but a page that says "later" is no photo either. */
async function* checkFile(
  body: AsyncIterable<Uint8Array>,
  { endpoint }: ApiParts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const wrong = (detail: string): BodyStreamError =>
    new BodyStreamError({ kind: 'invalid-response', endpoint, where: WHERE, detail });
  let first = true;
  for await (const chunk of body) {
    if (chunk.length === 0) continue;
    if (
      first &&
      /^\s*(<!doctype html|<html|<\?xml|<error)/i.test(new TextDecoder().decode(chunk.subarray(0, 100)))
    )
      throw wrong('markup instead of a file');
    first = false;
    yield chunk;
  }
  if (first) throw wrong('an empty body');
}

const tooLarge = ({ id }: ListedEntry, maxBytes: number) =>
  ({
    kind: 'rejected',
    code: 'body-too-large',
    where: `packet ${id}`,
    message: `more than ${maxBytes} bytes`,
  }) as const;

/** Closes a body that is not wanted. */
async function abandon(response: HttpResponse): Promise<void> {
  await response.body[Symbol.asyncIterator]().return?.();
}
