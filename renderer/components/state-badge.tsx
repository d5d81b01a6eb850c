import { makeStyles, tokens } from '@fluentui/react-components';
import type { LightState } from '../../shared/contract/status.ts';
import { StateShape } from './state-shape.tsx';

const useStyles = makeStyles({
  badge: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    verticalAlign: 'middle',
  },
});

/** A state as shape and word. */
export function StateBadge({
  state,
  children,
}: {
  readonly state: LightState;
  readonly children: React.ReactNode;
}) {
  const styles = useStyles();
  return (
    <span className={styles.badge}>
      <StateShape state={state} />
      {children}
    </span>
  );
}
