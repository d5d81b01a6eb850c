import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { Moment } from '../../components/moment.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import type { Seen } from '../../state/site-watch.ts';

const useStyles = makeStyles({
  line: { display: 'flex', alignItems: 'flex-start', columnGap: tokens.spacingHorizontalS },
  shape: { display: 'flex', paddingTop: '1px' },
  words: { ...typographyStyles.body2, color: tokens.colorNeutralForeground1, maxWidth: '80ch' },
  age: {
    ...typographyStyles.caption1,
    color: tokens.colorNeutralForeground3,
    marginLeft: tokens.spacingHorizontalS,
    whiteSpace: 'nowrap',
  },
});

function sentence(status: SiteStatus, { link, reason }: Seen, speaker: Speaker): string {
  if (link === 'live') return speaker.say(siteSentence(status, (text) => speaker.say(text)));
  const what = speaker.text(link === 'starting' ? 'status.startingAgain' : 'page.lost', { at: status.at });
  return reason === undefined ? what : `${what} ${reason}`;
}

/** The one sentence about the site. It alone is read out when it changes. */
export function SiteLine({ status }: { readonly status: SiteStatus }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const seen = useSeen();
  // Without a link nothing is carried, so nothing is fine either.
  const state = status.links.length === 0 && status.light === 'fine' ? 'unknown' : status.light;
  return (
    <span className={styles.line} data-site-sentence="" data-state={state}>
      <span className={styles.shape}>
        <StateShape state={state} large />
      </span>
      <span>
        <span className={styles.words} role="status">
          {sentence(status, seen, speaker)}
        </span>
        {seen.link === 'live' && (
          <span className={styles.age}>
            <Moment at={status.at}>{speaker.text('page.asOf', { at: status.at })}</Moment>
          </span>
        )}
      </span>
    </span>
  );
}
