import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons/svg/arrow-clockwise';
import { useState } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useItemActions } from '../../state/queue-actions.ts';
import { allowed } from '../../state/queue-words.ts';
import { DiscardDialog } from './discard-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';
import { ParkDialog } from './park-dialog.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';

const useStyles = makeStyles({
  row: { display: 'flex', gap: tokens.spacingHorizontalS, flexWrap: 'wrap', alignItems: 'center' },
  hint: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

/** What a person may do with the item as it is now. */
export function ItemActionBar({
  item,
  live,
  onGone,
}: {
  readonly item: ItemView;
  readonly live: boolean;
  /** The button that was used is not there any more. */
  readonly onGone: () => void;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { retry } = useItemActions();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const may = allowed(item);
  if (!may.retry && !may.park && !may.discard) return undefined;

  const onRetry = async (): Promise<void> => {
    setBusy(true);
    setRefusal(await retry(item));
    setBusy(false);
    onGone();
  };
  return (
    <>
      <div className={styles.row}>
        {may.retry && (
          <Button
            appearance={item.state === 'parked' ? 'primary' : 'secondary'}
            icon={<ArrowClockwiseRegular />}
            disabled={!live}
            disabledFocusable={busy}
            onClick={() => void onRetry()}
          >
            {speaker.text('queue.retry')}
          </Button>
        )}
        {may.park && <ParkDialog item={item} live={live} onDone={onGone} />}
        {may.edit && <EditDialog item={item} size={item.size} live={live} onDone={onGone} />}
        {may.discard && <DiscardDialog item={item} live={live} onDone={onGone} />}
        {!live && <span className={styles.hint}>{speaker.text('queue.notLive')}</span>}
      </div>
      {refusal !== undefined && <RefusalBar refusal={refusal} />}
    </>
  );
}
