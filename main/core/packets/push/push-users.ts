import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { shown } from '../codec/refusal.ts';
import type { ErpUser } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import type { NoSnapshot } from '../../queue/mobile-users.ts';
import { sameName, userHold, type PushRules } from './push-plan.ts';

/** The mobile users of a cycle, and those of them who get nothing. */
export interface PushUsers {
  readonly chosen: readonly ErpUser[];
  /** Who is named and gets none, and why. */
  readonly none: readonly { readonly user: ErpUser; readonly why: NoSnapshot }[];
  /** All that are named, each once. */
  readonly all: number;
  readonly heldByPilot: number;
  readonly heldByPause: number;
  /** One for each name that occurs more than once: nobody knows which of the rows is meant. */
  readonly refused: readonly SyncFailure[];
}

/**
 * Who gets a snapshot; with `only` whether this user does. `rejected` with code `no-users`: nobody is named, which is never
 * meant; with `unnamed-user`: this one is not.
 */
export async function pushUsers(
  parts: Asking,
  signal: AbortSignal,
  only?: string,
): Promise<Result<PushUsers>> {
  const named = await namedUsers(parts, signal);
  if (!named.ok) return named;
  const { users, where } = named.value;
  if (only === undefined) return chooseUsers(users, where, parts.policy.push);
  const his = users.filter((user) => sameName(user.name, only));
  return his.length > 0
    ? chooseUsers(his, where, parts.policy.push)
    : fail({ kind: 'rejected', code: UNNAMED, where, message: `it names no user ${shown(only)}` });
}

/** Code of a refusal: nobody names this user. */
export const UNNAMED = 'unnamed-user';

/**
 * One user as the ERP, or the list, names him, whatever the settings say of his phone; undefined where nobody does. `rejected`
 * with code `duplicate-user`: nobody knows which of the rows is meant.
 */
export async function namedUser(
  parts: Asking,
  name: string,
  signal: AbortSignal,
): Promise<Result<ErpUser | undefined>> {
  const named = await namedUsers(parts, signal);
  if (!named.ok) return named;
  const [one, other, ...more] = named.value.users.filter((user) => sameName(user.name, name));
  return one === undefined || other === undefined
    ? ok(one)
    : fail(twice(one.name, other.name, more.length + 2));
}

type Asking = Pick<LinkParts, 'erp' | 'policy'>;

async function namedUsers(
  { erp, policy: { usersList, usersQuery } }: Asking,
  signal: AbortSignal,
): Promise<Result<{ readonly users: readonly ErpUser[]; readonly where: string }>> {
  if (usersList !== undefined) return ok({ users: usersList, where: 'push.users.list' });
  const asked = await erp.reader.users(usersQuery, signal);
  return asked.ok ? ok({ users: asked.value, where: 'the query of the users' }) : asked;
}

/** Pure. */
export function chooseUsers(
  users: readonly ErpUser[],
  where: string,
  rules: PushRules | undefined,
): Result<PushUsers> {
  if (users.length === 0)
    return fail({ kind: 'rejected', code: 'no-users', where, message: `${where} names nobody` });
  const byName = new Map<string, ErpUser[]>();
  for (const user of users) {
    const key = user.name.toLowerCase();
    const same = byName.get(key);
    if (same === undefined) byName.set(key, [user]);
    else same.push(user);
  }
  const chosen: ErpUser[] = [];
  const none: { user: ErpUser; why: NoSnapshot }[] = [];
  const refused: SyncFailure[] = [];
  const held = { pilot: 0, paused: 0 };
  for (const [one, other, ...more] of byName.values()) {
    if (one === undefined) continue;
    const hold = userHold(rules, one.name);
    if (hold !== undefined) {
      held[hold] += 1;
      none.push({ user: one, why: { kind: hold } });
    } else if (other === undefined) chosen.push(one);
    else {
      const failure = twice(one.name, other.name, more.length + 2);
      refused.push(failure);
      none.push({ user: one, why: { kind: 'refused', failure } });
    }
  }
  return ok({
    chosen,
    none,
    all: byName.size,
    heldByPilot: held.pilot,
    heldByPause: held.paused,
    refused,
  });
}

const twice = (one: string, other: string, times: number): SyncFailure => ({
  kind: 'rejected',
  code: 'duplicate-user',
  where: shown(one),
  message:
    one === other
      ? `the name occurs ${times} times`
      : `it occurs ${times} times, also written ${shown(other)}, and is one user to the cloud`,
});
