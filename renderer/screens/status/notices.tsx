import { MessageBar, MessageBarBody, MessageBarTitle, makeStyles, tokens } from '@fluentui/react-components';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import { Advice } from '../../components/advice.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  body: { paddingTop: tokens.spacingVerticalS, paddingBottom: tokens.spacingVerticalS },
});

/** Facts of the site itself that need a look. */
export function Notices({ notices }: { readonly notices: readonly Explanation[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  if (notices.length === 0) return undefined;
  return (
    <section className={styles.list} aria-label={speaker.text('page.notices')}>
      {notices.map((notice) => {
        const calm = notice.owner === 'nobody';
        return (
          <MessageBar
            key={notice.what.key}
            layout="multiline"
            intent={calm ? 'info' : 'error'}
            icon={<StateShape state={calm ? 'waiting' : 'attention'} />}
          >
            <MessageBarBody className={styles.body}>
              <MessageBarTitle>{speaker.say(notice.what)}</MessageBarTitle>
              <Advice owner={notice.owner} next={notice.next} />
            </MessageBarBody>
          </MessageBar>
        );
      })}
    </section>
  );
}
