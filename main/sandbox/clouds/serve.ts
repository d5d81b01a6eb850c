import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectionCut } from './connection-cut.ts';

export type FetchHandler = (request: Request) => Promise<Response>;

export interface ServeOptions {
  /** 0, the default, takes any free port. */
  port?: number | undefined;
  /** Loopback addresses only. */
  host?: string | undefined;
  /** Told about anything a handler throws that is not a wanted cut: such an error is a defect of the simulator. */
  onDefect?: ((error: unknown) => void) | undefined;
}

export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  /** Stops listening and drops every open connection. */
  close(): Promise<void>;
}

/**
 * Serves a fetch-style handler on loopback, streaming in both directions. A handler that throws `ConnectionCut`, or
 * whose response body fails, has its socket destroyed; a response whose body is shorter or longer than its
 * `content-length` goes out so: cut off where the declared length ends, or the connection closed before it is reached.
 */
export async function serveFetch(handler: FetchHandler, options: ServeOptions = {}): Promise<LoopbackServer> {
  const host = options.host ?? '127.0.0.1';
  if (host !== '127.0.0.1' && host !== '::1' && host !== 'localhost')
    throw new Error(`simulated clouds listen on loopback only, not on ${host}`);
  const server = createServer((incoming, outgoing) => {
    void exchange(handler, incoming, outgoing).catch((error: unknown) => {
      if (!(error instanceof ConnectionCut)) options.onDefect?.(error);
      incoming.socket.destroy();
    });
  });
  // Longer than a client's idle pause: a reset of an idle connection shall come from a fault script, not from here.
  server.keepAliveTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function exchange(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) gone.abort(new ConnectionCut('the client went away'));
  });
  outgoing.on('error', () => gone.abort(new ConnectionCut('the client went away')));
  const chunks = incoming.iterator({ destroyOnReturn: false });
  const request = requestOf(incoming, chunks, gone.signal);
  if (request === undefined) {
    outgoing.writeHead(405, { 'content-length': 0 }).end();
    return;
  }
  const response = await handler(request);
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) headers[name] = value;
  outgoing.writeHead(response.status, headers);
  const declared = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const written =
    request.method === 'HEAD'
      ? declared
      : await writeBody(response, outgoing, { limit: declared ?? Infinity, signal: gone.signal });
  if (declared !== undefined && written !== declared) {
    outgoing.socket?.destroySoon();
    return;
  }
  outgoing.flushHeaders();
  await chunks.return?.();
  if (!incoming.complete) await drain(incoming);
  outgoing.end();
}

/** Takes in and drops what the handler left of the body: a client still sending shall see its answer, not a reset. */
function drain(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    incoming.on('end', resolve).on('close', resolve).on('error', resolve);
    incoming.resume();
  });
}

async function writeBody(
  response: Response,
  outgoing: ServerResponse,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<number> {
  let written = 0;
  if (response.body === null) return 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return written;
      const piece = value.subarray(0, limit - written);
      written += piece.byteLength;
      await write(outgoing, piece, signal);
      if (piece.byteLength < value.byteLength) return written;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Resolves when the chunk has left for the system, so that a cut after it never swallows it. */
function write(outgoing: ServerResponse, chunk: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new ConnectionCut('the client went away'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    outgoing.write(chunk, (error) => {
      signal.removeEventListener('abort', stop);
      if (error) stop();
      else resolve();
    });
    return undefined;
  });
}

function requestOf(
  incoming: IncomingMessage,
  chunks: AsyncIterator<Uint8Array>,
  signal: AbortSignal,
): Request | undefined {
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2)
    headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
  const hasBody =
    method !== 'GET' &&
    method !== 'HEAD' &&
    (headers.has('transfer-encoding') || Number(headers.get('content-length') ?? '0') > 0);
  try {
    return new Request(new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`), {
      method,
      headers,
      signal,
      body: hasBody ? bodyOf(chunks) : null,
      duplex: 'half',
    } as RequestInit);
  } catch {
    return undefined;
  }
}

/** Reads from the socket only on demand, so a slow reader slows the sender. */
function bodyOf(chunks: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
    },
    { highWaterMark: 0 },
  );
}
