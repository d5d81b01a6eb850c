import http from 'node:http';
import https from 'node:https';
import type {
  HttpBody,
  HttpOutcome,
  HttpRequest,
  HttpResponse,
  HttpTransport,
} from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { errorWords } from './error-words.ts';
import { answerBody } from './answer-body.ts';
import { Watchdog } from './watchdog.ts';

type Timers = Pick<Runtime, 'sleep' | 'monotonic'>;

/**
 * HTTP over node:https, and node:http for loopback addresses only. One connection per request: a kept one may be closed
 * by the other side in the moment it is used, and then nobody knows whether the request arrived. Redirects are answers.
 * Causes never hold an address beyond its host: links are secrets.
 */
export function createNodeHttpTransport(runtime: Timers): HttpTransport {
  return { send: (request, signal) => exchange(request, runtime, signal) };
}

/** Whether plain http may be spoken to this host: it never leaves the machine. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

function exchange(request: HttpRequest, runtime: Timers, signal: AbortSignal): Promise<HttpOutcome> {
  if (signal.aborted) return Promise.resolve({ kind: 'not-sent', cause: 'cancelled' });
  const opened = open(request);
  if (typeof opened === 'string') return Promise.resolve({ kind: 'not-sent', cause: opened });
  return new Exchange(opened, request, runtime, signal).run();
}

/** The request object, with nothing sent, or words for why there is none. */
function open(request: HttpRequest): http.ClientRequest | string {
  const url = URL.parse(request.url);
  if (url === null) return 'the address is not valid';
  const secure = url.protocol === 'https:';
  if (!secure && !(url.protocol === 'http:' && isLoopback(url.hostname))) return 'the address is not https';
  const headers: Record<string, string> = { ...request.headers };
  if (request.body !== undefined) headers['content-length'] = String(request.body.size);
  else if (request.method !== 'GET') headers['content-length'] = '0';
  try {
    return (secure ? https : http).request(url, { method: request.method, headers, agent: false });
  } catch (error) {
    return errorWords(error);
  }
}

/** One request from its connection to the head of its answer. */
class Exchange {
  readonly #request: http.ClientRequest;
  readonly #body: HttpBody | undefined;
  readonly #signal: AbortSignal;
  readonly #dog: Watchdog;
  readonly #headTimeoutMs: number;
  readonly #idleTimeoutMs: number;
  /** Once the connection stands, bytes may have left. */
  #connected = false;
  #answered = false;
  #cause: string | undefined;
  #settle: (outcome: HttpOutcome) => void = () => {};
  /** Ends the wait for a chunk to leave. */
  #wake: () => void = () => {};

  constructor(request: http.ClientRequest, wanted: HttpRequest, runtime: Timers, signal: AbortSignal) {
    this.#request = request;
    this.#body = wanted.body;
    this.#signal = signal;
    this.#headTimeoutMs = wanted.headTimeoutMs;
    this.#idleTimeoutMs = wanted.idleTimeoutMs;
    this.#dog = new Watchdog(runtime);
  }

  run(): Promise<HttpOutcome> {
    const { promise, resolve } = Promise.withResolvers<HttpOutcome>();
    const abort = (): void => this.#fail('cancelled');
    this.#settle = resolve;
    this.#signal.addEventListener('abort', abort, { once: true });
    this.#dog.limit(this.#headTimeoutMs, () =>
      this.#fail(`no answer within ${Math.round(this.#headTimeoutMs / 1000)} s`),
    );
    const request = this.#request;
    request.on('socket', (socket) => {
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        this.#connected = true;
        void this.#write();
      });
    });
    request.on('response', (message) => {
      this.#answered = true;
      this.#wake();
      this.#dog.stop();
      resolve({ kind: 'answered', response: this.#response(message, abort) });
    });
    request.on('error', (error) => this.#fail(errorWords(error)));
    request.on('close', () => {
      this.#wake();
      if (this.#answered) return;
      this.#signal.removeEventListener('abort', abort);
      this.#fail('the connection was closed without an answer');
    });
    return promise;
  }

  #fail(cause: string): void {
    this.#cause ??= cause;
    this.#dog.stop();
    this.#settle({ kind: this.#connected ? 'maybe-sent' : 'not-sent', cause: this.#cause });
    this.#request.destroy();
  }

  async #write(): Promise<void> {
    const request = this.#request;
    if (this.#body === undefined) {
      request.end();
      return;
    }
    let sent = 0;
    try {
      for await (const chunk of this.#body.open()) {
        if (request.destroyed || this.#answered) return;
        sent += chunk.length;
        if (sent > this.#body.size) break;
        await this.#writeChunk(chunk);
      }
    } catch (error) {
      this.#fail(`the body could not be read: ${errorWords(error)}`);
      return;
    }
    if (request.destroyed || this.#answered) return;
    // Without its declared length the other side never takes the body for whole.
    if (sent === this.#body.size) request.end();
    else this.#fail(`the body has ${sent > this.#body.size ? 'more' : 'fewer'} bytes than were declared`);
  }

  /** Waits until the bytes are with the system, so that a body is read as fast as it leaves. */
  async #writeChunk(chunk: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const idle = this.#dog.watch(this.#idleTimeoutMs, () => this.#fail('the other side takes no more bytes'));
    this.#request.write(chunk, () => resolve());
    await promise;
    idle();
  }

  #response(message: http.IncomingMessage, abort: () => void): HttpResponse {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(message.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    const request = this.#request;
    const body = answerBody(message, {
      dog: this.#dog,
      idleTimeoutMs: this.#idleTimeoutMs,
      failed: () => this.#cause,
      close: () => {
        this.#signal.removeEventListener('abort', abort);
        this.#dog.stop();
        request.destroy();
      },
    });
    return { status: message.statusCode ?? 0, headers, body };
  }
}
