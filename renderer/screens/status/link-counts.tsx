import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import type { Place, QueueView } from '../../../shared/contract/place.ts';
import type { LinkStatus } from '../../../shared/contract/status.ts';
import { Moment } from '../../components/moment.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';

const useStyles = makeStyles({
  counts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(6, minmax(0, 1fr))',
    gap: tokens.spacingHorizontalS,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    '@media (max-width: 1040px)': { gridTemplateColumns: 'repeat(3, minmax(0, 1fr))' },
  },
  tile: {
    display: 'flex',
    flexDirection: 'column',
    height: '100%',
    boxSizing: 'border-box',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS} ${tokens.spacingVerticalSNudge}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
  },
  link: {
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':active': { backgroundColor: tokens.colorSubtleBackgroundPressed },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
    // A count that opens its list is told from one that does not without colour.
    '& > :first-child': {
      textDecorationLine: 'underline',
      textDecorationColor: tokens.colorNeutralStroke1,
      textUnderlineOffset: '3px',
    },
  },
  name: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground2 },
  value: {
    ...typographyStyles.subtitle1,
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    whiteSpace: 'nowrap',
  },
  none: { color: tokens.colorNeutralForeground3, fontWeight: tokens.fontWeightRegular },
  note: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3 },
});

interface CountsProps {
  readonly link: LinkStatus;
  /** False: what is shown is from `at`. */
  readonly heard: boolean;
  readonly at: number;
}

/** The numbers of a link, each leading to the list it counts where the queue has that list. */
export function LinkCounts({ link, heard, at }: CountsProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const number = (value: number): string => value.toLocaleString(speaker.view.locale);
  const list = (view: QueueView): Place => ({ screen: 'queue', view, link: link.id });
  const { inCloud, pendingIn, pendingOut } = link;
  const oldest = (pending: LinkStatus['pendingIn']): NoteProps =>
    pending.count === 0 || pending.oldest === undefined
      ? { text: speaker.text('page.nothingWaits') }
      : { text: speaker.text('page.oldest', { at: pending.oldest }), since: pending.oldest };
  const note = (known: NoteProps): NoteProps =>
    heard ? known : { text: speaker.text('status.asOf', { at }), since: at };
  return (
    <ul className={styles.counts} aria-label={speaker.text('status.counts', { link: link.id })}>
      <Count
        count="pendingIn"
        name={speaker.text('page.pendingIn')}
        value={number(pendingIn.count)}
        amount={pendingIn.count}
        note={note(oldest(pendingIn))}
        opens={list('in')}
      />
      <Count
        count="pendingOut"
        name={speaker.text('page.pendingOut')}
        value={number(pendingOut.count)}
        amount={pendingOut.count}
        note={note(oldest(pendingOut))}
        opens={list('out')}
      />
      <Count
        count="inCloud"
        name={speaker.text('page.inCloud')}
        value={speaker.text(`inCloud.${inCloud.amount}`, 'count' in inCloud ? { count: inCloud.count } : {})}
        amount={inCloud.amount === 'unknown' ? undefined : 'count' in inCloud ? inCloud.count : 0}
        note={
          inCloud.amount === 'unknown'
            ? { text: speaker.text('light.neverAsked') }
            : { text: speaker.text('page.seen', { at: inCloud.at }), since: inCloud.at }
        }
      />
      <Count
        count="parked"
        name={speaker.text('page.parked')}
        value={number(link.parked)}
        amount={link.parked}
        loud={link.parked > 0}
        note={note({
          text: speaker.text(link.parked > 0 ? 'page.needsPerson' : 'page.nobodyNeeded', {
            count: link.parked,
          }),
        })}
        opens={list('parked')}
      />
      <Count
        count="unknown"
        name={speaker.text('page.uncertain')}
        value={number(link.unknown)}
        amount={link.unknown}
        note={note({ text: speaker.text(link.unknown > 0 ? 'page.beingAsked' : 'page.allKnown') })}
        opens={list('unknown')}
      />
      <Count
        count="unreported"
        name={speaker.text('page.unreported')}
        value={number(link.unreported)}
        amount={link.unreported}
        note={note({ text: speaker.text(link.unreported > 0 ? 'page.toReport' : 'page.nothingWaits') })}
      />
    </ul>
  );
}

interface NoteProps {
  readonly text: string;
  readonly since?: number | undefined;
}

interface CountProps {
  readonly count: string;
  readonly name: string;
  readonly value: string;
  /** Undefined: not known. */
  readonly amount: number | undefined;
  readonly note: NoteProps;
  readonly loud?: boolean | undefined;
  readonly opens?: Place | undefined;
}

function Count({ count, name, value, amount, note, loud = false, opens }: CountProps) {
  const styles = useStyles();
  const inside = (
    <>
      <span className={styles.name}>{name}</span>{' '}
      <span className={mergeClasses(styles.value, !loud && !amount && styles.none)}>
        {loud && <StateShape state="attention" />}
        {value}
      </span>{' '}
      <span className={styles.note}>
        {note.since === undefined ? note.text : <Moment at={note.since}>{note.text}</Moment>}
      </span>
    </>
  );
  const marks = { 'data-count': count, 'data-value': amount ?? 'unknown' };
  return (
    <li>
      {opens === undefined ? (
        <div className={styles.tile} {...marks}>
          {inside}
        </div>
      ) : (
        <a className={mergeClasses(styles.tile, styles.link)} href={hashOf(opens)} {...marks}>
          {inside}
        </a>
      )}
    </li>
  );
}
