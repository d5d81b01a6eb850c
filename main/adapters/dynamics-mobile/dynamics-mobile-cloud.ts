import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { LinkSettings } from '../../../shared/model/settings.ts';
import type {
  DoneReport,
  ListedEntry,
  PacketCloud,
  PacketListing,
  PacketQueue,
  UploadRequest,
  UploadTicket,
} from '../../core/packets/packet-cloud.ts';
import type { HttpBody, HttpTransport } from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { readText } from '../http/read-text.ts';
import { callApi, type ApiCall, type ApiParts } from './api-calls.ts';
import { download } from './download.ts';
import { LIST_MAX_BYTES, LIST_SIZE, PUSH_MAX_BYTES, SMALL_ANSWER_BYTES } from './limits.ts';
import { readListing } from './read-listing.ts';
import { checkLink, readDownloadLink, readUploadAnswer } from './signed-link.ts';
import { upload } from './upload.ts';

export interface DynamicsMobileParts {
  readonly settings: LinkSettings['cloud'];
  /** Read for every call, so that a new key counts at once. */
  readonly apiKey: () => Promise<string>;
  readonly http: HttpTransport;
  readonly runtime: Runtime;
  /** Largest body taken from the cloud. */
  readonly maxPacketBytes: number;
  /** How failures name this cloud; by default after its host. */
  readonly endpoint?: Endpoint | undefined;
}

/** The packet exchange of one application area. Holds no state: calls may overlap. */
export function createDynamicsMobileCloud(parts: DynamicsMobileParts): PacketCloud {
  return new DynamicsMobileCloud(parts);
}

interface ApiText {
  readonly text: string;
  readonly secretFree: (said: string) => string;
}

class DynamicsMobileCloud implements PacketCloud {
  readonly capabilities: PacketCloud['capabilities'];
  readonly #settings: LinkSettings['cloud'];
  readonly #api: ApiParts;
  readonly #base: string;
  readonly #maxPacketBytes: number;

  constructor({ settings, apiKey, http, runtime, maxPacketBytes, endpoint }: DynamicsMobileParts) {
    const base = new URL(settings.baseUrl);
    this.capabilities = {
      maxPacketBytes: PUSH_MAX_BYTES,
      listSize: LIST_SIZE,
      partialDone: settings.partialDone,
    };
    this.#settings = settings;
    this.#api = { endpoint: endpoint ?? `cloud:${base.host}`, http, runtime, apiKey };
    this.#base = `${base.origin}${base.pathname.replace(/\/+$/, '')}${settings.pathPrefix}`;
    this.#maxPacketBytes = maxPacketBytes;
  }

  async list(queue: PacketQueue, signal: AbortSignal): Promise<Result<PacketListing>> {
    const format = this.#settings.listFormat;
    const where = 'list of packets';
    const url = this.#url(['pull'], '', { packetType: queue, format });
    const text = await this.#text({ method: 'GET', url, where }, LIST_MAX_BYTES, signal);
    if (!text.ok) return text;
    const listing = readListing(queue, format, text.value.text);
    return listing.ok ? listing : this.#invalid(where, listing.failure);
  }

  download(entry: ListedEntry, signal: AbortSignal): Promise<Result<AsyncIterable<Uint8Array>>> {
    return download(
      {
        api: this.#api,
        maxBytes: this.#maxPacketBytes,
        askForLink: (path) => this.#downloadLink(path, signal),
      },
      entry,
      signal,
    );
  }

