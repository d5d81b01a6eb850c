import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { AwaitedPart } from '../../components/awaited.tsx';
import { Panel } from '../../components/panel.tsx';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, margin: 0 },
  row: {
    display: 'grid',
    gridTemplateColumns: 'minmax(0, 1fr) auto',
    columnGap: tokens.spacingHorizontalM,
    rowGap: tokens.spacingVerticalXS,
  },
  name: { overflowWrap: 'anywhere' },
  count: { ...typographyStyles.body1Strong, margin: 0 },
  track: { gridColumn: '1 / -1', height: '4px', borderRadius: tokens.borderRadiusCircular },
  bar: {
    height: '100%',
    minWidth: '4px',
    borderRadius: tokens.borderRadiusCircular,
    backgroundColor: tokens.colorBrandForeground1,
    forcedColorAdjust: 'none',
    '@media (forced-colors: active)': { backgroundColor: 'CanvasText' },
  },
  total: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3 },
});

/** Documents of today that reached the ERP, by type. */
export function Today({
  history,
  live,
  failed,
}: {
  readonly history: ResultOf<'history'> | undefined;
  readonly live: boolean;
  readonly failed: boolean;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const today = [...(history?.today ?? [])].sort((a, b) => b.count - a.count);
  const most = Math.max(1, ...today.map(({ count }) => count));
  const total = today.reduce((sum, { count }) => sum + count, 0);
  const number = (count: number): string => count.toLocaleString(speaker.view.locale);
  return (
    <Panel
      title={speaker.text('status.today')}
      action={
        today.length > 1 && (
          <span className={styles.total}>
            {speaker.text('status.todayTotal')} {number(total)}
          </span>
        )
      }
    >
      {history === undefined && <AwaitedPart sizes={[16, 16, 16]} live={live && !failed} />}
      {history !== undefined && today.length === 0 && (
        <p className={styles.quiet}>{speaker.text('status.todayNone')}</p>
      )}
      {today.length > 0 && (
        <dl className={styles.list}>
          {today.map(({ document, count }) => (
            <div key={document} className={styles.row}>
              <dt className={styles.name}>{document}</dt>
              <dd className={styles.count}>{number(count)}</dd>
              <div className={styles.track} aria-hidden="true">
                <div className={styles.bar} style={{ width: `${(100 * count) / most}%` }} />
              </div>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}
