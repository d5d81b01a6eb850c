import type { LinkStatus } from '../../shared/contract/status.ts';
import type { TextKey } from '../../shared/i18n/say.ts';
import { useSpeaker } from '../state/contexts.ts';
import type { QueueView } from '../state/queue-view.ts';
import { CountTile } from './count-tile.tsx';
import { FlowLine } from './flow-line.tsx';
import { LightRow } from './light-row.tsx';
import { RunTable } from './run-table.tsx';
import { StateShape } from './state-shape.tsx';

interface LinkCardProps {
  readonly link: LinkStatus;
  /** Heard just now: only then times to come are shown. */
  readonly live: boolean;
  readonly onSync: (link: string) => void;
  readonly onResume: (link: string) => void;
  readonly onOpen: (view: QueueView) => void;
}

/** Everything about one link. */
export function LinkCard({ link, live, onSync, onResume, onOpen }: LinkCardProps) {
  const speaker = useSpeaker();
  const busy = link.flows.some((flow) => flow.running !== undefined);
  const title = `link-${link.id}`;
  return (
    <section className="card" aria-labelledby={title} data-link={link.id} data-state={link.light}>
      <header className="card-head">
        <h2 id={title}>
          {link.id} <span className="quiet">{speaker.text(`kind.${link.kind}`)}</span>
        </h2>
        <span className={`badge badge-${link.light}`}>
          <StateShape state={link.light} /> {speaker.text(`state.${link.light}`)}
        </span>
        <button
          type="button"
          className="button"
          aria-label={busy ? undefined : speaker.text('page.syncLink', { link: link.id })}
          disabled={busy || !live}
          onClick={() => onSync(link.id)}
        >
          {speaker.text(busy ? 'page.syncing' : 'page.syncNow')}
        </button>
      </header>
      {link.paused !== undefined && <Paused link={link} live={live} onResume={onResume} />}
      <dl className="lights">
        <LightRow side="erp" light={link.lights.erp} />
        <LightRow side="cloud" light={link.lights.cloud} />
      </dl>
      <Tiles link={link} onOpen={onOpen} />
      <div className="card-foot">
        <dl className="flows">
          {link.flows.map((flow) => (
            <FlowLine key={flow.flow} flow={flow} live={live} />
          ))}
        </dl>
        <RunTable runs={link.lastRuns} link={link.id} />
      </div>
    </section>
  );
}

function Tiles({ link, onOpen }: Pick<LinkCardProps, 'link' | 'onOpen'>) {
  const speaker = useSpeaker();
  const number = (value: number): string => value.toLocaleString(speaker.view.locale);
  const oldest = (pending: LinkStatus['pendingIn'], none: TextKey): string =>
    pending.count === 0 || pending.oldest === undefined
      ? speaker.text(none)
      : speaker.text('page.oldest', { at: pending.oldest });
  const { inCloud } = link;
  return (
    <div className="tiles">
      <CountTile
        label={speaker.text('page.pendingIn')}
        value={number(link.pendingIn.count)}
        note={oldest(link.pendingIn, 'page.nothingWaits')}
        opens={{ view: 'in', open: onOpen }}
      />
      <CountTile
        label={speaker.text('page.pendingOut')}
        value={number(link.pendingOut.count)}
        note={oldest(link.pendingOut, 'page.nothingWaits')}
        opens={{ view: 'out', open: onOpen }}
      />
      <CountTile
        label={speaker.text('page.inCloud')}
        value={speaker.text(`inCloud.${inCloud.amount}`, 'count' in inCloud ? { count: inCloud.count } : {})}
        note={
          inCloud.amount === 'unknown'
            ? speaker.text('light.neverAsked')
            : speaker.text('page.seen', { at: inCloud.at })
        }
      />
      <CountTile
        label={speaker.text('page.parked')}
        value={number(link.parked)}
        note={
          link.parked > 0
            ? speaker.text('page.needsPerson', { count: link.parked })
            : speaker.text('page.nobodyNeeded')
        }
        loud={link.parked > 0}
        opens={{ view: 'parked', open: onOpen }}
      />
      <CountTile
        label={speaker.text('page.uncertain')}
        value={number(link.unknown)}
        note={speaker.text(link.unknown > 0 ? 'page.beingAsked' : 'page.allKnown')}
        opens={{ view: 'unknown', open: onOpen }}
      />
      <CountTile
        label={speaker.text('page.unreported')}
        value={number(link.unreported)}
        note={speaker.text(link.unreported > 0 ? 'page.toReport' : 'page.nothingWaits')}
      />
    </div>
  );
}

function Paused({ link, live, onResume }: Pick<LinkCardProps, 'link' | 'live' | 'onResume'>) {
  const speaker = useSpeaker();
  const { paused } = link;
  if (paused === undefined) return undefined;
  const until = paused.until;
  return (
    <div className="paused">
      <p>
        <strong>
          {until === undefined ? speaker.text('page.paused') : speaker.text('page.pausedUntil', { until })}
        </strong>{' '}
        {paused.explanation === undefined ? paused.reason : speaker.say(paused.explanation.what)}
        {paused.explanation !== undefined && (
          <>
            {' '}
            <span className="quiet">
              {speaker.text(`owner.${paused.explanation.owner}`)}: {speaker.say(paused.explanation.next)}
            </span>
          </>
        )}
      </p>
      <button type="button" className="button" disabled={!live} onClick={() => onResume(link.id)}>
        {speaker.text('page.resume')}
      </button>
    </div>
  );
}
