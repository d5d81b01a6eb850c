import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { HttpRequest, HttpResponse, HttpTransport } from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { retryTime } from '../dynamics-mobile/api-calls.ts';
import { secretFree } from '../dynamics-mobile/secret-free.ts';
import { readText } from '../http/read-text.ts';
import { xmlTree, type XmlNode } from '../protocols/xml-tree.ts';
import type { RescoAddresses } from './addresses.ts';
import { faultWords } from './faults.ts';
import { CALL_TIMEOUT_MS, FETCH_BYTES, METADATA_BYTES, SMALL_ANSWER_BYTES, WRITE_BYTES } from './limits.ts';

export interface RestParts {
  readonly endpoint: Endpoint;
  readonly addresses: RescoAddresses;
  readonly user: string;
  /** Read for every call, so that a new password counts at once. */
  readonly password: () => Promise<string>;
  readonly http: HttpTransport;
  readonly runtime: Runtime;
  /** Where Fetch is posted below the data service; the other one is tried once where this one is not there. */
  readonly fetchPath: '' | 'Fetch';
}

/** What is known of a call that did not bring what it should. */
export interface CallFailure {
  readonly failure: SyncFailure;
  /** `nothing`: the server has certainly done nothing. `refused`: it answered that it refuses the whole. */
  readonly did: 'nothing' | 'refused' | 'unknown';
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string | undefined;
  /** Words for the call in failures. */
  readonly where: string;
  readonly limitBytes: number;
  readonly timeoutMs?: number | undefined;
}

/** The REST services of one organisation, one request at a time. */
export class RestCalls {
  readonly endpoint: Endpoint;
  readonly #parts: RestParts;
  #fetchPath: '' | 'Fetch';
  #fetchPathKnown = false;
  #last: Promise<unknown> = Promise.resolve();
  #restUntil = 0;

  constructor(parts: RestParts) {
    this.#parts = parts;
    this.endpoint = parts.endpoint;
    this.#fetchPath = parts.fetchPath;
  }

  whoAmI(signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    return this.#data('WhoAmI', undefined, SMALL_ANSWER_BYTES, signal);
  }

  maxRowVersion(signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    return this.#data('GetMaxRowVersion', undefined, SMALL_ANSWER_BYTES, signal);
  }

  entities(signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    const url = `${this.#parts.addresses.metadata}/$entities`;
    return this.#call({ method: 'GET', url, where: 'Metadata', limitBytes: METADATA_BYTES }, signal);
  }

  /** The whole answer; faults within it are not looked for. */
  executeMultiple(body: string, signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    const bytes = Buffer.byteLength(body);
    if (bytes > WRITE_BYTES)
      return Promise.resolve(
        fail({
          did: 'nothing',
          failure: {
            kind: 'rejected',
            code: 'too-large',
            where: 'ExecuteMultiple',
            message: `${bytes} bytes where at most ${WRITE_BYTES} are sent`,
          },
        }),
      );
    return this.#data('ExecuteMultiple', body, FETCH_BYTES, signal);
  }

  async fetch(body: string, timeoutMs: number, signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    const at = (path: string): Promise<Result<XmlNode, CallFailure>> =>
      this.#data(path, body, FETCH_BYTES, signal, timeoutMs);
    const tried = this.#fetchPath;
    const first = await at(tried);
    if (first.ok) this.#fetchPathKnown = true;
    if (first.ok || this.#fetchPathKnown || !isElsewhere(first.failure)) return first;
    const other = tried === '' ? 'Fetch' : '';
    const second = await at(other);
    if (second.ok || !isElsewhere(second.failure)) {
      this.#fetchPath = other;
      this.#fetchPathKnown = true;
    }
    return second.ok || this.#fetchPath === other ? second : first;
  }

  #data(
    path: string,
    body: string | undefined,
    limitBytes: number,
    signal: AbortSignal,
    timeoutMs?: number,
  ): Promise<Result<XmlNode, CallFailure>> {
    const { data } = this.#parts.addresses;
    const url = path === '' ? data : `${data}/${path}`;
    const where = path === '' ? 'Fetch' : path;
    return this.#call({ method: 'POST', url, body, where, limitBytes, timeoutMs }, signal);
  }

