import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Refusal } from '../../shared/contract/reply.ts';
import { useNotes } from '../components/notes.tsx';
import { useConnection, useSpeaker } from './contexts.ts';

export interface UserPush {
  readonly busy: boolean;
  /** Why it could not be asked for, for the place where it was asked. */
  readonly refusal: Refusal | undefined;
  readonly start: () => void;
}

/** Builds and sends one user's snapshot now; a line says what came of asking. */
export function useUserPush(link: string, user: string): UserPush {
  const connection = useConnection();
  const speaker = useSpeaker();
  const queries = useQueryClient();
  const tell = useNotes();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();

  const push = async (): Promise<void> => {
    setBusy(true);
    const reply = await connection.call('userPush', { link, user });
    setBusy(false);
    setRefusal(reply.ok ? undefined : reply.error);
    void queries.invalidateQueries();
    if (!reply.ok) return;
    const { outcome, when, reason } = reply.value;
    const what = reason === undefined ? '' : speaker.say(reason.what);
    const next = reason === undefined ? undefined : speaker.say(reason.next);
    switch (outcome) {
      case 'started':
        return tell('success', speaker.text('users.pushStarted', { user }));
      case 'joined':
        return tell('info', speaker.text('users.pushJoined', { user }));
      case 'waits':
        return tell(
          'info',
          when === undefined
            ? speaker.text('users.pushRefused', { user, what })
            : speaker.text('users.pushWaits', { user, when, what }),
        );
      case 'refused':
        return tell(
          'warning',
          what === '' && when !== undefined
            ? speaker.text('users.pushRefusedUntil', { user, when })
            : speaker.text('users.pushRefused', { user, what }),
          next,
        );
    }
  };
  return { busy, refusal, start: () => void push() };
}
