import { Button, ToggleButton, makeStyles, tokens } from '@fluentui/react-components';
import { PeopleRegular } from '@fluentui/react-icons/svg/people';
import { useRef, useState } from 'react';
import type { Place } from '../../../shared/contract/place.ts';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { AwaitedPage, AwaitedPart } from '../../components/awaited.tsx';
import { ChoiceChip } from '../../components/filter-chip.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { useScreenStyles, useSmall } from '../../components/list-and-detail.ts';
import { Moment } from '../../components/moment.tsx';
import { PageFrame } from '../../components/page-frame.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { SearchField } from '../../components/search-field.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { goTo } from '../../state/place.ts';
import { useRefresh } from '../../state/queue-refresh.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { userRefusalWords, usersMark } from '../../state/user-words.ts';
import { PageButtons } from './page-buttons.tsx';
import { UserDetail } from './user-detail.tsx';
import { UsersTable } from './users-table.tsx';

type UsersPlace = Extract<Place, { screen: 'users' }>;

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
    flexShrink: 0,
  },
  waiting: { padding: tokens.spacingHorizontalL },
});

/** Users shown at a time: what a person looks through, and no more than one answer carries. */
const PAGE = 100;

interface Filters {
  readonly link: string | undefined;
  readonly text: string;
  readonly open: boolean;
  readonly offset: number;
}

const ALL: Filters = { link: undefined, text: '', open: false, offset: 0 };

/** Mobile users: what their phones got last, and why some get nothing now. */
export function UsersScreen({ place }: { readonly place: UsersPlace }) {
  const speaker = useSpeaker();
  const { status, link } = useSeen();
  if (status === undefined || link === 'refused') return <AwaitedPage title={speaker.text('nav.users')} />;
  return <Known place={place} status={status} live={link === 'live'} />;
}

interface KnownProps {
  readonly place: UsersPlace;
  readonly status: SiteStatus;
  readonly live: boolean;
}

function Known({ place, status, live }: KnownProps) {
  const styles = useStyles();
  const screen = useScreenStyles();
  const speaker = useSpeaker();
  const small = useSmall();
  const around = useRef<HTMLDivElement>(null);
  const [filters, setFilters] = useState<Filters>({ ...ALL, link: undefined });
  // Another choice begins at its first page.
  const choose = (part: Partial<Filters>): void => setFilters({ ...filters, offset: 0, ...part });
  useRefresh(usersMark, USERS);

  const links = status.links.map(({ id }) => id);
  const { link, text, open, offset } = filters;
  const where = link === undefined ? {} : { link };
  const trimmed = text.trim();
  const list = useSiteQuery('usersList', {
    ...where,
    ...(trimmed === '' ? {} : { text: trimmed }),
    ...(open ? { open } : {}),
    limit: PAGE,
    offset,
  });
  const all = useSiteQuery('usersList', { limit: 1 }).data?.total;
  const needing = useSiteQuery('usersList', { open: true, limit: 1 }).data?.total;

  const chosen = place.user;
  const chosenLink =
    place.link ??
    list.data?.users.find(({ user }) => user === chosen)?.link ??
    (links.length === 1 ? links[0] : undefined);
  const detail =
    chosen === undefined || chosenLink === undefined ? undefined : { user: chosen, link: chosenLink };
  const close = (): void => {
    const left = chosen;
    goTo({ screen: 'users' });
    // Back to the row it belonged to.
    const rows = [...(around.current?.querySelectorAll<HTMLElement>('[data-user]') ?? [])];
    rows
      .find((row) => row.dataset['user'] === left)
      ?.querySelector('a')
      ?.focus();
  };
  const narrowed = link !== undefined || trimmed !== '' || open;

  return (
    <PageFrame
      full
      title={speaker.text('nav.users')}
      sentence={
        live ? (
          all !== undefined &&
          needing !== undefined &&
          speaker.text(
            all === 0 ? 'users.sentenceNone' : needing === 0 ? 'users.sentenceFine' : 'users.sentenceOpen',
            { count: all, open: needing },
          )
        ) : (
          <Moment at={status.at}>{speaker.text('page.lost', { at: status.at })}</Moment>
        )
      }
    >
      <div className={styles.bar} role="search" aria-label={speaker.text('users.filters')}>
        <SearchField
          words={speaker.text('users.search')}
          text={text}
          onText={(typed) => choose({ text: typed })}
        />
        {links.length > 1 && (
          <ChoiceChip
            name={speaker.text('users.filter.link')}
            options={links.map((one) => ({ value: one, label: one }))}
            value={link}
            onChoose={(next) => choose({ link: next })}
          />
        )}
        <ToggleButton shape="circular" checked={open} onClick={() => choose({ open: !open })}>
          {speaker.text('users.open')}
        </ToggleButton>
        {narrowed && (
          <Button appearance="subtle" onClick={() => setFilters(ALL)}>
            {speaker.text('queue.filter.clear')}
          </Button>
        )}
      </div>
      <div ref={around} className={screen.split}>
        <div className={screen.pane}>
          <div className={screen.bar}>
            <span className={screen.count} role="status">
              {list.data === undefined
                ? speaker.text('users.counting')
                : speaker.text('users.count', { count: list.data.total })}
            </span>
            {list.data !== undefined && (
              <span className={screen.end}>
                <PageButtons
                  offset={offset}
                  size={PAGE}
                  total={list.data.total}
                  onOffset={(next) => setFilters({ ...filters, offset: next })}
                />
              </span>
            )}
          </div>
          {list.data === undefined && list.error === null && (
            <div className={styles.waiting}>
              <AwaitedPart sizes={[32, 32, 32]} live={live} />
            </div>
          )}
          {list.error !== null && (
            <EmptyState
              icon={<PeopleRegular />}
              title={speaker.text('users.failed')}
              action={<Button onClick={() => void list.refetch()}>{speaker.text('users.again')}</Button>}
            >
              <RefusalBar
                refusal={list.error.refusal}
                words={userRefusalWords(list.error.refusal, speaker)}
              />
            </EmptyState>
          )}
          {list.data !== undefined && list.error === null && list.data.users.length === 0 && (
            <Empty
              name={narrowed ? (open && trimmed === '' ? 'emptyOpen' : 'emptyFiltered') : 'empty'}
              onAll={() => setFilters(ALL)}
            />
          )}
          {list.data !== undefined && list.error === null && list.data.users.length > 0 && (
            <UsersTable
              users={list.data.users}
              compact={small || detail !== undefined}
              withLink={links.length > 1}
              chosen={detail}
            />
          )}
        </div>
        {detail !== undefined && (
          <UserDetail
            key={`${detail.link}\n${detail.user}`}
            link={detail.link}
            user={detail.user}
            live={live && status.agent.state === 'running'}
            onClose={close}
          />
        )}
      </div>
    </PageFrame>
  );
}

const USERS = ['usersList', 'userShow'] as const;

/** Says what will appear here. */
function Empty({
  name,
  onAll,
}: {
  readonly name: 'empty' | 'emptyOpen' | 'emptyFiltered';
  readonly onAll: () => void;
}) {
  const speaker = useSpeaker();
  return (
    <EmptyState
      icon={<PeopleRegular />}
      title={speaker.text(`users.${name}`)}
      action={
        name === 'empty' ? (
          <Button onClick={() => goTo({ screen: 'settings', section: 'links' })}>
            {speaker.text('users.empty.action')}
          </Button>
        ) : (
          <Button onClick={onAll}>{speaker.text('users.showAll')}</Button>
        )
      }
    >
      {speaker.text(`users.${name}.more`)}
    </EmptyState>
  );
}
