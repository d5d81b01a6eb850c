import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { readOutcome } from '../../state/queue-outcome.ts';
import { STATE_SHAPE, reasonOf } from '../../state/queue-words.ts';
import { readValueNotes } from '../../state/value-notes.ts';
import { SnapshotWords } from './snapshot-words.tsx';
import { ValueChanges } from './value-changes.tsx';

const useStyles = makeStyles({
  cause: {
    display: 'grid',
    gridTemplateColumns: '24px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    padding: tokens.spacingHorizontalM,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: 'anywhere',
    flexShrink: 0,
  },
  attention: {
    backgroundColor: tokens.colorStatusDangerBackground1,
    border: `1px solid ${tokens.colorStatusDangerBorder1}`,
  },
  what: { ...typographyStyles.subtitle2, margin: 0, unicodeBidi: 'isolate' },
  line: { margin: `${tokens.spacingVerticalXS} 0 0`, unicodeBidi: 'isolate' },
  who: { fontWeight: tokens.fontWeightSemibold },
});

/** What happened, who acts, what to do: big, because it is what the reader came for. */
export function ItemCause({
  item,
  outcome,
}: {
  readonly item: ItemView;
  readonly outcome: string | undefined;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { reason, state } = item;
  const told = state === 'settled' || state === 'discarded' ? undefined : reason;
  const came = state === 'settled' ? readOutcome(outcome) : undefined;
  const number = came?.erpNumbers[0];
  return (
    <div className={mergeClasses(styles.cause, state === 'parked' && styles.attention)} data-cause={state}>
      <StateShape state={STATE_SHAPE[state]} large />
      <div>
        <p className={styles.what}>
          {number === undefined
            ? reasonOf(item, speaker)
            : speaker.text('queue.reason.settledInAs', { number })}
        </p>
        {told !== undefined && (
          <>
            <p className={styles.line}>{speaker.say(told.next)}</p>
            <p className={mergeClasses(styles.line, styles.who)}>
              {told.owner === 'nobody'
                ? speaker.text('queue.nobodyActs')
                : speaker.text('queue.actsWho', { who: speaker.text(`owner.${told.owner}`) })}
            </p>
          </>
        )}
        <SnapshotWords item={item} syncLogId={came?.syncLogId} className={styles.line} />
        {state === 'settled' && <ValueChanges notes={readValueNotes(outcome)} />}
      </div>
    </div>
  );
}
