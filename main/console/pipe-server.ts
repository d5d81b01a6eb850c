import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Handlers } from '../../shared/contract/contract.ts';
import { refuse, type Right } from '../../shared/contract/reply.ts';
import type { SiteEvents } from '../../shared/contract/status.ts';
import { dropAccess, newToken, writeAgentAccess } from './access-file.ts';
import { dispatch, type OnDefect } from './dispatch.ts';
import { pipeAddress } from './pipe-address.ts';
import {
  LineReader,
  MAX_GREETING,
  MAX_REQUEST,
  greetingSchema,
  newNonce,
  proofHolds,
  proofSchema,
  prove,
  readLine,
  requestSchema,
  sendLine,
} from './pipe-protocol.ts';

export interface PipeOptions {
  readonly dataDir: string;
  readonly handlers: Handlers;
  readonly events: SiteEvents;
  /** Whoever can read the token file owns the data folder anyway. */
  readonly right?: Right | undefined;
  readonly onDefect?: OnDefect | undefined;
  /** A stranger must not hold a connection open. */
  readonly greetingMs?: number | undefined;
}

export interface PipeServer {
  readonly address: string;
  /** Closes all connections; answers that are ready go out first. Idempotent. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 32;
/** One viewer must not fill the memory with requests it does not wait for. */
const MAX_OPEN_REQUESTS = 16;
/** A viewer that does not read gets no more snapshots until it does. */
const MAX_UNREAD = 1024 * 1024;

/** Opens the pipe. To be called by the holder of the site lock only: it takes over a socket left by a killed process. */
export async function startPipe(options: PipeOptions): Promise<PipeServer> {
  const address = pipeAddress(options.dataDir);
  if (process.platform !== 'win32') rmSync(address, { force: true });
  const token = newToken();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, token, options);
  });
  server.maxConnections = MAX_CONNECTIONS;

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: address }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Others are kept out by the token; the mode only spares them the attempt.
  if (process.platform !== 'win32') chmodSync(address, 0o600);
  writeAgentAccess(options.dataDir, { pipe: address, token, pid: process.pid });

  let stopped: Promise<void> | undefined;
  return {
    address,
    stop: () =>
      (stopped ??= new Promise<void>((resolve) => {
        dropAccess(options.dataDir, token);
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      })),
  };
}

function serve(socket: Socket, token: string, options: PipeOptions): void {
  const agentNonce = newNonce();
  let viewerNonce: string | undefined;
  let trusted = false;
  let open = 0;
  let endFeed: (() => void) | undefined;
  const deadline = setTimeout(() => socket.destroy(), options.greetingMs ?? 5_000);

  const greet = (line: string): void => {
    if (viewerNonce === undefined) {
      viewerNonce = readLine(line, greetingSchema)?.nonce;
      if (viewerNonce === undefined) return void socket.destroy();
      return sendLine(socket, { nonce: agentNonce, proof: prove(token, 'agent', viewerNonce, agentNonce) });
    }
    const given = readLine(line, proofSchema)?.proof;
    if (given === undefined || !proofHolds(given, prove(token, 'viewer', viewerNonce, agentNonce)))
      return void socket.destroy();
    clearTimeout(deadline);
    trusted = true;
    lines.limit = MAX_REQUEST;
    sendLine(socket, { welcome: true });
  };

  const request = (line: string): void => {
    const asked = readLine(line, requestSchema);
    if (asked === undefined)
      return sendLine(socket, { id: idOf(line), reply: refuse('bad-arguments', 'This line is no request.') });
    if ('subscribe' in asked) {
      endFeed ??= options.events.subscribe((event) => {
        if (socket.writableLength < MAX_UNREAD) sendLine(socket, { event });
      });
      return sendLine(socket, { id: asked.id, reply: { ok: true, value: {} } });
    }
    if (open >= MAX_OPEN_REQUESTS)
      return sendLine(socket, {
        id: asked.id,
        reply: refuse('unavailable', 'Too many requests at once.', 'Wait for answers before asking more.'),
      });
    open += 1;
    void dispatch(options.handlers, options.right ?? 'administer', asked.request, asked.args, (name, error) =>
      options.onDefect?.(name, error),
    ).then((reply) => {
      open -= 1;
      sendLine(socket, { id: asked.id, reply });
    });
  };

  const lines = new LineReader(
    MAX_GREETING,
    (line) => {
      if (socket.destroyed) return;
      if (trusted) request(line);
      else greet(line);
    },
    () => socket.destroy(),
  );
  socket.on('data', (chunk) => lines.push(chunk));
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    clearTimeout(deadline);
    endFeed?.();
  });
}

/** The number a bad request carried, so that its sender can tell which one it was; null when even that is unreadable. */
function idOf(line: string): number | null {
  const id = /"id"\s*:\s*(\d{1,15})\b/.exec(line)?.[1];
  return id === undefined ? null : Number(id);
}
