import sql from 'mssql';
import type { Text } from '../../../shared/contract/explanation.ts';
import type { Hop } from '../../../shared/contract/settings-requests.ts';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import { openSocket, resolveHost, unlessAborted } from '../alerts/network-steps.ts';
import { HopFailed } from '../alerts/hop-notes.ts';
import {
  connectConfig,
  findServer,
  serverName,
  type ServerAddress,
  type SignInNotes,
} from '../erp-mssql/connect-config.ts';
import { connectFailure, requestFailure } from '../erp-mssql/mssql-errors.ts';
import type { NotAppliedReason } from '../erp-mssql/sql-connection.ts';
import type { BrowserOptions } from '../erp-mssql/sql-browser.ts';
import { countLedgerTables, LEDGER_TABLES } from '../erp-mssql/queries/ledger-schema.ts';
import { certificateWords, type CertificateWords } from './certificate-words.ts';
import { consistentReads, creationRights, ledgerRights, whoAnswers } from './queries/erp-questions.ts';
import { detail, StepFailed, Way } from './way.ts';

/** Below the whole test's deadline, so that a silent server is told from a slow one. */
const CONNECT_MS = 8_000;
const QUESTION_MS = 5_000;

/** Tries the way to an ERP on connections of its own, all ended when it resolves. Writes nothing. */
export async function erpHops(
  settings: ErpSettings,
  password: string | undefined,
  monotonic: () => number,
  signal: AbortSignal,
  browser: BrowserOptions = {},
): Promise<readonly Hop[]> {
  const { database, ledger } = settings;
  const { host, instance, port } = serverName(settings);
  const user = settings.auth === 'ntlm' ? `${settings.domain ?? ''}\\${settings.user}` : settings.user;
  let address: ServerAddress = { host, port };
  let server = instance === undefined ? `${host}:${port}` : settings.server;
  const way = new Way(
    [
      { name: 'resolve', address: host },
      ...(instance === undefined ? [] : [{ name: 'instance', address: settings.server }]),
      { name: 'connect', address: () => server },
      { name: 'encryption', address: () => server },
      { name: 'login', address: user },
      { name: 'database', address: database },
      { name: 'ledger', address: `${database}.${ledger.schema}` },
      { name: 'snapshot', address: database },
    ],
    monotonic,
  );
  const failed = (name: string, params: Readonly<Record<string, string>> = {}): StepFailed =>
    new StepFailed('erp-administrator', name, { server, database, user, ...params });

  const reached =
    (await way.step(() => network('noName', failed, resolveHost(host, signal)))) &&
    (instance === undefined ||
      (await way.step(async () => {
        const found = await findServer(settings, browser, signal);
        if (found.kind !== 'found')
          throw failed(NOT_FOUND.get(found.why) ?? 'tooLate', { cause: found.cause });
        address = found.address;
        server = `${address.host}:${address.port}`;
        return detail('instance', { port: String(address.port) });
      }))) &&
    (await way.step(async () => {
      const socket = await network('noConnection', failed, openSocket(host, address.port, signal));
      socket.destroy();
      return undefined;
    }));
  if (!reached) return way.hops;
  const session = signIn(settings, address, password ?? '', signal);
  try {
    const secured = await way.step(async () => {
      const outcome = await session.encryption;
      if (outcome.kind === 'ok') return outcome.found;
      if (outcome.kind === 'late') throw failed('tooLate');
      if (outcome.why === 'certificate') throw failed('otherCertificate', session.certificate() ?? {});
      if (outcome.why !== 'tls') throw failed('noSqlServer', { cause: outcome.cause });
      const shown = await shownCertificate(settings, address, signal);
      throw shown === undefined
        ? failed('noEncryption', { cause: outcome.cause })
        : failed('untrustedCertificate', { ...shown, cause: outcome.cause });
    });
    if (!secured) return way.hops;
    const signedIn = await way.step(async () => {
      if (password === undefined || password === '')
        throw new StepFailed('user', 'noPassword', { name: `erp.${settings.id}.password` });
      const outcome = await session.login;
      if (outcome.kind === 'late') throw failed('tooLate');
      // A database that does not open is told after the login was taken.
      if (outcome.kind === 'ok' || outcome.why === 'database-unavailable') return undefined;
      throw failed(REFUSED.get(outcome.why)?.[settings.auth] ?? 'noSqlServer', { cause: outcome.cause });
    });
    if (!signedIn) return way.hops;
    const ask = async (question: string): Promise<Readonly<Record<string, unknown>>> => {
      try {
        const answer = await unlessAborted(session.ask(question), signal);
        return (answer.recordset as unknown as readonly Record<string, unknown>[])[0] ?? {};
      } catch (error) {
        if (error instanceof HopFailed) throw failed('tooLate');
        const outcome = requestFailure(error);
        throw failed('questionRefused', {
          cause: outcome.kind === 'refused' ? outcome.message : outcome.cause,
        });
      }
    };
    const steps = [
      async (): Promise<Text> => {
        const outcome = await session.login;
        if (outcome.kind === 'failed') throw failed('noDatabase', { cause: outcome.cause });
        const { product_version: version } = await ask(whoAnswers);
        return detail('server', { version: typeof version === 'string' ? version : '' });
      },
      () => ledgerStep(ledger.schema, ask, failed),
      async (): Promise<Text> => {
        if (Number((await ask(consistentReads))['snapshot_state']) === 1) return detail('snapshot');
        throw failed('noSnapshot');
      },
    ];
    for (const [index, act] of steps.entries()) {
      const good = await way.step(act);
      // Without the ledger the view can still be looked at, and a person corrects both in one visit.
      if (!good && index === 0) break;
    }
    return way.hops;
  } finally {
    await session.end();
  }
}

