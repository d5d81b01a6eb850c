import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { readText } from '../http/read-text.ts';
import { API_TIMEOUT_MS, IDLE_TIMEOUT_MS, SMALL_ANSWER_BYTES } from './limits.ts';
import { secretFree } from './secret-free.ts';

export interface ApiParts {
  readonly endpoint: Endpoint;
  readonly http: HttpTransport;
  readonly runtime: Runtime;
  readonly apiKey: () => Promise<string>;
}

export interface ApiCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly contentType?: string | undefined;
  readonly body?: string | undefined;
  /** Words for the call in failures. */
  readonly where: string;
}

export interface ApiAnswer {
  readonly response: HttpResponse;
  /** Makes what the cloud said fit for a failure. */
  readonly secretFree: (said: string) => string;
}

/** Furthest a server may send the next attempt away. */
const MOST_RETRY_MS = 24 * 3_600_000;

/**
 * One call with the key. Every status but 2xx is a failure; no answer is `unreachable`, since none of these calls does
 * harm when it is repeated.
 */
export async function callApi(
  parts: ApiParts,
  call: ApiCall,
  signal: AbortSignal,
): Promise<Result<ApiAnswer>> {
  const { endpoint } = parts;
  const key = await readKey(parts);
  if (!key.ok) return key;
  const bytes = call.body === undefined ? undefined : new TextEncoder().encode(call.body);
  const request: HttpRequest = {
    method: call.method,
    url: call.url,
    headers: {
      'x-api-key': key.value,
      'content-type': call.contentType ?? 'application/json',
      'accept-encoding': 'identity',
    },
    ...(bytes === undefined ? {} : { body: { size: bytes.length, open: () => once(bytes) } }),
    headTimeoutMs: API_TIMEOUT_MS,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  };
  const outcome = await parts.http.send(request, signal);
  if (outcome.kind !== 'answered')
    return fail(
      signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', endpoint, cause: outcome.cause },
    );
  const { response } = outcome;
  const clean = (said: string): string => secretFree(said, key.value);
  if (response.status >= 200 && response.status < 300) return ok({ response, secretFree: clean });
  return fail(statusFailure(parts, response, call.where, clean(await errorMessage(response))));
}

async function readKey({ apiKey, endpoint }: ApiParts): Promise<Result<string>> {
  const unusable = (cause: string): Result<never> => fail({ kind: 'unauthorized', endpoint, cause });
  try {
    const key = (await apiKey()).trim();
    if (key === '') return unusable('no key is set');
    return /^[\u0021-\u007E]+$/.test(key)
      ? ok(key)
      : unusable('the key holds characters that cannot be sent');
  } catch {
    return unusable('the key cannot be read');
  }
}

/** What a status other than 2xx means; `said` is free of secrets. */
export function statusFailure(
  { endpoint, runtime }: Pick<ApiParts, 'endpoint' | 'runtime'>,
  response: Pick<HttpResponse, 'status' | 'headers'>,
  where: string,
  said: string,
): SyncFailure {
  const { status } = response;
  const cause = `${where}: the cloud answered ${status}${said === '' ? '' : ` (${said})`}`;
  if (status === 401 || status === 403) return { kind: 'unauthorized', endpoint, cause };
  if (status === 429) {
    const retryAt = retryTime(response.headers, runtime.wall());
    return { kind: 'throttled', endpoint, ...(retryAt === undefined ? {} : { retryAt }) };
  }
  if (status >= 500 || status === 408) return { kind: 'unreachable', endpoint, cause };
  if (status < 400)
    return { kind: 'invalid-response', endpoint, where, detail: `status ${status}, which is not followed` };
  return { kind: 'rejected', code: `http-${status}`, where, message: cause };
}

/**
 * Wall-clock time of `Retry-After`: seconds, or a date, which is measured against the server's own clock where it says
 * its time.
 */
export function retryTime(headers: HttpResponse['headers'], now: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return now + Math.min(Number(text) * 1_000, MOST_RETRY_MS);
  const until = httpDate(text);
  if (until === undefined) return undefined;
  const away = until - (httpDate(headers['date'] ?? '') ?? now);
  return now + Math.min(Math.max(away, 0), MOST_RETRY_MS);
}

/** Only the form with GMT: Date.parse takes much else for a date, and in the machine's own zone. */
function httpDate(text: string): number | undefined {
  const time = /^[A-Z][a-z]{2}, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** The gateway's own `message`; other texts may echo what was sent and are not taken over. */
async function errorMessage(response: HttpResponse): Promise<string> {
  const text = await readText(response, SMALL_ANSWER_BYTES);
  if (!text.ok) return '';
  try {
    const value: unknown = JSON.parse(text.value);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'message')) return '';
    const { message } = value as { message: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
