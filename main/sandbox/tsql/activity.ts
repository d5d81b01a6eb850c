import type { Database } from './storage/schema-objects.ts';

/** One connection as the views of what goes on show it. Times in milliseconds since 1970. */
export interface Activity {
  readonly id: number;
  readonly login: string;
  readonly database: Database;
  readonly since: number;
  readonly transactions: number;
  /** Undefined while nothing runs in it. */
  readonly request: { readonly started: number } | undefined;
  readonly wait: { readonly by: number; readonly milliseconds: number; readonly type: string } | undefined;
}
