import { makeStyles, tokens, typographyStyles } from '@fluentui/react-components';

const useStyles = makeStyles({
  empty: {
    display: 'flex',
    flexDirection: 'column',
    alignItems: 'center',
    gap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalXXXL} ${tokens.spacingHorizontalL}`,
    textAlign: 'center',
  },
  icon: {
    display: 'flex',
    fontSize: '40px',
    color: tokens.colorNeutralForeground3,
    marginBottom: tokens.spacingVerticalXS,
  },
  title: { ...typographyStyles.subtitle2, margin: 0 },
  text: { margin: 0, maxWidth: '52ch', color: tokens.colorNeutralForeground2 },
  action: { marginTop: tokens.spacingVerticalM },
});

interface EmptyStateProps {
  readonly icon?: React.ReactNode;
  readonly title: string;
  /** What will appear here. */
  readonly children: React.ReactNode;
  /** The first step. */
  readonly action?: React.ReactNode;
}

/** Says what will appear where nothing is yet, and offers the first step. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      {icon !== undefined && (
        <span className={styles.icon} aria-hidden="true">
          {icon}
        </span>
      )}
      <h2 className={styles.title}>{title}</h2>
      <p className={styles.text}>{children}</p>
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
