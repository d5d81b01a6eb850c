import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { LightState } from '../../shared/contract/status.ts';
import { StateShape } from './state-shape.tsx';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'flex-start',
    flexWrap: 'wrap',
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  waiting: {
    backgroundColor: tokens.colorStatusWarningBackground1,
    border: `1px solid ${tokens.colorStatusWarningBorder1}`,
  },
  attention: {
    backgroundColor: tokens.colorStatusDangerBackground1,
    border: `1px solid ${tokens.colorStatusDangerBorder1}`,
  },
  shape: { paddingTop: '6px' },
  words: { flex: '1 1 280px', minWidth: 0, overflowWrap: 'anywhere', padding: '6px 0' },
  title: { fontWeight: tokens.fontWeightSemibold, marginRight: tokens.spacingHorizontalS },
  action: { marginLeft: 'auto' },
});

interface InfoBarProps {
  /** Its shape; attention and waiting have a ground of their own. */
  readonly state: LightState;
  /** Worth a look, and nothing is broken: the ground of what waits. */
  readonly mild?: boolean | undefined;
  readonly title: string;
  readonly action?: React.ReactNode;
  readonly children?: React.ReactNode;
}

/** A fact that stands above others while it lasts, with what to do about it. */
export function InfoBar({ state, mild = false, title, action, children }: InfoBarProps) {
  const styles = useStyles();
  return (
    <div
      className={mergeClasses(
        styles.bar,
        (state === 'waiting' || mild) && styles.waiting,
        state === 'attention' && !mild && styles.attention,
      )}
    >
      <span className={styles.shape}>
        <StateShape state={state} />
      </span>
      <div className={styles.words}>
        <span className={styles.title}>{title}</span>
        {children}
      </div>
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
