/** What the server tells about its connections. Never a password, a parameter value or a row. */
export interface TdsLogEntry {
  readonly connection: number;
  readonly event: 'open' | 'login' | 'login-refused' | 'protocol-error' | 'engine-error' | 'closed';
  readonly detail?: string | undefined;
}

export type TdsLog = (entry: TdsLogEntry) => void;
