import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Where the wire is cut, in bytes from the moment it was armed. */
export interface CutAt {
  /** `request`: as soon as so many bytes went to the server. `answer`: before the byte after so many of the answer. */
  readonly side: 'request' | 'answer';
  readonly bytes: number;
}

export interface CutWire {
  readonly port: number;
  /** Counts from nothing and cuts once. */
  arm(at: CutAt): void;
  /** Counts from nothing and only counts. */
  watch(): void;
  struck(): boolean;
  /** What went to the server and what came back since. */
  seen(): { readonly request: Buffer; readonly answerBytes: number };
  close(): Promise<void>;
}

/** A wire to a server that counts bytes, whatever they mean: it works under TLS too. */
export async function openCutWire(host: string, port: number): Promise<CutWire> {
  const sockets = new Set<Socket>();
  let armed: CutAt | undefined;
  let struck = false;
  let request: Buffer[] = [];
  let counted = { request: 0, answer: 0 };

  const reset = (at: CutAt | undefined): void => {
    armed = at;
    struck = false;
    request = [];
    counted = { request: 0, answer: 0 };
  };

  /** What of these bytes may pass; undefined for all of them. */
  const passing = (side: CutAt['side'], bytes: Buffer): Buffer | undefined => {
    const before = counted[side];
    counted[side] += bytes.length;
    if (side === 'request') request.push(bytes);
    if (armed?.side !== side) return undefined;
    const reached = side === 'request' ? counted[side] >= armed.bytes : counted[side] > armed.bytes;
    if (!reached) return undefined;
    const left = armed.bytes - before;
    armed = undefined;
    struck = true;
    return bytes.subarray(0, left);
  };

  const server = createServer((client) => {
    const behind = connect(port, host);
    for (const socket of [client, behind]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        behind.destroy();
      });
    }
    const carry = (side: CutAt['side'], from: Socket, to: Socket): void => {
      from.on('data', (bytes) => {
        const last = passing(side, bytes);
        if (last === undefined) {
          to.write(bytes);
          return;
        }
        from.pause();
        // The bytes before the cut have to arrive: that is what the cut is about.
        to.write(last, () => {
          to.end();
          from.destroy();
        });
      });
    };
    carry('request', client, behind);
    carry('answer', behind, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arm: reset,
    watch: () => reset(undefined),
    struck: () => struck,
    seen: () => ({ request: Buffer.concat(request), answerBytes: counted.answer }),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
