import { makeStyles, tokens } from '@fluentui/react-components';
import { useMemo } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { BUCKET_MS, SPAN_MS, carriedOf, waitingOf, type Span } from '../../state/activity-data.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { TimeChart, type ChartSeries } from './time-chart.tsx';

const useStyles = makeStyles({
  charts: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(280px, 1fr))',
    gap: tokens.spacingHorizontalXL,
  },
});

/** The end of the picture: of the span, and of the last step. */
const endOf = ({ from, points, stepMs }: ResultOf<'history'>, span: Span): number =>
  Math.max(from + SPAN_MS[span], (points.at(-1)?.at ?? from) + stepMs);

/** Queue length as lines, throughput as bars: two questions, two scales, one time. */
export function ActivityCharts({
  history,
  span,
}: {
  readonly history: ResultOf<'history'>;
  readonly span: Span;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const waiting = useMemo(() => waitingOf(history), [history]);
  const carried = useMemo(() => carriedOf(history, BUCKET_MS[span]), [history, span]);
  const [toErp, toPhones, parked] = [
    speaker.text('status.toErp'),
    speaker.text('status.toPhones'),
    speaker.text('status.parkedSeries'),
  ];
  const lines = useMemo<readonly ChartSeries[]>(
    () => [
      { name: toErp, look: 'first', values: waiting.in },
      { name: toPhones, look: 'second', values: waiting.out },
      { name: parked, look: 'third', values: waiting.parked },
    ],
    [waiting, toErp, toPhones, parked],
  );
  const bars = useMemo<readonly ChartSeries[]>(
    () => [
      { name: toErp, look: 'first', values: carried.in },
      { name: toPhones, look: 'second', values: carried.out },
    ],
    [carried, toErp, toPhones],
  );
  const range = useMemo(() => ({ from: history.from, to: endOf(history, span) }), [history, span]);
  return (
    <div className={styles.charts}>
      <TimeChart title={speaker.text('status.waitingChart')} at={waiting.at} series={lines} {...range} />
      <TimeChart
        title={speaker.text('status.carriedChart')}
        note={speaker.text(span === 'hour' ? 'status.per5' : 'status.perHour')}
        at={carried.at}
        series={bars}
        barMs={BUCKET_MS[span]}
        {...range}
      />
    </div>
  );
}