const NOT_FOUND: ReadonlyMap<NotAppliedReason, string> = new Map([
  ['browser-silent', 'browserSilent'],
  ['instance-unknown', 'instanceUnknown'],
  ['instance-no-tcp', 'instanceNoTcp'],
  ['network', 'noName'],
]);

const REFUSED: ReadonlyMap<NotAppliedReason, Readonly<Record<ErpSettings['auth'], string>>> = new Map([
  ['login-refused', { sql: 'loginRefused', ntlm: 'windowsLoginRefused' }],
  ['server-stopping', { sql: 'serverStopping', ntlm: 'serverStopping' }],
  ['too-many-connections', { sql: 'serverFull', ntlm: 'serverFull' }],
]);

type Failed = (name: string, params?: Readonly<Record<string, string>>) => StepFailed;
type Ask = (question: string) => Promise<Readonly<Record<string, unknown>>>;

async function network<T>(name: string, failed: Failed, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HopFailed) throw failed(name, { cause: error.message });
    throw error;
  }
}

async function ledgerStep(schema: string, ask: Ask, failed: Failed): Promise<Text> {
  const tables = Number((await ask(countLedgerTables(schema)))['found']);
  if (tables === LEDGER_TABLES) {
    const rights = Object.entries(await ask(ledgerRights(schema)));
    const missing = rights.filter(([, value]) => Number(value) !== 1).map(([right]) => right);
    if (missing.length > 0) throw failed('noLedgerRights', { schema, missing: missing.join(', ') });
    return detail('ledger', { schema });
  }
  const rights = await ask(creationRights(schema));
  const may = (name: string): boolean => Number(rights[name]) === 1;
  if (!may('create_table') || !(may('schema_there') || may('create_schema')))
    throw failed('noLedger', { schema, found: String(tables) });
  return detail('ledgerLater', { schema });
}

type Outcome =
  | { readonly kind: 'ok'; readonly found?: Text | undefined }
  | { readonly kind: 'failed'; readonly why: NotAppliedReason; readonly cause: string }
  | { readonly kind: 'late' };

interface Session {
  /** The part of signing in up to the encrypted connection. */
  readonly encryption: Promise<Outcome>;
  readonly login: Promise<Outcome>;
  /** What the server showed, once it did. */
  certificate(): CertificateWords | undefined;
  ask(question: string): Promise<sql.IResult<unknown>>;
  end(): Promise<void>;
}

