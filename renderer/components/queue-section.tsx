import { useEffect, useState } from 'react';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { ResultOf } from '../../shared/contract/contract.ts';
import { useClient, useSpeaker } from '../state/contexts.ts';
import { QUEUE_FILTERS, QUEUE_TITLES, QUEUE_VIEWS, type QueueView } from '../state/queue-view.ts';
import { ItemDetails } from './item-details.tsx';
import { Moment } from './moment.tsx';

const PAGE = 20;

interface QueueSectionProps {
  readonly view: QueueView;
  /** How many each list holds, by the status: the same numbers as on the cards. */
  readonly counts: Readonly<Record<QueueView, number>>;
  /** Differs when the lists may. */
  readonly change: string;
  readonly live: boolean;
  readonly onView: (view: QueueView) => void;
  readonly onRetry: (item: ItemView) => void;
}

/** The list behind a number: what, whose, since when, why, who acts, what next. */
export function QueueSection({ view, counts, change, live, onView, onRetry }: QueueSectionProps) {
  const speaker = useSpeaker();
  const page = useItems(view, change);
  return (
    <section className="card" aria-labelledby="queue-title" id="queue">
      <header className="card-head queue-head">
        <h2 id="queue-title">{speaker.text(QUEUE_TITLES[view])}</h2>
        <div className="tabs" role="group" aria-label={speaker.text('page.lists')}>
          {QUEUE_VIEWS.map((one) => (
            <button
              key={one}
              type="button"
              className="tab"
              aria-pressed={one === view}
              onClick={() => onView(one)}
            >
              {speaker.text(QUEUE_TITLES[one])} <span className="number">{counts[one]}</span>
            </button>
          ))}
        </div>
      </header>
      {page !== undefined && page.items.length === 0 && (
        <p className="quiet empty">
          {speaker.text(view === 'parked' ? 'page.parkedEmpty' : 'page.listEmpty')}
        </p>
      )}
      {page !== undefined && page.items.length > 0 && (
        <div className="scroll">
          <table className="items">
            <thead>
              <tr>
                <th scope="col">{speaker.text('page.document')}</th>
                <th scope="col">{speaker.text('page.user')}</th>
                <th scope="col">{speaker.text('page.since')}</th>
                <th scope="col">{speaker.text('page.cause')}</th>
                <th scope="col">{speaker.text('page.who')}</th>
                <th scope="col">{speaker.text('page.nextStep')}</th>
                <th scope="col">{speaker.text('page.action')}</th>
              </tr>
            </thead>
            <tbody>
              {page.items.map((item) => (
                <Row key={item.id} item={item} live={live} onRetry={onRetry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {page !== undefined && page.total > page.items.length && (
        <p className="quiet">{speaker.text('page.parkedMore', { count: page.total - page.items.length })}</p>
      )}
    </section>
  );
}

function Row({
  item,
  live,
  onRetry,
}: Pick<QueueSectionProps, 'live' | 'onRetry'> & { readonly item: ItemView }) {
  const speaker = useSpeaker();
  const [open, setOpen] = useState(false);
  const { reason } = item;
  const title = speaker.title(item);
  const more = `details-${item.id}`;
  return (
    <>
      <tr data-item={item.id}>
        <th scope="row">
          {title}
          <button
            type="button"
            className="more"
            aria-expanded={open}
            aria-controls={open ? more : undefined}
            onClick={() => setOpen(!open)}
          >
            {speaker.text('page.details')}
          </button>
        </th>
        <td data-label={speaker.text('page.user')}>{item.user}</td>
        <td className="number" data-label={speaker.text('page.since')}>
          <Moment at={item.createdAt}>{speaker.ago(item.createdAt)}</Moment>
        </td>
        <td data-label={speaker.text('page.cause')}>
          {reason === undefined ? speaker.text(`itemState.${item.state}`) : speaker.say(reason.what)}
        </td>
        <td data-label={speaker.text('page.who')}>
          {reason === undefined ? '' : speaker.text(`owner.${reason.owner}`)}
        </td>
        <td data-label={speaker.text('page.nextStep')}>
          {reason === undefined ? '' : speaker.say(reason.next)}
        </td>
        <td>
          {item.state !== 'working' && (
            <button
              type="button"
              className="button"
              disabled={!live}
              aria-label={speaker.text('page.retryItem', { label: title })}
              onClick={() => onRetry(item)}
            >
              {speaker.text('page.retry')}
            </button>
          )}
        </td>
      </tr>
      {open && (
        <tr className="opened" id={more}>
          <td colSpan={7}>
            {/* Asked anew when it moved: its timeline has grown. */}
            <ItemDetails key={`${item.state} ${item.attempts}`} item={item} />
          </td>
        </tr>
      )}
    </>
  );
}

interface Page {
  readonly view: QueueView;
  readonly change: string;
  readonly value: ResultOf<'queueList'>;
}

/** The first page of a list, asked again when the status tells of a change. */
function useItems(view: QueueView, change: string): ResultOf<'queueList'> | undefined {
  const client = useClient();
  const [page, setPage] = useState<Page>();
  useEffect(() => {
    const left = new AbortController();
    void client.call('queueList', { ...QUEUE_FILTERS[view], limit: PAGE }, left.signal).then((reply) => {
      if (reply.ok && !left.signal.aborted) setPage({ view, change, value: reply.value });
    });
    return () => left.abort();
  }, [client, view, change]);
  return page?.view === view ? page.value : undefined;
}
