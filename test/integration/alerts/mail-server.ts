import type { AddressInfo } from 'node:net';
import selfsigned from 'selfsigned';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate of its own authority for these names, valid around the real clock. */
export async function certificateFor(...names: readonly string[]): Promise<Certificate> {
  const made = await selfsigned.generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: names.map((name) =>
          /^[\d.]+$/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
        ),
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly secure: boolean;
  /** The message as it came, lines with CRLF. */
  readonly raw: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Resolves when this many mails are there in all. */
  received(count: number): Promise<readonly ReceivedMail[]>;
  stop(): Promise<void>;
}

export const USER = 'ferry@example.com';
export const PASSWORD = 'Horse-Battery-Staple-42';

/** A real mail server on loopback; `options` are those of the server. */
export async function mailServer(
  certificate: Certificate,
  options: SMTPServerOptions & { readonly port?: number | undefined } = {},
): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const { port = 0, ...rest } = options;
  const server = new SMTPServer({
    ...certificate,
    authOptional: false,
    disableReverseLookup: true,
    closeTimeout: 50,
    onAuth: ({ username, password }, _session, done) => {
      if (username === USER && password === PASSWORD) done(null, { user: username });
      else done(new Error('Invalid login, or the account is locked'));
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((one) => one.address),
          user: session.user,
          secure: session.secure,
          raw: Buffer.concat(parts).toString('utf8'),
        });
        done();
        for (const one of waiting) if (mails.length >= one.count) one.resolve();
      });
    },
    ...rest,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= new Promise<void>((resolve) => {
      server.close(() => resolve());
    }));
  onTestFinished(stop);
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    received: async (count) => {
      if (mails.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return mails;
    },
    stop,
  };
}
