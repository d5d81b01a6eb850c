import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { selfSignedCertificate } from './certificate.ts';
import { Connection } from './connection.ts';
import type { WindowsAccount } from './ntlm.ts';
import type { TdsLog } from './server-log.ts';
import { tlsContexts } from './tls-in-tds.ts';
import { WireFaults } from './wire-faults.ts';
import type { SqlEngine } from '../tsql/face.ts';

export interface TdsServerOptions {
  readonly engine: SqlEngine;
  /** Each also needs a login `DOMAIN\\user` of the engine with the same password. */
  readonly windowsAccounts?: readonly WindowsAccount[] | undefined;
  /** The name in the certificate; without it the one of this computer, `localhost` and 127.0.0.1. */
  readonly certificateName?: string | undefined;
  /** Speaks TLS 1.0 and 1.1 and nothing newer, like a server nobody has updated for long. */
  readonly oldTls?: boolean | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  readonly host?: '127.0.0.1' | undefined;
  readonly log?: TdsLog | undefined;
  /** Faults armed before the server starts; without it the server makes its own. */
  readonly wireFaults?: WireFaults | undefined;
  /** Waits for delayed answers; must end early when the signal is aborted, and not reject. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export interface TdsServer {
  readonly port: number;
  readonly faults: WireFaults;
  /** The certificate in PEM, for a client that checks it. */
  readonly certificate: string;
  /** Connections that are open now, logged in or not. */
  connections(): number;
  /** Closes every connection and stops listening; resolves when every session of the engine is closed. Idempotent. */
  close(): Promise<void>;
}

const realSleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {});

/** Listens on 127.0.0.1 and serves `engine` to TDS clients, with TLS under a certificate made now. */
export async function startTdsServer(options: TdsServerOptions): Promise<TdsServer> {
  const { engine, host = '127.0.0.1' } = options;
  const log = options.log ?? (() => {});
  const faults = options.wireFaults ?? new WireFaults();
  const identity = selfSignedCertificate(options.certificateName);
  const contexts = tlsContexts(identity, options.oldTls === true);
  const accounts = options.windowsAccounts ?? [];
  const sleep = options.sleep ?? realSleep;
  const open = new Map<Socket, Connection | undefined>();
  let lastId = 0;

  const accept = (socket: Socket): void => {
    lastId += 1;
    const id = lastId;
    const fault = faults.atConnect(id);
    if (fault === 'refuse') {
      socket.on('error', () => {});
      socket.resetAndDestroy();
      return;
    }
    open.set(socket, undefined);
    socket.on('close', () => {
      if (open.get(socket) === undefined) open.delete(socket);
    });
    if (fault === 'freeze') {
      socket.on('error', () => {});
      // Reads and forgets, so that the client's own end is noticed.
      socket.resume();
      return;
    }
    const connection = new Connection(socket, { id, engine, accounts, faults, contexts, log, sleep });
    open.set(socket, connection);
    void connection.finished.then(() => open.delete(socket));
  };

  let server = await listen(accept, options.port ?? 0, host);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;

  const closeConnections = (): number => {
    for (const socket of open.keys()) socket.destroy();
    return open.size;
  };
  const stop = async (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const running = [...open.values()];
    closeConnections();
    await stopped;
    for (const connection of running) await connection?.finished;
  };
  faults.attach({
    closeConnections,
    freezeConnections: () => {
      for (const connection of open.values()) connection?.freeze();
      return open.size;
    },
    stopListening: stop,
    startListening: async () => {
      if (!server.listening) server = await listen(accept, port, host);
    },
  });
  return { port, faults, certificate: identity.cert, connections: () => open.size, close: stop };
}

function listen(accept: (socket: Socket) => void, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(accept);
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
