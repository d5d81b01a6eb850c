import { Tab, TabList, makeStyles, tokens } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { AwaitedPart } from '../../components/awaited.tsx';
import { Panel } from '../../components/panel.tsx';
import { isKnown, summaryOf, type Span } from '../../state/activity-data.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { ActivityCharts } from './activity-charts.tsx';
import { ActivityTable } from './activity-table.tsx';
import { minuteMark } from './minute-mark.ts';
import { Today } from './today.tsx';

const useStyles = makeStyles({
  parts: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) 272px',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 1100px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  summary: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** The past in numbers: what waited, what was carried, what today brought. */
export function Activity({ at, live }: { readonly at: number; readonly live: boolean }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [span, setSpan] = useState<Span>('hour');
  const [view, setView] = useState<'chart' | 'table'>('chart');
  const { data, error } = useSiteQuery('history', { span }, { mark: minuteMark(at), enabled: live });
  return (
    <div className={styles.parts}>
      <Panel
        title={speaker.text('status.activity')}
        action={
          <>
            <TabList
              size="small"
              aria-label={speaker.text('status.span')}
              selectedValue={span}
              onTabSelect={(_, { value }) => setSpan(value as Span)}
            >
              <Tab value="hour">{speaker.text('status.hour')}</Tab>
              <Tab value="day">{speaker.text('status.day')}</Tab>
            </TabList>
            <TabList
              size="small"
              aria-label={speaker.text('status.shownAs')}
              selectedValue={view}
              onTabSelect={(_, { value }) => setView(value as typeof view)}
            >
              <Tab value="chart">{speaker.text('status.chart')}</Tab>
              <Tab value="table">{speaker.text('status.table')}</Tab>
            </TabList>
          </>
        }
      >
        {error !== null && (
          <p className={styles.summary}>
            {speaker.text('status.historyFailed', { message: error.refusal.message })}
          </p>
        )}
        {data === undefined && error === null && <AwaitedPart sizes={[16, 128]} live={live} />}
        {data !== undefined && <Shown history={data} view={view} />}
      </Panel>
      <Today history={data} live={live} failed={error !== null} />
    </div>
  );
}

function Shown({
  history,
  view,
}: {
  readonly history: ResultOf<'history'>;
  readonly view: 'chart' | 'table';
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const span: Span = history.stepMs > 60_000 ? 'day' : 'hour';
  const summary = useMemo(() => summaryOf(history), [history]);
  if (!history.points.some(isKnown) && summary.in + summary.out === 0)
    return <p className={styles.summary}>{speaker.text('status.historyEmpty')}</p>;
  const words = summaryWords(summary, speaker);
  return (
    <>
      <p className={styles.summary}>{words}</p>
      {view === 'chart' ? (
        <ActivityCharts history={history} span={span} />
      ) : (
        <ActivityTable history={history} />
      )}
    </>
  );
}

function summaryWords(summary: ReturnType<typeof summaryOf>, speaker: Speaker): string {
  const { peak, gapMs } = summary;
  return [
    speaker.text('status.summaryCarried', { in: summary.in, out: summary.out }),
    ...(peak === undefined
      ? []
      : peak.count === 0
        ? [speaker.text('status.summaryNone')]
        : [speaker.text('status.summaryPeak', { peak: peak.count, at: peak.at })]),
    ...(gapMs === 0 ? [] : [speaker.text('status.summaryGap', { length: speaker.lasting(gapMs) })]),
  ].join(' ');
}
