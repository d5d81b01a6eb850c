import type { Socket } from 'node:net';
import type { Hop } from '../../../shared/contract/settings-requests.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { AlertChannel, AlertMessage } from '../../core/alerts/alert-channel.ts';
import type { HttpTransport } from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { createNodeHttpTransport, isLoopback } from '../http/node-http-transport.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import { HopFailed, HopNotes } from './hop-notes.ts';
import { certificateText, deadline, openSocket, resolveHost, secureSocket } from './network-steps.ts';

export interface WebhookOptions {
  /** Asked for at every try: the address is a key, kept as a secret. */
  readonly url: () => Promise<Result<string | undefined, string>>;
  readonly http: HttpTransport;
}

const ANSWER_MS = 20_000;
const PROBE_MS = 15_000;

/** POSTs JSON; a 2xx settles it. It tells both that something is there and that it is over. */
export function createWebhookChannel({ url, http }: WebhookOptions): AlertChannel {
  return {
    name: 'webhook',
    tells: ['raised', 'ended'],
    send: async (message, signal) => {
      const address = await url();
      if (!address.ok) return fail(address.failure);
      if (address.value === undefined) return fail('no address is stored (alerts.webhook.url)');
      return post(http, address.value, payloadOf(message), signal);
    },
  };
}

/** The fields are an interface: none is renamed or taken away. Times are ISO 8601 in UTC. */
function payloadOf(message: AlertMessage): Readonly<Record<string, string>> {
  const { title, body, severity, code, about, site, state, key } = message;
  const since = new Date(message.since).toISOString();
  return { title, body, severity, code, about, since, site, state, id: key };
}

async function post(
  http: HttpTransport,
  url: string,
  payload: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Result<void, string>> {
  const refused = refusedAddress(url);
  if (refused !== undefined) return fail(refused);
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  const outcome = await http.send(
    {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', 'user-agent': 'erp-ferry' },
      body: {
        size: bytes.byteLength,
        async *open() {
          yield bytes;
        },
      },
      headTimeoutMs: ANSWER_MS,
      idleTimeoutMs: ANSWER_MS,
    },
    signal,
  );
  if (outcome.kind !== 'answered') return fail(outcome.cause);
  const { status, body } = outcome.response;
  // Nothing in the answer matters; leaving the iteration closes the connection.
  try {
    for await (const _chunk of body) break;
  } catch {
    // The head has said what there is to know.
  }
  return status >= 200 && status < 300 ? ok(undefined) : fail(`the server answered ${String(status)}`);
}

/** Tries the way step by step; the last one posts a message marked as a test. The address beyond its host stays secret. */
export async function testWebhook(
  url: string,
  signal: AbortSignal,
  edges: {
    readonly http?: HttpTransport | undefined;
    readonly runtime?: Pick<Runtime, 'sleep' | 'monotonic' | 'wall'> | undefined;
    readonly site?: string | undefined;
    /** Roots to trust instead of the program's own (PEM). */
    readonly ca?: readonly string[] | undefined;
  } = {},
): Promise<readonly Hop[]> {
  const runtime = edges.runtime ?? systemRuntime();
  const parsed = URL.parse(url);
  const secure = parsed?.protocol === 'https:';
  const port = Number(parsed?.port) || (secure ? 443 : 80);
  const host = parsed?.hostname ?? '';
  const notes = new HopNotes(
    parsed === null ? '' : `${host}:${String(port)}`,
    ['resolve', 'connect', ...(secure ? ['tls' as const] : []), 'accept'],
    runtime,
  );
  const limit = deadline(PROBE_MS, runtime, signal);
  let socket: Socket | undefined;
  try {
    await notes.step('resolve', async () => {
      const refused = refusedAddress(url);
      if (refused !== undefined) throw new HopFailed(refused);
      return resolveHost(host, limit.signal);
    });
    await notes.step('connect', async () => {
      socket = await openSocket(host, port, limit.signal);
      return undefined;
    });
    const plain = socket;
    if (secure && plain !== undefined)
      await notes.step('tls', async () => {
        const secured = await secureSocket(plain, host, edges.ca, limit.signal);
        socket = secured;
        return certificateText(secured);
      });
    await notes.step('accept', async () => {
      const payload = {
        title: 'ERP Ferry: test message',
        body: 'This is a test. Warnings of ERP Ferry come to this address.',
        severity: 'info',
        code: 'test',
        about: 'site',
        since: new Date(runtime.wall()).toISOString(),
        site: edges.site ?? '',
        state: 'test',
        id: 'test',
      };
      const http = edges.http ?? createNodeHttpTransport(runtime);
      const sent = await post(http, url, payload, signal);
      if (!sent.ok) throw new HopFailed(sent.failure);
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof HopFailed)) throw error;
  } finally {
    socket?.destroy();
    limit.end();
  }
  return notes.hops;
}

function refusedAddress(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null) return 'the address is not valid';
  if (parsed.protocol === 'https:') return undefined;
  return parsed.protocol === 'http:' && isLoopback(parsed.hostname) ? undefined : 'the address is not https';
}
