import type { ErpTrouble } from '../../../shared/model/failure.ts';

/**
 * Numbers with which a server says that it did nothing and that the same request can succeed later: told apart by
 * number, never by text. What is not here is a refusal of the request itself.
 */

/** Offline, restoring, recovering, in transition, in single-user mode, suspect, a secondary replica. */
const DATABASE_AWAY: readonly number[] = [
  904, 905, 921, 922, 923, 924, 926, 927, 942, 943, 945, 946, 947, 948, 952, 954, 955, 976, 978, 979, 982,
  983,
];
/**
 * At sign-in also a database that does not exist or is not for this login. Inside a request these name another database,
 * and only that request is refused.
 */
export const DATABASE_UNAVAILABLE: ReadonlySet<number> = new Set([
  ...DATABASE_AWAY,
  911,
  913,
  916,
  4060,
  4064,
]);
/** Shutting down, paused, or open to administrators only. */
export const SERVER_STOPPING: ReadonlySet<number> = new Set([6005, 17142, 17148, 18401, 18451, 18461]);
export const TOO_MANY_CONNECTIONS: ReadonlySet<number> = new Set([17300, 17809, 18459]);

/** Short, and of ours: texts of the server are in its own language. */
export const CAUSE = {
  deadlock: 'deadlock victim',
  'lock-timeout': 'lock time-out',
  'snapshot-conflict': 'snapshot conflict',
  'out-of-memory': 'the server is out of memory',
  'log-full': 'the transaction log of the database is full',
  'database-full': 'the database is full',
  'read-only': 'the database is read-only',
  'database-unavailable': 'the database is not available',
  'server-stopping': 'the server is shutting down',
  'too-many-connections': 'too many connections',
} as const satisfies Partial<Record<ErpTrouble, string>>;

type Told = keyof typeof CAUSE;

const BY_NUMBER: ReadonlyMap<number, Told> = new Map<number, Told>([
  [1205, 'deadlock'],
  [1222, 'lock-timeout'],
  [3960, 'snapshot-conflict'],
  ...of('out-of-memory', [701, 802, 1204, 8645]),
  ...of('log-full', [9002]),
  // 1105 and 1101 are about any database, tempdb included.
  ...of('database-full', [1101, 1105, 3967]),
  ...of('read-only', [3906, 3908]),
  ...of('database-unavailable', [...DATABASE_AWAY, 4060]),
  ...of('server-stopping', SERVER_STOPPING),
  ...of('too-many-connections', TOO_MANY_CONNECTIONS),
]);

function of(trouble: Told, numbers: Iterable<number>): (readonly [number, Told])[] {
  return [...numbers].map((number) => [number, trouble] as const);
}

export const troubleOf = (number: number): Told | undefined => BY_NUMBER.get(number);
