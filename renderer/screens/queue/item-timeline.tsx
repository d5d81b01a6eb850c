import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { Moment } from '../../components/moment.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { readOutcome } from '../../state/queue-outcome.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  step: {
    position: 'relative',
    display: 'grid',
    gridTemplateColumns: '14px minmax(52px, auto) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
    alignItems: 'baseline',
    // The line from this step to the next.
    '::before': {
      content: '""',
      position: 'absolute',
      left: '4px',
      top: '14px',
      bottom: '-6px',
      width: '1px',
      backgroundColor: tokens.colorNeutralStroke2,
    },
    ':last-child::before': { display: 'none' },
  },
  dot: {
    width: '9px',
    height: '9px',
    borderRadius: tokens.borderRadiusCircular,
    boxSizing: 'border-box',
    border: `2px solid ${tokens.colorNeutralStroke1}`,
    backgroundColor: tokens.colorNeutralBackground1,
    position: 'relative',
  },
  last: {
    backgroundColor: tokens.colorNeutralForeground2,
    border: `2px solid ${tokens.colorNeutralForeground2}`,
  },
  next: {
    borderTopStyle: 'dashed',
    borderRightStyle: 'dashed',
    borderBottomStyle: 'dashed',
    borderLeftStyle: 'dashed',
  },
  time: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  note: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere', unicodeBidi: 'isolate' },
  more: { marginLeft: '22px', marginBottom: tokens.spacingVerticalXS },
});

type Timeline = ResultOf<'queueShow'>['timeline'];
type Step = Timeline[number];

/** More steps than that are folded in the middle. */
const MOST_SHOWN = 7;
const FIRST = 2;
const LAST = 4;

/** What happened to the item, step by step, and when it goes on. */
export function ItemTimeline({
  timeline,
  nextAt,
}: {
  readonly timeline: Timeline;
  /** When it is tried again; undefined when nothing is planned. */
  readonly nextAt: number | undefined;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [all, setAll] = useState(false);
  const folded = !all && timeline.length > MOST_SHOWN ? timeline.length - FIRST - LAST : 0;
  const shown = timeline.map((step, n) => ({ step, n }));
  const parts = folded === 0 ? [shown] : [shown.slice(0, FIRST), shown.slice(timeline.length - LAST)];
  return (
    <>
      {parts.map((steps, part) => (
        <div key={part === 0 ? 'first' : 'last'}>
          {part === 1 && (
            <Button className={styles.more} size="small" appearance="subtle" onClick={() => setAll(true)}>
              {speaker.text('queue.stepsMore', { count: folded })}
            </Button>
          )}
          <ol className={styles.list} start={(steps[0]?.n ?? 0) + 1}>
            {steps.map(({ step, n }) => {
              const [what, note] = wordsOf(step, speaker);
              return (
                <li key={n} className={styles.step}>
                  <span className={mergeClasses(styles.dot, n === timeline.length - 1 && styles.last)} />
                  <span className={styles.time}>
                    <Moment at={step.at}>{speaker.clock(step.at)}</Moment>
                  </span>
                  <span>
                    {what} {note !== '' && <span className={styles.note}>{note}</span>}
                  </span>
                </li>
              );
            })}
            {part === parts.length - 1 && nextAt !== undefined && (
              <li className={styles.step}>
                <span className={mergeClasses(styles.dot, styles.next)} />
                <span className={styles.time}>
                  <Moment at={nextAt}>{speaker.clock(nextAt)}</Moment>
                </span>
                <span className={styles.note}>{speaker.text('queue.step.next', { at: nextAt })}</span>
              </li>
            )}
          </ol>
        </div>
      ))}
    </>
  );
}

/** The step in words; what the engine noted of an outcome as the number people look for. */
function wordsOf({ event, detail }: Step, speaker: Speaker): readonly [string, string] {
  const [what, note] = speaker.step(event, detail);
  const outcome = readOutcome(detail);
  if (outcome === undefined) return [what, note];
  const [number, ...others] = outcome.erpNumbers;
  if (number !== undefined)
    return [
      what,
      others.length === 0
        ? speaker.text('queue.step.inErp', { number })
        : speaker.text('queue.step.inErpMore', { number, count: others.length }),
    ];
  return [
    what,
    outcome.syncLogId === undefined ? '' : speaker.text('queue.step.syncLog', { id: outcome.syncLogId }),
  ];
}