/** One connection of the driver, watched while it signs in. */
function signIn(
  settings: ErpSettings,
  address: ServerAddress,
  password: string,
  signal: AbortSignal,
): Session {
  const notes: SignInNotes = { numbers: [] };
  let shown: CertificateWords | undefined;
  let found: Text | undefined;
  let secured: (outcome: Outcome) => void = () => undefined;
  const encryption = new Promise<Outcome>((resolve) => (secured = resolve));
  const config = connectConfig(settings, {
    address,
    password,
    connectMs: CONNECT_MS,
    notes,
    signal,
    onSecure: (socket, certificate) => {
      shown = certificateWords(socket, certificate);
      found = detail(certificateDetail(settings, shown.protocol), shown);
    },
    onAccepted: () => secured({ kind: 'ok', found }),
  });
  const pool = new sql.ConnectionPool({
    ...config,
    requestTimeout: QUESTION_MS,
    pool: { min: 0, max: 1 },
    options: { ...config.options, appName: 'ERP Ferry test' },
  });
  // Without a listener a lost connection would end the process.
  pool.on('error', () => undefined);
  const connecting = pool.connect();
  const login = unlessAborted(connecting, signal).then(
    (): Outcome => ({ kind: 'ok' }),
    (error: unknown): Outcome => {
      if (error instanceof HopFailed) return { kind: 'late' };
      const { why, cause } = connectFailure(error, notes);
      return { kind: 'failed', why, cause };
    },
  );
  void login.then((outcome) => {
    const past = outcome.kind === 'ok' || (outcome.kind === 'failed' && PAST_ENCRYPTION.has(outcome.why));
    secured(past ? { kind: 'ok', found: found ?? detail('notEncrypted') } : outcome);
  });
  return {
    encryption,
    login,
    certificate: () =>
      shown === undefined ? undefined : { ...shown, pinned: notes.refused?.pinned ?? shown.fingerprint },
    ask: (question) => pool.request().query(question),
    end: async () => {
      // A pool cannot be closed while it connects; what comes of it is closed when it is there.
      const close = connecting.then(
        () => pool.close(),
        () => undefined,
      );
      if (!signal.aborted) await close.catch(() => undefined);
    },
  };
}

/** The server spoke after the connection was as encrypted as it was to be. */
const PAST_ENCRYPTION: ReadonlySet<NotAppliedReason> = new Set([
  'login-refused',
  'database-unavailable',
  'server-stopping',
  'too-many-connections',
]);

/** Versions with known weaknesses: spoken only where the settings allow it. */
const OLD_TLS: ReadonlySet<string> = new Set(['TLSv1', 'TLSv1.1']);

const certificateDetail = (settings: ErpSettings, protocol: string): string => {
  if (OLD_TLS.has(protocol)) return 'certificateOldTls';
  if (settings.certificate?.sha256 !== undefined) return 'certificatePinned';
  return settings.trustServerCertificate ? 'certificateUnchecked' : 'certificate';
};

/** The certificate of a server that is not trusted, looked at without signing in. */
async function shownCertificate(
  settings: ErpSettings,
  address: ServerAddress,
  signal: AbortSignal,
): Promise<CertificateWords | undefined> {
  let shown: CertificateWords | undefined;
  // No certificate has this fingerprint: whatever is shown, the connection ends before the login.
  const nobody = { ...settings, certificate: { sha256: '0'.repeat(64) }, user: 'nobody' };
  const pool = new sql.ConnectionPool(
    connectConfig(nobody, {
      address,
      password: '',
      connectMs: CONNECT_MS,
      notes: { numbers: [] },
      signal,
      onSecure: (socket, certificate) => (shown = certificateWords(socket, certificate)),
    }),
  );
  pool.on('error', () => undefined);
  await unlessAborted(pool.connect(), signal).catch(() => undefined);
  return shown;
}
