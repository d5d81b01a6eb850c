import uPlot from 'uplot';

/** Which of the series: each has a colour and a way of drawing of its own. */
export type ChartLook = 'first' | 'second' | 'third';

const DASHES: Readonly<Record<ChartLook, readonly number[]>> = { first: [], second: [6, 3], third: [2, 3] };

/** Room for `00:00` below, and for `1,000` at the left. */
const X_AXIS_PX = 28;
const Y_AXIS_PX = 44;
/** Half a clock reading: the last one stands under the edge. */
const LAST_LABEL_PX = 20;
const MINUTE_MS = 60_000;
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000];

interface ChartWish {
  readonly width: number;
  readonly height: number;
  readonly from: number;
  readonly to: number;
  readonly bars: boolean;
  readonly timeZone: string;
  readonly locale: string;
  readonly font: string;
  readonly looks: readonly ChartLook[];
  readonly colour: (name: ChartLook | 'text' | 'grid') => string;
  /** The point the pointer is at; undefined when it left. */
  readonly onPoint: (index: number | undefined) => void;
}

/** How a chart is drawn: whole numbers from zero, the site's clock, no line through a gap. */
export function chartOptions(wish: ChartWish): uPlot.Options {
  const { timeZone, locale, font, colour, bars } = wish;
  const clock = new Intl.DateTimeFormat(locale, {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const count = new Intl.NumberFormat(locale);
  const axis = {
    stroke: colour('text'),
    font,
    ticks: { show: false },
    grid: { stroke: colour('grid'), width: 1 },
  };
  return {
    width: wish.width,
    height: wish.height,
    // Times are milliseconds throughout.
    ms: 1,
    tzDate: (at) => uPlot.tzDate(new Date(at), timeZone),
    legend: { show: false },
    padding: [8, LAST_LABEL_PX, 0, 0],
    cursor: { y: false, drag: { x: false, y: false }, points: { show: !bars } },
    scales: {
      x: { time: true, range: [wish.from, wish.to] },
      // A little room above, and never a scale on which one single item fills the picture.
      y: { range: (_chart, _min, max) => [0, Math.max(4, Math.ceil((max ?? 0) * 1.1))] },
    },
    axes: [
      {
        ...axis,
        size: X_AXIS_PX,
        space: 56,
        incrs: [5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE_MS),
        grid: { show: false },
        values: (_chart, splits) => splits.map((at) => clock.format(at)),
      },
      {
        ...axis,
        size: Y_AXIS_PX,
        space: 32,
        incrs: WHOLE_STEPS,
        values: (_chart, splits) => splits.map((value) => count.format(value)),
      },
    ],
    series: [{}, ...wish.looks.map((look, index) => (bars ? bar(look, index, colour) : line(look, colour)))],
    hooks: { setCursor: [({ cursor }) => wish.onPoint(cursor.idx ?? undefined)] },
  };
}

const line = (look: ChartLook, colour: ChartWish['colour']): uPlot.Series => ({
  stroke: colour(look),
  width: 2,
  dash: [...DASHES[look]],
  spanGaps: false,
  points: { show: false },
});

/** Two bars side by side around each time: one filled, one hollow. */
function bar(look: ChartLook, index: number, colour: ChartWish['colour']): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.4, 14], align: index === 0 ? -1 : 1, gap: 1 });
  return {
    stroke: colour(look),
    width: 1.5,
    ...(look === 'first' ? { fill: colour(look) } : {}),
    ...(paths === undefined ? {} : { paths }),
    points: { show: false },
  };
}
