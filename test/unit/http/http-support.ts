import net from 'node:net';
import type { AddressInfo } from 'node:net';

/** Sleeps end when a test says so. */
export class ManualTimers {
  readonly #sleeping: { readonly ms: number; readonly wake: () => void }[] = [];
  #arrived: (() => void)[] = [];

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { ms, wake: resolve };
    this.#sleeping.push(entry);
    signal.addEventListener('abort', () => {
      this.#sleeping.splice(this.#sleeping.indexOf(entry), 1);
      resolve();
    });
    for (const tell of this.#arrived.splice(0)) tell();
    return promise;
  };
  readonly monotonic = (): number => 0;

  get sleeping(): readonly number[] {
    return this.#sleeping.map((one) => one.ms);
  }

  /** Waits until somebody sleeps for so long, then lets that time pass. */
  async pass(ms: number): Promise<void> {
    for (;;) {
      const entry = this.#sleeping.find((one) => one.ms === ms);
      if (entry !== undefined) {
        this.#sleeping.splice(this.#sleeping.indexOf(entry), 1);
        entry.wake();
        return;
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived.push(resolve);
      await promise;
    }
  }
}

export interface RawServer {
  readonly url: string;
  readonly connections: () => number;
  close(): Promise<void>;
}

/** A server that speaks to each connection as the test says, byte by byte. */
export async function rawServer(talk: (socket: net.Socket) => void): Promise<RawServer> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Calls back with each request once its head, and its body by content length, are there. */
export function onRequest(socket: net.Socket, answer: (head: string, body: Buffer) => void): void {
  let seen = Buffer.alloc(0);
  socket.on('data', (data) => {
    seen = Buffer.concat([seen, data]);
    const end = seen.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = seen.subarray(0, end).toString();
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const body = seen.subarray(end + 4);
    if (body.length < length) return;
    seen = body.subarray(length);
    answer(head, body.subarray(0, length));
  });
}
