import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { UploadTicket } from '../../core/packets/packet-cloud.ts';
import type { HttpBody } from '../../core/runtime/http-transport.ts';
import { statusFailure, type ApiParts } from './api-calls.ts';
import { IDLE_TIMEOUT_MS, uploadTimeoutMs } from './limits.ts';
import { storageErrorCode } from './storage-error.ts';

/**
 * Sends a packet to its link, without the key. `rejected` with code `link-expired`: ask for a fresh link.
 * `unknown-outcome`: bytes left, and nobody knows whether they were taken.
 */
export async function upload(
  api: ApiParts,
  ticket: UploadTicket,
  body: HttpBody,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { endpoint } = api;
  const outcome = await api.http.send(
    {
      method: 'PUT',
      url: ticket.url,
      // The link may be signed over exactly this type.
      headers: { 'content-type': 'application/xml' },
      body,
      headTimeoutMs: uploadTimeoutMs(body.size),
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    },
    signal,
  );
  if (outcome.kind === 'not-sent')
    return fail(
      signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', endpoint, cause: outcome.cause },
    );
  const unknown = fail({
    kind: 'unknown-outcome',
    endpoint,
    operation: `upload ${ticket.syncLogId}`,
  } as const);
  if (outcome.kind === 'maybe-sent') return unknown;
  const { response } = outcome;
  const code = await storageErrorCode(response);
  const { status } = response;
  if (status >= 200 && status < 300) return ok(undefined);
  if (status >= 500 || status === 408) return unknown;
  if (status === 403 || status === 401)
    return fail({
      kind: 'rejected',
      code: 'link-expired',
      where: 'upload',
      message: `the storage refuses the link${code === '' ? '' : ` (${code})`}`,
    });
  return fail(statusFailure(api, response, 'upload', code));
}
