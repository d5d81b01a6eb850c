import { makeStyles, tokens } from '@fluentui/react-components';
import type { FlowStatus } from '../../../shared/contract/status.ts';
import { Moment } from '../../components/moment.tsx';
import { ProgressLine } from '../../components/progress-line.tsx';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  flows: {
    display: 'grid',
    gridTemplateColumns: 'minmax(170px, max-content) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalXXL,
    rowGap: tokens.spacingVerticalSNudge,
    alignItems: 'center',
    margin: 0,
  },
  name: { fontWeight: tokens.fontWeightSemibold },
  what: { margin: 0, minWidth: 0 },
  quiet: { color: tokens.colorNeutralForeground3 },
});

interface FlowsProps {
  readonly flows: readonly FlowStatus[];
  /** Heard just now: only then times to come are known. */
  readonly heard: boolean;
  readonly paused: boolean;
}

/** Both ways of a link: what it does now, or when it runs next. */
export function LinkFlows({ flows, heard, paused }: FlowsProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <dl className={styles.flows}>
      {flows.map((flow) => (
        <FlowRow key={flow.flow} name={speaker.text(`flow.${flow.flow}`)}>
          {flow.running === undefined ? (
            <Next flow={flow} heard={heard} paused={paused} />
          ) : (
            <ProgressLine running={flow.running} />
          )}
        </FlowRow>
      ))}
    </dl>
  );
}

function FlowRow({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.name}>{name}</dt>
      <dd className={styles.what}>{children}</dd>
    </>
  );
}

function Next({
  flow: { enabled, nextRun, askedFor },
  heard,
  paused,
}: Pick<FlowsProps, 'heard' | 'paused'> & { readonly flow: FlowStatus }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const quiet = (text: string): React.ReactNode => <span className={styles.quiet}>{text}</span>;
  if (!enabled) return quiet(speaker.text('page.switchedOff'));
  if (!heard) return quiet(speaker.text('state.unknown'));
  if (askedFor !== undefined)
    return <Moment at={askedFor}>{speaker.text('status.askedFor', { at: askedFor })}</Moment>;
  if (paused) return quiet(speaker.text('page.paused'));
  if (nextRun === undefined) return quiet(speaker.text('page.notPlanned'));
  return <Moment at={nextRun}>{speaker.text('status.nextRun', { at: nextRun })}</Moment>;
}
