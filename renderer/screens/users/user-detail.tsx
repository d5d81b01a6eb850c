import { Button, Link, makeStyles, tokens } from '@fluentui/react-components';
import { SendRegular } from '@fluentui/react-icons/svg/send';
import type { MobileUserView } from '../../../shared/contract/user-requests.ts';
import { CauseBox, useCauseLines } from '../../components/cause-box.tsx';
import { DetailPane } from '../../components/detail-pane.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { useUserPush } from '../../state/use-user-push.ts';
import { standingOf, userRefusalWords } from '../../state/user-words.ts';
import { PreviewDialog } from './preview-dialog.tsx';
import { UserFacts } from './user-facts.tsx';
import { SnapshotHistory, SnapshotTables } from './user-snapshots.tsx';

const useStyles = makeStyles({
  act: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap', alignItems: 'center' },
  hint: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
});

interface DetailProps {
  readonly link: string;
  readonly user: string;
  readonly live: boolean;
  readonly onClose: () => void;
}

/** One user: what he waits for and who acts, what his phone got, table by table, and what it got before. */
export function UserDetail({ link, user, live, onClose }: DetailProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { data, error } = useSiteQuery('userShow', { link, user });
  // While another user's answer is still there, nothing of it is shown.
  const shown = data?.user.user === user && data.user.link === link ? data : undefined;
  const standing = shown === undefined ? undefined : standingOf(shown.user);
  return (
    <DetailPane
      id={user}
      title={user}
      label={speaker.text('users.detailOf', { user })}
      contents={speaker.text('users.contents')}
      onClose={onClose}
      facts={
        standing !== undefined && (
          <>
            <StateBadge state={standing.state}>{speaker.text(standing.word)}</StateBadge>
            <span>{link}</span>
          </>
        )
      }
    >
      {shown !== undefined && (
        <>
          <Cause user={shown.user} />
          <Actions user={shown.user} live={live} />
          <UserFacts user={shown.user} />
          <SnapshotTables tables={shown.tables} />
          <SnapshotHistory history={shown.history} />
        </>
      )}
      {shown === undefined && error === null && (
        <p className={styles.quiet} role="status">
          {speaker.text('users.loadingDetail')}
        </p>
      )}
      {error !== null && (
        <RefusalBar refusal={error.refusal} words={userRefusalWords(error.refusal, speaker)} />
      )}
    </DetailPane>
  );
}

function Cause({ user }: { readonly user: MobileUserView }) {
  const lines = useCauseLines();
  const speaker = useSpeaker();
  const { state, waits } = standingOf(user);
  const { accepted } = user;
  if (waits !== undefined)
    return (
      <CauseBox state={state} what={speaker.say(waits.what)} data-cause={state}>
        <p className={lines.line}>{speaker.say(waits.next)}</p>
        <p className={lines.who}>
          {waits.owner === 'nobody'
            ? speaker.text('queue.nobodyActs')
            : speaker.text('queue.actsWho', { who: speaker.text(`owner.${waits.owner}`) })}
        </p>
      </CauseBox>
    );
  if (accepted === undefined) return undefined;
  const unproven = accepted.consistency === 'best-effort';
  return (
    <CauseBox
      state={state}
      what={speaker.text(unproven ? 'users.unproven' : 'users.accepted', { at: accepted.since })}
      data-cause={state}
    >
      {unproven && <p className={lines.line}>{speaker.text('users.unproven.next')}</p>}
      <p className={lines.line}>{speaker.text('push.accepted')}</p>
      {accepted.syncLogId !== undefined && (
        <p className={lines.line}>{speaker.text('push.lookIn', { id: accepted.syncLogId })}</p>
      )}
    </CauseBox>
  );
}

function Actions({ user, live }: { readonly user: MobileUserView; readonly live: boolean }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const push = useUserPush(user.link, user.user);
  return (
    <>
      <div className={styles.act}>
        <PreviewDialog link={user.link} user={user.user} live={live} />
        <Button icon={<SendRegular />} disabled={!live} disabledFocusable={push.busy} onClick={push.start}>
          {speaker.text('users.push')}
        </Button>
        {user.parkedIn > 0 && (
          <Link href={hashOf({ screen: 'queue', view: 'parked', link: user.link })}>
            {speaker.text('users.openParked')}
          </Link>
        )}
        {!live && <span className={styles.hint}>{speaker.text('queue.notLive')}</span>}
      </div>
      {push.refusal !== undefined && (
        <RefusalBar refusal={push.refusal} words={userRefusalWords(push.refusal, speaker)} />
      )}
    </>
  );
}
