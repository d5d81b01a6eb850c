import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  ProgressBar,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { EyeRegular } from '@fluentui/react-icons/svg/eye';
import { useEffect, useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { Reply } from '../../../shared/contract/reply.ts';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { SaveButton, SaveProgress, useByteSaving } from '../../components/save-bytes.tsx';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { fetchPreview, fileNameOf } from '../../state/fetch-bytes.ts';
import { userRefusalWords } from '../../state/user-words.ts';
import { PreviewContents } from './preview-contents.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: 'min(960px, calc(100vw - 48px))', width: '100%' },
  title: { overflowWrap: 'anywhere' },
  content: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    minHeight: '160px',
    maxHeight: 'calc(100vh - 220px)',
  },
  reading: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  words: { margin: 0, color: tokens.colorNeutralForeground2 },
});

interface PreviewProps {
  readonly link: string;
  readonly user: string;
  readonly live: boolean;
}

/** A button that shows the exact packet a user would get now. Nothing is sent by it. */
export function PreviewDialog({ link, user, live }: PreviewProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button appearance="primary" icon={<EyeRegular />} disabled={!live}>
          {speaker.text('users.preview')}
        </Button>
      </DialogTrigger>
      <DialogSurface className={styles.surface}>
        {open && <Asked link={link} user={user} live={live} />}
      </DialogSurface>
    </Dialog>
  );
}

type Preview = ResultOf<'preview'>;

/** Asked for when the dialog opens, and again when a person wants it: each time the ERP is read. */
function Asked({ link, user, live }: PreviewProps) {
  const connection = useConnection();
  const [round, setRound] = useState(0);
  const [answered, setAnswered] = useState<{ readonly round: number; readonly reply: Reply<Preview> }>();
  useEffect(() => {
    const left = new AbortController();
    void connection.call('preview', { link, user }, left.signal).then((reply) => {
      if (!left.signal.aborted) setAnswered({ round, reply });
    });
    return () => left.abort();
  }, [connection, link, user, round]);
  const reply = answered?.round === round ? answered.reply : undefined;
  return <Body user={user} live={live} reply={reply} onAgain={() => setRound(round + 1)} />;
}

function Body({
  user,
  live,
  reply,
  onAgain,
}: {
  readonly user: string;
  readonly live: boolean;
  readonly reply: Reply<Preview> | undefined;
  readonly onAgain: () => void;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <DialogBody>
      <DialogTitle className={styles.title}>{speaker.text('preview.title', { user })}</DialogTitle>
      <DialogContent className={styles.content}>
        {reply === undefined && (
          <div className={styles.reading} role="status">
            <p className={styles.words}>{speaker.text('preview.reading')}</p>
            <ProgressBar aria-label={speaker.text('preview.reading')} />
          </div>
        )}
        {reply?.ok === false && (
          <RefusalBar refusal={reply.error} words={userRefusalWords(reply.error, speaker)} />
        )}
        {reply?.ok === true && <PreviewContents preview={reply.value} />}
      </DialogContent>
      <DialogActions fluid>
        <Button disabled={!live} disabledFocusable={reply === undefined} onClick={onAgain}>
          {speaker.text('preview.again')}
        </Button>
        {reply?.ok === true && <Save key={reply.value.preview} preview={reply.value} live={live} />}
        <DialogTrigger disableButtonEnhancement>
          <Button appearance="primary">{speaker.text('preview.close')}</Button>
        </DialogTrigger>
      </DialogActions>
    </DialogBody>
  );
}

function Save({ preview, live }: { readonly preview: Preview; readonly live: boolean }) {
  const speaker = useSpeaker();
  const connection = useConnection();
  const saving = useByteSaving(fileNameOf(`${preview.user}-preview`, 'xml'), (progress, signal) =>
    fetchPreview(connection, preview.preview, progress, signal),
  );
  return (
    <>
      {saving.refusal !== undefined && (
        <RefusalBar
          refusal={saving.refusal}
          words={
            saving.refusal.code === 'not-found'
              ? {
                  ...userRefusalWords(saving.refusal, speaker),
                  what: speaker.text('users.refused.previewGone'),
                  next: speaker.text('users.refused.previewGone.next'),
                }
              : userRefusalWords(saving.refusal, speaker)
          }
        />
      )}
      {saving.done !== undefined && (
        <div style={{ flexGrow: 1, alignSelf: 'center' }}>
          <SaveProgress saving={saving} size={preview.size} />
        </div>
      )}
      <SaveButton saving={saving} name={speaker.text('preview.save')} live={live} size="medium" />
    </>
  );
}
