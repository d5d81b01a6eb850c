import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { CauseBox, useCauseLines } from '../../components/cause-box.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { readOutcome } from '../../state/queue-outcome.ts';
import { STATE_SHAPE, reasonOf } from '../../state/queue-words.ts';
import { readValueNotes } from '../../state/value-notes.ts';
import { SnapshotWords } from './snapshot-words.tsx';
import { ValueChanges } from './value-changes.tsx';

/** What happened, who acts, what to do: big, because it is what the reader came for. */
export function ItemCause({
  item,
  outcome,
}: {
  readonly item: ItemView;
  readonly outcome: string | undefined;
}) {
  const styles = useCauseLines();
  const speaker = useSpeaker();
  const { reason, state } = item;
  const told = state === 'settled' || state === 'discarded' ? undefined : reason;
  const came = state === 'settled' ? readOutcome(outcome) : undefined;
  const number = came?.erpNumbers[0];
  return (
    <CauseBox
      state={STATE_SHAPE[state]}
      what={
        number === undefined ? reasonOf(item, speaker) : speaker.text('queue.reason.settledInAs', { number })
      }
      data-cause={state}
    >
      {told !== undefined && (
        <>
          <p className={styles.line}>{speaker.say(told.next)}</p>
          <p className={styles.who}>
            {told.owner === 'nobody'
              ? speaker.text('queue.nobodyActs')
              : speaker.text('queue.actsWho', { who: speaker.text(`owner.${told.owner}`) })}
          </p>
        </>
      )}
      <SnapshotWords item={item} syncLogId={came?.syncLogId} className={styles.line} />
      {state === 'settled' && <ValueChanges notes={readValueNotes(outcome)} />}
    </CauseBox>
  );
}
