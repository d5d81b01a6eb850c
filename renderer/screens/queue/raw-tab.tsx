import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { BODY_TEXT_BYTES } from '../../../shared/contract/queue-requests.ts';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { SaveButton, SaveProgress, useByteSaving } from '../../components/save-bytes.tsx';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { fetchBody, fileNameOf } from '../../state/fetch-bytes.ts';
import { sizeWords } from '../../state/queue-words.ts';
import { useCopy } from '../../state/use-copy.ts';

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
  const connection = useConnection();
  const copy = useCopy();
  const { text, size, truncated } = body;
  // The tab is made anew for each item.
  const saving = useByteSaving(fileNameOf(item.externalId, 'xml'), (progress, signal) =>
    fetchBody(connection, item.id, progress, signal),
  );
  return (
    <>
      <div className={styles.bar}>
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
        <SaveButton saving={saving} name={speaker.text('queue.raw.save')} live={live} size="small" />
      </div>
      {saving.done !== undefined && (
        <div className={styles.progress}>
          <SaveProgress saving={saving} size={size} />
        </div>
      )}
      {saving.refusal !== undefined && <RefusalBar refusal={saving.refusal} />}
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
