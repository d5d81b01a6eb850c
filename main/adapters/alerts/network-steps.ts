import { lookup } from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import type { Text } from '../../../shared/contract/explanation.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { errorWords } from '../http/error-words.ts';
import { HopFailed } from './hop-notes.ts';

/** Addresses a name stands for, in words; throws HopFailed. */
export async function resolveHost(host: string, signal: AbortSignal): Promise<Text | undefined> {
  const bare = bareHost(host);
  if (net.isIP(bare) !== 0) return undefined;
  const found = await unlessAborted(
    lookup(bare, { all: true }).catch((error: unknown) => {
      throw new HopFailed(errorWords(error));
    }),
    signal,
  );
  return { key: 'alertHop.addresses', params: { addresses: found.map((one) => one.address).join(', ') } };
}

/** An open connection; throws HopFailed. The caller destroys it. */
export async function openSocket(host: string, port: number, signal: AbortSignal): Promise<net.Socket> {
  const socket = net.connect({ host: bareHost(host), port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', (error) => reject(new HopFailed(errorWords(worstOf(error)))));
  try {
    await unlessAborted(promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  // Whoever takes it over listens too; without any listener an error would end the program.
  socket.on('error', () => undefined);
  return socket;
}

/** The connection under TLS with the certificate checked; throws HopFailed. */
export async function secureSocket(
  socket: net.Socket,
  host: string,
  ca: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<tls.TLSSocket> {
  const secured = tls.connect({ socket, ...tlsOptions(host, ca), host: bareHost(host) });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  secured.once('secureConnect', resolve);
  secured.on('error', (error) => reject(new HopFailed(errorWords(error))));
  secured.once('close', () => reject(new HopFailed('the connection was closed')));
  await unlessAborted(promise, signal);
  return secured;
}

/** What every TLS connection here uses: checked certificates, nothing older than TLS 1.2. */
export function tlsOptions(host: string, ca: readonly string[] | undefined): tls.ConnectionOptions {
  const name = bareHost(host);
  return {
    minVersion: 'TLSv1.2',
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  };
}

/** `TLSv1.3, certificate of mail.example.com`. */
export function certificateText(socket: unknown): Text | undefined {
  if (!(socket instanceof tls.TLSSocket)) return undefined;
  const subject = socket.getPeerCertificate().subject?.CN;
  const holder = Array.isArray(subject) ? subject.join(', ') : (subject ?? '');
  return { key: 'alertHop.certificate', params: { protocol: socket.getProtocol() ?? '', holder } };
}

/** Aborted after `ms`, or with `signal`. `end` must be called. */
export function deadline(
  ms: number,
  runtime: Pick<Runtime, 'sleep'>,
  signal: AbortSignal,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const ended = new AbortController();
  const limit = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  void runtime.sleep(ms, both).then(() => {
    if (!ended.signal.aborted) limit.abort();
  });
  return { signal: AbortSignal.any([signal, limit.signal]), end: () => ended.abort() };
}

/** The work, or HopFailed as soon as the signal is aborted. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(new HopFailed('it took too long or was stopped'));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    promise.catch(() => undefined);
    work.catch(() => undefined);
  }
}

/** With several addresses the error is a list of them; the first tells most. */
const worstOf = (error: Error): unknown => (error instanceof AggregateError ? error.errors[0] : error);

/** `[::1]` as it stands in an address of the web is `::1` for the network. */
const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
