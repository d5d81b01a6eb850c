import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import { useMemo } from 'react';
import { useSpeaker } from '../../state/contexts.ts';
import { carriedOf, summaryOf } from '../../state/activity-data.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { minuteMark } from './minute-mark.ts';

const WIDTH = 140;
const HEIGHT = 24;
/** Two minutes a bar: thirty of them are a shape, sixty are a smear. */
const BAR_MS = 120_000;
const BARS = 30;

const useStyles = makeStyles({
  spark: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  bars: {
    width: `${WIDTH}px`,
    height: `${HEIGHT}px`,
    flexShrink: 0,
    color: tokens.colorBrandForeground1,
    '@media (forced-colors: active)': { color: 'CanvasText' },
  },
  ground: { stroke: tokens.colorNeutralStroke1 },
  words: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground2, whiteSpace: 'nowrap' },
});

/** What a link carried in the last hour, as a shape with its number. */
export function Sparkline({
  link,
  at,
  live,
}: {
  readonly link: string;
  readonly at: number;
  readonly live: boolean;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { data } = useSiteQuery('history', { span: 'hour', link }, { mark: minuteMark(at), enabled: live });
  const shown = useMemo(() => {
    if (data === undefined) return undefined;
    const { in: into, out } = summaryOf(data);
    const carried = carriedOf(data, BAR_MS);
    return {
      count: into + out,
      sums: carried.in.slice(-BARS).map((value, index) => {
        const back = carried.out.slice(-BARS)[index] ?? null;
        return value === null && back === null ? undefined : (value ?? 0) + (back ?? 0);
      }),
    };
  }, [data]);
  if (shown === undefined) return undefined;
  const most = Math.max(1, ...shown.sums.map((sum) => sum ?? 0));
  const step = WIDTH / BARS;
  return (
    <div className={styles.spark}>
      <svg className={styles.bars} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" focusable="false">
        {shown.sums.map((sum, index) => {
          const x = index * step;
          // The ground is interrupted where no agent ran.
          if (sum === undefined) return undefined;
          const height = sum === 0 ? 0 : Math.max(2, (sum / most) * (HEIGHT - 3));
          return (
            // eslint-disable-next-line react/no-array-index-key -- a bar is its place
            <g key={index}>
              <line x1={x} x2={x + step} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className={styles.ground} />
              <rect
                x={x + 0.5}
                y={HEIGHT - 1 - height}
                width={step - 1}
                height={height}
                rx={1}
                fill="currentColor"
              />
            </g>
          );
        })}
      </svg>
      <span className={styles.words}>{speaker.text('status.lastHour', { count: shown.count })}</span>
    </div>
  );
}
