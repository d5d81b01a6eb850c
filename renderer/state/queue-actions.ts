import { useQueryClient } from '@tanstack/react-query';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { useNotes } from '../components/notes.tsx';
import { useConnection, useSpeaker } from './contexts.ts';
import { useSiteQuery } from './use-site-query.ts';

/** What a person may do with an item. Each gives the refusal, for the place where it was asked; undefined when it is done. */
export interface ItemActions {
  readonly retry: (item: ItemView) => Promise<Refusal | undefined>;
  readonly park: (item: ItemView, note: string) => Promise<Refusal | undefined>;
  readonly discard: (item: ItemView, confirm: string, note: string) => Promise<Refusal | undefined>;
  readonly edit: (
    item: ItemView,
    edit: { readonly xml: string; readonly confirm: string; readonly by: string; readonly note: string },
  ) => Promise<Refusal | undefined>;
}

export function useItemActions(): ItemActions {
  const connection = useConnection();
  const speaker = useSpeaker();
  const queries = useQueryClient();
  const tell = useNotes();

  const ended = (
    reply: { readonly ok: true } | { readonly ok: false; readonly error: Refusal },
    done: 'queue.retried' | 'queue.parkedNow' | 'queue.discarded' | 'queue.editedNow',
    item: ItemView,
  ): Refusal | undefined => {
    void queries.invalidateQueries();
    if (!reply.ok) return reply.error;
    tell('success', speaker.text(done, { label: speaker.title(item) }));
    return undefined;
  };
  return {
    retry: async (item) =>
      ended(await connection.call('queueRetry', { item: item.id }), 'queue.retried', item),
    park: async (item, note) =>
      ended(await connection.call('queuePark', { item: item.id, note }), 'queue.parkedNow', item),
    discard: async (item, confirm, note) =>
      ended(await connection.call('queueDiscard', { item: item.id, confirm, note }), 'queue.discarded', item),
    edit: async (item, edit) =>
      ended(await connection.call('queueEdit', { item: item.id, ...edit }), 'queue.editedNow', item),
  };
}

/** For how many days what is given up is kept; undefined while that is not known. */
export function useKeptDays(): number | undefined {
  const { data } = useSiteQuery('settingsRead', {});
  const found = settingsSchema.safeParse(data?.settings);
  return found.success ? found.data.retention.days : undefined;
}
