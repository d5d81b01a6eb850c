import { useEffect, useState } from 'react';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';
import type { Speaker } from '../../shared/i18n/say.ts';
import { siteSentence } from '../../shared/i18n/site-sentence.ts';
import { LinkCard } from '../components/link-card.tsx';
import { QueueSection } from '../components/queue-section.tsx';
import { StateShape } from '../components/state-shape.tsx';
import { useClient, useSpeaker } from '../state/contexts.ts';
import { presented } from '../state/presented.ts';
import type { QueueView } from '../state/queue-view.ts';
import type { Seen } from '../state/site-watch.ts';

/** Is everything carried over; if not, what is stuck, since when, who must do what. */
export function StatusScreen({ seen }: { readonly seen: Seen }) {
  const speaker = useSpeaker();
  const status = presented(seen);
  if (seen.link === 'refused') return <Alone text={speaker.text('page.refused')} />;
  if (status === undefined)
    return <Alone text={speaker.text(seen.link === 'lost' ? 'page.silent' : 'page.connecting')} />;
  return <Known status={status} live={seen.link === 'live'} />;
}

function Alone({ text }: { readonly text: string }) {
  const speaker = useSpeaker();
  return (
    <main className="page alone">
      <h1>{speaker.text('page.title')}</h1>
      <p role="status">{text}</p>
    </main>
  );
}

function Known({ status, live }: { readonly status: SiteStatus; readonly live: boolean }) {
  const speaker = useSpeaker();
  const [view, setView] = useState<QueueView>('parked');
  const { note, sync, retry, resume } = useActions();
  const busy = status.links.some((link) => link.flows.some((flow) => flow.running !== undefined));
  const sum = (of: (link: SiteStatus['links'][number]) => number): number =>
    status.links.reduce((total, link) => total + of(link), 0);
  const open = (chosen: QueueView): void => {
    setView(chosen);
    document.getElementById('queue')?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <main className="page">
      <header className="page-head">
        <div>
          <h1>
            {status.site.name} <span className="quiet">{speaker.text('page.title')}</span>
          </h1>
          <p className={`sentence sentence-${status.light}`} data-state={status.light}>
            <StateShape state={status.light} large />{' '}
            {live ? sentence(status, speaker) : speaker.text('page.lost', { at: status.at })}
          </p>
        </div>
        <div className="page-act">
          <p className="note" role="status">
            {note}
          </p>
          <button
            type="button"
            className="button button-primary"
            disabled={busy || !live || status.links.length === 0}
            onClick={() => sync(undefined)}
          >
            {speaker.text(busy ? 'page.syncing' : 'page.syncNow')}
          </button>
        </div>
      </header>
      <Notices status={status} />
      {status.links.length === 0 && <p className="card empty">{speaker.text('page.empty')}</p>}
      {status.links.map((link) => (
        <LinkCard key={link.id} link={link} live={live} onSync={sync} onResume={resume} onOpen={open} />
      ))}
      <QueueSection
        view={view}
        counts={{
          parked: sum((link) => link.parked),
          in: sum((link) => link.pendingIn.count),
          out: sum((link) => link.pendingOut.count),
          unknown: sum((link) => link.unknown),
        }}
        change={changeMark(status)}
        live={live}
        onView={setView}
        onRetry={retry}
      />
      <footer className="quiet number">
        {speaker.text('page.asOf', { at: status.at })}
        {status.agent.state === 'running' &&
          `, ${speaker.text('page.version', { version: status.agent.version })}`}
      </footer>
    </main>
  );
}

/** Differs when something entered, left or moved in the queue. */
const changeMark = ({ links }: SiteStatus): string =>
  JSON.stringify(
    links.map(({ pendingIn, pendingOut, parked, unknown, settledToday, lastRuns }) => [
      pendingIn,
      pendingOut,
      parked,
      unknown,
      settledToday,
      lastRuns.map((run) => [run.id, run.outcome]),
    ]),
  );

const sentence = (status: SiteStatus, speaker: Speaker): string =>
  speaker.say(siteSentence(status, (text) => speaker.say(text)));

function Notices({ status }: { readonly status: SiteStatus }) {
  const speaker = useSpeaker();
  if (status.notices.length === 0) return undefined;
  return (
    <section className="card notices" aria-labelledby="notices-title">
      <h2 id="notices-title">{speaker.text('page.notices')}</h2>
      {status.notices.map((notice) => (
        <p key={notice.what.key}>
          <strong>{speaker.say(notice.what)}</strong> {speaker.text(`owner.${notice.owner}`)}:{' '}
          {speaker.say(notice.next)}
        </p>
      ))}
    </section>
  );
}

/** Long enough to be read twice; what lasts stands in the status. */
const NOTE_MS = 10_000;

/** What the person can do, and one line saying what came of it. */
function useActions() {
  const client = useClient();
  const speaker = useSpeaker();
  const [note, setNote] = useState('');
  useEffect(() => {
    if (note === '') return undefined;
    const timer = setTimeout(() => setNote(''), NOTE_MS);
    return () => clearTimeout(timer);
  }, [note]);

  const sync = async (link: string | undefined): Promise<void> => {
    const reply = await client.call('sync', link === undefined ? {} : { links: [link] });
    if (!reply.ok) return setNote(speaker.text('page.failed', { message: reply.error.message }));
    const refused = reply.value.flows.find((flow) => flow.outcome === 'refused');
    if (refused === undefined) {
      const joined = reply.value.flows.every((flow) => flow.outcome === 'joined');
      return setNote(speaker.text(joined ? 'page.syncJoined' : 'page.syncStarted'));
    }
    setNote(
      refused.when === undefined
        ? speaker.text('page.syncRefused', {
            link: refused.link,
            what: refused.reason === undefined ? '' : speaker.say(refused.reason.what),
          })
        : speaker.text('page.syncRefusedUntil', { link: refused.link, when: refused.when }),
    );
  };

  const retry = async (item: ItemView): Promise<void> => {
    const reply = await client.call('queueRetry', { item: item.id });
    setNote(
      reply.ok
        ? speaker.text('page.retried', { label: speaker.title(item) })
        : speaker.text('page.failed', { message: reply.error.message }),
    );
  };

  const resume = async (link: string): Promise<void> => {
    const reply = await client.call('resume', { link });
    setNote(reply.ok ? '' : speaker.text('page.failed', { message: reply.error.message }));
  };

  return {
    note,
    sync: (link: string | undefined) => void sync(link),
    retry: (item: ItemView) => void retry(item),
    resume: (link: string) => void resume(link),
  };
}
