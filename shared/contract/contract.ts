import type { z } from 'zod';
import { alertRequests } from './alert-requests.ts';
import { queueRequests } from './queue-requests.ts';
import type { Reply } from './reply.ts';
import { settingsRequests } from './settings-requests.ts';
import { siteRequests } from './site-requests.ts';
import { userRequests } from './user-requests.ts';

/** Raised when an older viewer would misread an answer. Said in `hello`. */
export const CONTRACT_VERSION = 2;

/** Every request: the right it needs, its arguments, its result. */
export const contract = {
  ...siteRequests,
  ...queueRequests,
  ...userRequests,
  ...settingsRequests,
  ...alertRequests,
} as const;

export type Contract = typeof contract;
export type RequestName = keyof Contract;
/** What a caller gives: fields with a default may be left out. */
export type ArgsIn<N extends RequestName> = z.input<Contract[N]['args']>;
/** What a handler gets: parsed, defaults filled in. */
export type Args<N extends RequestName> = z.output<Contract[N]['args']>;
export type ResultOf<N extends RequestName> = z.output<Contract[N]['result']>;

/**
 * One handler per request. Arguments are parsed and the sender's right is checked before it is called. Expected
 * refusals are returned with `refuse`; a throw means a bug and crosses as `defect` without its message.
 */
export type Handlers = {
  readonly [N in RequestName]: (args: Args<N>) => Promise<Reply<ResultOf<N>>>;
};

/** Calls a running site, over whatever transport. `unavailable` when it cannot be reached any more. */
export interface SiteClient {
  call<N extends RequestName>(name: N, args: ArgsIn<N>, signal?: AbortSignal): Promise<Reply<ResultOf<N>>>;
}

export const isRequestName = (name: string): name is RequestName => Object.hasOwn(contract, name);
