import { Button, ProgressBar, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import { useEffect, useRef, useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { BODY_TEXT_BYTES } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useNotes } from '../../components/notes.tsx';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { fetchBody, fileNameOf } from '../../state/queue-body.ts';
import { saveFile } from '../../state/queue-save.ts';
import { sizeWords } from '../../state/queue-words.ts';
import { RefusalBar } from './refusal-bar.tsx';
import { useCopy } from './use-copy.ts';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    flexWrap: 'wrap',
    marginBottom: tokens.spacingVerticalS,
  },
  size: { flexGrow: 1, color: tokens.colorNeutralForeground2 },
  text: {
    margin: 0,
    padding: tokens.spacingHorizontalM,
    maxHeight: '420px',
    overflow: 'auto',
    whiteSpace: 'pre-wrap',
    overflowWrap: 'anywhere',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
    unicodeBidi: 'plaintext',
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  progress: { marginBottom: tokens.spacingVerticalS },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
});

interface RawProps {
  readonly item: ItemView;
  readonly body: ResultOf<'queueShow'>['body'];
  readonly live: boolean;
}

/** The packet as it is: its text to read and copy, its bytes to save. */
export function RawTab({ item, body, live }: RawProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const copy = useCopy();
  const { text, size, truncated } = body;
  return (
    <>
      <SaveBar item={item} size={size} live={live}>
        <span className={styles.size}>
          {truncated && text !== undefined
            ? speaker.text('queue.raw.cut', {
                shown: sizeWords(BODY_TEXT_BYTES, speaker),
                size: sizeWords(size, speaker),
              })
            : sizeWords(size, speaker)}
        </span>
        {text !== undefined && (
          <Button size="small" icon={<CopyRegular />} onClick={() => copy(text)}>
            {speaker.text('queue.raw.copy')}
          </Button>
        )}
      </SaveBar>
      {text === undefined ? (
        <p className={styles.quiet}>{speaker.text('queue.body.gone')}</p>
      ) : (
        <pre
          className={styles.text}
          tabIndex={0}
          aria-label={speaker.text('queue.raw.label', { label: speaker.title(item) })}
        >
          {text}
        </pre>
      )}
    </>
  );
}

function SaveBar({
  item,
  size,
  live,
  children,
}: Pick<RawProps, 'item' | 'live'> & { readonly size: number; readonly children: React.ReactNode }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const connection = useConnection();
  const tell = useNotes();
  const [done, setDone] = useState<number>();
  const [refusal, setRefusal] = useState<Refusal>();
  const stop = useRef<AbortController>(undefined);
  // The tab is made anew for each item.
  useEffect(() => () => stop.current?.abort(), []);

  const save = async (): Promise<void> => {
    const stopping = new AbortController();
    stop.current = stopping;
    setRefusal(undefined);
    setDone(0);
    const fetched = await fetchBody(connection, item.id, setDone, stopping.signal);
    setDone(undefined);
    switch (fetched.kind) {
      case 'whole': {
        const file = fileNameOf(item.externalId, 'xml');
        saveFile(file, [fetched.bytes], 'application/octet-stream');
        return tell('success', speaker.text('queue.raw.saved', { file }));
      }
      case 'damaged':
        return tell('error', speaker.text('queue.raw.damaged'));
      case 'refused':
        return setRefusal(fetched.refusal);
      case 'stopped':
    }
  };
  return (
    <>
      <div className={styles.bar}>
        {children}
        {done === undefined ? (
          <Button size="small" icon={<ArrowDownloadRegular />} disabled={!live} onClick={() => void save()}>
            {speaker.text('queue.raw.save')}
          </Button>
        ) : (
          <Button size="small" onClick={() => stop.current?.abort()}>
            {speaker.text('queue.raw.stop')}
          </Button>
        )}
      </div>
      {done !== undefined && (
        <ProgressBar
          className={styles.progress}
          value={size === 0 ? 1 : done / size}
          aria-label={speaker.text('queue.raw.saving', {
            done: sizeWords(done, speaker),
            size: sizeWords(size, speaker),
          })}
        />
      )}
      {refusal !== undefined && <RefusalBar refusal={refusal} />}
    </>
  );
}
