import { makeStyles, tokens } from '@fluentui/react-components';
import type { Explanation } from '../../shared/contract/explanation.ts';
import { useSpeaker } from '../state/contexts.ts';

const useStyles = makeStyles({
  advice: { margin: 0 },
  owner: { fontWeight: tokens.fontWeightSemibold },
});

/** Who acts, and the next step. */
export function Advice({ owner, next }: Pick<Explanation, 'owner' | 'next'>) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <p className={styles.advice}>
      <span className={styles.owner}>{speaker.text(`owner.${owner}`)}:</span> {speaker.say(next)}
    </p>
  );
}
