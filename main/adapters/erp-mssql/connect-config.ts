import type { X509Certificate } from 'node:crypto';
import net from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import sql from 'mssql';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import type { SqlNotApplied } from './sql-connection.ts';
import { askBrowser, type BrowserOptions } from './sql-browser.ts';

/** What a session needs to know of an ERP. */
export type MssqlSettings = Pick<
  ErpSettings,
  'server' | 'port' | 'database' | 'user' | 'encrypt' | 'trustServerCertificate'
> &
  Partial<Pick<ErpSettings, 'auth' | 'domain' | 'certificate' | 'legacyTls'>>;

const DEFAULT_PORT = 1433;

export interface ServerName {
  readonly host: string;
  /** Only where its port has to be asked for. */
  readonly instance?: string | undefined;
  readonly port: number;
}

/** `SQL01\INSTANCE` taken apart. With a port the instance is only a label. */
export function serverName({ server, port }: Pick<MssqlSettings, 'server' | 'port'>): ServerName {
  const [computer = '', instance] = server.split('\\');
  const host = computer === '.' || computer.toLowerCase() === '(local)' ? 'localhost' : computer;
  return port === undefined && instance !== undefined
    ? { host, instance, port: DEFAULT_PORT }
    : { host, port: port ?? DEFAULT_PORT };
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Where the server listens now. A named instance may have another port after each of its starts. */
export async function findServer(
  settings: Pick<MssqlSettings, 'server' | 'port'>,
  browser: BrowserOptions,
  signal: AbortSignal,
): Promise<{ readonly kind: 'found'; readonly address: ServerAddress } | SqlNotApplied> {
  const { host, instance, port } = serverName(settings);
  if (instance === undefined) return { kind: 'found', address: { host, port } };
  const answer = await askBrowser(host, instance, browser, signal);
  const not = (why: SqlNotApplied['why'], cause: string): SqlNotApplied => ({
    kind: 'not-applied',
    why,
    cause,
  });
  switch (answer.kind) {
    case 'port':
      return { kind: 'found', address: { host, port: answer.port } };
    case 'no-tcp':
      return not('instance-no-tcp', `${host}\\${instance}`);
    case 'unknown-instance':
      return not('instance-unknown', `${host} has ${answer.instances.join(', ')}`);
    case 'silent':
      return not('browser-silent', answer.cause);
    case 'no-host':
      return not('network', answer.cause);
    case 'cancelled':
      return not('cancelled', 'cancelled before it was sent');
  }
}

/** What was seen while signing in that the driver's own error does not carry. */
export interface SignInNotes {
  /** The server's error numbers, in their order. */
  readonly numbers: number[];
  /** Fingerprints, where the server showed another certificate than the pinned one. */
  refused?: { readonly pinned: string; readonly shown: string } | undefined;
}

/** Fingerprints as people compare them. */
export const fingerprintText = (text: string): string =>
  (
    text
      .replaceAll(':', '')
      .toUpperCase()
      .match(/[0-9A-F]{2}/g) ?? []
  ).join(':');

/**
 * What the driver is told for one session. With a pinned certificate the connection is destroyed in the moment the
 * handshake is over, when another one was shown: what the driver writes afterwards (the login) reaches nobody.
 */
export function connectConfig(
  settings: MssqlSettings,
  parts: {
    readonly address: ServerAddress;
    readonly password: string;
    readonly connectMs: number;
    readonly notes: SignInNotes;
    readonly signal: AbortSignal;
    /** What the server shows, before it is judged. */
    readonly onSecure?: ((socket: TLSSocket, shown: X509Certificate | undefined) => void) | undefined;
    readonly onAccepted?: (() => void) | undefined;
  },
): sql.config {
  const { address, notes } = parts;
  const pinned = settings.certificate?.sha256;
  let wire: net.Socket | undefined;
  return {
    server: address.host,
    port: address.port,
    database: settings.database,
    user: settings.user,
    password: parts.password,
    ...(settings.auth === 'ntlm' ? { domain: settings.domain ?? '' } : {}),
    connectionTimeout: parts.connectMs,
    options: {
      encrypt: settings.encrypt,
      // The chain says nothing of a pinned certificate, and the name need not: it is compared itself.
      trustServerCertificate: settings.trustServerCertificate || pinned !== undefined,
      cryptoCredentialsDetails: settings.legacyTls === true ? OLD_TLS : NEW_TLS,
      maxRetriesOnTransientErrors: 0,
      connector: async () => (wire = await openWire(address, parts.connectMs, parts.signal)),
    },
    beforeConnect: (connection) => {
      // The driver's own error has the last message only; a database that cannot be opened comes before it.
      connection.on('errorMessage', (message: { number?: number }) => {
        if (typeof message.number === 'number') notes.numbers.push(message.number);
      });
      connection.on('secure', (socket: TLSSocket) => {
        // Read once: a second look at the same handshake finds nothing.
        const certificate = socket.getPeerX509Certificate();
        parts.onSecure?.(socket, certificate);
        if (pinned === undefined) return parts.onAccepted?.();
        const shown = fingerprintText(certificate?.fingerprint256 ?? '');
        if (shown === fingerprintText(pinned)) return parts.onAccepted?.();
        notes.refused = { pinned: fingerprintText(pinned), shown };
        wire?.destroy(new Error('the server shows another certificate than the pinned one'));
      });
    },
  };
}

const NEW_TLS: SecureContextOptions = { minVersion: 'TLSv1.2' };
/** OpenSSL does not speak the old versions at its standard level, whatever versions are allowed. */
const OLD_TLS: SecureContextOptions = { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };

/** A connected socket; rejects when it takes too long. */
function openWire({ host, port }: ServerAddress, ms: number, signal: AbortSignal): Promise<net.Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<net.Socket>();
  const socket = net.connect({ host, port });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
  const stop = (): void => {
    socket.destroy();
    reject(new Error(`no connection to ${host}:${port} in ${Math.round(ms / 1_000)} s`));
  };
  limit.addEventListener('abort', stop, { once: true });
  if (limit.aborted) stop();
  // Stays: between here and the driver's own listener an error would end the process.
  socket.on('error', reject);
  socket.once('connect', () => {
    limit.removeEventListener('abort', stop);
    resolve(socket);
  });
  return promise;
}
