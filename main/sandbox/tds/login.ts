import { randomBytes } from 'node:crypto';
import type { SessionState } from './answer.ts';
import { ProtocolError } from './byte-reader.ts';
import type { Inbox } from './inbox.ts';
import { readLogin, type Login } from './login7.ts';
import { checkNegotiate, verifyAnswer, writeChallenge, type WindowsAccount } from './ntlm.ts';
import type { Outbox } from './outbox.ts';
import { DEFAULT_PACKET_SIZE, PACKET } from './packets.ts';
import {
  DONE_STATUS,
  DONE_TOKEN,
  writeDone,
  writeLoginAnswer,
  writeMessage,
  writeSecurityToken,
} from './tokens.ts';
import type { LoginOutcome, SqlEngine, SqlMessage, SqlSession } from '../tsql/face.ts';

/** 7.2 is where request headers and 64-bit counts came in; older clients would misread every answer. */
const OLDEST_VERSION = 0x72090002;
const VERSION_7_4 = 0x74000004;
const VERSION_8_0 = 0x08000000;
const CANNOT_OPEN_DATABASE = 4060;

export type LoginResult =
  | { readonly ok: true; readonly session: SqlSession; readonly state: SessionState; readonly detail: string }
  | { readonly ok: false; readonly detail: string };

export interface LoginParts {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly engine: SqlEngine;
  readonly strict: boolean;
  /** Windows accounts; each signs in as the engine's login `DOMAIN\\user`. */
  readonly accounts: readonly WindowsAccount[];
}

/** Reads the login and answers it. Undefined when the client left instead. */
export async function logIn(parts: LoginParts): Promise<LoginResult | undefined> {
  const { inbox, outbox, engine, strict } = parts;
  const message = await inbox.next();
  if (!message) return undefined;
  if (message.kind !== 'whole' || message.type !== PACKET.login)
    throw new ProtocolError('a message other than a login');
  const login = readLogin(message.body);
  if (!strict && login.tdsVersion < OLDEST_VERSION)
    throw new ProtocolError('a client older than protocol 7.2');
  const who =
    login.securityToken === undefined ? login : await windowsUser(login, login.securityToken, parts);
  if (who === undefined) return undefined;
  const outcome: LoginOutcome = 'refusal' in who ? { ok: false, message: who.refusal } : engine.login(who);
  const user = 'refusal' in who ? 'a Windows account' : who.user;
  if (!outcome.ok) {
    writeMessage(outbox.tokens, outcome.message, engine.serverName);
    // SQL Server closes every refusal with 18456, also where another error says why.
    if (outcome.message.number === CANNOT_OPEN_DATABASE)
      writeMessage(outbox.tokens, loginFailed(user), engine.serverName);
    writeDone(outbox.tokens, { token: DONE_TOKEN.done, status: DONE_STATUS.error });
    await outbox.end();
    return { ok: false, detail: `${outcome.message.number} for ${user}` };
  }
  const { session, database } = outcome;
  outbox.spid = session.id;
  writeLoginAnswer(outbox.tokens, {
    server: engine.serverName,
    database,
    tdsVersion: strict ? VERSION_8_0 : Math.min(login.tdsVersion, VERSION_7_4),
    packetSize: login.packetSize,
    askedPacketSize: DEFAULT_PACKET_SIZE,
  });
  try {
    await outbox.end();
  } catch (error) {
    session.close();
    throw error;
  }
  outbox.setPacketSize(login.packetSize);
  return {
    ok: true,
    session,
    state: { server: engine.serverName, database, transaction: undefined },
    detail: `${user} from ${login.application}`,
  };
}

type Asked = { readonly user: string; readonly password: string; readonly database: string };

/** Asks the account's proof of its password. Undefined when the client left instead of answering. */
async function windowsUser(
  { database }: Login,
  first: Buffer,
  { inbox, outbox, accounts }: LoginParts,
): Promise<Asked | { readonly refusal: SqlMessage } | undefined> {
  checkNegotiate(first);
  const nonce = randomBytes(8);
  writeSecurityToken(outbox.tokens, writeChallenge(nonce, accounts[0]?.domain ?? 'SANDBOX'));
  await outbox.end();
  const message = await inbox.next();
  if (!message) return undefined;
  if (message.kind !== 'whole' || message.type !== PACKET.securityToken)
    throw new ProtocolError('a message other than the answer to a challenge');
  const account = verifyAnswer(message.body, nonce, accounts);
  if (account === undefined) return { refusal: NOT_TRUSTED };
  return { user: `${account.domain}\\${account.user}`, password: account.password, database };
}

const NOT_TRUSTED: SqlMessage = {
  number: 18452,
  state: 1,
  class: 14,
  message:
    'Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.',
  procedure: '',
  line: 1,
};

function loginFailed(user: string): SqlMessage {
  return {
    number: 18456,
    state: 1,
    class: 14,
    message: `Login failed for user '${user}'.`,
    procedure: '',
    line: 1,
  };
}
