import { Skeleton, SkeletonItem, Spinner, makeStyles, tokens } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { Speaker } from '../../shared/i18n/say.ts';
import type { SiteConnection } from '../api/site-connection.ts';
import { useConnection, useSeen, useSpeaker } from '../state/contexts.ts';
import type { Seen } from '../state/site-watch.ts';
import { PageFrame } from './page-frame.tsx';

/** How long placeholders say nothing. After that the person is told what is being waited for. */
const PLACEHOLDER_MS = 1_000;

const useStyles = makeStyles({
  bones: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  waiting: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    margin: 0,
    maxWidth: '70ch',
  },
});

/** True once something has lasted longer than the eye forgives. */
export function usePatienceOver(): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), PLACEHOLDER_MS);
    return () => clearTimeout(timer);
  }, []);
  return over;
}

/** Grey shapes where a part of a page will stand. */
export function Placeholders({ sizes }: { readonly sizes: readonly (16 | 32 | 64 | 96 | 128)[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <Skeleton aria-label={speaker.text('status.loading')}>
      <div className={styles.bones}>
        {sizes.map((size, index) => (
          // eslint-disable-next-line react/no-array-index-key -- placeholders have no identity and never move
          <SkeletonItem key={index} size={size} />
        ))}
      </div>
    </Skeleton>
  );
}

interface AwaitedPartProps {
  readonly sizes: React.ComponentProps<typeof Placeholders>['sizes'];
  /** Something answers, so it is only a matter of time. */
  readonly live: boolean;
}

/** A part of a page that is asked for: placeholders for a moment, then in words that it is awaited, or why it will not come. */
export function AwaitedPart({ sizes, live }: AwaitedPartProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const over = usePatienceOver();
  if (!live) return <p className={styles.waiting}>{speaker.text('status.partUnknown')}</p>;
  if (!over) return <Placeholders sizes={sizes} />;
  return (
    <p className={styles.waiting}>
      <Spinner size="tiny" aria-hidden="true" />
      {speaker.text('status.partAwaited')}
    </p>
  );
}

function words(seen: Seen, surface: SiteConnection['surface'], speaker: Speaker): string {
  switch (seen.link) {
    case 'refused':
      return speaker.text('page.refused');
    case 'starting':
      return speaker.text('status.starting');
    case 'lost':
      return speaker.text(surface === 'browser' ? 'page.silent' : 'status.lookedFor');
    case 'connecting':
    case 'live':
      return speaker.text('page.connecting');
  }
}

/** A page of which nothing is known yet: placeholders for a moment, then what is being waited for. */
export function AwaitedPage({ title }: { readonly title: string }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const seen = useSeen();
  const { surface } = useConnection();
  const over = usePatienceOver();
  if (!over && seen.link !== 'refused')
    return (
      <PageFrame title={title}>
        <Placeholders sizes={[32, 128, 128]} />
      </PageFrame>
    );
  return (
    <PageFrame title={title}>
      <p className={styles.waiting} role="status">
        {seen.link !== 'refused' && <Spinner size="small" aria-hidden="true" />}
        <span>
          {words(seen, surface, speaker)} {seen.reason}
        </span>
      </p>
    </PageFrame>
  );
}
