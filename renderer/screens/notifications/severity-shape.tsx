import { makeStyles, tokens } from '@fluentui/react-components';
import { InfoRegular } from '@fluentui/react-icons/svg/info';
import { WarningRegular } from '@fluentui/react-icons/svg/warning';
import type { Severity } from '../../../shared/contract/alert.ts';
import { StateShape } from '../../components/state-shape.tsx';

const useStyles = makeStyles({
  shape: { display: 'inline-flex', fontSize: '16px', flexShrink: 0 },
  warning: { color: tokens.colorStatusWarningForeground1 },
  info: { color: tokens.colorNeutralForeground2 },
});

/** How bad, as a shape: the filled triangle, the hollow one, the letter; what is over has the circle of what is fine. */
export function SeverityShape({ severity, over }: { readonly severity: Severity; readonly over: boolean }) {
  const styles = useStyles();
  if (over) return <StateShape state="fine" />;
  if (severity === 'critical') return <StateShape state="attention" />;
  return (
    <span className={styles.shape} aria-hidden="true">
      {severity === 'warning' ? (
        <WarningRegular className={styles.warning} />
      ) : (
        <InfoRegular className={styles.info} />
      )}
    </span>
  );
}
