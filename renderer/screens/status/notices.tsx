import { makeStyles, tokens } from '@fluentui/react-components';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import { Advice } from '../../components/advice.tsx';
import { InfoBar } from '../../components/info-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

/** Facts of the site itself that need a look. */
export function Notices({ notices }: { readonly notices: readonly Explanation[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  if (notices.length === 0) return undefined;
  return (
    <section className={styles.list} aria-label={speaker.text('page.notices')}>
      {notices.map((notice) => (
        <InfoBar
          key={notice.what.key}
          state={notice.owner === 'nobody' ? 'unknown' : 'attention'}
          title={speaker.say(notice.what)}
        >
          <Advice owner={notice.owner} next={notice.next} />
        </InfoBar>
      ))}
    </section>
  );
}
