import { useQueryClient } from '@tanstack/react-query';
import type { ArgsIn, RequestName, ResultOf } from '../../shared/contract/contract.ts';
import type { Reply } from '../../shared/contract/reply.ts';
import { useNotes } from '../components/notes.tsx';
import { useConnection, useSpeaker } from './contexts.ts';

/** What the person can do anywhere, with one line saying what came of it. */
export function useActions() {
  const connection = useConnection();
  const speaker = useSpeaker();
  const tell = useNotes();
  const queries = useQueryClient();

  /** One changing request: whatever it is, what is shown is asked anew. A refusal is told and comes back. */
  const perform = async <N extends RequestName>(name: N, args: ArgsIn<N>): Promise<Reply<ResultOf<N>>> => {
    const reply = await connection.call(name, args);
    if (!reply.ok)
      tell('error', speaker.text('page.failed', { message: reply.error.message }), reply.error.hint);
    void queries.invalidateQueries();
    return reply;
  };

  const sync = async (link: string | undefined): Promise<void> => {
    const reply = await perform('sync', link === undefined ? {} : { links: [link] });
    if (!reply.ok) return;
    const { flows } = reply.value;
    const kept = flows.find((flow) => flow.outcome === 'waits' || flow.outcome === 'refused');
    if (kept === undefined) {
      const joined = flows.every((flow) => flow.outcome === 'joined');
      return tell('info', speaker.text(joined ? 'page.syncJoined' : 'page.syncStarted'));
    }
    const what = kept.reason === undefined ? '' : speaker.say(kept.reason.what);
    if (kept.outcome === 'waits' && kept.when !== undefined)
      return tell('info', speaker.text('page.syncWaits', { link: kept.link, when: kept.when, what }));
    tell(
      'warning',
      kept.when === undefined
        ? speaker.text('page.syncRefused', { link: kept.link, what })
        : speaker.text('page.syncRefusedUntil', { link: kept.link, when: kept.when }),
    );
  };

  return { perform, sync: (link?: string) => void sync(link), tell };
}
