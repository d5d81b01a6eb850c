import type { Result } from '../../../shared/model/result.ts';

/**
 * One HTTP exchange. The outcome says what is known about the request itself, because that decides whether it may be
 * sent again: `not-sent` (no byte left), `maybe-sent` (some did, no whole answer head came), `answered`.
 */
export interface HttpTransport {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpOutcome>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with an exact content length, never chunked. */
  readonly body?: HttpBody | undefined;
  /** For the whole exchange up to the answer's head, in milliseconds of monotonic time. */
  readonly headTimeoutMs: number;
  /** Longest silence while the body of the answer (or of the request) flows. */
  readonly idleTimeoutMs: number;
}

export interface HttpBody {
  readonly size: number;
  open(): AsyncIterable<Uint8Array>;
}

export type HttpOutcome =
  | { readonly kind: 'not-sent'; readonly cause: string }
  | { readonly kind: 'maybe-sent'; readonly cause: string }
  | { readonly kind: 'answered'; readonly response: HttpResponse };

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body once. Ends with an error when the connection breaks, the declared length is not reached or exceeded, or
   * the silence is too long. Abandoning the iteration closes the connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Reads a body of at most `limitBytes` as UTF-8 text; the failure says what went wrong in words. */
export type ReadText = (response: HttpResponse, limitBytes: number) => Promise<Result<string, string>>;
