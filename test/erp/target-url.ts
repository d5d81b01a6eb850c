import sql from 'mssql';

/** Where the ERP of a test is. */
export interface TargetAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly encrypt: boolean;
  /** The database to sign in to; the tests make one of their own from there. */
  readonly adminDatabase: string;
}

const ENCRYPT = new Set(['true', '1', 'yes', 'strict', '']);

/**
 * `mssql://user:password@host:port/database?encrypt=true`, or a connection string of the driver. Throws with words that
 * hold no password.
 */
export function parseTarget(url: string): TargetAddress {
  if (!/^mssql:/i.test(url)) return fromConnectionString(url);
  if (!URL.canParse(url))
    throw new Error(
      'ERP_TEST_URL is no address: expected mssql://user:password@host:port/database?encrypt=true',
    );
  const parsed = new URL(url);
  if (parsed.hostname === '' || parsed.username === '')
    throw new Error(
      'ERP_TEST_URL lacks a host or a user: mssql://user:password@host:port/database?encrypt=true',
    );
  const encrypt = parsed.searchParams.get('encrypt');
  return {
    host: decodeURIComponent(parsed.hostname).replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 1433 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    encrypt: encrypt === null || ENCRYPT.has(encrypt.toLowerCase()),
    adminDatabase: decodeURIComponent(parsed.pathname.slice(1)) || 'master',
  };
}

function fromConnectionString(text: string): TargetAddress {
  const parsed = sql.ConnectionPool.parseConnectionString(text);
  return {
    host: parsed.server,
    port: parsed.port ?? 1433,
    user: parsed.user ?? '',
    password: parsed.password ?? '',
    encrypt: parsed.options.encrypt === true,
    adminDatabase: parsed.database ?? 'master',
  };
}
