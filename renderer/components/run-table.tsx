import type { RunView } from '../../shared/contract/status.ts';
import { useSpeaker } from '../state/contexts.ts';
import { Moment } from './moment.tsx';
import { StateShape } from './state-shape.tsx';

const SHAPE_OF = {
  ok: 'fine',
  attention: 'attention',
  failed: 'attention',
  interrupted: 'unknown',
  running: 'working',
} as const;

/** The newest runs of a link, one line each. */
export function RunTable({ runs, link }: { readonly runs: readonly RunView[]; readonly link: string }) {
  const speaker = useSpeaker();
  if (runs.length === 0) return <p className="quiet">{speaker.text('page.noRuns')}</p>;
  return (
    <table className="runs">
      <caption>
        {speaker.text('page.lastRuns')}
        <span className="unseen"> ({link})</span>
      </caption>
      <thead className="unseen">
        <tr>
          <th scope="col">{speaker.text('page.when')}</th>
          <th scope="col">{speaker.text('page.what')}</th>
          <th scope="col">{speaker.text('page.result')}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <td className="number">
              <Moment at={run.startedAt}>{speaker.clock(run.startedAt)}</Moment>
            </td>
            <td>{speaker.text(`flow.${run.flow}`)}</td>
            <td>
              <StateShape state={SHAPE_OF[run.outcome]} /> {speaker.text(`run.${run.outcome}`)}{' '}
              <span className="quiet">{details(run, speaker)}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function details(run: RunView, speaker: ReturnType<typeof useSpeaker>): string {
  const counts = Object.entries(run.counts)
    .filter(([name, count]) => count > 0 && name !== 'lists')
    .map(([name, count]) => speaker.count(name, count));
  const took = run.endedAt === undefined ? [] : [speaker.lasting(run.endedAt - run.startedAt)];
  const failure = run.failure === undefined ? [] : [speaker.say(run.failure.what)];
  return [...failure, [...counts, ...took].join(', ')].join(' ');
}
