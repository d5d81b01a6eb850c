import type { Socket } from 'node:net';
import MailComposer from 'nodemailer/lib/mail-composer';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { AlertSettings } from '../../../shared/model/settings.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { errorWords } from '../http/error-words.ts';
import { HopFailed, HopNotes, type AlertHop } from './hop-notes.ts';
import {
  certificateText,
  deadline,
  openSocket,
  resolveHost,
  tlsOptions,
  unlessAborted,
} from './network-steps.ts';

export type MailSettings = NonNullable<AlertSettings['mail']>;

export interface MailEdges {
  readonly runtime: Pick<Runtime, 'sleep' | 'monotonic'>;
  /** Roots to trust instead of the program's own (PEM). */
  readonly ca?: readonly string[] | undefined;
}

export interface OutgoingMail {
  readonly subject: string;
  readonly text: string;
  /** Left of the `@` of the message's id. */
  readonly key: string;
  readonly at: number;
}

export interface MailSent {
  readonly notes: HopNotes;
  /** Recipients the server refused while it took the message for others. */
  readonly refused: number;
}

/** The whole way, from the name's address to the message taken. A server that drips must not hold it longer. */
const WHOLE_MS = 90_000;
const CONNECT_MS = 15_000;
const GREETING_MS = 15_000;
const SILENCE_MS = 30_000;

/**
 * Sends one mail, step by step; never throws for what the network or the server does: `notes.failure` says it. The message
 * and the password leave only over TLS with a checked certificate: without it the way ends at that step. Not idempotent;
 * a second try carries the same message id.
 */
export async function sendMail(
  settings: MailSettings,
  password: string | undefined,
  mail: OutgoingMail,
  edges: MailEdges,
  signal: AbortSignal,
): Promise<MailSent> {
  const { host, port, user } = settings;
  const planned: AlertHop[] = [
    'resolve',
    'connect',
    'tls',
    ...(user === undefined ? [] : ['login' as const]),
    'accept',
  ];
  const notes = new HopNotes(`${host}:${String(port)}`, planned, edges.runtime);
  const limit = deadline(WHOLE_MS, edges.runtime, signal);
  let session: Session | undefined;
  let refused = 0;
  try {
    await notes.step('resolve', () => resolveHost(host, limit.signal));
    await notes.step('connect', async () => {
      const connecting = deadline(CONNECT_MS, edges.runtime, limit.signal);
      try {
        session = new Session(settings, await openSocket(host, port, connecting.signal), edges);
      } finally {
        connecting.end();
      }
      return undefined;
    });
    const open = session;
    if (open === undefined) throw new Error('a step that succeeded left no session');
    await notes.step('tls', () => open.secure(limit.signal));
    if (user !== undefined) await notes.step('login', () => open.login(user, password, limit.signal));
    await notes.step('accept', async () => {
      const left = await open.send(mail, limit.signal);
      refused = left;
      return left === 0 ? undefined : { key: 'alertHop.refused', params: { count: left } };
    });
  } catch (error) {
    if (!(error instanceof HopFailed)) throw error;
  } finally {
    session?.close();
    limit.end();
  }
  return { notes, refused };
}

/** One conversation with a mail server over a connection that stands. */
class Session {
  readonly #settings: MailSettings;
  readonly #connection: SMTPConnection;
  readonly #failed: Promise<never>;
  #secret: string | undefined;

  constructor(settings: MailSettings, socket: Socket, edges: MailEdges) {
    this.#settings = settings;
    const secure = settings.security === 'tls';
    this.#connection = new SMTPConnection({
      host: settings.host,
      port: settings.port,
      connection: socket,
      secure,
      requireTLS: !secure,
      connectionTimeout: CONNECT_MS + GREETING_MS,
      greetingTimeout: GREETING_MS,
      socketTimeout: SILENCE_MS,
      // The name of this computer is nobody's business outside.
      name: 'erp-ferry.invalid',
      tls: tlsOptions(settings.host, edges.ca),
    });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#connection.on('error', (error: unknown) => reject(new HopFailed(this.#words(error))));
    this.#connection.once('end', () => reject(new HopFailed('the server closed the connection')));
    promise.catch(() => undefined);
    this.#failed = promise;
  }

  /** Greeting and encryption. */
  async secure(signal: AbortSignal): ReturnType<Parameters<HopNotes['step']>[1]> {
    await this.#answer<unknown>(
      (done) => this.#connection.connect((error) => done(error, undefined)),
      signal,
    );
    // The library has been told to insist; nothing leaves on the strength of that alone.
    if (!this.#connection.secure) throw new HopFailed('the server offers no encryption');
    return certificateText(this.#connection._socket);
  }

  async login(user: string, password: string | undefined, signal: AbortSignal): Promise<undefined> {
    if (password === undefined || password === '')
      throw new HopFailed('no password is stored (alerts.mail.password)');
    this.#secret = password;
    await this.#answer<unknown>(
      (done) => this.#connection.login({ credentials: { user, pass: password } }, done),
      signal,
    );
    return undefined;
  }

  /** How many recipients were refused while others were taken. */
  async send(mail: OutgoingMail, signal: AbortSignal): Promise<number> {
    const { from, to } = this.#settings;
    const composed = new MailComposer({
      from: { name: 'ERP Ferry', address: from },
      to: [...to],
      subject: mail.subject,
      text: mail.text,
      date: new Date(mail.at),
      messageId: `<${mail.key}@${from.slice(from.lastIndexOf('@') + 1)}>`,
      // Out-of-office answers to a program help nobody.
      headers: { 'auto-submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const bytes = await composed.compile().build();
    const info = await this.#answer<{ rejected: readonly unknown[] } | undefined>(
      (done) => this.#connection.send({ from, to: [...to] }, bytes, done),
      signal,
    );
    return info?.rejected.length ?? 0;
  }

  close(): void {
    this.#connection.close();
  }

  async #answer<T>(
    ask: (done: (error: Error | null | undefined, value?: T) => void) => void,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    ask((error, value) => {
      if (error) reject(new HopFailed(this.#words(error)));
      else resolve(value);
    });
    return unlessAborted(Promise.race([promise, this.#failed]), signal);
  }

  /** What went wrong: the server's own line where it gave one, else words for the error's code. */
  #words(error: unknown): string {
    const facts = error as { response?: unknown; code?: unknown; originalCode?: unknown; message?: unknown };
    if (typeof facts.response === 'string' && facts.response !== '') return this.#clean(facts.response);
    if (facts.code === 'ETIMEDOUT') return 'the server did not answer in time';
    if (typeof facts.originalCode === 'string')
      return errorWords(Object.assign(new Error(), { code: facts.originalCode }));
    if (facts.code === 'ECONNECTION') return 'the server closed the connection';
    return errorWords(error);
  }

  #clean(line: string): string {
    const text = line.replace(/\s+/g, ' ').slice(0, 200);
    return this.#secret === undefined ? text : text.replaceAll(this.#secret, '…');
  }
}