  #call(call: Call, signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    const turn = this.#last.then(() => this.#one(call, signal));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #one(call: Call, signal: AbortSignal): Promise<Result<XmlNode, CallFailure>> {
    const { http, runtime } = this.#parts;
    const { endpoint } = this;
    if (signal.aborted) return fail({ did: 'nothing', failure: { kind: 'cancelled' } });
    if (runtime.wall() < this.#restUntil)
      return fail({ did: 'nothing', failure: { kind: 'throttled', endpoint, retryAt: this.#restUntil } });
    const password = await this.#password();
    if (!password.ok) return fail({ did: 'nothing', failure: password.failure });
    const outcome = await http.send(this.#request(call, password.value), signal);
    const did = outcome.kind === 'not-sent' ? 'nothing' : 'unknown';
    if (outcome.kind !== 'answered')
      return fail({
        did,
        failure: signal.aborted
          ? { kind: 'cancelled' }
          : { kind: 'unreachable', endpoint, cause: outcome.cause },
      });
    return this.#answer(call, outcome.response, (said) => this.#clean(said, password.value), signal);
  }

  async #answer(
    { where, limitBytes }: Call,
    response: HttpResponse,
    clean: (said: string) => string,
    signal: AbortSignal,
  ): Promise<Result<XmlNode, CallFailure>> {
    const { endpoint } = this;
    const { status } = response;
    const good = status >= 200 && status < 300;
    const text = await readText(response, good ? limitBytes : SMALL_ANSWER_BYTES);
    const tree = text.ok ? xmlTree(text.value) : text;
    if (!good) {
      const said = tree.ok ? faultWords(tree.value) : undefined;
      return fail(this.#refusal(response, where, said === undefined ? undefined : clean(said)));
    }
    if (tree.ok) return tree;
    if (signal.aborted) return fail({ did: 'unknown', failure: { kind: 'cancelled' } });
    if (!text.ok)
      return fail({
        did: 'unknown',
        failure: { kind: 'unreachable', endpoint, cause: `${where}: ${text.failure}` },
      });
    return fail({
      did: 'unknown',
      failure: { kind: 'invalid-response', endpoint, where, detail: tree.failure },
    });
  }

  /** What a status other than 2xx means. Codes of faults are never looked at: they are not public. */
  #refusal(
    { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
    where: string,
    fault: string | undefined,
  ): CallFailure {
    const { endpoint } = this;
    const cause = `${where}: the cloud answered ${status}${fault === undefined ? '' : ` (${fault})`}`;
    if (status === 429 || status === 503) {
      const retryAt = retryTime(headers, this.#parts.runtime.wall());
      if (retryAt !== undefined) this.#restUntil = Math.max(this.#restUntil, retryAt);
      const did = status === 429 ? 'nothing' : 'unknown';
      if (status === 429 || retryAt !== undefined)
        return {
          did,
          failure: { kind: 'throttled', endpoint, ...(retryAt === undefined ? {} : { retryAt }) },
        };
      return { did, failure: { kind: 'unreachable', endpoint, cause } };
    }
    if (status === 401) return { did: 'nothing', failure: { kind: 'unauthorized', endpoint, cause } };
    // Not the password: one entity, or one right.
    if (status === 403)
      return { did: 'nothing', failure: { kind: 'rejected', code: 'http-403', where, message: cause } };
    if (status >= 500 && fault !== undefined)
      return { did: 'refused', failure: { kind: 'rejected', code: 'resco-fault', where, message: fault } };
    if (status >= 500 || status === 408)
      return { did: 'unknown', failure: { kind: 'unreachable', endpoint, cause } };
    if (status < 400)
      return {
        did: 'nothing',
        failure: {
          kind: 'invalid-response',
          endpoint,
          where,
          detail: `status ${status}, which is not followed`,
        },
      };
    return {
      did: status === 413 ? 'refused' : 'nothing',
      failure: { kind: 'rejected', code: `http-${status}`, where, message: cause },
    };
  }

  #request(call: Call, password: string): HttpRequest {
    const { user } = this.#parts;
    const bytes = call.body === undefined ? undefined : new TextEncoder().encode(call.body);
    const basic = Buffer.from(`${user}:${password}`, 'utf8').toString('base64');
    return {
      method: call.method,
      url: call.url,
      headers: {
        authorization: `Basic ${basic}`,
        accept: 'application/xml',
        'accept-encoding': 'identity',
        ...(call.method === 'POST' ? { 'content-type': 'application/xml; charset=utf-8' } : {}),
      },
      ...(bytes === undefined ? {} : { body: { size: bytes.length, open: () => once(bytes) } }),
      headTimeoutMs: call.timeoutMs ?? CALL_TIMEOUT_MS,
      idleTimeoutMs: CALL_TIMEOUT_MS,
    };
  }

  async #password(): Promise<Result<string>> {
    const { endpoint } = this;
    try {
      const password = await this.#parts.password();
      return password === ''
        ? fail({ kind: 'unauthorized', endpoint, cause: 'no password is set' })
        : ok(password);
    } catch {
      return fail({ kind: 'unauthorized', endpoint, cause: 'the password cannot be read' });
    }
  }

  #clean(said: string, password: string): string {
    const basic = Buffer.from(`${this.#parts.user}:${password}`, 'utf8').toString('base64');
    return secretFree(said.replaceAll(basic, '[password]'), password);
  }
}

const isElsewhere = ({ failure }: CallFailure): boolean =>
  failure.kind === 'rejected' && (failure.code === 'http-404' || failure.code === 'http-405');

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
