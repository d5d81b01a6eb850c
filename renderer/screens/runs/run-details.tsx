import { Link, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import type { RunView } from '../../../shared/contract/status.ts';
import { exactTime } from '../../../shared/i18n/time-words.ts';
import { Advice } from '../../components/advice.tsx';
import { InfoBar } from '../../components/info-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { runCounts, tookInWords } from '../../state/run-words.ts';

const useStyles = makeStyles({
  details: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalM} 36px`,
  },
  columns: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(260px, 1fr))',
    gap: tokens.spacingHorizontalXXL,
  },
  title: { ...typographyStyles.body1Strong, margin: `0 0 ${tokens.spacingVerticalXS}` },
  facts: {
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr)',
    gap: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalL}`,
    margin: 0,
  },
  name: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, userSelect: 'text' },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2 },
});

/** All that is known of a run: its times exactly, its counts one by one, and why it failed. */
export function RunDetails({ run }: { readonly run: RunView }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const counts = runCounts(run);
  const took = tookInWords(run, speaker);
  const facts: readonly (readonly [string, string])[] = [
    [speaker.text('runs.number'), String(run.id)],
    [speaker.text('runs.way'), speaker.text(`flow.${run.flow}`)],
    [speaker.text('runs.trigger'), speaker.text(`run.trigger.${run.trigger}`)],
    [speaker.text('runs.began'), exactTime(run.startedAt, speaker.view)],
    ...(run.endedAt === undefined
      ? []
      : [[speaker.text('runs.ended'), exactTime(run.endedAt, speaker.view)] as const]),
    [
      speaker.text('runs.duration'),
      took ??
        speaker.text('runs.since', {
          length: speaker.lasting(Math.max(0, speaker.view.now - run.startedAt)),
        }),
    ],
  ];
  return (
    <div className={styles.details}>
      {run.failure !== undefined && (
        <InfoBar state="attention" title={speaker.say(run.failure.what)}>
          <Advice owner={run.failure.owner} next={run.failure.next} />
        </InfoBar>
      )}
      {run.outcome === 'interrupted' && run.failure === undefined && (
        <InfoBar state="unknown" title={speaker.text('runs.interruptedWhat')} />
      )}
      <div className={styles.columns}>
        <section>
          <h2 className={styles.title}>{speaker.text('runs.whatHappened')}</h2>
          <dl className={styles.facts}>
            {facts.map(([name, value]) => (
              <Fact key={name} name={name} value={value} />
            ))}
          </dl>
        </section>
        <section>
          <h2 className={styles.title}>{speaker.text('runs.counted')}</h2>
          {counts.length === 0 ? (
            <p className={styles.quiet}>{speaker.text('runs.countedNothing')}</p>
          ) : (
            <ul className={styles.list}>
              {counts.map(([name, count]) => (
                <li key={name}>{speaker.count(name, count)}</li>
              ))}
            </ul>
          )}
          {(run.counts['parked'] ?? 0) > 0 && (
            <Link href={hashOf({ screen: 'queue', view: 'parked', link: run.link })}>
              {speaker.text('runs.openParked')}
            </Link>
          )}
        </section>
      </div>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  const styles = useStyles();
  return (
    <>
      <dt className={styles.name}>{name}</dt>
      <dd className={styles.value}>{value}</dd>
    </>
  );
}
