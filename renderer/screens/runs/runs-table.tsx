import { Button, makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons/svg/chevron-down';
import { ChevronRightRegular } from '@fluentui/react-icons/svg/chevron-right';
import { useState } from 'react';
import type { FlowStatus, LinkStatus, RunView } from '../../../shared/contract/status.ts';
import { Moment } from '../../components/moment.tsx';
import { ProgressLine } from '../../components/progress-line.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { RUN_SHAPES, countsInWords, tookInWords } from '../../state/run-words.ts';
import { RunDetails } from './run-details.tsx';

const useStyles = makeStyles({
  table: { width: '100%', borderCollapse: 'collapse', tableLayout: 'fixed' },
  unseen: {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  },
  head: {
    ...typographyStyles.caption1Strong,
    boxSizing: 'border-box',
    textAlign: 'start',
    color: tokens.colorNeutralForeground2,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  row: {
    cursor: 'pointer',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
  },
  open: { backgroundColor: tokens.colorSubtleBackgroundSelected },
  cell: {
    textAlign: 'start',
    verticalAlign: 'middle',
    height: '40px',
    boxSizing: 'border-box',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    overflowWrap: 'anywhere',
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  toggle: { width: '48px' },
  when: { width: '112px', '@media (max-width: 1000px)': { width: '96px' } },
  link: { width: '256px', '@media (max-width: 1000px)': { width: '23%' } },
  outcome: { width: '200px', '@media (max-width: 1000px)': { width: '136px' } },
  took: { width: '84px', textAlign: 'end', paddingRight: tokens.spacingHorizontalL },
  way: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3, display: 'block' },
});

interface RunsTableProps {
  readonly runs: readonly RunView[];
  readonly links: readonly LinkStatus[];
}

/** What a flow does now, where this run is the one. */
function progressOf(run: RunView, links: readonly LinkStatus[]): FlowStatus['running'] {
  if (run.outcome !== 'running') return undefined;
  const flow = links.find(({ id }) => id === run.link)?.flows.find(({ flow }) => flow === run.flow);
  return flow?.running?.run === undefined || flow.running.run === run.id ? flow?.running : undefined;
}

/** One line a run; its details open below it. */
export function RunsTable({ runs, links }: RunsTableProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [open, setOpen] = useState<number>();
  return (
    <table className={styles.table}>
      <caption className={styles.unseen}>{speaker.text('runs.caption')}</caption>
      <thead>
        <tr>
          <th scope="col" className={mergeClasses(styles.head, styles.toggle)}>
            <span className={styles.unseen}>{speaker.text('page.details')}</span>
          </th>
          <th scope="col" className={mergeClasses(styles.head, styles.when)}>
            {speaker.text('runs.when')}
          </th>
          <th scope="col" className={mergeClasses(styles.head, styles.link)}>
            {speaker.text('runs.link')}
          </th>
          <th scope="col" className={styles.head}>
            {speaker.text('runs.counts')}
          </th>
          <th scope="col" className={mergeClasses(styles.head, styles.outcome)}>
            {speaker.text('runs.outcome')}
          </th>
          <th scope="col" className={mergeClasses(styles.head, styles.took)}>
            {speaker.text('runs.took')}
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow
            key={run.id}
            run={run}
            running={progressOf(run, links)}
            open={open === run.id}
            onToggle={() => setOpen(open === run.id ? undefined : run.id)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RunRowProps {
  readonly run: RunView;
  readonly running: FlowStatus['running'];
  readonly open: boolean;
  readonly onToggle: () => void;
}

function RunRow({ run, running, open, onToggle }: RunRowProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const details = `run-${run.id}`;
  const counts = countsInWords(run, speaker);
  const state = RUN_SHAPES[run.outcome];
  return (
    <>
      <tr data-run={run.id} className={mergeClasses(styles.row, open && styles.open)} onClick={onToggle}>
        <td className={styles.cell}>
          <Button
            appearance="subtle"
            size="small"
            icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            aria-label={speaker.text('runs.details', { run: String(run.id) })}
            aria-expanded={open}
            aria-controls={open ? details : undefined}
            onClick={(event) => {
              event.stopPropagation();
              onToggle();
            }}
          />
        </td>
        <th scope="row" className={styles.cell}>
          <Moment at={run.startedAt}>{speaker.ago(run.startedAt)}</Moment>
        </th>
        <td className={styles.cell}>
          {run.link}
          <span className={styles.way}>
            {speaker.text('runs.how', {
              way: speaker.text(`flow.${run.flow}`),
              trigger: speaker.text(`run.trigger.${run.trigger}`),
            })}
          </span>
        </td>
        <td className={styles.cell}>
          {running !== undefined ? (
            <ProgressLine running={running} />
          ) : (
            <>
              {run.failure !== undefined && <span>{speaker.say(run.failure.what)} </span>}
              <span className={styles.quiet}>
                {counts === '' && run.outcome === 'ok' ? speaker.text('runs.nothing') : counts}
              </span>
            </>
          )}
        </td>
        <td className={styles.cell}>
          <StateBadge state={state}>{speaker.text(`run.${run.outcome}`)}</StateBadge>
        </td>
        <td className={mergeClasses(styles.cell, styles.took)}>{tookInWords(run, speaker)}</td>
      </tr>
      {open && (
        <tr id={details}>
          <td colSpan={6} className={styles.cell}>
            <RunDetails run={run} />
          </td>
        </tr>
      )}
    </>
  );
}
