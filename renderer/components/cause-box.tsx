import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import type { LightState } from '../../shared/contract/status.ts';
import { StateShape } from './state-shape.tsx';

const useStyles = makeStyles({
  cause: {
    display: 'grid',
    gridTemplateColumns: '24px minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalM,
    padding: tokens.spacingHorizontalM,
    borderRadius: tokens.borderRadiusLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground3,
    overflowWrap: 'anywhere',
    flexShrink: 0,
  },
  attention: {
    backgroundColor: tokens.colorStatusDangerBackground1,
    border: `1px solid ${tokens.colorStatusDangerBorder1}`,
  },
  what: { ...typographyStyles.subtitle2, margin: 0, unicodeBidi: 'isolate' },
  line: { margin: `${tokens.spacingVerticalXS} 0 0`, unicodeBidi: 'isolate' },
  who: { fontWeight: tokens.fontWeightSemibold },
});

/** The looks of the lines beneath. */
export function useCauseLines(): { readonly line: string; readonly who: string } {
  const styles = useStyles();
  return { line: styles.line, who: mergeClasses(styles.line, styles.who) };
}

interface CauseBoxProps extends React.ComponentPropsWithoutRef<'div'> {
  readonly state: LightState;
  /** What is the case, in one sentence. */
  readonly what: string;
  /** Who acts and the next step. */
  readonly children?: React.ReactNode;
}

/** What is the case and who does what about it: big, because it is what the reader came for. */
export function CauseBox({ state, what, children, ...rest }: CauseBoxProps) {
  const styles = useStyles();
  return (
    <div className={mergeClasses(styles.cause, state === 'attention' && styles.attention)} {...rest}>
      <StateShape state={state} large />
      <div>
        <p className={styles.what}>{what}</p>
        {children}
      </div>
    </div>
  );
}
