import type { Light } from '../../shared/contract/status.ts';
import { useSpeaker } from '../state/contexts.ts';
import { adviceFor } from '../state/advice.ts';
import { Moment } from './moment.tsx';
import { StateShape } from './state-shape.tsx';

/** One side of a link: shape, word, fact with its age. */
export function LightRow({ side, light }: { readonly side: 'erp' | 'cloud'; readonly light: Light }) {
  const speaker = useSpeaker();
  const fact = speaker.light(light);
  const advice = adviceFor(side, light);
  return (
    <div className={`light light-${light.state}`} data-light={side} data-state={light.state}>
      <StateShape state={light.state} />
      <dt>{speaker.text(`light.${side}`)}</dt>
      <dd>
        <strong>{speaker.text(`state.${light.state}`)}</strong>{' '}
        <span className="quiet">
          {light.since === undefined ? fact : <Moment at={light.since}>{fact}</Moment>}
        </span>
        {advice !== undefined && (
          <p className="advice">
            {speaker.text(advice.owner)}: {speaker.say(advice.next)}
          </p>
        )}
      </dd>
    </div>
  );
}
