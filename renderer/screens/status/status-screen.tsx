import { Button } from '@fluentui/react-components';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { siteSentence } from '../../../shared/i18n/site-sentence.ts';
import { PageFrame } from '../../components/page-frame.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { presented } from '../../state/presented.ts';
import { useActions } from '../../state/use-actions.ts';

/** Is everything carried over; if not, what is stuck, since when, who must do what. */
export function StatusScreen() {
  const seen = useSeen();
  const speaker = useSpeaker();
  const status = presented(seen);
  if (status === undefined)
    return <PageFrame title={speaker.text('page.title')}>{speaker.text('page.connecting')}</PageFrame>;
  return <Known status={status} live={seen.link === 'live'} />;
}

function Known({ status, live }: { readonly status: SiteStatus; readonly live: boolean }) {
  const speaker = useSpeaker();
  const { sync } = useActions();
  return (
    <PageFrame
      title={status.site.name}
      sentence={
        <>
          <StateShape state={status.light} /> {speaker.say(siteSentence(status, (text) => speaker.say(text)))}
        </>
      }
      action={
        <Button appearance="primary" disabled={!live} onClick={() => sync()}>
          {speaker.text('page.syncNow')}
        </Button>
      }
    >
      {undefined}
    </PageFrame>
  );
}
