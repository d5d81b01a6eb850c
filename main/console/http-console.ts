import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Handlers } from '../../shared/contract/contract.ts';
import {
  refuse,
  type Refusal,
  type RefusalCode,
  type Reply,
  type Right,
} from '../../shared/contract/reply.ts';
import type { SiteEvents } from '../../shared/contract/status.ts';
import { dropAccess, newToken, writeConsoleAccess } from './access-file.ts';
import { dispatch, type OnDefect } from './dispatch.ts';
import { contentSecurityPolicy, newStyleNonce, withNonce } from './page-policy.ts';
import { loadStaticFiles, type StaticFile } from './static-files.ts';

export interface ConsoleOptions {
  readonly dataDir: string;
  /** Folder of the built page. */
  readonly page: string;
  /** 0: any free port. */
  readonly port: number;
  readonly handlers: Handlers;
  readonly events: SiteEvents;
  /** What a browser with the token may do, asked for each request; by default look and operate. */
  readonly right?: Right | (() => Right) | undefined;
  readonly onDefect?: OnDefect | undefined;
}

export interface HttpConsole {
  /** Without the token. */
  readonly url: string;
  /** The address to open: the token stands behind `#`, which browsers neither send nor put into a referrer. */
  readonly openUrl: string;
  /** Idempotent. */
  stop(): Promise<void>;
}

const MAX_BODY = 64 * 1024;
const MAX_FEEDS = 16;
const MAX_UNREAD = 1024 * 1024;

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
} as const;

const STATUS: Readonly<Record<RefusalCode, number>> = {
  'unknown-request': 404,
  'bad-arguments': 400,
  forbidden: 403,
  'not-found': 404,
  'not-now': 409,
  'too-large': 413,
  'other-version': 409,
  unavailable: 503,
  defect: 500,
};

/** Serves page and contract on 127.0.0.1 and writes `console.json`. */
export async function startConsole(options: ConsoleOptions): Promise<HttpConsole> {
  const token = newToken();
  const files = loadStaticFiles(options.page);
  let hosts: ReadonlySet<string> = new Set();
  let feeds = 0;

  const server = createServer(
    // A browser sends far less; whoever sends slowly holds nothing for long.
    { maxHeaderSize: 8 * 1024, headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000 },
    (request, response) => {
      void handle(request, response).catch((error: unknown) => {
        options.onDefect?.('console', error);
        if (!response.headersSent) refused(response, refuse('defect', 'A fault in ERP Ferry.').error);
        else response.destroy();
      });
    },
  );
  server.maxConnections = 64;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const nonce = newStyleNonce();
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    response.setHeader('content-security-policy', contentSecurityPolicy('self', nonce));
    const foreign = foreignness(request, hosts);
    if (foreign !== undefined) return refused(response, refuse('forbidden', foreign).error);

    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (!path.startsWith('/api/')) return page(request, response, files.get(path), nonce);

    if (!tokenHolds(request.headers.authorization, token)) {
      response.setHeader('www-authenticate', 'Bearer');
      return refused(
        response,
        refuse('forbidden', 'The token is missing or not the one of this start.', 'Open the page anew.')
          .error,
        401,
      );
    }
    if (path === '/api/events') return events(request, response);
    if (request.method !== 'POST')
      return refused(response, refuse('bad-arguments', 'Requests are posted.').error, 405);
    if ((request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
      return refused(response, refuse('bad-arguments', 'Requests are application/json.').error, 415);
    const body = await readJson(request);
    if (!body.ok) return refused(response, body.error);
    const reply = await dispatch(
      options.handlers,
      typeof options.right === 'function' ? options.right() : (options.right ?? 'operate'),
      path.slice('/api/'.length),
      body.value,
      (name, error) => options.onDefect?.(name, error),
    );
    if (!reply.ok) return refused(response, reply.error);
    json(response, 200, reply);
  };

  const events = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== 'GET')
      return refused(response, refuse('bad-arguments', 'Events are fetched.').error, 405);
    if (feeds >= MAX_FEEDS)
      return refused(
        response,
        refuse('unavailable', 'Too many open pages.', 'Close some and try again.').error,
      );
    feeds += 1;
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(': open\n\n');
    const end = options.events.subscribe((event) => {
      if (response.writableLength < MAX_UNREAD)
        response.write(`id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`);
    });
    response.once('close', () => {
      feeds -= 1;
      end();
    });
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
  const url = `http://127.0.0.1:${port}/`;
  writeConsoleAccess(options.dataDir, { url, token });

  let stopped: Promise<void> | undefined;
  return {
    url,
    openUrl: `${url}#token=${token}`,
    stop: () =>
      (stopped ??= new Promise<void>((resolve) => {
        dropAccess(options.dataDir, token);
        server.close(() => resolve());
        server.closeAllConnections();
      })),
  };
}

/**
 * Why a request is not from our own page; undefined when it may be. Another name for this address in `Host` means DNS
 * rebinding, another `Origin` a page of somebody else.
 */
function foreignness(request: IncomingMessage, hosts: ReadonlySet<string>): string | undefined {
  const host = request.headers.host?.toLowerCase();
  if (host === undefined || !hosts.has(host)) return 'The address asked for is not the one of this page.';
  const { origin } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) return 'Another page may not ask here.';
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return 'Another page may not ask here.';
  return undefined;
}

/** Hashed first, so that the time of the comparison tells nothing about the length either. */
function tokenHolds(header: string | undefined, token: string): boolean {
  const given = /^Bearer ([\w-]{1,200})$/.exec(header ?? '')?.[1];
  if (given === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

async function readJson(request: IncomingMessage): Promise<Reply<unknown>> {
  const tooLarge = refuse('too-large', `A request has at most ${MAX_BODY} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return tooLarge;
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) return tooLarge;
    parts.push(part);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown };
  } catch {
    return refuse('bad-arguments', 'The request is not JSON.');
  }
}

function page(
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile | undefined,
  nonce: string,
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refused(response, refuse('bad-arguments', 'The page is fetched.').error, 405);
  if (file === undefined) return refused(response, refuse('not-found', 'There is no such page.').error);
  const bytes = withNonce(file, nonce);
  response.writeHead(200, { 'content-type': file.type, 'content-length': bytes.length });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function refused(response: ServerResponse, error: Refusal, status = STATUS[error.code]): void {
  // What is left of a request that was not read to its end must not be taken for the next one.
  response.setHeader('connection', 'close');
  json(response, status, { ok: false, error });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
