import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConnectionGone } from './answer-gate.ts';
import { ProtocolError } from './byte-reader.ts';
import { Inbox } from './inbox.ts';
import { DEFAULT_PACKET_SIZE, PACKET, frame } from './packets.ts';
import { readPrelogin, writePrelogin } from './prelogin.ts';
import { TLS_HANDSHAKE, serveTls } from './tls-in-tds.ts';
import type { TlsContexts } from './tls-in-tds.ts';

/** Sent without waiting before other connections, and this one's attentions, get their turn. */
const TURN_BYTES = 256 * 1024;

/** One socket and the stream over it: negotiates encryption, sends at the client's pace, dies on request. */
export class Wire {
  readonly inbox = new Inbox();
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  #stream: Duplex;
  #sentThisTurn = 0;
  #frozen = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#stream = socket;
    socket.setNoDelay(true);
    // A reset connection is an ordinary end here; 'close' follows and says the same.
    socket.on('error', () => {});
    this.#closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve();
        this.#wake?.();
      });
    });
    this.#watchPace(socket);
  }

  /** Resolves when the socket is gone. */
  get closed(): Promise<void> {
    return this.#closed;
  }

  /** Prelogin and, where the client asks for it, TLS; `strict` is TDS 8.0, TLS around everything. */
  async negotiate(contexts: TlsContexts): Promise<{ strict: boolean; encrypted: boolean } | undefined> {
    const first = await this.#firstBytes();
    if (!first) return undefined;
    const strict = first[0] === TLS_HANDSHAKE;
    if (strict) this.#secure(contexts, 'around', first);
    else this.inbox.attach(this.#socket, first);
    const message = await this.inbox.next();
    if (!message) return undefined;
    if (message.kind !== 'whole' || message.type !== PACKET.prelogin)
      throw new ProtocolError('a connection that does not begin with a prelogin');
    const encrypt = !strict && readPrelogin(message.body).encrypt;
    const rest = encrypt ? this.inbox.detach() : Buffer.alloc(0);
    const framing = { type: PACKET.answer, spid: 0, packetSize: DEFAULT_PACKET_SIZE, firstId: 1 };
    await this.deliver(frame(writePrelogin(encrypt), framing, true).bytes);
    if (encrypt) this.#secure(contexts, 'in-packets', rest);
    return { strict, encrypted: strict || encrypt };
  }

  /** Sends bytes; resolves when the client has room for more. Throws `ConnectionGone`. */
  async deliver(bytes: Buffer): Promise<void> {
    if (this.#frozen) await this.#closed;
    if (this.#stream.destroyed) throw new ConnectionGone('the client is gone');
    this.#sentThisTurn += bytes.length;
    if (!this.#stream.write(bytes)) {
      this.#sentThisTurn = 0;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    } else if (this.#sentThisTurn >= TURN_BYTES) {
      this.#sentThisTurn = 0;
      await nextTurn();
    }
    if (this.#frozen) await this.#closed;
    if (this.#stream.destroyed) throw new ConnectionGone('the client is gone');
  }

  /** Sends the last bytes there will be, then destroys the connection. */
  async cut(last: Buffer): Promise<void> {
    if (last.length > 0 && !this.#stream.destroyed)
      await Promise.race([new Promise((resolve) => this.#stream.write(last, resolve)), this.#closed]);
    this.destroy();
  }

  /** Says goodbye properly: what was sent arrives; a client that does not hang up is not waited for. */
  end(): void {
    this.#stream.end(() => this.#socket.destroySoon());
  }

  /** Half-open from now on: what arrives is thrown away, nothing is sent. */
  freeze(): void {
    this.#frozen = true;
    this.inbox.freeze();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #firstBytes(): Promise<Buffer | undefined> {
    const first = new Promise<Buffer>((resolve) => {
      this.#socket.once('data', resolve);
    });
    const bytes = await Promise.race([first, this.#closed]);
    this.#socket.pause();
    return bytes ?? undefined;
  }

  #secure(contexts: TlsContexts, form: 'in-packets' | 'around', early: Buffer): void {
    const secure = serveTls(this.#socket, contexts, form, early);
    secure.on('error', () => this.destroy());
    this.#stream = secure;
    this.#watchPace(secure);
    this.inbox.attach(secure, Buffer.alloc(0));
  }

  #watchPace(stream: Duplex): void {
    stream.on('drain', () => this.#wake?.());
    stream.on('close', () => this.#wake?.());
  }
}
