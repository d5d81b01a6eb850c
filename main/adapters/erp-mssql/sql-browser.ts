import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** Where SQL Server Browser listens. */
export const BROWSER_PORT = 1434;
/** How long each of the tries is waited for: datagrams get lost, and a dead service never answers. */
const TRIES_MS: readonly number[] = [700, 1_000, 1_300];
/** A name can stand for several addresses; a cluster's has a handful. */
const MOST_ADDRESSES = 4;
const LIST_ALL = 0x03;
const ASK_ONE = 0x04;
const ANSWER = 0x05;
const HEAD = 3;
/** A server has at most 50 instances; more is no list of instances. */
const MOST_INSTANCES = 64;
/** Instance names have at most 16 characters; a longer one is nothing to show. */
const LONGEST_NAME = 128;

export interface BrowserOptions {
  /** 1434 by default. */
  readonly port?: number | undefined;
  readonly triesMs?: readonly number[] | undefined;
}

export type BrowserAnswer =
  | { readonly kind: 'port'; readonly port: number }
  /** The instance is there and does not listen on TCP. */
  | { readonly kind: 'no-tcp' }
  | { readonly kind: 'unknown-instance'; readonly instances: readonly string[] }
  | { readonly kind: 'silent'; readonly cause: string }
  /** The name of the computer leads nowhere. */
  | { readonly kind: 'no-host'; readonly cause: string }
  | { readonly kind: 'cancelled' };

export interface ListedInstance {
  readonly name: string;
  readonly port?: number | undefined;
}

/**
 * Instances of a datagram of the browser service, or undefined for bytes that are none. Never throws: anybody on the
 * network can send one.
 */
export function parseBrowserAnswer(bytes: Uint8Array): readonly ListedInstance[] | undefined {
  const datagram = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datagram.length <= HEAD || datagram[0] !== ANSWER) return undefined;
  if (datagram.readUInt16LE(1) !== datagram.length - HEAD) return undefined;
  const found: ListedInstance[] = [];
  for (const entry of datagram.toString('latin1', HEAD).split(';;')) {
    if (entry === '') continue;
    if (found.length === MOST_INSTANCES) return undefined;
    const words = entry.split(';');
    const value = (key: string): string | undefined => {
      const at = words.findIndex((word, index) => index % 2 === 0 && word.toLowerCase() === key);
      return at === -1 ? undefined : words[at + 1];
    };
    const name = value('instancename');
    if (name === undefined || name === '' || name.length > LONGEST_NAME) return undefined;
    const port = /^\d{1,5}$/.test(value('tcp') ?? '') ? Number(value('tcp')) : 0;
    found.push(port >= 1 && port <= 65_535 ? { name, port } : { name });
  }
  return found.length === 0 ? undefined : found;
}

/** Asks the browser service of `host` for the TCP port of an instance. Ends with the signal. */
export async function askBrowser(
  host: string,
  instance: string,
  { port = BROWSER_PORT, triesMs = TRIES_MS }: BrowserOptions,
  signal: AbortSignal,
): Promise<BrowserAnswer> {
  if (signal.aborted) return { kind: 'cancelled' };
  let addresses: readonly string[];
  try {
    addresses = isIP(host) === 0 ? (await lookup(host, { all: true })).map(({ address }) => address) : [host];
  } catch (error) {
    return { kind: 'no-host', cause: error instanceof Error ? error.message : String(error) };
  }
  const { promise, resolve } = Promise.withResolvers<BrowserAnswer>();
  const stop = (): void => resolve({ kind: 'cancelled' });
  signal.addEventListener('abort', stop, { once: true });
  const asked = addresses.slice(0, MOST_ADDRESSES).map((address) => openBrowserSocket(address, port));
  let closedPort = false;
  for (const { socket } of asked) {
    socket.on('message', (bytes) => {
      const answer = verdict(parseBrowserAnswer(bytes), instance);
      if (answer !== undefined) resolve(answer);
    });
    // A closed port is told by the system; another address, or the next try, may still answer.
    socket.on('error', () => (closedPort = true));
  }
  let next: NodeJS.Timeout | undefined;
  const tryOnce = (turn: number): void => {
    const wait = triesMs[turn];
    if (wait === undefined) {
      const cause = closedPort ? `UDP port ${port} is closed` : `no answer from UDP port ${port}`;
      return resolve({ kind: 'silent', cause });
    }
    // The list names what there is; the short question gets through where a long answer does not.
    for (const { ask } of asked) ask(instance);
    next = setTimeout(() => tryOnce(turn + 1), wait);
  };
  tryOnce(0);
  try {
    return await promise;
  } finally {
    clearTimeout(next);
    signal.removeEventListener('abort', stop);
    for (const { socket } of asked) socket.close();
  }
}

function verdict(listed: readonly ListedInstance[] | undefined, instance: string): BrowserAnswer | undefined {
  if (listed === undefined) return undefined;
  const found = listed.find(({ name }) => name.toUpperCase() === instance.toUpperCase());
  if (found === undefined)
    return { kind: 'unknown-instance', instances: listed.map(({ name }) => name).toSorted() };
  return found.port === undefined ? { kind: 'no-tcp' } : { kind: 'port', port: found.port };
}

/** Connected, so that only the asked address is heard. */
function openBrowserSocket(
  address: string,
  port: number,
): { readonly socket: Socket; readonly ask: (instance: string) => void } {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  const connected = new Promise<void>((resolve) => socket.connect(port, address, () => resolve()));
  const ask = (instance: string): void => {
    void connected.then(() => {
      for (const question of [
        Buffer.from([LIST_ALL]),
        Buffer.from(`${String.fromCharCode(ASK_ONE)}${instance}\0`, 'latin1'),
      ])
        try {
          socket.send(question, () => undefined);
        } catch {
          // Closed meanwhile: the question is answered.
        }
    });
  };
  return { socket, ask };
}
