import { createServer, connect as connectTo } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import type { SqlConnect } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import type { TdsLogEntry } from '../../../main/sandbox/tds/server-log.ts';
import { startTdsServer, type TdsServer, type TdsServerOptions } from '../../../main/sandbox/tds/server.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';

export const PASSWORD = 'Canary-pass-1';
export const WINDOWS = { domain: 'ACME', user: 'svc-ferry', password: 'Canary-windows-2' } as const;

type Settings = ConstructorParameters<typeof MssqlServer>[0];
type Browser = ConstructorParameters<typeof MssqlServer>[2];

export interface Served {
  readonly tds: TdsServer;
  readonly log: readonly TdsLogEntry[];
  /** Resolves when it holds: looked at whenever the server tells of a connection. */
  readonly until: (holds: () => boolean) => Promise<void>;
  /** What the database administrator does with the SQL login. */
  readonly changePassword: (to: string) => Promise<void>;
}

const toEnd: (() => Promise<unknown>)[] = [];
/** Ends everything the test made, newest first. */
export async function endAll(): Promise<void> {
  for (const end of toEnd.splice(0).toReversed()) await end();
}
export const later = (end: () => Promise<unknown>): void => void toEnd.push(end);

/** A sandbox server with the database ERP, a SQL login and a Windows account. */
export async function serve(more: Partial<TdsServerOptions> = {}): Promise<Served> {
  const log: TdsLogEntry[] = [];
  const waiting = new Set<() => void>();
  const logins = [
    { user: 'ferry', password: PASSWORD },
    { user: `${WINDOWS.domain}\\${WINDOWS.user}`, password: WINDOWS.password },
  ];
  const engine = createSqlEngine({
    serverName: 'SQL01',
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    },
    logins,
    databases: ['ERP'],
  });
  const tds = await startTdsServer({
    engine,
    windowsAccounts: [WINDOWS],
    log: (entry) => {
      log.push(entry);
      // The server counts a connection out right after it has told of its end.
      setImmediate(() => waiting.forEach((look) => look()));
    },
    ...more,
  });
  later(() => tds.close());
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const changePassword = async (to: string): Promise<void> => {
    const signedIn = engine.login({ user: 'ferry', password: PASSWORD, database: 'ERP' });
    if (!signedIn.ok) throw new Error(signedIn.message.message);
    const text = `ALTER LOGIN ferry WITH PASSWORD = N'${to}'`;
    const { signal } = new AbortController();
    for await (const event of signedIn.session.execute({ kind: 'batch', text }, signal))
      if (event.kind === 'message' && event.message.class > 10) throw new Error(event.message.message);
    signedIn.session.close();
  };
  return { tds, log, until, changePassword };
}

export function server(
  more: Partial<Settings>,
  password: () => string = () => PASSWORD,
  browser?: Browser,
): MssqlServer {
  const settings: Settings = {
    server: '127.0.0.1',
    database: 'ERP',
    user: 'ferry',
    encrypt: true,
    trustServerCertificate: false,
    ...more,
  };
  return new MssqlServer(settings, () => Promise.resolve(password()), browser);
}

const signal = new AbortController().signal;

/** Connects once; a session that opens is closed with the test. */
export async function tried(one: MssqlServer): Promise<SqlConnect> {
  const outcome = await one.connect(signal);
  if (outcome.kind === 'connected') later(() => outcome.connection.close());
  return outcome;
}

/** Passes bytes on and keeps what the client sent. */
export async function listenIn(to: number): Promise<{ readonly port: number; sent(): Buffer }> {
  const sent: Buffer[] = [];
  const between = createServer((client) => {
    const upstream = connectTo(to, '127.0.0.1');
    client.on('data', (chunk) => sent.push(chunk));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream])
      socket.on('error', () => undefined).on('close', () => [client, upstream].map((one) => one.destroy()));
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  later(() => new Promise((resolve) => between.close(resolve)));
  return { port: (between.address() as AddressInfo).port, sent: () => Buffer.concat(sent) };
}

/** What follows the packets of prelogin and handshake: with encryption the first of it is the login. */
export function afterHandshake(sent: Buffer): Buffer {
  let at = 0;
  while (sent[at] === 0x12 && at + 8 <= sent.length) at += sent.readUInt16BE(at + 2);
  return sent.subarray(at);
}
