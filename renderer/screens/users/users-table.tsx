import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import type { KeyboardEvent } from 'react';
import type { MobileUserView } from '../../../shared/contract/user-requests.ts';
import { Moment } from '../../components/moment.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { goTo, hashOf } from '../../state/place.ts';
import { sizeWords } from '../../state/queue-words.ts';
import { standingOf } from '../../state/user-words.ts';

const useStyles = makeStyles({
  scroll: { overflowY: 'auto', overflowX: 'hidden', minHeight: 0, flexGrow: 1 },
  table: { width: '100%', borderCollapse: 'collapse', tableLayout: 'fixed' },
  head: {
    ...typographyStyles.caption1,
    position: 'sticky',
    top: 0,
    zIndex: 1,
    textAlign: 'start',
    whiteSpace: 'nowrap',
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalS}`,
    boxShadow: `inset 0 -1px 0 ${tokens.colorNeutralStroke2}`,
    ':first-child': { paddingInlineStart: tokens.spacingHorizontalL },
  },
  row: {
    cursor: 'pointer',
    position: 'relative',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  open: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    boxShadow: `inset 3px 0 0 ${tokens.colorCompoundBrandForeground1}`,
  },
  cell: {
    textAlign: 'start',
    verticalAlign: 'top',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    ':first-child': { paddingInlineStart: tokens.spacingHorizontalL },
  },
  number: { textAlign: 'end', whiteSpace: 'nowrap' },
  quiet: { color: tokens.colorNeutralForeground2 },
  user: {
    display: 'flex',
    gap: tokens.spacingHorizontalS,
    alignItems: 'flex-start',
    minWidth: 0,
  },
  shape: { paddingTop: '2px', flexShrink: 0 },
  names: { minWidth: 0, overflow: 'hidden' },
  name: {
    display: 'block',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    unicodeBidi: 'isolate',
    borderRadius: tokens.borderRadiusSmall,
    ':hover': { textDecorationLine: 'underline' },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
  small: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground2, display: 'block' },
  two: {
    display: '-webkit-box',
    WebkitLineClamp: '2',
    WebkitBoxOrient: 'vertical',
    overflow: 'hidden',
    overflowWrap: 'anywhere',
    unicodeBidi: 'isolate',
  },
  one: { overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', display: 'block' },
});

type Column = 'user' | 'snapshot' | 'size' | 'rows' | 'unchanged' | 'waits' | 'order' | 'link';
/** Narrow ones have their width, the others share what is left. */
const WIDTHS: Readonly<Partial<Record<Column, string>>> = {
  user: '19%',
  snapshot: '108px',
  size: '72px',
  rows: '72px',
  unchanged: '118px',
  order: '19%',
  link: '110px',
};
const COMPACT: readonly Column[] = ['user', 'snapshot', 'waits'];
const WIDE: readonly Column[] = ['user', 'snapshot', 'size', 'rows', 'unchanged', 'waits', 'order'];
const NUMBERS: ReadonlySet<Column> = new Set(['size', 'rows']);

interface UsersTableProps {
  readonly users: readonly MobileUserView[];
  /** The few columns that matter most, for little room. */
  readonly compact: boolean;
  readonly withLink: boolean;
  /** The one whose detail stands beside. */
  readonly chosen: { readonly link: string; readonly user: string } | undefined;
}

/** What each user's phone got last and what he waits for. Each name is a link; arrows go from name to name. */
export function UsersTable({ users, compact, withLink, chosen }: UsersTableProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const columns: readonly Column[] = [
    ...(compact ? COMPACT : WIDE),
    ...(withLink ? (['link'] as const) : []),
  ];
  return (
    <div className={styles.scroll}>
      <table className={styles.table} aria-label={speaker.text('users.list')} onKeyDown={moveByArrow}>
        <colgroup>
          {columns.map((column) => (
            <col key={column} style={{ width: compact && column === 'user' ? '34%' : WIDTHS[column] }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column}
                scope="col"
                className={mergeClasses(styles.head, NUMBERS.has(column) && styles.number)}
              >
                {speaker.text(`users.column.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <Row
              key={`${user.link}\n${user.user}`}
              user={user}
              columns={columns}
              open={user.link === chosen?.link && user.user === chosen.user}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  user,
  columns,
  open,
}: {
  readonly user: MobileUserView;
  readonly columns: readonly Column[];
  readonly open: boolean;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const place = { screen: 'users', link: user.link, user: user.user } as const;
  return (
    // The name in it is the link for the keyboard.
    <tr
      className={mergeClasses(styles.row, open && styles.open)}
      data-user={user.user}
      onClick={() => {
        // Text that was just marked is meant to be copied.
        if (getSelection()?.isCollapsed !== false) goTo(place);
      }}
    >
      {columns.map((column) => {
        const look = mergeClasses(styles.cell, NUMBERS.has(column) && styles.number);
        return column === 'user' ? (
          <th key={column} scope="row" className={look}>
            <Name user={user} href={hashOf(place)} open={open} />
          </th>
        ) : (
          <td key={column} className={look}>
            {cellOf(column, user, styles, speaker)}
          </td>
        );
      })}
    </tr>
  );
}

function Name({
  user,
  href,
  open,
}: {
  readonly user: MobileUserView;
  readonly href: string;
  readonly open: boolean;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { state, word } = standingOf(user);
  return (
    <span className={styles.user}>
      <span className={styles.shape}>
        <StateShape state={state} />
      </span>
      <span className={styles.names}>
        <a href={href} className={styles.name} aria-current={open ? 'true' : undefined}>
          {user.user}
        </a>
        <span className={styles.small} data-standing={state}>
          {speaker.text(word)}
        </span>
      </span>
    </span>
  );
}

function cellOf(
  column: Exclude<Column, 'user'>,
  user: MobileUserView,
  styles: ReturnType<typeof useStyles>,
  speaker: ReturnType<typeof useSpeaker>,
): React.ReactNode {
  const { accepted, unchangedSince, lastOrder, link } = user;
  const quiet = (text: string) => <span className={styles.quiet}>{text}</span>;
  switch (column) {
    case 'snapshot':
      return accepted === undefined ? (
        quiet(speaker.text('users.none'))
      ) : (
        <Moment at={accepted.since}>{speaker.ago(accepted.since)}</Moment>
      );
    case 'size':
      return accepted === undefined ? '' : sizeWords(accepted.size, speaker);
    case 'rows':
      return accepted === undefined ? '' : new Intl.NumberFormat(speaker.view.locale).format(accepted.rows);
    case 'unchanged':
      return unchangedSince === undefined ? (
        ''
      ) : (
        <Moment at={unchangedSince}>{speaker.clock(unchangedSince)}</Moment>
      );
    case 'waits': {
      const { waits } = standingOf(user);
      if (waits === undefined) return quiet(speaker.text('users.waitsNothing'));
      return (
        <>
          <span className={styles.two}>{speaker.say(waits.what)}</span>
          <span className={mergeClasses(styles.small, waits.owner === 'nobody' ? styles.one : styles.two)}>
            {waits.owner === 'nobody'
              ? speaker.say(waits.next)
              : speaker.text('users.whoNext', {
                  who: speaker.text(`owner.${waits.owner}`),
                  next: speaker.say(waits.next),
                })}
          </span>
        </>
      );
    }
    case 'order':
      return lastOrder === undefined ? (
        quiet(speaker.text('users.noOrder'))
      ) : (
        <>
          <span className={styles.one}>
            {speaker.title({ direction: 'in', label: lastOrder.label, user: user.user })}
          </span>
          <span className={styles.small}>
            <Moment at={lastOrder.at}>{speaker.ago(lastOrder.at)}</Moment>
          </span>
        </>
      );
    case 'link':
      return quiet(link);
  }
}

/** Arrows move between the names; everything else is the link's own. */
function moveByArrow(event: KeyboardEvent<HTMLTableElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLAnchorElement)) return;
  const names = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>('tbody th a')];
  names[names.indexOf(event.target) + step]?.focus();
  event.preventDefault();
}
