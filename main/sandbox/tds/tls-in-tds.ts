import { Duplex } from 'node:stream';
import { TLSSocket, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { SelfSigned } from './certificate.ts';
import { DEFAULT_PACKET_SIZE, HEADER_SIZE, MAX_PACKET_SIZE, PACKET, frame } from './packets.ts';

/** First byte of a TLS record that opens a handshake: a client of TDS 8.0 sends it before anything else. */
export const TLS_HANDSHAKE = 0x16;
const STRICT_PROTOCOL = 'tds/8.0';

export interface TlsContexts {
  /** Inside TDS 7.4: drivers know at most TLS 1.2 there. */
  readonly inPackets: SecureContext;
  /** Around TDS 8.0. */
  readonly around: SecureContext;
}

export function tlsContexts(identity: SelfSigned, old: boolean): TlsContexts {
  return {
    inPackets: createSecureContext(
      old
        ? { ...identity, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
        : { ...identity, maxVersion: 'TLSv1.2' },
    ),
    around: createSecureContext({ ...identity }),
  };
}

/**
 * The stream under TLS. While the handshake lasts, its bytes travel inside prelogin packets; the first byte of the
 * client that does not begin such a packet ends that, and from then on both sides carry bare TLS records.
 */
class Tunnel extends Duplex {
  readonly #wire: Duplex;
  #bare: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #flight: Buffer[] = [];

  constructor(wire: Duplex, bare: boolean) {
    super({ allowHalfOpen: false });
    this.#wire = wire;
    this.#bare = bare;
    wire.on('data', (chunk: Buffer) => this.feed(chunk));
    wire.on('end', () => this.push(null));
    wire.on('error', (error: Error) => this.destroy(error));
    wire.on('close', () => this.destroy());
  }

  feed(chunk: Buffer): void {
    if (this.#bare) {
      if (!this.push(chunk)) this.#wire.pause();
      return;
    }
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length > 0) {
      const bytes = this.#rest;
      if (bytes[0] !== PACKET.prelogin) {
        this.#bare = true;
        this.#rest = Buffer.alloc(0);
        this.feed(bytes);
        return;
      }
      if (bytes.length < HEADER_SIZE) return;
      const size = bytes.readUInt16BE(2);
      if (size < HEADER_SIZE || size > MAX_PACKET_SIZE) {
        this.destroy(new Error(`a handshake packet declares ${size} bytes`));
        return;
      }
      if (bytes.length < size) return;
      this.#rest = bytes.subarray(size);
      this.push(bytes.subarray(HEADER_SIZE, size));
    }
  }

  override _read(): void {
    this.#wire.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#bare) {
      this.#wire.write(chunk, done);
      return;
    }
    // A flight written in pieces must be one message: the client reads exactly one for each it sends.
    if (this.#flight.length === 0) setImmediate(() => this.#sendFlight());
    this.#flight.push(chunk);
    done();
  }

  #sendFlight(): void {
    const flight = Buffer.concat(this.#flight);
    this.#flight = [];
    if (this.#wire.destroyed) return;
    const framing = { type: PACKET.prelogin, spid: 0, packetSize: DEFAULT_PACKET_SIZE, firstId: 0 };
    this.#wire.write(this.#bare ? flight : frame(flight, framing, true).bytes);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#wire.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#wire.destroy();
    done(error);
  }
}

/** Puts TLS over `wire`, whose first bytes may already have been read: they are `early`. */
export function serveTls(
  wire: Duplex,
  contexts: TlsContexts,
  form: 'in-packets' | 'around',
  early: Buffer,
): TLSSocket {
  const tunnel = new Tunnel(wire, form === 'around');
  const secure = new TLSSocket(tunnel, {
    isServer: true,
    secureContext: form === 'around' ? contexts.around : contexts.inPackets,
    ...(form === 'around' ? { ALPNProtocols: [STRICT_PROTOCOL] } : {}),
  });
  if (early.length > 0) tunnel.feed(early);
  return secure;
}
