import type { Viewpoint } from '../../../shared/i18n/time-words.ts';

export type PauseLength = 'half-hour' | 'two-hours' | 'tomorrow';

const MINUTE_MS = 60_000;
/** The contract takes no shorter pause. */
const LEAST_MS = 1_000;

/** Milliseconds of a pause that begins now. Reckoned when it is asked for: a menu stands for hours. */
export function pauseMs(length: PauseLength, view: Pick<Viewpoint, 'now' | 'timeZone'>): number {
  if (length === 'half-hour') return 30 * MINUTE_MS;
  if (length === 'two-hours') return 120 * MINUTE_MS;
  return Math.max(LEAST_MS, untilTomorrow(Math.floor(view.now), view.timeZone));
}

/**
 * From `now` to the first moment of the next day in a zone. Searched, not computed: days have 23 to 25 hours, and some begin
 * at one o'clock.
 */
function untilTomorrow(now: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const today = format.format(now);
  let [early, late] = [now, now + 26 * 60 * MINUTE_MS];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (format.format(middle) === today) early = middle;
    else late = middle;
  }
  return late - now;
}
