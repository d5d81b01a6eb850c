import { exactTime } from '../../shared/i18n/time-words.ts';
import { useSpeaker } from '../state/contexts.ts';

/** A time in short words, with the exact one as tooltip and for machines. */
export function Moment({ at, children }: { readonly at: number; readonly children: React.ReactNode }) {
  const { view } = useSpeaker();
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at, view)}>
      {children}
    </time>
  );
}
