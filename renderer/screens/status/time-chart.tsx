import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { useEffect, useId, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useSpeaker } from '../../state/contexts.ts';
import { useDark, useForcedColors } from '../../state/use-media.ts';
import { chartOptions, type ChartLook } from './chart-options.ts';

const HEIGHT_PX = 168;

const useStyles = makeStyles({
  figure: { margin: 0, minWidth: 0 },
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    columnGap: tokens.spacingHorizontalS,
    marginBottom: tokens.spacingVerticalXS,
  },
  title: { ...typographyStyles.body1Strong, margin: 0 },
  note: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3 },
  keys: {
    ...typographyStyles.caption1,
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    listStyleType: 'none',
    margin: `${tokens.spacingVerticalXS} 0 0`,
    padding: 0,
    color: tokens.colorNeutralForeground2,
  },
  key: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
  value: { color: tokens.colorNeutralForeground1, fontWeight: tokens.fontWeightSemibold },
  // The colours of the canvas are read from these: what the system overrides reaches the drawing too.
  first: {
    color: tokens.colorBrandForeground1,
    '@media (forced-colors: active)': { color: 'Highlight', forcedColorAdjust: 'none' },
  },
  second: {
    color: tokens.colorNeutralForeground3,
    '@media (forced-colors: active)': { color: 'CanvasText', forcedColorAdjust: 'none' },
  },
  third: {
    color: tokens.colorStatusDangerForeground1,
    '@media (forced-colors: active)': { color: 'LinkText', forcedColorAdjust: 'none' },
  },
  text: {
    color: tokens.colorNeutralForeground3,
    '@media (forced-colors: active)': { color: 'CanvasText', forcedColorAdjust: 'none' },
  },
  grid: {
    color: tokens.colorNeutralStroke3,
    '@media (forced-colors: active)': { color: 'GrayText', forcedColorAdjust: 'none' },
  },
  probe: { display: 'none' },
  plot: { minWidth: 0, overflow: 'hidden', height: `${HEIGHT_PX}px` },
  swatch: { width: '18px', height: '10px', flexShrink: 0 },
});

/** No bar stands for none: an empty one would be a speck. */
const drawn = (value: number | null): number | null => (value === 0 ? null : value);

export interface ChartSeries {
  readonly name: string;
  readonly look: ChartLook;
  readonly values: readonly (number | null)[];
}

interface TimeChartProps {
  readonly title: string;
  readonly note?: string | undefined;
  readonly at: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly from: number;
  readonly to: number;
  /** Bars instead of lines, each for so many milliseconds around its time. */
  readonly barMs?: number | undefined;
}

/** Numbers over time on one scale. Its text equivalents are the sentence above it and the table. */
export function TimeChart({ title, note, at, series, from, to, barMs }: TimeChartProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const bars = barMs !== undefined;
  const { timeZone, locale } = speaker.view;
  // Colours are read when it is drawn: with other ones it is drawn anew.
  const theme = `${useDark() ? 'dark' : 'light'} ${useForcedColors() ? 'forced' : ''}`;
  const plot = useRef<HTMLDivElement>(null);
  const colours = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number>();
  const id = useId();

  useEffect(() => {
    const [into, probes] = [plot.current, colours.current];
    if (into === null || probes === null) return undefined;
    into.dataset['theme'] = theme;
    const colour = (name: string): string =>
      getComputedStyle(probes.querySelector(`[data-colour="${name}"]`) ?? probes).color;
    const options = chartOptions({
      width: into.clientWidth,
      height: HEIGHT_PX,
      from,
      to,
      bars,
      timeZone,
      locale,
      font: `12px ${getComputedStyle(into).fontFamily}`,
      looks: series.map(({ look }) => look),
      colour,
      onPoint: setPointed,
    });
    const columns: uPlot.AlignedData = [
      [...at],
      ...series.map(({ values }) => [...(bars ? values.map(drawn) : values)]),
    ];
    const chart = new uPlot(options, columns, into);
    const watch = new ResizeObserver(() => {
      if (into.clientWidth > 0) chart.setSize({ width: into.clientWidth, height: HEIGHT_PX });
    });
    watch.observe(into);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [at, series, from, to, bars, timeZone, locale, theme]);

  // The newest that is known, or what the pointer is at.
  const shown =
    pointed ?? at.findLastIndex((_, index) => series.some(({ values }) => values[index] !== null));
  const time = at[shown];
  return (
    <figure className={styles.figure} aria-labelledby={id}>
      <div className={styles.head}>
        <h3 id={id} className={styles.title}>
          {title}
        </h3>
        {note !== undefined && <span className={styles.note}>{note}</span>}
      </div>
      <div ref={plot} className={styles.plot} aria-hidden="true" />
      <div ref={colours} className={styles.probe} aria-hidden="true">
        {(['first', 'second', 'third', 'text', 'grid'] as const).map((name) => (
          <span key={name} data-colour={name} className={styles[name]} />
        ))}
      </div>
      <ul className={styles.keys}>
        <li>
          {time === undefined
            ? ''
            : barMs === undefined
              ? speaker.clock(time)
              : speaker.text('status.range', { from: time - barMs / 2, to: time + barMs / 2 })}
        </li>
        {series.map(({ name, look, values }) => {
          const value = values[shown];
          return (
            <li key={name} className={styles.key}>
              <Swatch look={look} bars={bars} className={mergeClasses(styles.swatch, styles[look])} />
              {name}{' '}
              <span className={styles.value}>
                {value?.toLocaleString(locale) ?? speaker.text('state.unknown')}
              </span>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

/** The series drawn small, told apart without colour: whole, dashed, dotted; filled, hollow. */
function Swatch({
  look,
  bars,
  className,
}: {
  readonly look: ChartLook;
  readonly bars: boolean;
  readonly className: string;
}) {
  return (
    <svg viewBox="0 0 18 10" className={className} aria-hidden="true" focusable="false">
      {bars ? (
        <rect
          x="5"
          y="1"
          width="8"
          height="8"
          stroke="currentColor"
          strokeWidth="1.5"
          fill={look === 'first' ? 'currentColor' : 'none'}
        />
      ) : (
        <line
          x1="0"
          x2="18"
          y1="5"
          y2="5"
          stroke="currentColor"
          strokeWidth="2"
          strokeDasharray={look === 'first' ? undefined : look === 'second' ? '6 3' : '2 3'}
        />
      )}
    </svg>
  );
}
