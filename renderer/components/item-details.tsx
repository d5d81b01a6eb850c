import { useState } from 'react';
import type { ItemView, ResultOf } from '../../shared/contract/contract.ts';
import { useClient, useSpeaker } from '../state/contexts.ts';
import { Moment } from './moment.tsx';

/** Technical names and the raw text: one click deeper, whole and copyable. */
export function ItemDetails({ item }: { readonly item: ItemView }) {
  const client = useClient();
  const speaker = useSpeaker();
  const [shown, setShown] = useState<ResultOf<'queueShow'>>();
  const [error, setError] = useState<string>();
  const open = async (): Promise<void> => {
    const reply = await client.call('queueShow', { item: item.id });
    if (reply.ok) setShown(reply.value);
    else setError(reply.error.message);
  };
  return (
    <details
      onToggle={(event) => {
        if (event.currentTarget.open) void open();
      }}
    >
      <summary>{speaker.text('page.details')}</summary>
      {error !== undefined && <p>{error}</p>}
      {shown !== undefined && (
        <div className="details">
          <p className="number">
            {speaker.text('page.itemIdentity', {
              id: item.id,
              packet: item.externalId,
              company: item.company,
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
            <pre tabIndex={0} aria-label={speaker.text('page.rawText', { label: item.label })}>
              {shown.body.text}
            </pre>
          )}
        </div>
      )}
    </details>
  );
}
