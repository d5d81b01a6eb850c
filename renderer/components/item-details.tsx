import { useEffect, useState } from 'react';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { ResultOf } from '../../shared/contract/contract.ts';
import { useClient, useSpeaker } from '../state/contexts.ts';
import { Moment } from './moment.tsx';

/** Technical names and the raw text: one click deeper, whole and copyable. */
export function ItemDetails({ item }: { readonly item: ItemView }) {
  const client = useClient();
  const speaker = useSpeaker();
  const [shown, setShown] = useState<ResultOf<'queueShow'>>();
  const [error, setError] = useState<string>();
  useEffect(() => {
    const left = new AbortController();
    void client.call('queueShow', { item: item.id }, left.signal).then((reply) => {
      if (left.signal.aborted) return;
      if (reply.ok) setShown(reply.value);
      else setError(reply.error.message);
    });
    return () => left.abort();
  }, [client, item.id]);
  if (error !== undefined) return <p>{error}</p>;
  if (shown === undefined) return undefined;
  return (
    <div className="details">
      <p className="number">
        {speaker.text('page.itemIdentity', {
          id: String(item.id),
          packet: item.externalId,
          company: item.company === '' ? '-' : item.company,
        })}
      </p>
      <ol className="timeline">
        {shown.timeline.map(({ at, event, detail }) => {
          const [what, note] = speaker.step(event, detail);
          return (
            <li key={`${at} ${event} ${detail}`}>
              <Moment at={at}>{speaker.clock(at)}</Moment> {what} <span className="quiet">{note}</span>
            </li>
          );
        })}
      </ol>
      {shown.body.text !== undefined && (
        <pre tabIndex={0} aria-label={speaker.text('page.rawText', { label: speaker.title(item) })}>
          {shown.body.text}
        </pre>
      )}
    </div>
  );
}
