import type { FlowStatus } from '../../shared/contract/status.ts';
import { useSpeaker } from '../state/contexts.ts';
import { Moment } from './moment.tsx';

/** What a flow does now, or when it runs next. */
export function FlowLine({ flow, live }: { readonly flow: FlowStatus; readonly live: boolean }) {
  const speaker = useSpeaker();
  const { running } = flow;
  return (
    <div className="flow">
      <dt>{speaker.text(`flow.${flow.flow}`)}</dt>
      <dd className="number">
        {running === undefined ? (
          <Next flow={flow} live={live} />
        ) : (
          <>
            <progress
              aria-label={speaker.say(running.stage)}
              max={running.total ?? undefined}
              value={running.total === undefined ? undefined : (running.done ?? 0)}
            />{' '}
            {speaker.say(running.stage)}
          </>
        )}
      </dd>
    </div>
  );
}

function Next({ flow: { enabled, nextRun }, live }: { readonly flow: FlowStatus; readonly live: boolean }) {
  const speaker = useSpeaker();
  if (!enabled) return speaker.text('page.switchedOff');
  if (!live) return speaker.text('state.unknown');
  if (nextRun === undefined) return speaker.text('page.notPlanned');
  return <Moment at={nextRun}>{speaker.text('page.next', { at: nextRun })}</Moment>;
}