  async reportDone({ queue, format, raw }: DoneReport, signal: AbortSignal): Promise<Result<void>> {
    // An empty answer was an empty queue: there is nothing to report.
    if (raw.trim() === '') return ok(undefined);
    const url = this.#url(['pull'], '/done', { packetType: queue, format });
    const contentType = format === 'xml' ? 'application/xml' : 'application/json';
    const call: ApiCall = { method: 'POST', url, contentType, body: raw, where: 'report of packets done' };
    const answer = await callApi(this.#api, call, signal);
    if (!answer.ok) return answer;
    // Its words are not known; reading them lets the connection end in order.
    await readText(answer.value.response, SMALL_ANSWER_BYTES);
    return ok(undefined);
  }

  async requestUpload(request: UploadRequest, signal: AbortSignal): Promise<Result<UploadTicket>> {
    const { user, packetUniqueId, size } = request;
    const where = `upload link for ${user}`;
    const wrong = (code: string, message: string): Result<never> =>
      fail({ kind: 'rejected', code, where, message });
    // An address cannot hold these as a name: they are steps in a path however they are written.
    if (/^\.{0,2}$/.test(user)) return wrong('bad-user-name', `a user cannot be named "${user}"`);
    if (size > PUSH_MAX_BYTES)
      return wrong('packet-too-large', `${size} bytes where at most ${PUSH_MAX_BYTES} may be sent`);
    if (!Number.isSafeInteger(size) || size <= 0) return wrong('packet-empty', 'the packet is empty');
    if (!/^[\u0021-\u007E]{1,64}$/.test(packetUniqueId))
      return wrong('bad-packet-id', 'the packet id is not 1 to 64 printable ASCII characters');
    const url = this.#url(['push', user], '', { packetUniqueId, size: String(size), packetType: 'xml' });
    const text = await this.#text({ method: 'GET', url, where }, SMALL_ANSWER_BYTES, signal);
    if (!text.ok) return fail(pushFailure(text.failure));
    // Links live from their receipt, by a clock that cannot be set.
    const receivedAt = this.#api.runtime.monotonic();
    const answer = readUploadAnswer(text.value.text);
    if (!answer.ok) return this.#invalid(where, answer.failure);
    if (answer.value.kind === 'refused') {
      const said = text.value.secretFree(answer.value.message);
      return wrong('push-refused', `the cloud refuses the packet${said === '' ? '' : ` (${said})`}`);
    }
    const link = checkLink(answer.value.url, this.#settings.linkHosts);
    if (!link.ok) return this.#invalid(where, `the link cannot be used: ${link.failure}`);
    return ok({ url: link.value, syncLogId: answer.value.syncLogId, receivedAt });
  }

  upload(ticket: UploadTicket, body: HttpBody, signal: AbortSignal): Promise<Result<void>> {
    return upload(this.#api, ticket, body, signal);
  }

  async #downloadLink(path: string, signal: AbortSignal): Promise<Result<string>> {
    const where = 'download link';
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const url = `${this.#url(['pull'], '/link', {})}?path=${encoded}`;
    const text = await this.#text({ method: 'GET', url, where }, SMALL_ANSWER_BYTES, signal);
    if (!text.ok)
      return text.failure.kind === 'rejected' && text.failure.code === 'http-404'
        ? fail({ ...text.failure, code: 'body-gone' })
        : text;
    const link = readDownloadLink(text.value.text);
    if (!link.ok) return this.#invalid(where, link.failure);
    const allowed = checkLink(link.value, this.#settings.linkHosts);
    return allowed.ok ? allowed : this.#invalid(where, `the link cannot be used: ${allowed.failure}`);
  }

  async #text(call: ApiCall, limitBytes: number, signal: AbortSignal): Promise<Result<ApiText>> {
    const answer = await callApi(this.#api, call, signal);
    if (!answer.ok) return answer;
    const text = await readText(answer.value.response, limitBytes);
    if (text.ok) return ok({ text: text.value, secretFree: answer.value.secretFree });
    return signal.aborted ? fail({ kind: 'cancelled' }) : this.#invalid(call.where, text.failure);
  }

  #invalid(where: string, detail: string): Result<never> {
    return fail({ kind: 'invalid-response', endpoint: this.#api.endpoint, where, detail });
  }

  #url(
    [direction, user]: readonly [direction: 'push' | 'pull', user?: string],
    action: string,
    query: Readonly<Record<string, string>>,
  ): string {
    const parts = [direction, this.#settings.appArea, ...(user === undefined ? [] : [user])];
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const path = `${this.#base}/${parts.map(encodeURIComponent).join('/')}${action}`;
    return search.length === 0 ? path : `${path}?${search.join('&')}`;
  }
}

/** Statuses that mean one user or one packet here. */
function pushFailure(failure: SyncFailure): SyncFailure {
  if (failure.kind !== 'rejected') return failure;
  if (failure.code === 'http-404') return { ...failure, code: 'unknown-user' };
  return failure.code === 'http-413' ? { ...failure, code: 'packet-too-large' } : failure;
}
