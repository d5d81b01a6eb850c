import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A client of bare bytes, for what no driver would send. Written apart from the server's own encoding. */
export class RawClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Opened, negotiated and logged in. */
  static async loggedIn(port: number): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(0x12, prelogin());
    await client.message();
    client.send(0x10, login());
    const answer = await client.message();
    if (answer[0] !== 0xe3) throw new Error('the login failed');
    return client;
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  send(type: number, payload: Buffer, status = 1): void {
    this.write(packet(type, payload, status));
  }

  /** The payload of the next message of the server. Throws when it closes instead. */
  async message(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const head = await this.#take(8);
      parts.push(await this.#take(head.readUInt16BE(2) - 8));
      if ((head[1]! & 1) === 1) return Buffer.concat(parts);
    }
  }

  /** Resolves when the server has closed the connection. */
  async closedByServer(): Promise<void> {
    while (!this.#closed) await this.#more();
  }

  end(): void {
    this.#socket.destroy();
  }

  async #take(size: number): Promise<Buffer> {
    while (this.#received.length < size) {
      if (this.#closed) throw new Error('closed by the server');
      await this.#more();
    }
    const bytes = this.#received.subarray(0, size);
    this.#received = this.#received.subarray(size);
    return bytes;
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

export function packet(type: number, payload: Buffer, status = 1): Buffer {
  const head = Buffer.alloc(8);
  head[0] = type;
  head[1] = status;
  head.writeUInt16BE(payload.length + 8, 2);
  return Buffer.concat([head, payload]);
}

export function prelogin(): Buffer {
  return Buffer.from('00000b0006' + '0100110001' + 'ff' + '000000000000' + '02', 'hex');
}

/** LOGIN7 of user sa; fields may be overwritten afterwards to make it lie. */
export function login(): Buffer {
  const head = Buffer.alloc(94);
  const data: Buffer[] = [];
  let at = head.length;
  const field = (place: number, text: string, change: (byte: number) => number = (byte) => byte): void => {
    const bytes = Buffer.from(Buffer.from(text, 'utf16le').map(change));
    head.writeUInt16LE(at, place);
    head.writeUInt16LE(text.length, place + 2);
    data.push(bytes);
    at += bytes.length;
  };
  head.writeUInt32LE(0x74000004, 4);
  head.writeUInt32LE(4096, 8);
  field(36, 'HOST');
  field(40, 'sa');
  field(44, 'pässwörd "1"', (byte) => (((byte & 0x0f) << 4) | (byte >> 4)) ^ 0xa5);
  field(48, 'raw');
  field(68, 'master');
  const whole = Buffer.concat([head, ...data]);
  whole.writeUInt32LE(whole.length, 0);
  return whole;
}

/** ALL_HEADERS with the transaction descriptor every driver sends. */
export const HEADERS = Buffer.from('16000000' + '12000000' + '0200' + '0000000000000000' + '01000000', 'hex');

export function batch(text: string): Buffer {
  return Buffer.concat([HEADERS, Buffer.from(text, 'utf16le')]);
}
