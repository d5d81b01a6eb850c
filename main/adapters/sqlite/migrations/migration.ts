/** One step of the store's format. Never edited once released: a later step repairs it. */
export interface Migration {
  /** What `PRAGMA user_version` holds afterwards; rises by one. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}
