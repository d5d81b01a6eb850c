import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { CloudRegular } from '@fluentui/react-icons/svg/cloud';
import { DatabaseRegular } from '@fluentui/react-icons/svg/database';
import type { Light, LinkStatus } from '../../shared/contract/status.ts';
import { adviceFor } from '../state/advice.ts';
import { useSpeaker } from '../state/contexts.ts';
import { Moment } from './moment.tsx';
import { StateBadge } from './state-badge.tsx';

const useStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(260px, 1fr))',
    gap: tokens.spacingHorizontalM,
    margin: 0,
  },
  light: {
    display: 'grid',
    gridTemplateColumns: 'auto 1fr',
    columnGap: tokens.spacingHorizontalM,
    alignItems: 'start',
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground2,
    border: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  icon: { display: 'flex', fontSize: '24px', color: tokens.colorNeutralForeground2, paddingTop: '8px' },
  side: {
    display: 'flex',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    alignItems: 'center',
    ...typographyStyles.body1Strong,
  },
  words: { margin: 0, minWidth: 0, overflowWrap: 'anywhere' },
  fact: { margin: 0, color: tokens.colorNeutralForeground2, ...typographyStyles.caption1 },
  next: { margin: `${tokens.spacingVerticalXS} 0 0`, ...typographyStyles.caption1 },
  owner: { fontWeight: tokens.fontWeightSemibold },
});

const ICONS = { erp: <DatabaseRegular />, cloud: <CloudRegular /> } as const;

/** The two sides of a link. Each stands for itself: behind a dark one the other is unknown, not green. */
export function LightsRow({ lights }: Pick<LinkStatus, 'lights'>) {
  const styles = useStyles();
  return (
    <div className={styles.row}>
      <SideLight side="erp" light={lights.erp} />
      <SideLight side="cloud" light={lights.cloud} />
    </div>
  );
}

function SideLight({ side, light }: { readonly side: 'erp' | 'cloud'; readonly light: Light }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const advice = adviceFor(side, light);
  const fact = speaker.light(light);
  return (
    <div className={styles.light} data-light={side} data-state={light.state}>
      <span className={styles.icon} aria-hidden="true">
        {ICONS[side]}
      </span>
      <div className={styles.words}>
        <h3 className={mergeClasses(styles.words, styles.side)}>
          {speaker.text(`light.${side}`)}
          <StateBadge state={light.state}>{speaker.text(`state.${light.state}`)}</StateBadge>
        </h3>
        <p className={styles.fact}>
          {light.since === undefined ? fact : <Moment at={light.since}>{fact}</Moment>}
        </p>
        {advice !== undefined && (
          <p className={styles.next}>
            <span className={styles.owner}>{speaker.text(advice.owner)}:</span> {speaker.say(advice.next)}
          </p>
        )}
      </div>
    </div>
  );
}
