import type { Explanation } from '../../shared/contract/explanation.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import type { LightState, SiteStatus } from '../../shared/contract/status.ts';
import type { MobileUserView } from '../../shared/contract/user-requests.ts';
import type { Speaker, TextKey } from '../../shared/i18n/say.ts';
import { queueMark } from './queue-refresh.ts';
import type { RefusalWords } from './queue-words.ts';

/** How it stands with a user: a shape, its word, and what he waits for; nothing where he waits for nothing. */
export interface UserStanding {
  readonly state: LightState;
  readonly word: TextKey;
  readonly waits: Explanation | undefined;
}

type Waits = 'parked' | 'failed' | 'sending' | 'inDoubt' | 'built' | 'unnamed' | 'first';

const waitsFor = (
  owner: Explanation['owner'],
  name: Waits,
  params: Explanation['what']['params'] = {},
): Explanation => ({
  owner,
  what: { key: `users.waits.${name}`, params },
  next: { key: `users.waits.${name}.next`, params },
});

/**
 * What somebody must act on comes first; then what goes on by itself; accepted comes last. A snapshot whose tables may be of
 * different moments is never fine.
 */
export function standingOf(user: MobileUserView): UserStanding {
  const { accepted, waiting, named, parkedIn } = user;
  const told = user.waitsFor;
  // Somebody chose it so, in the settings.
  const chosen = told?.what.key.startsWith('reason.pushHeld.') === true;
  if (told !== undefined && told.owner !== 'nobody' && !chosen)
    return { state: 'attention', word: 'users.state.attention', waits: told };
  if (parkedIn > 0)
    return {
      state: 'attention',
      word: 'users.state.attention',
      waits: waitsFor('user', 'parked', { count: parkedIn }),
    };
  switch (waiting?.state) {
    case 'sending':
      return { state: 'working', word: 'users.state.working', waits: waitsFor('nobody', 'sending') };
    case 'in-doubt':
      return {
        state: 'unknown',
        word: 'users.state.unknown',
        waits: told ?? waitsFor('nobody', 'inDoubt'),
      };
    case 'failed':
      return {
        state: 'attention',
        word: 'users.state.attention',
        waits: told ?? waitsFor('nobody', 'failed'),
      };
    case 'built':
      return {
        state: 'waiting',
        word: 'users.state.waiting',
        waits: told ?? waitsFor('nobody', 'built'),
      };
    case 'accepted':
    case undefined:
  }
  if (told !== undefined)
    return {
      state: 'waiting',
      word: told.owner === 'nobody' ? 'users.state.waiting' : 'users.state.held',
      waits: told,
    };
  if (!named) return { state: 'unknown', word: 'users.state.unnamed', waits: waitsFor('nobody', 'unnamed') };
  if (accepted === undefined)
    return { state: 'waiting', word: 'users.state.waiting', waits: waitsFor('nobody', 'first') };
  return accepted.consistency === 'best-effort'
    ? { state: 'unknown', word: 'users.state.unproven', waits: undefined }
    : { state: 'fine', word: 'users.state.accepted', waits: undefined };
}

/** Differs when the users' facts may: what the queue holds, and each run that ended. */
export const usersMark = (status: SiteStatus | undefined): string =>
  JSON.stringify([
    queueMark(status),
    status?.links.map(({ lastRuns: [last] }) => [last?.id, last?.endedAt]) ?? null,
  ]);

const REFUSED: Readonly<Partial<Record<Refusal['code'], readonly [TextKey, TextKey]>>> = {
  forbidden: ['users.refused.forbidden', 'queue.refused.forbidden.next'],
  'not-found': ['users.refused.notFound', 'users.refused.notFound.next'],
  unavailable: ['users.refused.unavailable', 'users.refused.unavailable.next'],
  'bad-arguments': ['users.refused.bad', 'users.refused.bad.next'],
};

/** What a refusal means for a user and what to do about it. */
export function userRefusalWords(refusal: Refusal, speaker: Speaker): RefusalWords {
  const { code, message, hint } = refusal;
  const [what, next] = REFUSED[code] ?? ['queue.refused.other', 'queue.refused.other.next'];
  return {
    what: speaker.text(what),
    next: speaker.text(next),
    said: speaker.text('queue.refused.said', {
      message: hint === undefined ? message : `${message} (${hint})`,
    }),
  };
}
